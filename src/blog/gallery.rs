//! `index.html`: the gallery, one page with a line of script and nothing from elsewhere.

use std::fmt::Write;

use super::reproduce::{Finished, Moving, Still};
use super::{Check, POSTS, Relation, Table};
use crate::plot::ticks::number;

const STYLE: &str = include_str!("gallery.css");

/// Has a player loaded when it is opened. Without scripts there is the link beside it.
const OPEN: &str = "for (const player of document.querySelectorAll('.player')) player.addEventListener('toggle', () => { \
    const frame = player.querySelector('iframe'); if (player.open && !frame.src) frame.src = frame.dataset.src; });";

/// The bytes of all pictures that are shown before anything is opened; later ones wait for a click.
const MOST_SHOWN: u64 = 4_500_000;

/// The page for these items; `setting` says on what they were made.
pub fn page(finished: &[Finished], setting: &str) -> String {
    let checks = || finished.iter().flat_map(|f| &f.exhibit.checks);
    let (passed, total) = (
        checks().filter(|check| check.pass).count(),
        checks().count(),
    );
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>foldspace: four posts, reproduced</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>Four posts on networks and linear algebra, reproduced</h1>\n\
         <p>Every figure, example, exercise and claim of the four texts, made by <code>foldspace reproduce</code>. \
         {passed} of {total} checked claims hold. {}</p>\n",
        escape(setting)
    );
    html.push_str("<nav>\n");
    for post in &POSTS {
        let items: Vec<_> = in_post(finished, post.letter).collect();
        if items.is_empty() {
            continue;
        }
        let _ = write!(html, "<p><strong>{}</strong>", post.letter);
        for item in items {
            let id = item.item.id;
            let _ = write!(html, " <a href=\"#{id}\">{id}</a>");
        }
        html.push_str("</p>\n");
    }
    html.push_str("</nav>\n</header>\n<main>\n");
    let mut shown = 0;
    for post in &POSTS {
        let mut items = in_post(finished, post.letter).peekable();
        if items.peek().is_none() {
            continue;
        }
        let _ = writeln!(
            html,
            "<h2>{}. {} <small>{}</small></h2>",
            post.letter,
            escape(post.title),
            escape(post.author)
        );
        for item in items {
            article(&mut html, item, &mut shown);
        }
    }
    let _ = write!(html, "</main>\n<script>{OPEN}</script>\n</body>\n</html>\n");
    html
}

fn in_post(finished: &[Finished], letter: char) -> impl Iterator<Item = &Finished> {
    finished
        .iter()
        .filter(move |finished| finished.item.id.starts_with(letter))
}

fn article(html: &mut String, finished: &Finished, shown: &mut u64) {
    let item = finished.item;
    let _ = writeln!(
        html,
        "<article id=\"{0}\">\n<h3><a href=\"#{0}\">{0}</a> {1}</h3>",
        item.id,
        markup(item.title)
    );
    for paragraph in finished.exhibit.text.split("\n\n") {
        let _ = writeln!(html, "<p>{}</p>", markup(paragraph));
    }
    for still in &finished.stills {
        *shown += still.bytes;
        picture(html, still, *shown <= MOST_SHOWN);
    }
    for [file, title, state] in &finished.players {
        // A lazy image in a closed element waits until it is seen; an iframe does not, so that it gets its address later.
        let _ = writeln!(
            html,
            "<details class=\"player\"><summary>{0}</summary>\n<iframe data-src=\"{file}#{1}\" title=\"{0}\"></iframe>\n\
             <p><a href=\"{file}#{1}\">On a page of its own</a></p></details>",
            escape(title),
            escape(state)
        );
    }
    for moving in &finished.moving {
        animation(html, moving);
    }
    for table in &finished.exhibit.tables {
        print_table(html, table);
    }
    if !finished.exhibit.checks.is_empty() {
        print_checks(html, &finished.exhibit.checks);
    }
    html.push_str("</article>\n");
}

/// An animation that is loaded, and moves, when it is opened.
fn animation(html: &mut String, moving: &Moving) {
    let (file, alt) = (&moving.file, escape(&moving.alt));
    let kind = file.rsplit('.').next().unwrap_or_default().to_uppercase();
    let size = if moving.bytes < 1_000_000 {
        format!("{} kB", moving.bytes.div_ceil(1000))
    } else {
        format!("{:.1} MB", moving.bytes as f64 / 1e6)
    };
    let _ = if file.ends_with("-frames") {
        writeln!(html, "<p>Frames: <code>{file}/</code></p>")
    } else if file.ends_with(".mp4") {
        writeln!(
            html,
            "<details class=\"moving\"><summary>Play: {alt} <small>({kind}, {size})</small></summary>\n<figure><video src=\"{file}\" \
             controls loop muted preload=\"none\" aria-label=\"{alt}\"></video></figure></details>"
        )
    } else {
        writeln!(
            html,
            "<details class=\"moving\"><summary>Play: {alt} <small>({kind}, {size})</small></summary>\n<figure><img src=\"{file}\" \
             alt=\"{alt}\" loading=\"lazy\"></figure></details>\n<p class=\"download\"><a href=\"{file}\" download>Download the {kind}</a></p>"
        )
    };
}

/// A picture as pixels, which are a fifth of the vectors' bytes; a click leads to those.
fn picture(html: &mut String, still: &Still, open: bool) {
    let (width, height) = still.size;
    let (file, alt) = (&still.file, escape(&still.alt));
    if !open {
        let _ = write!(html, "<details><summary>Show: {alt}</summary>");
    }
    let _ = writeln!(
        html,
        "<figure><a href=\"{file}.svg\" title=\"the picture as SVG\"><picture><source srcset=\"{file}-dark.png\" \
         media=\"(prefers-color-scheme: dark)\"><img src=\"{file}.png\" width=\"{width}\" height=\"{height}\" alt=\"{alt}\" \
         loading=\"lazy\"></picture></a></figure>{}",
        if open { "" } else { "</details>" }
    );
}

fn print_table(html: &mut String, table: &Table) {
    let _ = write!(
        html,
        "<div class=\"scroll\"><table>\n<caption>{}</caption>\n<thead><tr>",
        markup(&table.title)
    );
    for name in &table.header {
        let _ = write!(html, "<th scope=\"col\">{}</th>", markup(name));
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        html.push_str("<tr>");
        for cell in row {
            let _ = write!(html, "<td>{}</td>", markup(cell));
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody></table></div>\n");
}

fn print_checks(html: &mut String, checks: &[Check]) {
    html.push_str(
        "<div class=\"scroll\"><table class=\"checks\">\n<caption>Checked</caption>\n<thead><tr><th></th>\
         <th scope=\"col\">claim</th><th scope=\"col\">measured</th><th scope=\"col\">expected</th></tr></thead>\n<tbody>\n",
    );
    for check in checks {
        let (class, sign) = if check.pass {
            ("pass", "✓")
        } else {
            ("fail", "✗ failed")
        };
        let relation = match check.relation {
            Relation::Equal => "",
            Relation::AtLeast => "≥ ",
            Relation::AtMost => "≤ ",
        };
        let tolerance = if check.tolerance > 0.0 {
            format!(" ± {}", short(check.tolerance))
        } else {
            String::new()
        };
        let _ = writeln!(
            html,
            "<tr class=\"{class}\"><td>{sign}</td><td>{}</td><td>{}</td><td>{relation}{}{tolerance}</td></tr>",
            markup(&check.statement),
            short(check.measured),
            short(check.expected)
        );
    }
    html.push_str("</tbody></table></div>\n");
}

/// A number in few digits.
pub(super) fn short(value: f64) -> String {
    if value == 0.0 || (1e-3..1e6).contains(&value.abs()) {
        let digits = if value.fract() == 0.0 { 0 } else { 5 };
        let rounded: f64 = format!("{value:.digits$}").parse().unwrap_or(value);
        number(rounded)
    } else {
        format!("{value:.1e}").replace('-', "−")
    }
}

/// Text with `$...$` formulas as HTML: letters slanted, `_` and `^` as sub- and superscripts.
fn markup(text: &str) -> String {
    let mut html = String::new();
    for (part, piece) in text.split('$').enumerate() {
        if part % 2 == 0 {
            html.push_str(&escape(piece));
        } else {
            formula(&mut html, piece);
        }
    }
    html
}

fn formula(html: &mut String, formula: &str) {
    html.push_str("<span class=\"math\">");
    let mut rest = formula.chars();
    while let Some(character) = rest.next() {
        let tag = match character {
            '_' => "sub",
            '^' => "sup",
            _ => {
                symbol(html, character);
                continue;
            }
        };
        let _ = write!(html, "<{tag}>");
        match rest.next() {
            Some('{') => rest
                .by_ref()
                .take_while(|&c| c != '}')
                .for_each(|c| symbol(html, c)),
            Some(single) => symbol(html, single),
            None => {}
        }
        let _ = write!(html, "</{tag}>");
    }
    html.push_str("</span>");
}

fn symbol(html: &mut String, character: char) {
    let _ = match character {
        c if c.is_alphabetic() => write!(html, "<i>{c}</i>"),
        '-' => write!(html, "−"),
        c => write!(html, "{}", escape(&c.to_string())),
    };
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
