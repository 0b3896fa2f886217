//! The page of `foldspace play` in a real browser: it trains, goes back, takes points and tables, and asks nobody else for anything.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use foldspace::geometry::linear_separability;
use foldspace::model::Frozen;
use foldspace::run::Run;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::program::succeed;

/// The program at play, in a folder of its own.
pub struct Play {
    process: Child,
    pub address: String,
    pub folder: tempfile::TempDir,
}

impl Play {
    pub fn start(arguments: &[&str], files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let mut process = Command::new(env!("CARGO_BIN_EXE_foldspace"))
            .arg("play")
            .args(["--backend", "flex"])
            .args(arguments)
            .current_dir(folder.path())
            .env("NO_COLOR", "1")
            .env("TMPDIR", folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        output.read_line(&mut address).unwrap();
        Self {
            process,
            address: address.trim().to_owned(),
            folder,
        }
    }

    pub fn port(&self) -> u16 {
        let (_, rest) = self.address.split_once("127.0.0.1:").unwrap();
        rest.split('/').next().unwrap().parse().unwrap()
    }

    pub fn token(&self) -> &str {
        self.address.split_once("token=").unwrap().1
    }

    /// Where the page's runs are saved.
    pub fn saved(&self, k: usize) -> PathBuf {
        self.folder.path().join(format!("artifacts/runs/play-{k}"))
    }

    pub fn command(&self, arguments: &[&str]) -> String {
        succeed(self.folder.path(), arguments)
    }
}

impl Drop for Play {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub fn open(browser: &mut Browser, play: &Play) {
    browser.call("Page.navigate", json!({ "url": play.address }));
    browser.wait("globalThis.played && played.page && foldspace.state.firstPicture > 0");
}

/// The page and its socket were asked for, and nothing else; nothing complained.
pub fn quiet(browser: &mut Browser, play: &Play) {
    let ours = format!("http://127.0.0.1:{}/", play.port());
    for request in browser.requests() {
        assert!(
            request == ours || request.starts_with(&format!("{ours}#")),
            "it asked for {request}"
        );
    }
    let sockets: Vec<&Value> = browser
        .events
        .iter()
        .filter(|event| event["method"] == "Network.webSocketCreated")
        .map(|event| &event["params"]["url"])
        .collect();
    let socket = format!("ws://127.0.0.1:{}/socket", play.port());
    assert!(
        sockets.iter().all(|url| **url == json!(socket)),
        "{sockets:?}"
    );
    assert_eq!(browser.complaints(), Vec::<String>::new());
    browser.events.clear();
}

/// What the page shows has the bits of a saved run's epoch.
fn same_weights(browser: &mut Browser, run: &Run, epoch: usize) {
    let network = run.frozen(epoch).unwrap();
    let place = browser.evaluate(&format!("played.run.epochs.indexOf({epoch})"));
    assert!(place.as_i64() >= Some(0), "the page has no epoch {epoch}");
    for (l, layer) in network.layers.iter().enumerate() {
        let theirs = browser.evaluate(&format!("foldspace.layers({place})[{l}]"));
        let weight: Vec<f64> = layer
            .weight
            .row_iter()
            .flat_map(|row| row.iter().copied().collect::<Vec<_>>())
            .collect();
        assert_eq!(theirs["weight"], json!(weight), "epoch {epoch}, layer {l}");
        assert_eq!(
            theirs["bias"],
            json!(layer.bias),
            "epoch {epoch}, layer {l}"
        );
    }
}

pub fn click(browser: &mut Browser, id: &str) {
    let clicked = browser.evaluate(&format!(
        "(() => {{ const b = document.getElementById('{id}'); const on = !b.disabled; b.click(); return on; }})()"
    ));
    assert_eq!(clicked, json!(true), "{id}");
}

/// Types a value into a field, as a reader does who leaves it.
pub fn fill(browser: &mut Browser, id: &str, value: &str) {
    browser.evaluate(&format!(
        "(() => {{ const f = document.getElementById('{id}'); f.value = {}; f.dispatchEvent(new Event('input', {{ bubbles: true }})); f.dispatchEvent(new Event('change', {{ bubbles: true }})); }})()",
        json!(value)
    ));
}

pub fn status(browser: &mut Browser) -> String {
    let text = browser.evaluate("document.getElementById('status').textContent");
    text.as_str().unwrap().to_owned()
}

/// Stops as soon as an epoch is done, and waits for the verdict.
pub fn train_until(browser: &mut Browser, epoch: usize) {
    click(browser, "play");
    browser.wait(&format!("played.frame.epoch >= {epoch}"));
    browser.wait("played.frame.training");
    click(browser, "play");
    browser.wait("!played.frame.training && played.frame.verdict");
}

const SMALL: &str = "
    seed = 3
    [data]
    name = 'moons'
    samples = 120
    noise = 0.15
    [model]
    layers = [
        { units = 6, activation = 'tanh' },
        { units = 2, activation = 'tanh', name = 'embedding' },
        { units = 1, activation = 'sigmoid' },
    ]
    [train]
    epochs = 400
    batch_size = 16
    loss = 'bce'
    optimizer = { name = 'adam', lr = 0.02 }";

fn small() -> Play {
    Play::start(&["small.toml"], &[("small.toml", SMALL)])
}

#[test]
fn it_trains_and_what_it_shows_is_saved_and_goes_on() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let play = Play::start(&[], &[]);
    open(&mut browser, &play);
    // Post A's network, before training; the token is not in the address any more.
    assert_eq!(
        browser.evaluate("document.getElementById('kind').textContent"),
        json!("· 2 → 100 → 2 → 1 · moons")
    );
    assert_eq!(
        browser.evaluate("location.href.includes('token')"),
        json!(false)
    );
    train_until(&mut browser, 8);
    browser.screenshot("play-trained");
    click(&mut browser, "save");
    browser.wait("document.getElementById('status').textContent.startsWith('saved as ')");
    let run = Run::open(play.saved(1)).unwrap();
    let epochs = run.epochs().unwrap();
    let last = *epochs.last().unwrap();
    assert_eq!(browser.evaluate("played.frame.epoch"), json!(last));
    same_weights(&mut browser, &run, 0);
    same_weights(&mut browser, &run, last);
    // The curve is the table's.
    let metrics = run.metrics().unwrap();
    let rows = browser.evaluate("played.run.description.metrics");
    assert_eq!(rows.as_array().unwrap().len(), metrics.len());
    for (row, line) in rows.as_array().unwrap().iter().zip(&metrics) {
        assert_eq!(
            row,
            &json!([
                line.epoch,
                line.train_loss,
                line.train_accuracy,
                line.test_loss,
                line.test_accuracy
            ])
        );
    }
    // The verdict is the linear program's.
    let verdict = browser.evaluate("played.frame.verdict.separable");
    let split = run.split().unwrap();
    let network = run.frozen(last).unwrap();
    let before = Frozen {
        layers: network.layers[..2].to_vec(),
    };
    let inside = before.forward(split.train.features.as_ref());
    let proved = linear_separability(inside.as_ref(), split.train.labels().unwrap()).unwrap();
    assert_eq!(verdict, json!(proved.is_separable()));
    quiet(&mut browser, &play);
    // A run directory like any other.
    play.command(&[
        "resume",
        "artifacts/runs/play-1",
        "--epochs",
        &(last + 2).to_string(),
        "-q",
    ]);
    play.command(&[
        "figure",
        "artifacts/runs/play-1",
        "boundary",
        "loss",
        "embedding",
        "-q",
    ]);
    assert!(play.saved(1).join("figures/boundary.svg").exists());
    assert_eq!(run.metrics().unwrap().len(), last + 2);
    // And the log of it, played again, is where it was.
    let again = Play::start(
        &["log.json"],
        &[(
            "log.json",
            &std::fs::read_to_string(play.saved(1).join("play.json")).unwrap(),
        )],
    );
    open(&mut browser, &again);
    assert_eq!(browser.evaluate("played.frame.epoch"), json!(last));
    same_weights(&mut browser, &run, last);
    browser.events.clear();
}

#[test]
fn back_by_keyboard_and_on_as_a_branch() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let play = small();
    open(&mut browser, &play);
    browser.evaluate("document.getElementById('play').focus()");
    // One by one, so that the page has seen every epoch however slow the machine is.
    for epoch in 1..=12 {
        click(&mut browser, "step");
        browser.wait(&format!(
            "played.frame.epoch === {epoch} && played.run.epochs.includes({epoch})"
        ));
    }
    let end = browser.evaluate("played.frame.epoch").as_u64().unwrap();
    browser.evaluate("document.getElementById('epoch').focus()");
    browser.press("End");
    browser.press("ArrowLeft");
    browser.press("ArrowLeft");
    browser.press("ArrowLeft");
    browser.wait("document.getElementById('rewind').textContent !== 'Go back: drag the epoch'");
    let looked = browser
        .evaluate("foldspace.epochs[played.page.state.at]")
        .as_u64()
        .unwrap();
    assert!(looked < end);
    let weights = browser.evaluate("foldspace.layers(played.page.state.at)");
    // Training from there makes a branch; the way before stays.
    click(&mut browser, "rewind");
    browser.wait("played.run.description.live.branch === 2");
    assert_eq!(browser.evaluate("played.frame.epoch"), json!(looked));
    assert_eq!(
        browser.evaluate("foldspace.layers(played.run.last)"),
        weights
    );
    assert!(
        browser.evaluate("played.run.epochs.length").as_u64() > Some(2),
        "its past is still there"
    );
    let curve = browser.evaluate("played.run.description.metrics.map((row) => row[0])");
    assert_eq!(
        curve,
        json!((1..=looked).collect::<Vec<_>>()),
        "its curve too"
    );
    fill(&mut browser, "lr", "0.2");
    browser.wait("played.run.description.live.settings.train.optimizer.lr === 0.2");
    train_until(&mut browser, usize::try_from(looked).unwrap() + 6);
    browser.evaluate("document.querySelector('[aria-label=\"compare with branch 1\"]').click()");
    browser.wait("played.run.beside !== null");
    std::thread::sleep(Duration::from_millis(400));
    browser.screenshot("play-branches");
    browser.evaluate("document.querySelector('[aria-label=\"go on with branch 1\"]').click()");
    browser.wait("played.run.description.live.branch === 1");
    assert_eq!(browser.evaluate("played.frame.epoch"), json!(end));
    // Looking back while it trains stops it: nothing is torn away.
    click(&mut browser, "play");
    browser.wait("played.frame.training && played.run.epochs.length > 2");
    browser.evaluate("document.getElementById('epoch').focus()");
    browser.press("Home");
    browser.wait("!played.frame.training && played.page.state.at === 0");
    // And Train from there begins another branch.
    click(&mut browser, "play");
    browser.wait("played.run.description.live.branch > 2 && played.frame.training");
    quiet(&mut browser, &play);
}

#[test]
fn points_are_drawn_and_tables_dropped() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let play = small();
    open(&mut browser, &play);
    train_until(&mut browser, 3);
    let epoch = browser.evaluate("played.frame.epoch");
    // A stroke with the pointer, in class 1, where class 0 lies.
    click(&mut browser, "draw");
    fill(&mut browser, "draw-class", "1");
    let r = browser.evaluate("(() => { document.getElementById('input').scrollIntoView(); const r = document.getElementById('input').getBoundingClientRect(); return [r.left, r.top, r.width, r.height]; })()");
    let side: Vec<f64> = r
        .as_array()
        .unwrap()
        .iter()
        .map(|x| x.as_f64().unwrap())
        .collect();
    let at = |x: f64, y: f64| [side[0] + x * side[2], side[1] + y * side[3]];
    browser.drag(at(0.4, 0.25), at(0.7, 0.3));
    browser.wait("played.drawing.points.length >= 3");
    std::thread::sleep(Duration::from_millis(200));
    browser.screenshot("play-drawing");
    let drawn = browser
        .evaluate("played.drawing.points")
        .as_array()
        .unwrap()
        .clone();
    assert!(drawn.iter().all(|point| point["class"] == json!("1")));
    click(&mut browser, "draw-use");
    browser.wait("played.run.description.data === 'drawn'");
    let total = browser.evaluate(
        "played.run.description.samples.allTrain + played.run.description.samples.allTest",
    );
    assert_eq!(total, json!(120 + drawn.len()));
    // Training goes on where the network still fits.
    assert_eq!(browser.evaluate("played.frame.epoch"), epoch);
    // Three classes in place of the samples, by numbers from the keyboard; the output is made to fit.
    for k in 0..12 {
        fill(&mut browser, "draw-class", &(k % 3).to_string());
        fill(
            &mut browser,
            "draw-0",
            &format!("{}", f64::from(k % 3) + 0.1 * f64::from(k)),
        );
        fill(&mut browser, "draw-1", &format!("{}", f64::from(k) / 10.0));
        click(&mut browser, "draw-add");
    }
    click(&mut browser, "draw-instead");
    click(&mut browser, "draw-use");
    browser.wait("played.run.classes.length === 3");
    assert!(
        status(&mut browser).contains("the output became 3 units with softmax"),
        "{}",
        status(&mut browser)
    );
    train_until(&mut browser, 3);
    std::thread::sleep(Duration::from_millis(400));
    browser.screenshot("play-three");
    // A table dropped on the page; names in it are text and nothing else.
    let rows: String = (0..40)
        .map(|k| {
            format!(
                "{},{},{}\n",
                k % 7,
                (k * 3) % 11,
                ["<img src=x onerror=alert(1)>", "b"][k % 2]
            )
        })
        .collect();
    let table = format!("<script>alert(1)</script>,second,class\n{rows}");
    browser.evaluate(&format!(
        "(() => {{ const data = new DataTransfer(); data.items.add(new File([{}], '../../evil.csv', {{ type: 'text/csv' }}));
           document.body.dispatchEvent(new DragEvent('drop', {{ bubbles: true, cancelable: true, dataTransfer: data }})); }})()",
        json!(table)
    ));
    browser.wait("played.run.classes.length === 2 && played.run.description.data !== 'drawn'");
    let name = browser.evaluate("played.run.description.data");
    assert!(!name.as_str().unwrap().contains('/'), "{name}");
    assert_eq!(
        browser.evaluate("played.run.description.features[0]"),
        json!("<script>alert(1)</script>")
    );
    train_until(&mut browser, 3);
    // One that can't be read is refused with a way out, and nothing changes.
    browser.evaluate("document.querySelector('#card-data details').open = true");
    fill(&mut browser, "data-text", "a,b,label\n1,2,x\n3,oops,y\n");
    click(&mut browser, "data-paste");
    browser.wait("document.getElementById('status').textContent.includes('oops')");
    assert_eq!(browser.evaluate("played.run.description.data"), name);
    // A regression with two features, then with one, to which points are drawn: a place and its target.
    fill(&mut browser, "data-set", "quadratic");
    browser.wait("played.run.flat === 2 && played.run.classes.length === 0");
    let line: String = (0..30)
        .map(|k| format!("{},{}\n", f64::from(k) / 5.0, f64::from(k * k % 17) / 7.0))
        .collect();
    fill(&mut browser, "data-text", &format!("x,y\n{line}"));
    click(&mut browser, "data-paste");
    browser.wait("played.run.flat === 1 && played.run.classes.length === 0");
    fill(&mut browser, "draw-0", "2.5");
    fill(&mut browser, "draw-1", "-1.5");
    click(&mut browser, "draw-add");
    click(&mut browser, "draw-use");
    browser.wait("played.run.description.data === 'drawn' && played.run.n === 31");
    // Where it was drawn, in the data's own units, whatever the network sees.
    let own = "Array.from({ length: 31 }, (_, i) => [played.run.places[i] * played.run.description.standardised.deviations[0] + played.run.description.standardised.means[0], played.run.targets[i]])";
    let found = browser.evaluate(&format!(
        "{own}.some(([x, y]) => Math.abs(x - 2.5) < 1e-9 && y === -1.5)"
    ));
    assert_eq!(found, json!(true));
    // And a stroke with the pointer ends up where the pointer was.
    let r = browser.evaluate("(() => { document.getElementById('input').scrollIntoView(); const r = document.getElementById('input').getBoundingClientRect(); return [r.left, r.top, r.width, r.height]; })()");
    let side: Vec<f64> = r
        .as_array()
        .unwrap()
        .iter()
        .map(|x| x.as_f64().unwrap())
        .collect();
    let at = |x: f64, y: f64| [side[0] + x * side[2], side[1] + y * side[3]];
    browser.drag(at(0.3, 0.3), at(0.6, 0.4));
    browser.wait("played.drawing.points.length >= 3");
    let sent = browser.evaluate("played.drawing.points.map((p) => [p.at[0], p.value])");
    click(&mut browser, "draw-use");
    browser.wait("played.run.n > 31");
    for point in sent.as_array().unwrap() {
        let found = browser.evaluate(&format!(
            "{}.some(([x, y]) => Math.abs(x - {}) < 1e-9 && Math.abs(y - {}) < 1e-9)",
            own.replace("31", "played.run.n"),
            point[0],
            point[1]
        ));
        assert_eq!(found, json!(true), "{point}");
    }
    train_until(&mut browser, 3);
    std::thread::sleep(Duration::from_millis(400));
    browser.screenshot("play-regression");
    quiet(&mut browser, &play);
}

#[test]
fn weights_are_changed_by_hand_and_everything_by_text() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let play = small();
    open(&mut browser, &play);
    train_until(&mut browser, 2);
    let epoch = browser.evaluate("played.frame.epoch");
    browser.evaluate("document.querySelector('[data-unit=\"0.2\"]').click()");
    browser.wait("document.querySelector('#unit input[type=number]')");
    browser.evaluate("document.querySelector('#unit input[type=range]').focus()");
    let before = browser
        .evaluate("foldspace.layers(played.run.last)[0].bias[2]")
        .as_f64()
        .unwrap();
    for _ in 0..4 {
        browser.press("ArrowRight");
    }
    browser.wait("played.frame.changes === 1 && foldspace.state.edits.length === 0");
    let after = browser
        .evaluate("foldspace.layers(played.run.last)[0].bias[2]")
        .as_f64()
        .unwrap();
    assert!(after > before, "{after} is not more than {before}");
    assert_eq!(browser.evaluate("played.frame.epoch"), epoch);
    click(&mut browser, "save");
    browser.wait("document.getElementById('status').textContent.startsWith('saved as ')");
    let run = Run::open(play.saved(1)).unwrap();
    let last = *run.epochs().unwrap().last().unwrap();
    assert_eq!(run.frozen(last).unwrap().layers[0].bias[2], after);
    play.command(&[
        "animate",
        "artifacts/runs/play-1",
        "flow",
        "--size",
        "240x180",
        "--fps",
        "10",
        "-q",
    ]);
    // The network in the form, then all by text; a mistake is named.
    click(&mut browser, "add-layer");
    browser.wait("played.run.description.layers.length === 4");
    assert_eq!(browser.evaluate("played.frame.epoch"), json!(0));
    let text = browser.evaluate("document.getElementById('config-text').value");
    let text = text
        .as_str()
        .unwrap()
        .replace("name = \"adam\"", "name = \"adamw\"")
        .replace("units = 8", "units = 9");
    fill(
        &mut browser,
        "config-text",
        &text.replace("epochs", "epohcs"),
    );
    click(&mut browser, "config-use");
    browser.wait("document.getElementById('status').textContent.includes('did you mean epochs?')");
    // The form returns to what holds; the text stays, to be mended.
    std::thread::sleep(Duration::from_millis(500));
    let typed = browser.evaluate("document.getElementById('config-text').value");
    assert!(typed.as_str().unwrap().contains("epohcs"), "{typed}");
    fill(&mut browser, "config-text", &text);
    click(&mut browser, "config-use");
    browser.wait("played.run.description.live.settings.train.optimizer.name === 'adamw' && played.run.description.layers[2].units === 9");
    train_until(&mut browser, 2);
    quiet(&mut browser, &play);
}

#[test]
fn narrow_dark_and_without_motion_it_is_named_and_whole() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let play = small();
    let features = json!({ "features": [
        { "name": "prefers-color-scheme", "value": "dark" },
        { "name": "prefers-reduced-motion", "value": "reduce" },
    ] });
    browser.call("Emulation.setEmulatedMedia", features);
    let narrow = json!({ "width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true });
    browser.call("Emulation.setDeviceMetricsOverride", narrow);
    open(&mut browser, &play);
    train_until(&mut browser, 5);
    assert_eq!(
        browser.evaluate("document.documentElement.scrollWidth <= innerWidth"),
        json!(true),
        "wider than the screen"
    );
    assert_eq!(browser.evaluate("foldspace.state.dark"), json!(true));
    browser.screenshot("play-narrow");
    browser.evaluate("document.getElementById('bench').scrollIntoView()");
    browser.screenshot("play-narrow-bench");
    browser.evaluate("document.querySelector('.input').scrollIntoView()");
    browser.screenshot("play-narrow-input");
    // Whatever can be used has a name.
    let tree = browser.call("Accessibility.getFullAXTree", json!({}));
    let mut seen = 0;
    for node in tree["nodes"].as_array().unwrap() {
        let role = node["role"]["value"].as_str().unwrap_or_default();
        if node["ignored"] == json!(true)
            || ![
                "button",
                "slider",
                "combobox",
                "spinbutton",
                "textbox",
                "checkbox",
                "image",
            ]
            .contains(&role)
        {
            continue;
        }
        seen += 1;
        let name = node["name"]["value"].as_str().unwrap_or_default();
        assert!(!name.trim().is_empty(), "a {role} without a name: {node}");
    }
    assert!(seen > 40, "{seen}");
    let small = browser.evaluate("[...document.querySelectorAll('button')].filter((b) => b.offsetParent && b.getBoundingClientRect().height < 24).map((b) => b.textContent)");
    assert_eq!(small, json!([]), "too small to touch");
    quiet(&mut browser, &play);
}
