//! The page's modules as one inline script, and the policy that lets nothing else run.
//!
//! A page opened from a file can't import modules, so the modules of `src/web/` are set one after another, without
//! their `import` and `export` words. Each still is a module of its own that a type checker or a browser can load.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The modules, each after those it imports.
pub(super) const MODULES: &[(&str, &str)] = &[
    ("math.js", include_str!("../web/math.js")),
    ("archive.js", include_str!("../web/archive.js")),
    ("geometry.js", include_str!("../web/geometry.js")),
    ("pen.js", include_str!("../web/pen.js")),
    ("colours.js", include_str!("../web/colours.js")),
    ("model.js", include_str!("../web/model.js")),
    ("journey.js", include_str!("../web/journey.js")),
    ("stage.js", include_str!("../web/stage.js")),
    ("panels.js", include_str!("../web/panels.js")),
    ("arithmetic.js", include_str!("../web/arithmetic.js")),
    ("captions.js", include_str!("../web/captions.js")),
    ("pointer.js", include_str!("../web/pointer.js")),
    ("address.js", include_str!("../web/address.js")),
    ("fields.js", include_str!("../web/fields.js")),
    ("later.js", include_str!("../web/later.js")),
    ("player.js", include_str!("../web/player.js")),
    ("sliders.js", include_str!("../web/sliders.js")),
    ("output.js", include_str!("../web/output.js")),
    ("files.js", include_str!("../web/files.js")),
    ("marks.js", include_str!("../web/marks.js")),
    ("foreword.js", include_str!("../web/foreword.js")),
    ("main.js", include_str!("../web/main.js")),
];

/// What begins the page of a run.
const START: (&str, &str) = ("start.js", include_str!("../web/start.js"));

/// What the page fed by a server has besides, and what begins it.
const LIVE: &[(&str, &str)] = &[
    ("wire.js", include_str!("../web/wire.js")),
    ("sent.js", include_str!("../web/sent.js")),
    ("looks.js", include_str!("../web/looks.js")),
    ("draw.js", include_str!("../web/draw.js")),
    ("controls.js", include_str!("../web/controls.js")),
    ("play.js", include_str!("../web/play.js")),
];
const LIVE_STYLE: &str = include_str!("../web/play.css");
const STYLE: &str = include_str!("../web/page.css");
const BODY: &str = include_str!("../web/page.html");

/// All modules in one scope, without what only a reader of the source needs: comments, indentation, and line breaks where a
/// statement or a list goes on.
fn script(last: &[(&str, &str)]) -> String {
    let mut joined = String::from("'use strict';\n");
    for (name, source) in MODULES.iter().chain(last) {
        joined.push_str(&format!("// {name}\n"));
        for line in without_types(source).lines() {
            let line = line.trim();
            if line.is_empty() || line.starts_with("import ") || line.starts_with("//") {
                continue;
            }
            joined.push_str(line.strip_prefix("export ").unwrap_or(line));
            // After a comment nothing may follow; no string in the modules has two lines.
            if line.contains("//") || !line.ends_with([';', '{', ',']) {
                joined.push('\n');
            }
        }
    }
    joined
}

/// A source without its JSDoc comments; no string in the modules holds the two signs that begin one.
fn without_types(source: &str) -> String {
    let mut kept = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(start) = rest.find("/**") {
        kept.push_str(&rest[..start]);
        let end = rest[start..]
            .find("*/")
            .map_or(rest.len(), |end| start + end + 2);
        rest = &rest[end..];
        rest = rest.strip_prefix(' ').unwrap_or(rest);
    }
    kept.push_str(rest);
    kept
}

/// A whole page around data blocks, each an id and a text that holds no `<`.
pub(super) fn page(title: &str, blocks: &[(&str, &str)]) -> String {
    document(title, STYLE, blocks, &script(&[START]), "").0
}

/// The page fed by a server.
#[derive(Debug)]
pub struct Live {
    /// The whole file.
    pub html: String,
    /// Its content security policy, for the server to send too.
    pub policy: String,
}

/// The page that shows what a server on `port` of this machine sends it.
pub fn live(port: u16) -> Live {
    let connect = format!("connect-src ws://127.0.0.1:{port} ws://localhost:{port}; ");
    let style = format!("{STYLE}{LIVE_STYLE}");
    let (html, policy) = document("foldspace play", &style, &[], &script(LIVE), &connect);
    Live { html, policy }
}

/// A page and its policy.
fn document(
    title: &str,
    style: &str,
    blocks: &[(&str, &str)],
    script: &str,
    connect: &str,
) -> (String, String) {
    let policy = format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; img-src data: blob:; worker-src blob:; {connect}\
         base-uri 'none'; form-action 'none'",
        hash(script),
        hash(style)
    );
    // A browser requests an icon from a server unless the page says that there is none.
    let icon = match connect {
        "" => "",
        _ => "<link rel=\"icon\" href=\"data:,\">\n",
    };
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n{icon}\
         <title>{}</title>\n<style>{style}</style>\n</head>\n{BODY}",
        escape(title)
    );
    for (id, text) in blocks {
        page.push_str(&format!(
            "<script type=\"text/plain\" id=\"{id}\">{text}</script>\n"
        ));
    }
    page.push_str(&format!(
        "<script type=\"module\" id=\"program\">{script}</script>\n</body>\n</html>\n"
    ));
    (page, policy)
}

/// JSON that can stand inside a script element: no `<`, so nothing in it can end the element.
pub(super) fn inert(json: &str) -> String {
    json.replace('<', "\\u003c")
}

fn hash(text: &str) -> String {
    format!(
        "sha256-{}",
        STANDARD.encode(Sha256::digest(text.as_bytes()))
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The names that a line such as `import { a, b } from './c.js';` or `export function f(` mentions.
    fn exported(source: &str) -> BTreeSet<String> {
        let declared = |line: &str| -> Option<String> {
            let mut words = line.strip_prefix("export ")?.split([' ', '(', '=', ';']);
            let mut word = words.next()?;
            if word == "async" {
                word = words.next()?;
            }
            let name = words.next()?.trim_start_matches('*');
            assert!(
                ["function", "const", "let", "class"].contains(&word),
                "{line}"
            );
            Some(name.to_owned())
        };
        source.lines().filter_map(declared).collect()
    }

    #[test]
    fn modules_import_only_what_those_before_them_export() {
        let mut known: BTreeSet<(String, String)> = BTreeSet::new();
        for (name, source) in MODULES.iter().chain(LIVE).chain([&START]) {
            for line in source.lines().filter(|line| line.starts_with("import ")) {
                let (names, module) = line.split_once('}').unwrap();
                let module = module.split('\'').nth(1).unwrap().trim_start_matches("./");
                for wanted in names.trim_start_matches("import {").split(',') {
                    let wanted = wanted.trim();
                    assert!(
                        known.contains(&(module.to_owned(), wanted.to_owned())),
                        "{name} imports {wanted} from {module}, which does not export it before"
                    );
                }
            }
            known.extend(exported(source).into_iter().map(|e| (name.to_string(), e)));
        }
    }

    #[test]
    fn nothing_of_a_module_system_is_left() {
        let script = script(&[&[START], LIVE].concat());
        assert!(!script.contains("\nimport ") && !script.contains("\nexport "));
        assert!(!script.contains("</script"), "it would end its own element");
        for forbidden in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "fetch(",
        ] {
            assert!(!script.contains(forbidden), "{forbidden}");
        }
    }

    #[test]
    fn a_name_cannot_end_the_element_it_stands_in() {
        assert_eq!(
            inert("\"</script><script>\""),
            "\"\\u003c/script>\\u003cscript>\""
        );
        assert_eq!(escape("<b>\"&"), "&lt;b&gt;&quot;&amp;");
    }
}
