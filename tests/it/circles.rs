//! No circle of files: what a file uses does not use that file, by whatever way.
//!
//! The imports and paths of each file are read as text and followed through re-exports to the file that defines the name. A
//! module and its own submodules are one concept in several files and may know each other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A module's path: `["anim", "gif"]`; the root is empty.
type Module = Vec<String>;

/// A path that a file names, from where it starts.
#[derive(Debug, Clone)]
struct Named {
    path: Module,
    /// Whether it is handed on (`pub use`), which is no use of it.
    handed_on: bool,
}

struct File {
    code: String,
    names: Vec<Named>,
}

/// Every file below `src`, without comments and tests.
fn files() -> BTreeMap<Module, File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    crate::architecture::sources(&root, &mut paths);
    let mut codes = BTreeMap::new();
    for path in paths {
        let relative = path.strip_prefix(&root).unwrap().with_extension("");
        let mut module: Module = relative
            .iter()
            .map(|part| part.to_str().unwrap().to_owned())
            .collect();
        match module.last().map(String::as_str) {
            Some("mod" | "lib") => drop(module.pop()),
            Some("main") => continue,
            _ => {}
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let lines = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let code: String = lines.flat_map(|line| [line, "\n"]).collect();
        let code = code.split("#[cfg(test)]\nmod ").next().unwrap().to_owned();
        codes.insert(module, code);
    }
    let modules: BTreeSet<Module> = codes.keys().cloned().collect();
    codes
        .into_iter()
        .map(|(module, code)| {
            let names = names(&module, &code, &modules);
            (module, File { code, names })
        })
        .collect()
}

/// What a file names: its `use` trees, and the paths in its code that start at `crate`, `super`, `self` or a submodule.
fn names(module: &Module, code: &str, modules: &BTreeSet<Module>) -> Vec<Named> {
    let mut names = Vec::new();
    let mut rest = String::new();
    let mut left = code;
    while let Some(start) = find_use(left) {
        let (before, tree) = left.split_at(start);
        let end = tree.find(';').map_or(tree.len(), |end| end + 1);
        let line = before.rsplit('\n').next().unwrap_or_default();
        let handed_on = line.trim_start().starts_with("pub");
        for path in spread(tree["use ".len()..end].trim_end_matches(';')) {
            names.extend(absolute(module, &path, modules).map(|path| Named { path, handed_on }));
        }
        rest.push_str(before);
        left = &tree[end..];
    }
    rest.push_str(left);
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    for path in rest
        .split(|c| !is_part(c))
        .filter(|path| path.contains("::"))
    {
        names.extend(absolute(module, path, modules).map(|path| Named {
            path,
            handed_on: false,
        }));
    }
    names
}

/// Where the next `use` begins, as a word of its own at the start of a line.
fn find_use(code: &str) -> Option<usize> {
    code.match_indices("use ").map(|(at, _)| at).find(|&at| {
        let line = code[..at].rsplit('\n').next().unwrap_or_default().trim();
        line.is_empty()
            || (line.starts_with("pub") && !line.contains(char::is_whitespace)
                || line.starts_with("pub(in"))
    })
}

/// `a::{b, c::{d, e}}` as `a::b`, `a::c::d`, `a::c::e`.
fn spread(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some(open) = tree.find('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        return vec![path.split_whitespace().collect()];
    };
    let (stem, inside) = (
        &tree[..open],
        &tree[open + 1..tree.rfind('}').unwrap_or(tree.len())],
    );
    let (mut depth, mut part, mut parts) = (0, String::new(), Vec::new());
    for c in inside.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if c == ',' && depth == 0 {
            parts.push(std::mem::take(&mut part));
        } else {
            part.push(c);
        }
    }
    parts.push(part);
    let parts = parts.iter().filter(|part| !part.trim().is_empty());
    parts
        .flat_map(|part| spread(part))
        .map(|path| format!("{stem}{path}").split_whitespace().collect())
        .collect()
}

/// A path from the root, where it starts in this crate.
fn absolute(module: &Module, path: &str, modules: &BTreeSet<Module>) -> Option<Module> {
    let mut parts = path.split("::").map(str::to_owned).peekable();
    let mut from = module.clone();
    match parts.peek().map(String::as_str)? {
        "crate" => {
            from.clear();
            parts.next();
        }
        "self" => drop(parts.next()),
        "super" => {
            while parts.next_if(|part| part == "super").is_some() {
                from.pop();
            }
        }
        child => {
            let below: Module = module.iter().cloned().chain([child.to_owned()]).collect();
            if !modules.contains(&below) {
                return None;
            }
        }
    }
    from.extend(parts);
    Some(from)
}

/// Whether a file defines a name itself.
fn defines(code: &str, name: &str) -> bool {
    let words = [
        "struct", "enum", "fn", "trait", "const", "static", "type", "union",
    ];
    words.iter().any(|word| {
        code.match_indices(&format!("{word} {name}"))
            .any(|(at, found)| {
                let next = code[at + found.len()..].chars().next();
                !next.is_some_and(|c| c.is_alphanumeric() || c == '_')
            })
    })
}

/// The file that defines what a path names.
fn home(files: &BTreeMap<Module, File>, path: &Module, depth: usize) -> Module {
    let known = |length: &usize| files.contains_key(&path[..*length]);
    let length = (0..=path.len()).rev().find(known).unwrap_or(0);
    let here = path[..length].to_vec();
    let Some(name) = path.get(length) else {
        return here;
    };
    if depth > 8 || defines(&files[&here].code, name) {
        return here;
    }
    for named in files[&here].names.iter().filter(|named| named.handed_on) {
        match named.path.last().map(String::as_str) {
            Some("*") => {
                let there = home(
                    files,
                    &named.path[..named.path.len() - 1].to_vec(),
                    depth + 1,
                );
                if there != here && defines(&files[&there].code, name) {
                    return there;
                }
            }
            Some(last) if last == name => return home(files, &named.path, depth + 1),
            _ => {}
        }
    }
    here
}

/// Which file uses which.
fn arrows(files: &BTreeMap<Module, File>) -> BTreeMap<&Module, BTreeSet<&Module>> {
    let mut arrows: BTreeMap<&Module, BTreeSet<&Module>> = BTreeMap::new();
    for (module, file) in files {
        for named in file.names.iter().filter(|named| !named.handed_on) {
            let there = home(files, &named.path, 0);
            let (there, _) = files.get_key_value(&there).unwrap();
            if !module.starts_with(there) && !there.starts_with(module) {
                arrows.entry(module).or_default().insert(there);
            }
        }
    }
    arrows
}

/// All that can be reached from a file.
fn reached<'a>(
    arrows: &BTreeMap<&'a Module, BTreeSet<&'a Module>>,
    from: &'a Module,
) -> BTreeSet<&'a Module> {
    let mut seen = BTreeSet::new();
    let mut waiting = vec![from];
    while let Some(file) = waiting.pop() {
        for next in arrows.get(file).into_iter().flatten().copied() {
            if seen.insert(next) {
                waiting.push(next);
            }
        }
    }
    seen
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let files = files();
    let arrows = arrows(&files);
    let count: usize = arrows.values().map(BTreeSet::len).sum();
    assert!(count > 500, "only {count} arrows were found");
    let below: BTreeMap<&Module, BTreeSet<&Module>> = files
        .keys()
        .map(|module| (module, reached(&arrows, module)))
        .collect();
    let mut circles: BTreeSet<Vec<String>> = BTreeSet::new();
    for (module, down) in below.iter().filter(|(module, down)| down.contains(*module)) {
        let back = |other: &&&Module| below[**other].contains(*module);
        circles.insert(
            down.iter()
                .filter(back)
                .map(|other| other.join("/"))
                .collect(),
        );
    }
    assert_eq!(circles, BTreeSet::new());
}

#[test]
fn a_path_is_followed_to_the_file_that_defines_it() {
    let files = files();
    let home = |path: &[&str]| {
        home(
            &files,
            &path.iter().map(|&part| part.to_owned()).collect(),
            0,
        )
    };
    assert_eq!(home(&["plot", "Theme"]), ["plot", "theme"]);
    assert_eq!(
        home(&["model", "Activation", "Tanh"]),
        ["model", "activation"]
    );
    assert_eq!(
        spread("super::{a, b::{c, d as e}}"),
        ["super::a", "super::b::c", "super::b::d"]
    );
}
