//! The gallery in a real browser: little is loaded until something is opened.

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::browser::Browser;
use crate::program::succeed;

/// The bytes of the files that were asked for, each once.
fn loaded(browser: &Browser) -> u64 {
    let mut files = browser.requests();
    files.sort();
    files.dedup();
    let length = |url: &String| {
        let path = url
            .trim_start_matches("file://")
            .split('#')
            .next()
            .unwrap_or_default();
        std::fs::metadata(Path::new(path)).map_or(0, |file| file.len())
    };
    files.iter().map(length).sum()
}

/// Whether a file was asked for whose name contains `part`.
fn asked(browser: &Browser, part: &str) -> bool {
    browser.requests().iter().any(|url| {
        let path = url.split('#').next().unwrap_or_default();
        path.rsplit('/').next().unwrap_or_default().contains(part)
    })
}

#[test]
fn what_moves_waits_until_it_is_opened() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let reproduce = [
        "reproduce",
        "A6",
        "A13",
        "--backend",
        "flex",
        "--out",
        "gallery",
        "--dpi",
        "96",
        "--format",
        "gif",
        "-q",
    ];
    succeed(folder.path(), &reproduce);
    let index = folder.path().join("gallery/index.html");
    browser.call(
        "Page.navigate",
        json!({ "url": format!("file://{}", index.display()) }),
    );
    browser.wait("document.readyState === 'complete'");
    // Down the whole page, from picture to picture, as a reader goes.
    browser.wait(
        "(() => { const i = [...document.images].find((i) => !i.closest('details:not([open])') && !(i.complete && i.naturalWidth > 0)); i?.scrollIntoView(); return !i; })()",
    );
    browser.evaluate("scrollTo(0, document.documentElement.scrollHeight)");
    std::thread::sleep(Duration::from_millis(500));
    assert!(asked(&browser, "A13-stages"), "{:?}", browser.requests());
    for waits in [".gif", ".mp4", "A13-explore.html"] {
        assert!(!asked(&browser, waits), "{waits} did not wait");
    }
    assert!(loaded(&browser) <= 5_000_000, "{} bytes", loaded(&browser));
    browser.evaluate("document.getElementById('A13').scrollIntoView()");
    browser.screenshot("gallery");
    // Opened, it is there; by keyboard, since a summary is what it is.
    browser.evaluate("document.querySelector('#A13 details.film').open = true; document.querySelector('#A13 details.film').scrollIntoView()");
    browser.wait("(() => { const i = document.querySelector('#A13 details.film > img'); return i.complete && i.naturalWidth > 0; })()");
    assert!(asked(&browser, "A13-embedding.gif") && !asked(&browser, "A6-motion.gif"));
    browser.evaluate("document.querySelector('#A13 details.player').open = true; document.querySelector('#A13 details.player').scrollIntoView()");
    std::thread::sleep(Duration::from_millis(2500));
    assert!(asked(&browser, "A13-explore.html"));
    browser.screenshot("gallery-player");
    assert_eq!(browser.complaints(), Vec::<String>::new());
    // The player opens at the embedding, and does not move by itself.
    browser.open(&folder.path().join("gallery/A13-explore.html"), "depth=4");
    assert_eq!(browser.evaluate("foldspace.state.depth"), json!(4));
    assert_eq!(browser.evaluate("foldspace.epochs.length"), json!(151));
    let stage = browser.evaluate("document.getElementById('stage-title').textContent");
    assert!(stage.as_str().unwrap().contains("embedding"), "{stage}");
}
