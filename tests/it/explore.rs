//! The page of a run, in a real browser: its numbers are Rust's, its sliders obey keys, it asks nobody for anything.

use std::path::{Path, PathBuf};

use foldspace::explore::{Limits, page};
use foldspace::figures::InputAxes;
use foldspace::geometry::linear_separability;
use foldspace::model::Activation;
use foldspace::run::Run;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::program::{ended, succeed};

/// A folder with a run in it, trained by the program.
struct Trained {
    folder: tempfile::TempDir,
}

impl Trained {
    fn new(config: &str, files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files.iter().chain(&[("it.toml", config)]) {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let trained = Self { folder };
        trained.succeed(&["train", "it.toml", "--out", "run", "--quiet"]);
        trained
    }

    fn ended(&self, arguments: &[&str]) -> std::process::Output {
        ended(self.folder.path(), arguments)
    }

    fn succeed(&self, arguments: &[&str]) -> String {
        succeed(self.folder.path(), arguments)
    }

    fn run(&self) -> Run {
        Run::open(self.folder.path().join("run")).unwrap()
    }

    /// The page as the command writes it.
    fn page(&self) -> PathBuf {
        let printed = self.succeed(&["explore", "run", "-o", "page.html"]);
        assert_eq!(printed.trim(), "page.html");
        self.folder.path().join("page.html")
    }
}

fn moons() -> Trained {
    Trained::new(
        "seed = 42
        [data]
        name = 'moons'
        samples = 200
        noise = 0.1
        test_fraction = 0.2
        [model]
        layers = [
            { units = 12, activation = 'tanh' },
            { units = 2, activation = 'tanh', name = 'embedding' },
            { units = 1, activation = 'sigmoid' },
        ]
        [train]
        epochs = 20
        batch_size = 16
        loss = 'bce'
        optimizer = { name = 'adam', lr = 0.05 }",
        &[],
    )
}

fn numbers(value: &Value) -> Vec<f64> {
    let entries = value
        .as_array()
        .unwrap_or_else(|| panic!("no list: {value}"));
    entries
        .iter()
        .map(|entry| entry.as_f64().unwrap())
        .collect()
}

/// The page's own forward pass against Rust's, on every tenth sample of the page at some epochs.
fn same_numbers(browser: &mut Browser, run: &Run) {
    let epochs = run.epochs().unwrap();
    let split = run.split().unwrap();
    let last = epochs.len() - 1;
    assert_eq!(browser.evaluate("foldspace.epochs"), json!(epochs));
    for k in [0, last / 2, last] {
        let network = run.frozen(epochs[k]).unwrap();
        // The weights came through the archive with their bits.
        for (l, layer) in network.layers.iter().enumerate() {
            let theirs = browser.evaluate(&format!("foldspace.layers({k})[{l}]"));
            let weight: Vec<f64> = layer
                .weight
                .row_iter()
                .flat_map(|row| row.iter().copied().collect::<Vec<_>>())
                .collect();
            assert_eq!(numbers(&theirs["weight"]), weight, "epoch {}", epochs[k]);
            assert_eq!(numbers(&theirs["bias"]), layer.bias);
        }
        let outputs = network.forward(split.train.features.as_ref());
        for i in (0..split.train.samples()).step_by(10) {
            let sample = numbers(&browser.evaluate(&format!("foldspace.sample({i})")));
            let features: Vec<f64> = split.train.features.row(i).iter().copied().collect();
            assert_eq!(sample, features);
            let theirs = numbers(
                &browser.evaluate(&format!("foldspace.forward({k}, foldspace.sample({i}))")),
            );
            assert_eq!(theirs.len(), outputs.ncols());
            for (theirs, ours) in theirs.iter().zip(outputs.row(i).iter()) {
                let bound = 1e-13 * ours.abs().max(1.0);
                assert!(
                    (theirs - ours).abs() <= bound,
                    "epoch {}, sample {i}: {theirs} is not {ours}",
                    epochs[k]
                );
            }
        }
    }
}

/// Nothing but the page itself was asked for, and nothing complained.
fn quiet(browser: &mut Browser, file: &Path) {
    let page = format!("file://{}", file.display());
    for request in browser.requests() {
        assert!(request.starts_with(&page), "it asked for {request}");
    }
    assert_eq!(browser.complaints(), Vec::<String>::new());
    browser.events.clear();
}

/// Two SVGs that differ at most in the last digit of some coordinates: an address holds a camera with few digits.
fn same_picture(one: &Value, other: &Value) {
    let parts = |svg: &Value| -> Vec<String> {
        let in_number = |c: char| c.is_ascii_digit() || c == '.' || c == '-';
        let text = svg.as_str().unwrap();
        text.split_inclusive(|c| !in_number(c))
            .flat_map(|part| match part.char_indices().next_back() {
                Some((at, _)) => [part[..at].to_owned(), part[at..].to_owned()],
                None => [String::new(), String::new()],
            })
            .collect()
    };
    let (one, other) = (parts(one), parts(other));
    assert_eq!(one.len(), other.len());
    for (a, b) in one.iter().zip(&other) {
        let near = match (a.parse::<f64>(), b.parse::<f64>()) {
            (Ok(a), Ok(b)) => (a - b).abs() <= 0.02,
            _ => a == b,
        };
        assert!(near, "{a} is not {b}");
    }
}

#[test]
fn two_classes_keys_address_edits_and_silence() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let trained = moons();
    let file = trained.page();
    browser.open(&file, "");
    same_numbers(&mut browser, &trained.run());

    // The verdict on the slider is the linear program's.
    let run = trained.run();
    let train = run.split().unwrap().train;
    let separable = |epoch: &usize| {
        let (head, _) = run.frozen(*epoch).unwrap().split_at(2);
        let embedding = head.forward(train.features.as_ref());
        let verdict = linear_separability(embedding.as_ref(), train.labels().unwrap());
        verdict.unwrap().is_separable()
    };
    let epochs = run.epochs().unwrap();
    let verdicts: Vec<bool> = epochs.iter().map(separable).collect();
    let from = verdicts
        .iter()
        .rposition(|verdict| !verdict)
        .map_or(0, |last| last + 1);
    let said = browser.evaluate("document.getElementById('verdict').textContent");
    let expected = match epochs.get(from) {
        Some(epoch) => format!("Linearly separable before the output from epoch {epoch} on"),
        None => "At the end the classes are not linearly separable".to_owned(),
    };
    assert!(
        said.as_str().unwrap().starts_with(&expected),
        "{said} is not {expected}"
    );

    // Nothing moves by itself.
    browser.wait("foldspace.state.fine");
    let frames = browser.evaluate("foldspace.state.frames");
    std::thread::sleep(std::time::Duration::from_millis(400));
    assert_eq!(
        browser.evaluate("foldspace.state.frames"),
        frames,
        "no autoplay"
    );

    // Sliders by keyboard.
    browser.evaluate("document.getElementById('depth').focus()");
    browser.press("ArrowRight");
    browser.wait("foldspace.state.depth === 0.1");
    browser.wait("document.getElementById('depth').getAttribute('aria-valuetext').startsWith('10 % of the way')");
    browser.press("PageUp");
    browser.wait("foldspace.state.depth === 1");
    browser.wait("document.getElementById('depth').getAttribute('aria-valuetext') === 'after layer 1: W x + b'");
    browser.press("End");
    browser.wait("foldspace.state.depth === 6");
    browser.press("Home");
    browser.wait("foldspace.state.depth === 0");
    browser.evaluate("document.getElementById('epoch').focus()");
    browser.press("ArrowLeft");
    browser.wait("foldspace.state.at === 19");
    browser.press("Home");
    browser.wait("foldspace.state.at === 0");
    browser.wait("document.getElementById('epoch').getAttribute('aria-valuetext') === 'epoch 0 of 20: before training'");
    browser.press("End");
    browser.wait("foldspace.state.at === 20");
    browser.wait("document.getElementById('caption').textContent.includes('After epoch 20')");
    browser.evaluate("document.getElementById('stage').focus()");
    browser.press("ArrowRight");
    browser.press("ArrowDown");
    browser.wait("foldspace.state.sample === 2");
    browser.wait("document.getElementById('point-says').textContent.startsWith('Sample 3 of 200')");
    browser.wait(
        "document.getElementById('stage').getAttribute('aria-label').includes('Sample 3 of 200')",
    );

    // The address holds the state, and gives it back.
    browser.wait("location.hash.includes('sample=3')");
    browser.open(&file, "epoch=7&depth=4&sample=5&unit=1.3&edits=2.0.b:0.25");
    let state = browser.evaluate("foldspace.state");
    assert_eq!(
        (&state["at"], &state["depth"], &state["sample"]),
        (&json!(7), &json!(4), &json!(4))
    );
    assert_eq!(
        (&state["unit"], &state["edits"]),
        (&json!([0, 2]), &json!([["2.0.b", 0.25]]))
    );
    browser.wait(
        "document.getElementById('caption').textContent.includes('no certificate speaks of them')",
    );
    // What makes no sense in it is left aside.
    browser.open(
        &file,
        "epoch=x&depth=99&sample=-4&unit=9.9&edits=7.0.b:1,0.0.b:nan&place=1",
    );
    let state = browser.evaluate("foldspace.state");
    assert_eq!(
        (&state["at"], &state["depth"], &state["sample"]),
        (&json!(20), &json!(6), &json!(0))
    );
    assert_eq!(
        (&state["unit"], &state["edits"]),
        (&Value::Null, &json!([]))
    );

    // Settings stand in the address, and a link gives the same view: toggles, colours, the camera, the table.
    browser.open(&file, "epoch=3&depth=2");
    browser.wait("foldspace.state.fine");
    let shown = browser.evaluate("foldspace.svg()");
    browser.evaluate("document.getElementById('hold').click()");
    browser.wait("/hold=\\d/.test(location.hash)");
    browser.evaluate("document.getElementById('theme').click()");
    browser.evaluate("document.getElementById('table').querySelector('summary').click()");
    browser.evaluate("document.getElementById('epoch').focus()");
    browser.press("End");
    browser.wait("location.hash.includes('epoch=20') && location.hash.includes('table=1') && location.hash.includes('theme=dark')");
    browser.wait("foldspace.state.fine");
    let held = browser.evaluate("foldspace.svg()");
    assert!(held != shown);
    let hash = browser.evaluate("location.hash.slice(1)");
    let hash = hash.as_str().unwrap();
    browser.open(&file, hash);
    browser.wait("foldspace.state.fine");
    same_picture(&browser.evaluate("foldspace.svg()"), &held);
    for (control, expected) in [("hold').checked", true), ("table').open", true)] {
        let script = format!("document.getElementById('{control}");
        assert_eq!(browser.evaluate(&script), json!(expected), "{control}");
    }
    // In the same breath as a change nothing of the state before is shown or called done.
    let at_once = browser.evaluate(
        "(() => { const epoch = document.getElementById('epoch'); epoch.value = '3'; epoch.dispatchEvent(new Event('input')); \
         const { at, fine } = foldspace.state; return [at, fine, foldspace.svg()]; })()",
    );
    assert_eq!((&at_once[0], &at_once[1]), (&json!(3), &json!(false)));
    assert!(at_once[2] != held);
    // Another link in the same page: what it does not name is as on a fresh page. Nothing writes over it before it is read.
    browser.evaluate("location.hash = 'epoch=3&depth=2'; document.getElementById('link').click()");
    browser.wait("foldspace.state.at === 3 && !document.getElementById('hold').checked && !document.getElementById('table').open");
    browser.wait("foldspace.state.fine");
    same_picture(&browser.evaluate("foldspace.svg()"), &shown);
    for hostile in [
        "hold=9:0,0,0,0&output=5&table=x&pace=-1",
        "hold=1:a:b:c:d,::&output=1e9&pace=1e99&theme=%00",
    ] {
        browser.open(&file, hostile);
        assert_eq!(browser.evaluate("foldspace.state.pace"), Value::Null);
        assert!(browser.evaluate("foldspace.svg()").as_str().unwrap().len() > 1000);
    }

    // The output's bias: typed, dragged, taken back.
    browser.open(&file, "depth=4");
    let network = trained.run().frozen(20).unwrap();
    let output = network.layers.last().unwrap();
    browser.wait("document.querySelector('#output input[type=number]')");
    browser.evaluate(
        "(() => { const field = document.querySelector('#output input[type=number]'); field.value = '1.5';
          field.dispatchEvent(new Event('input')); })()",
    );
    browser.wait("foldspace.state.edits.length === 1");
    assert_eq!(
        browser.evaluate("foldspace.layers(20)[2].bias"),
        json!([1.5])
    );
    browser.wait("!document.getElementById('reset').disabled");
    browser.evaluate("document.getElementById('reset').click()");
    browser.wait("foldspace.state.edits.length === 0");
    assert_eq!(
        numbers(&browser.evaluate("foldspace.layers(20)[2].bias")),
        output.bias
    );
    // Where the line w . h + b = 0 is nearest to the middle of the picture, take it and move it.
    let [a, b] = [output.weight[(0, 0)], output.weight[(0, 1)]];
    let square = a * a + b * b;
    let foot = [-output.bias[0] * a / square, -output.bias[0] * b / square];
    let place = |browser: &mut Browser, [x, y]: [f64; 2]| -> [f64; 2] {
        let place = numbers(&browser.evaluate(&format!("foldspace.onStage({x}, {y})")));
        [place[0], place[1]]
    };
    let from = place(&mut browser, foot);
    let to = place(
        &mut browser,
        [
            foot[0] + 0.2 * a / square.sqrt(),
            foot[1] + 0.2 * b / square.sqrt(),
        ],
    );
    browser.drag(from, to);
    browser.wait("foldspace.state.edits.length === 1");
    let moved = numbers(&browser.evaluate("foldspace.layers(20)[2].bias"))[0];
    assert!(
        (moved - (output.bias[0] - 0.2 * square.sqrt())).abs() < 0.02 * square.sqrt(),
        "{moved}"
    );

    // The figure as a file is whole XML.
    let svg = browser.evaluate(
        "(() => { const text = foldspace.svg(); const parsed = new DOMParser().parseFromString(text, 'image/svg+xml');
          return [parsed.querySelector('parsererror') === null, parsed.querySelectorAll('path').length > 20]; })()",
    );
    assert_eq!(svg, json!([true, true]));
    browser.screenshot("moons");
    quiet(&mut browser, &file);
}

#[test]
fn dark_narrow_still_and_accessible() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let trained = moons();
    let file = trained.page();
    let background = "getComputedStyle(document.documentElement).backgroundColor";
    browser.open(&file, "depth=2");
    assert_eq!(browser.evaluate(background), json!("rgb(255, 255, 255)"));

    let preferences = |dark: bool, calm: bool| {
        json!({ "features": [
            { "name": "prefers-color-scheme", "value": if dark { "dark" } else { "light" } },
            { "name": "prefers-reduced-motion", "value": if calm { "reduce" } else { "no-preference" } },
        ] })
    };
    browser.call("Emulation.setEmulatedMedia", preferences(true, false));
    browser.wait(&format!(
        "{background} === 'rgb(20, 23, 28)' && foldspace.state.dark"
    ));
    browser.screenshot("dark");

    // Played, the depth glides through the numbers between; without motion it goes from moment to moment.
    let depths = "(async () => { const seen = [];
        document.getElementById('walk').click();
        for (let k = 0; k < 60; k++) { await new Promise((done) => setTimeout(done, 60)); seen.push(foldspace.state.depth); }
        document.getElementById('walk').click(); return seen; })()";
    let open = |browser: &mut Browser| browser.open(&file, "depth=0");
    open(&mut browser);
    let gliding = numbers(&browser.evaluate(depths));
    assert!(
        gliding.iter().any(|depth| depth.fract() != 0.0),
        "{gliding:?}"
    );
    browser.call("Emulation.setEmulatedMedia", preferences(false, true));
    open(&mut browser);
    let calm = numbers(&browser.evaluate(depths));
    assert!(
        calm.iter().all(|depth| depth.fract() == 0.0) && calm.iter().any(|&depth| depth > 0.0),
        "{calm:?}"
    );

    // On a telephone nothing sticks out.
    for width in [320, 390] {
        browser.call(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": width, "height": 800, "deviceScaleFactor": 2, "mobile": true }),
        );
        browser.open(&file, "depth=3.5&unit=2.1");
        assert_eq!(
            browser.evaluate("document.documentElement.scrollWidth"),
            json!(width)
        );
    }
    browser.screenshot("narrow");

    let tree = browser.call("Accessibility.getFullAXTree", json!({}));
    let nodes = tree["nodes"].as_array().unwrap();
    let of_role = |role: &str| -> Vec<String> {
        let wanted = nodes
            .iter()
            .filter(|node| node["role"]["value"] == role && node["ignored"] != true);
        wanted
            .map(|node| {
                node["name"]["value"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned()
            })
            .collect()
    };
    let sliders = of_role("slider");
    // Chromium's tree repeats a range's number as its text; what is spoken stands in the attribute.
    for (name, id, text) in [
        ("Depth", "depth", "50 % of the way through embedding: tanh"),
        ("Epoch", "epoch", "epoch 20 of 20: loss"),
    ] {
        assert!(sliders.iter().any(|slider| slider == name), "{sliders:?}");
        let says = browser.evaluate(&format!(
            "document.getElementById('{id}').getAttribute('aria-valuetext')"
        ));
        assert!(says.as_str().unwrap().contains(text), "{says}");
    }
    let images = [of_role("image"), of_role("img")].concat();
    assert!(
        images
            .iter()
            .any(|image| image.starts_with("Space, 50 % of the way")),
        "{images:?}"
    );
    assert!(
        images
            .iter()
            .any(|image| image.starts_with("Input space with 200 samples")),
        "{images:?}"
    );
    for role in ["slider", "button", "image", "img", "spinbutton", "checkbox"] {
        for name in of_role(role) {
            assert!(!name.is_empty(), "a {role} without a name");
        }
    }
    quiet(&mut browser, &file);
}

#[test]
fn many_features_several_classes_and_names_that_would_be_markup() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let hostile = [
        "<img src=x onerror=alert(1)>",
        "</script><script>alert(2)</script>",
        "{{7*7}}",
    ];
    let mut csv = String::from("</script><b>a,\"b\"\"'&lt;\",c,kind\n");
    for i in 0..90 {
        let (class, x) = (i % 3, f64::from(i) / 45.0);
        csv.push_str(&format!(
            "{},{},{},{}\n",
            x + f64::from(class),
            libm::sin(5.0 * x),
            x * f64::from(class),
            hostile[class as usize]
        ));
    }
    let trained = Trained::new(
        "seed = 1
        [data]
        path = 'points.csv'
        target = 'kind'
        standardise = true
        test_fraction = 0.2
        [model]
        layers = [{ units = 5, activation = 'gelu' }, { units = 3, activation = 'softmax' }]
        [train]
        epochs = 12
        batch_size = 8
        loss = 'cross_entropy'
        optimizer = { name = 'adam', lr = 0.05 }",
        &[("points.csv", &csv)],
    );
    let file = trained.page();
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(
        text.matches("<script").count(),
        4,
        "the data blocks and the program, and no more"
    );
    assert!(
        !text.contains(&trained.folder.path().display().to_string()),
        "where it lies is nobody's business"
    );
    browser.open(&file, "depth=2&unit=1.2");
    same_numbers(&mut browser, &trained.run());
    browser.wait("foldspace.state.fine");
    browser.wait(
        "document.getElementById('key').textContent.includes('<img src=x onerror=alert(1)>')",
    );
    browser.evaluate("document.getElementById('table').open = true");
    browser.wait("document.querySelectorAll('#rows tr').length === 91");
    assert_eq!(
        browser.evaluate(
            "document.querySelectorAll('img, b:not([class]):not(td b), #key script').length"
        ),
        json!(0)
    );
    for depth in 0..=4 {
        browser.open(&file, &format!("depth={depth}&heldout=1"));
    }
    browser.screenshot("classes");
    quiet(&mut browser, &file);
}

#[test]
fn regression_of_two_features_and_of_one() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let plane = "seed = 4
        [data]
        name = 'quadratic'
        samples = 120
        test_fraction = 0.25
        [model]
        layers = [{ units = 7, activation = 'relu' }, { units = 1 }]
        [train]
        epochs = 15
        batch_size = 10
        loss = 'mse'
        optimizer = { name = 'adam', lr = 0.02 }";
    let rows = (0..60)
        .map(|i| f64::from(i) / 10.0 - 3.0)
        .map(|x| format!("{x},{}\n", libm::sin(x)));
    let csv = format!("x,y\n{}", rows.collect::<String>());
    let line = plane
        .replace("name = 'quadratic'", "path = 'sine.csv'\ntarget = 'y'")
        .replace("samples = 120\n", "")
        .replace("relu", "silu");
    for (name, config) in [("plane", plane), ("line", &line)] {
        let trained = Trained::new(config, &[("sine.csv", &csv)]);
        let file = trained.page();
        browser.open(&file, "depth=1.5&unit=1.3");
        same_numbers(&mut browser, &trained.run());
        browser.wait(
            "document.getElementById('caption').textContent.includes('root mean square error')",
        );
        browser.wait("document.getElementById('answer').textContent.includes('y = ')");
        browser.screenshot(name);
        for depth in ["0", "0.5", "1", "2.5", "3"] {
            browser.open(&file, &format!("depth={depth}"));
        }
        quiet(&mut browser, &file);
    }
}

#[test]
fn activations_are_rusts() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let trained = moons();
    browser.open(&trained.page(), "");
    let mut inputs: Vec<f64> = (-400..=400).map(|k| f64::from(k) / 37.0).collect();
    inputs.extend([
        -0.0, 0.0, 1e-300, 1e-9, -1e-9, 0.25, 0.2554, 0.55, -0.5493, 19.9, 20.1, -25.0, 40.0,
        -700.0,
    ]);
    let spelt = json!(inputs);
    let scaled = Activation::ScaledTanh { a: 2.0, b: 0.7 };
    use Activation::{
        Clip, Elu, Gelu, GeluTanh, HardSigmoid, HardSwish, Identity, LeakyRelu, Relu, Sigmoid,
        Silu, Softplus, Tanh,
    };
    for activation in [
        Identity,
        Relu,
        Activation::LEAKY_RELU,
        LeakyRelu { slope: 0.3 },
        Activation::ELU,
        Elu { alpha: 2.5 },
        Gelu,
        GeluTanh,
        Silu,
        Softplus,
        Tanh,
        Sigmoid,
        scaled,
        Activation::RELU6,
        Activation::HARD_TANH,
        Clip {
            low: -0.5,
            high: 2.0,
        },
        HardSigmoid,
        HardSwish,
    ] {
        let name = serde_json::to_value(activation).unwrap();
        let theirs = numbers(&browser.evaluate(&format!("foldspace.activation({name}, {spelt})")));
        for (&z, theirs) in inputs.iter().zip(theirs) {
            let ours = activation.value(z).unwrap();
            // tanh has libm's bits; elsewhere exp may round another way, and GELU has its own erfc.
            let bound = match activation {
                Identity
                | Relu
                | LeakyRelu { .. }
                | Tanh
                | Clip { .. }
                | HardSigmoid
                | HardSwish
                | Activation::ScaledTanh { .. } => 0.0,
                Gelu => 4e-14 * ours.abs() + 1e-300,
                _ => 1e-15 * ours.abs(),
            };
            assert!(
                (theirs - ours).abs() <= bound,
                "{name} at {z:e}: {theirs:e} is not {ours:e}"
            );
        }
    }
}

#[test]
fn what_is_left_out_is_said() {
    let trained = moons();
    let run = trained.run();
    let size = 12 * 3 + 2 * 13 + 3;
    let limits = Limits {
        weights: 5 * size,
        samples: 50,
        ..Limits::default()
    };
    let text = page(&run, &InputAxes::Automatic, limits).unwrap();
    assert!(text.contains("\"epochs\":[0,5,10,15,20]") && text.contains("\"captured\":21"));
    let error = page(
        &run,
        &InputAxes::Automatic,
        Limits {
            weights: size - 1,
            ..limits
        },
    )
    .unwrap_err();
    assert!(error.to_string().contains("foldspace figure"), "{error}");
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let file = trained.folder.path().join("thin.html");
    std::fs::write(&file, text).unwrap();
    browser.open(&file, "");
    let notes = browser.evaluate("document.getElementById('notes').textContent");
    let notes = notes.as_str().unwrap();
    assert!(
        notes.contains("The weights of 5 of 21 captured epochs"),
        "{notes}"
    );
    assert!(notes.contains("50 of 200 samples"), "{notes}");
    quiet(&mut browser, &file);
}

/// The page that docs/ holds: the moons of configs/moons.toml, all 151 epochs in at most 400 kB, with today's program.
#[test]
fn the_page_in_the_docs_is_small_and_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/moons.html");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.len() <= 400_000, "{} bytes", text.len());
    let program = |page: &str| {
        let (before, after) = page
            .split_once("<script type=\"text/plain\" id=\"run\">")
            .unwrap();
        let (_, program) = after.split_once("id=\"program\">").unwrap();
        (
            before.split_once("<style>").unwrap().1.to_owned(),
            program.to_owned(),
        )
    };
    let fresh = page(&moons().run(), &InputAxes::Automatic, Limits::default()).unwrap();
    assert!(
        program(&text) == program(&fresh),
        "docs/moons.html is older than src/web: run `foldspace train configs/moons.toml --out moons` and \
         `foldspace explore moons -o docs/moons.html`"
    );
    let Some(mut browser) = Browser::start() else {
        return;
    };
    browser.open(&file, "epoch=47&depth=4");
    assert_eq!(browser.evaluate("foldspace.epochs.length"), json!(151));
    browser.wait("document.getElementById('verdict').textContent.includes('from epoch ')");
    browser.screenshot("docs");
    quiet(&mut browser, &file);
}

#[test]
fn mistakes_are_named() {
    let trained = moons();
    let output = trained.ended(&["explore", "nowhere"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("there is no run here"));
    let output = trained.ended(&["explore", "run", "--features", "x1,z"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("there is no feature z"));
    std::fs::remove_dir_all(trained.folder.path().join("run/weights")).unwrap();
    std::fs::create_dir(trained.folder.path().join("run/weights")).unwrap();
    let output = trained.ended(&["explore", "run"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("no epoch was captured yet"));
}

#[test]
fn marks_along_the_depth_stand_apart() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    // Nine layers fit on a wide page, where the last does not take much of it.
    let long = "whether_a_point_is_of_the_upper_moon_or_of_the_lower_one_".repeat(2);
    for (name, at_least) in [("output", 11), (&*long, 5)] {
        marks_stand_apart(&mut browser, name, at_least);
    }
}

/// Of a network of ten layers, of which the last has this name, at least so many moments are marked on a wide page.
fn marks_stand_apart(browser: &mut Browser, name: &str, at_least: usize) {
    let hidden = "{ units = 6, activation = 'relu' }, ".repeat(8);
    let trained = Trained::new(
        &format!(
            "[data]
            name = 'moons'
            samples = 40
            [model]
            layers = [
                {hidden} {{ units = 2, activation = 'tanh', name = 'embedding' }},
                {{ units = 1, activation = 'sigmoid', name = '{name}' }},
            ]
            [train]
            epochs = 2
            loss = 'bce'
            optimizer = {{ name = 'adam', lr = 0.01 }}"
        ),
        &[],
    );
    let file = trained.page();
    let seen = "[...document.getElementById('moments').children].map((mark) => mark.getBoundingClientRect())
        .flatMap((r, m) => r.width > 0 ? [[m, r.left, r.right, r.top]] : [])";
    let mut counts = Vec::new();
    for width in [1280, 820, 390] {
        browser.call(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false }),
        );
        browser.open(&file, "depth=2");
        browser
            .wait("[...document.getElementById('moments').children].some((mark) => mark.hidden)");
        let marks: Vec<Vec<f64>> = serde_json::from_value(browser.evaluate(seen)).unwrap();
        for (i, mark) in marks.iter().enumerate() {
            assert!(
                mark[1] >= 0.0 && mark[2] <= f64::from(width),
                "{width}: {mark:?}"
            );
            for other in &marks[..i] {
                let is_beside = mark[3] != other[3] || mark[1] > other[2] || other[1] > mark[2];
                assert!(is_beside, "{width}: {mark:?} {other:?}");
            }
        }
        let [first, last] = [marks[0][0], marks[marks.len() - 1][0]];
        assert_eq!([first, last], [0.0, 20.0], "{width}: the ends are marked");
        assert_eq!(
            browser.evaluate("document.documentElement.scrollWidth"),
            json!(width)
        );
        counts.push(marks.len());
        browser.screenshot(&format!("marks-{width}-{at_least}"));
    }
    assert!(
        counts[0] >= at_least && counts.is_sorted_by(|wide, narrow| wide >= narrow),
        "{counts:?}"
    );
}
