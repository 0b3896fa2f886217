//! All that is claimed: every item of the posts and every check of it, as `foldspace reproduce --quick` makes them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use foldspace::blog::POSTS;
use serde_json::Value;

use crate::program::succeed;

/// Stays where it is, to be looked at: `target/tmp/reproduced/index.html`. `summary.txt` is what was printed.
#[test]
fn every_check_of_every_item_holds() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("reproduced");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let quick = [
        "reproduce",
        "--quick",
        "--backend",
        "flex",
        "--format",
        "gif",
        "--out",
        ".",
    ];
    let printed = succeed(&folder, &quick);
    fs::write(folder.join("summary.txt"), &printed).unwrap();

    let checks = fs::read(folder.join("checks.json")).unwrap();
    let checks: Vec<Value> = serde_json::from_slice(&checks).unwrap();
    let items: BTreeSet<&str> = POSTS
        .iter()
        .flat_map(|post| post.items)
        .map(|item| item.id)
        .collect();
    let count = checks.len();
    let summary = format!("{} items, {count} of {count} checks hold", items.len());
    assert!(printed.starts_with(&summary), "{printed}");
    // Every item but A1, a picture of circles and edges, claims something, and whatever was measured is as it says.
    let checked: BTreeSet<&str> = checks
        .iter()
        .map(|check| check["id"].as_str().unwrap())
        .collect();
    let silent: Vec<&str> = items.difference(&checked).copied().collect();
    assert_eq!(silent, ["A1"]);
    for check in &checks {
        let number = |key: &str| check[key].as_f64().unwrap();
        let off = number("measured") - number("expected");
        let holds = match check["relation"].as_str().unwrap() {
            "=" => off.abs() <= number("tolerance"),
            ">=" => off >= -number("tolerance"),
            "<=" => off <= number("tolerance"),
            other => panic!("relation {other}"),
        };
        assert!(holds && check["pass"] == true, "{check}");
    }
    // The page shows each item, with files that are there.
    let page = fs::read_to_string(folder.join("index.html")).unwrap();
    for id in items {
        assert!(page.contains(&format!("id=\"{id}\"")), "{id}");
    }
    let mut files = 0;
    for part in page.split("src=\"").skip(1) {
        let name = part.split(['"', '#']).next().unwrap();
        if !name.starts_with("data:") {
            let file = fs::metadata(folder.join(name));
            assert!(file.is_ok_and(|file| file.len() > 0), "{name}");
            files += 1;
        }
    }
    assert!(files > 59, "{files} pictures");
}
