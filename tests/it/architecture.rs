//! The arrows of ARCHITECTURE.md, kept: which module may use which, and who may import Burn.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What each module may use besides `error`, `file` and `suggest`, which everyone may.
const ARROWS: &[(&str, &[&str])] = &[
    ("allocator", &[]),
    ("error", &[]),
    ("file", &[]),
    ("suggest", &[]),
    ("workers", &[]),
    ("random", &[]),
    ("device", &[]),
    ("data", &["random"]),
    ("model", &["random"]),
    ("onnx", &["model"]),
    ("plot", &[]),
    ("anim", &["plot"]),
    ("linalg", &[]),
    ("geometry", &["linalg", "model"]),
    ("layers", &["linalg", "model", "device", "random"]),
    ("train", &["model", "data", "random", "device"]),
    ("capture", &["model", "data", "device"]),
    ("config", &["data", "model", "train", "capture", "device"]),
    (
        "diagnosis",
        &["data", "evaluate", "inspect", "model", "train"],
    ),
    ("evaluate", &["data", "model", "train"]),
    (
        "run",
        &[
            "config", "data", "model", "train", "capture", "device", "random",
        ],
    ),
    (
        "sweep",
        &[
            "run", "config", "data", "model", "train", "device", "geometry", "workers",
        ],
    ),
    (
        "figures",
        &[
            "plot", "anim", "geometry", "linalg", "model", "data", "run", "train", "capture",
            "sweep", "evaluate",
        ],
    ),
    ("inspect", &["linalg", "model", "data"]),
    ("export", &["run", "capture", "data", "model"]),
    (
        "blog",
        &[
            "config", "data", "model", "train", "capture", "device", "random", "linalg",
            "geometry", "layers", "plot", "anim", "figures", "inspect", "explore", "workers",
        ],
    ),
    (
        "explore",
        &[
            "run", "config", "data", "model", "train", "geometry", "linalg", "figures",
        ],
    ),
    (
        "play",
        &[
            "explore", "run", "config", "data", "model", "train", "device", "geometry", "figures",
        ],
    ),
    ("cli", &["*"]),
];

/// The modules that may name Burn.
const BURN: &[&str] = &[
    "device", "model", "train", "run", "capture", "layers", "blog",
];

/// Every file of code below a directory.
pub fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Each module's files, with comments taken out.
fn modules() -> BTreeMap<String, Vec<(PathBuf, String)>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut modules: BTreeMap<String, Vec<(PathBuf, String)>> = BTreeMap::new();
    for file in files {
        let relative = file.strip_prefix(&root).unwrap();
        let first = relative
            .components()
            .next()
            .unwrap()
            .as_os_str()
            .to_str()
            .unwrap();
        let module = first.trim_end_matches(".rs").to_owned();
        if module == "lib" || module == "main" {
            continue;
        }
        let code: String = std::fs::read_to_string(&file)
            .unwrap()
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .flat_map(|line| [line, "\n"])
            .collect();
        modules.entry(module).or_default().push((file, code));
    }
    modules
}

/// The modules that a piece of code names as `crate::NAME`.
fn uses(code: &str) -> Vec<String> {
    code.split("crate::")
        .skip(1)
        .map(|rest| {
            rest.chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect()
        })
        .collect()
}

#[test]
fn modules_use_only_what_their_arrows_allow() {
    let modules = modules();
    assert!(modules.len() > 15, "the sources were not found");
    let mut violations = Vec::new();
    for (module, files) in &modules {
        let (_, allowed) = ARROWS
            .iter()
            .find(|(name, _)| name == module)
            .unwrap_or_else(|| {
                panic!("module {module} has no arrows; say in ARCHITECTURE.md what it may use")
            });
        for (file, code) in files {
            for used in uses(code) {
                let free = used == *module || ["error", "file", "suggest"].contains(&used.as_str());
                if !free && !allowed.contains(&used.as_str()) && !allowed.contains(&"*") {
                    violations.push(format!("{} uses crate::{used}", file.display()));
                }
            }
        }
    }
    assert!(violations.is_empty(), "{violations:#?}");
}

#[test]
fn only_the_training_side_names_burn() {
    let violations: Vec<String> = modules()
        .into_iter()
        .filter(|(module, _)| !BURN.contains(&module.as_str()))
        .flat_map(|(_, files)| files)
        .filter(|(_, code)| code.contains("burn::"))
        .map(|(file, _)| file.display().to_string())
        .collect();
    assert!(violations.is_empty(), "{violations:#?}");
}

#[test]
fn only_the_command_line_names_clap() {
    for (module, files) in modules() {
        for (file, code) in files {
            assert!(
                module == "cli" || !code.contains("clap::"),
                "{}",
                file.display()
            );
        }
    }
}

#[test]
fn a_graphics_card_is_named_by_devices_and_one_trait() {
    let names_it = |(file, code): &(PathBuf, String)| {
        code.contains("feature = \"gpu\"")
            .then(|| file.file_name().unwrap().to_str().unwrap().to_owned())
    };
    let files: BTreeMap<String, Vec<String>> = modules()
        .into_iter()
        .map(|(module, files)| (module, files.iter().filter_map(names_it).collect()))
        .filter(|(module, files): &(String, Vec<String>)| module != "device" && !files.is_empty())
        .collect();
    assert_eq!(
        files,
        BTreeMap::from([("model".to_owned(), vec!["ops.rs".to_owned()])])
    );
}
