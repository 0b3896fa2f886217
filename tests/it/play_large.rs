//! `foldspace play` with networks that are too large for the page to compute with: what it is sent, and shows, is Rust's.

use faer::Mat;
use foldspace::geometry::{Slice, View};
use foldspace::model::{Activation, Frozen};
use foldspace::run::Run;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::play_page::{Play, click, open, quiet, train_until};
use crate::program::ended;

fn config(data: &str, hidden: &[usize], output: &str, train: &str) -> String {
    let layers: Vec<String> = hidden
        .iter()
        .map(|units| format!("{{ units = {units}, activation = 'tanh' }},"))
        .collect();
    format!(
        "seed = 5
        [data]
        {data}
        [model]
        layers = [{} {output}]
        [train]
        {train}
        optimizer = {{ name = 'adam', lr = 0.001 }}",
        layers.join(" ")
    )
}

fn play(config: &str) -> Play {
    Play::start(&["large.toml"], &[("large.toml", config)])
}

const TWO: &str = "{ units = 2, activation = 'identity' }";
const CROSS_ENTROPY: &str = "epochs = 5000\nloss = 'cross_entropy'";

/// Waits until all has come that the page asks for when nothing moves.
fn settled(browser: &mut Browser) {
    browser.wait(
        "played.run.sent && played.run.sent.fine && (played.run.flat === 1 || played.run.sent.detail)
         && played.run.sent.number === played.frame.number && foldspace.state.fine !== (played.run.flat === 1)",
    );
}

fn numbers(value: &Value) -> Vec<f64> {
    let rows = value.as_array().unwrap_or_else(|| panic!("{value}"));
    rows.iter().map(|x| x.as_f64().unwrap()).collect()
}

/// The page's run as it is now, saved.
fn saved(browser: &mut Browser, play: &Play, k: usize) -> (Run, usize) {
    click(browser, "save");
    browser.wait(&format!(
        "document.getElementById('status').textContent.endsWith('play-{k}')"
    ));
    let run = Run::open(play.saved(k)).unwrap();
    let last = *run.epochs().unwrap().last().unwrap();
    assert_eq!(browser.evaluate("played.frame.epoch"), json!(last));
    (run, last)
}

/// Everything that the page draws at rest is what the saved network says here.
fn same_at_rest(browser: &mut Browser, play: &Play) -> (Run, Frozen) {
    settled(browser);
    let (run, last) = saved(browser, play, 1);
    let network = run.frozen(last).unwrap();
    same_field(browser, &network, None);
    same_pictures(browser, &network, None);
    same_point(browser, &network, 0);
    (run, network)
}

/// What points are after every affine part and activation.
fn spaces(network: &Frozen, points: &Mat<f64>) -> Vec<Mat<f64>> {
    let mut spaces: Vec<Mat<f64>> = Vec::new();
    for layer in &network.layers {
        let sums = layer.affine(spaces.last().unwrap_or(points).as_ref());
        spaces.push(sums.clone());
        if layer.activation != Activation::Identity {
            spaces.push(layer.activate(sums));
        }
    }
    spaces
}

fn largest(picture: &Mat<f64>) -> f64 {
    picture.norm_max().max(1e-9)
}

/// The pictures of samples and paper at every depth, against principal planes by singular value decomposition.
fn same_pictures(browser: &mut Browser, network: &Frozen, slice: Option<&Slice>) {
    let features = numbers(&browser.evaluate("Array.from(played.run.features)"));
    let d = network.layers[0].inputs();
    let features = Mat::from_fn(features.len() / d, d, |i, j| features[d * i + j]);
    assert!(features.nrows() < 480, "all samples set the planes");
    let paper = numbers(&browser.evaluate("Array.from(played.run.lattice.points)"));
    let flat = d.min(2);
    let paper = Mat::from_fn(paper.len() / flat, flat, |i, j| paper[flat * i + j]);
    let places = slice.map_or_else(|| features.clone(), |s| s.project(features.as_ref()));
    let lifted = slice.map_or_else(|| paper.clone(), |s| s.lift(paper.as_ref()));
    let mut before = Mat::from_fn(places.nrows(), 2, |i, j| {
        if j < places.ncols() {
            places[(i, j)]
        } else {
            0.0
        }
    });
    let (samples, papers) = (spaces(network, &features), spaces(network, &lifted));
    for (m, (space, sheet)) in samples.iter().zip(&papers).enumerate() {
        let m = m + 1;
        let k = space.ncols();
        // From a line there is a line after the first affine part, which leaves open how the next space is mirrored.
        let target = match flat {
            1 => {
                let theirs = browser.evaluate(&format!(
                    "Array.from(played.run.sent.still({m}, 'samples'))"
                ));
                let theirs = numbers(&theirs);
                Mat::from_fn(space.nrows(), 2, |i, j| theirs[2 * i + j])
            }
            _ => before.clone(),
        };
        let view = (k > 2).then(|| {
            let view = View::of(space.as_ref()).unwrap();
            view.aligned_to(target.as_ref(), space.as_ref()).unwrap()
        });
        let shown = |space: &Mat<f64>| match &view {
            Some(view) => view.project(space.as_ref()),
            None => Mat::from_fn(
                space.nrows(),
                2,
                |i, j| if j < k { space[(i, j)] } else { 0.0 },
            ),
        };
        let picture = shown(space);
        for (which, ours, columns) in [
            ("samples", &picture, if k == 1 { 1 } else { 2 }),
            ("lattice", &shown(sheet), 2),
        ] {
            let theirs = browser.evaluate(&format!(
                "Array.from(played.run.sent.still({m}, '{which}'))"
            ));
            let theirs = numbers(&theirs);
            assert_eq!(theirs.len(), 2 * ours.nrows(), "{m} {which}");
            let size = largest(ours);
            for i in 0..ours.nrows() {
                for j in 0..columns {
                    let apart = (theirs[2 * i + j] - ours[(i, j)]).abs();
                    assert!(
                        apart < 2e-3 * size,
                        "{m} {which} {i} {j}: {apart} of {size}"
                    );
                }
            }
        }
        if let Some(view) = &view {
            let share = browser.evaluate(&format!("played.run.sent.view({m}).share"));
            assert!(
                (share.as_f64().unwrap() - view.explained).abs() < 1e-5,
                "{m}"
            );
        }
        before = picture;
    }
}

/// The field at rest, at some of its pixels.
fn same_field(browser: &mut Browser, network: &Frozen, slice: Option<&Slice>) {
    let window = numbers(&browser.evaluate("played.run.window"));
    let side = 128;
    assert_eq!(browser.evaluate("played.run.sent.field.n"), json!(side));
    let values = numbers(&browser.evaluate("Array.from(played.run.sent.field.values)"));
    let at = |low: f64, high: f64, k: usize| low + (high - low) * k as f64 / (side - 1) as f64;
    let pixels = Mat::from_fn(side * side, 2, |i, axis| match axis {
        0 => at(window[0], window[1], i % side),
        _ => at(window[2], window[3], i / side),
    });
    let points = slice.map_or_else(|| pixels.clone(), |s| s.lift(pixels.as_ref()));
    let all = spaces(network, &points);
    let last = &network.layers[network.layers.len() - 1];
    let scores = &all[all.len() - 1 - usize::from(last.activation != Activation::Identity)];
    let entries = || scores.col_iter().flat_map(|column| column.iter());
    let high = entries().copied().fold(f64::MIN, f64::max);
    let low = entries().copied().fold(f64::MAX, f64::min);
    // Half a step of 16 bits, twice where two scores are compared.
    let most = (high - low) / 65_535.0 * if last.units() == 1 { 0.51 } else { 1.02 } + 1e-5;
    assert!(high - low > 1e-3, "the network says one thing everywhere");
    for i in 0..side * side {
        let height = match (last.units(), last.activation) {
            (2, _) => scores[(i, 1)] - scores[(i, 0)],
            _ => scores[(i, 0)],
        };
        let apart = (values[i] - height).abs();
        assert!(apart <= most, "pixel {i}: {apart}, at most {most}");
    }
}

/// The followed point's numbers, and the text of the last.
fn same_point(browser: &mut Browser, network: &Frozen, sample: usize) {
    browser.wait(&format!(
        "foldspace.state.sample === {sample} && played.run.sent.look.point.sample === {sample}"
    ));
    let x = numbers(&browser.evaluate(&format!("foldspace.sample({sample})")));
    let x = Mat::from_fn(1, x.len(), |_, j| x[j]);
    let ours = spaces(network, &x);
    let theirs = browser.evaluate(
        "played.run.sent.arithmetic(new Float64Array(0)).map((row) => [row.z, row.h].map((v) => Array.from(v)))",
    );
    let mut place = 0;
    for (l, layer) in network.layers.iter().enumerate() {
        let sums = &ours[place];
        place += usize::from(layer.activation != Activation::Identity);
        let answers = &ours[place];
        place += 1;
        for (which, row) in [sums, answers].into_iter().enumerate() {
            let there = numbers(&theirs[l][which]);
            assert_eq!(there.len(), layer.units());
            for (j, &x) in there.iter().enumerate() {
                assert!((x - row[(0, j)]).abs() < 1e-12, "layer {l}, unit {j}");
            }
        }
    }
    // The words follow the numbers.
    let says = format!("Sample {} of ", sample + 1);
    browser.wait(&format!(
        "document.getElementById('point-says').textContent.startsWith('{says}')"
    ));
}

/// Weights that the page shows are the network's own.
fn same_row(browser: &mut Browser, network: &Frozen, l: usize, j: usize) {
    let layer = &network.layers[l];
    let inputs = layer.inputs();
    let theirs = browser.evaluate(&format!(
        "(() => {{ const l = played.run.sent.layers[{l}]; return [Array.from(l.weight.subarray({j} * {inputs}, {} * {inputs})), l.bias[{j}]]; }})()",
        j + 1
    ));
    let ours: Vec<f64> = layer.weight.row(j).iter().copied().collect();
    assert_eq!(theirs, json!([ours, layer.bias[j]]), "layer {l}, unit {j}");
}

#[test]
fn ninety_thousand_parameters_train_and_are_shown_as_rust_has_them() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let data = "name = 'moons'\nsamples = 90\nnoise = 0.1\ntest_fraction = 0.2";
    let play = play(&config(data, &[300, 300], TWO, CROSS_ENTROPY));
    open(&mut browser, &play);
    assert_eq!(
        browser.evaluate("document.getElementById('kind').textContent"),
        json!("· 2 → 300 → 300 → 2 · moons")
    );
    let lead = browser.evaluate("document.getElementById('lead').textContent");
    assert!(
        lead.as_str().unwrap().contains("91\u{202f}802 parameters"),
        "{lead}"
    );
    settled(&mut browser);
    browser.screenshot("large-first");
    // It draws while it trains, coarse as that may be.
    click(&mut browser, "play");
    browser.wait("played.frame.training && played.run.sent.epoch >= 3 && played.run.sent.epoch === foldspace.epochs[foldspace.state.at]");
    browser.screenshot("large-training");
    click(&mut browser, "play");
    browser.wait("!played.frame.training && played.frame.verdict");
    let (run, network) = same_at_rest(&mut browser, &play);
    // The curve is the table's.
    let losses = browser.evaluate("played.run.description.metrics.map((row) => row[1])");
    let table: Vec<f64> = run
        .metrics()
        .unwrap()
        .iter()
        .map(|m| m.train_loss)
        .collect();
    assert_eq!(numbers(&losses), table);

    // The depth moves with nothing asked; halfway through a layer, too.
    browser.evaluate("document.getElementById('depth').focus()");
    let asked = browser.evaluate("played.wire.has.frame");
    for depth in ["1", "2", "3"] {
        browser.press("PageUp");
        browser.wait(&format!("foldspace.state.depth === {depth}"));
    }
    for _ in 0..4 {
        browser.press("ArrowRight");
    }
    browser.wait("foldspace.state.depth === 3.4");
    browser.screenshot("large-depth");
    browser.press("End");
    browser.wait("foldspace.state.depth === 5");
    assert_eq!(browser.evaluate("played.wire.has.frame"), asked);
    let svg = browser.evaluate("foldspace.svg()");
    assert!(
        svg.as_str().unwrap().contains("after output: W h + b"),
        "{svg}"
    );

    // Another point, by the keyboard.
    browser.evaluate("document.getElementById('stage').focus()");
    for _ in 0..3 {
        browser.press("ArrowRight");
    }
    same_point(&mut browser, &network, 3);
    let z = browser.evaluate("Array.from(played.run.sent.rows[2].z)");
    let says = if numbers(&z)[1] > numbers(&z)[0] {
        "says 1:"
    } else {
        "says 0:"
    };
    browser.wait(&format!(
        "document.getElementById('answer').textContent.includes('{says}')"
    ));

    // A unit: its curve, its weights, and one of them changed.
    browser.evaluate("document.querySelector('[data-unit^=\"1.\"]').click()");
    browser.wait("played.run.sent.look.unit && document.querySelector('#unit input[type=number]')");
    settled(&mut browser);
    let j = browser
        .evaluate("foldspace.state.unit[1]")
        .as_u64()
        .unwrap();
    let j = usize::try_from(j).unwrap();
    same_row(&mut browser, &network, 1, j);
    same_row(&mut browser, &network, 0, 299);
    let says = browser.evaluate("document.getElementById('unit').textContent");
    assert!(
        says.as_str()
            .unwrap()
            .contains("Share in the next layer’s input"),
        "{says}"
    );
    let zero = browser
        .evaluate("played.run.sent.field.curve.length")
        .as_u64();
    assert!(zero.is_some());
    browser.evaluate("document.getElementById('network').scrollIntoView()");
    browser.screenshot("large-unit");
    browser.evaluate("document.querySelector('#unit input[type=range]').focus()");
    browser.press("ArrowRight");
    browser.wait("played.frame.changes === 1 && foldspace.state.edits.length === 0");
    settled(&mut browser);
    let bias = browser.evaluate(&format!("played.run.sent.layers[1].bias[{j}]"));
    let (edited, last) = saved(&mut browser, &play, 2);
    assert_eq!(json!(edited.frozen(last).unwrap().layers[1].bias[j]), bias);
    assert_ne!(bias, json!(network.layers[1].bias[j]));

    // Back to the network before training.
    browser.evaluate("document.getElementById('epoch').focus()");
    browser.press("Home");
    browser.wait("played.run.sent.epoch === 0 && foldspace.state.at === 0");
    same_point(&mut browser, &run.frozen(0).unwrap(), 3);
    browser.evaluate("scrollTo(0, 0)");
    browser.screenshot("large-back");
    click(&mut browser, "rewind");
    browser.wait("played.run.description.live.branch === 2 && played.run.sent && played.page");
    let compare = "document.querySelector('[aria-label=\"compare with branch 1\"]')";
    assert_eq!(
        browser.evaluate(&format!("{compare}.disabled")),
        json!(false)
    );
    browser.evaluate(&format!("{compare}.click()"));
    browser.wait("played.run.beside !== null");
    browser.evaluate("document.getElementById('bench').scrollIntoView()");
    browser.screenshot("large-branches");
    quiet(&mut browser, &play);

    // A small network, and a large one again, on the same page.
    browser.evaluate("played.wire.say({ change: { set: { assignments: ['model.layers.0.units=6', 'model.layers.1.units=2'] } } })");
    browser.wait("played.run.description.layers[0].units === 6 && !played.run.sent && foldspace.state.firstPicture > 0");
    train_until(&mut browser, 2);
    browser.evaluate("played.wire.say({ change: { set: { assignments: ['model.layers.0.units=400', 'model.layers.1.units=150'] } } })");
    browser.wait("played.run.description.layers[0].units === 400 && played.run.sent && foldspace.state.firstPicture > 0");
    train_until(&mut browser, 2);
    quiet(&mut browser, &play);
}

#[test]
fn nearly_a_million_parameters_are_followed() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let data = "name = 'moons'\nsamples = 60\nnoise = 0.1";
    let play = play(&config(data, &[700, 700, 700], TWO, CROSS_ENTROPY));
    open(&mut browser, &play);
    let lead = browser.evaluate("document.getElementById('lead').textContent");
    assert!(
        lead.as_str().unwrap().contains("984\u{202f}902 parameters"),
        "{lead}"
    );
    click(&mut browser, "step");
    browser.wait("played.frame.epoch === 1 && played.run.sent.epoch === 1");
    assert_eq!(browser.evaluate("played.run.epochs"), json!([0, 1]));
    let (_, network) = same_at_rest(&mut browser, &play);
    same_row(&mut browser, &network, 2, 699);
    browser.screenshot("large-million");
    quiet(&mut browser, &play);
}

#[test]
fn one_feature_and_many_on_a_plane() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let line = config(
        "path = 'line.csv'\ntarget = 'y'",
        &[240, 240],
        "{ units = 1, activation = 'identity' }",
        "epochs = 5000\nloss = 'mse'",
    );
    let rows: String = (0..50)
        .map(|i| {
            format!(
                "{},{}\n",
                f64::from(i) / 10.0,
                f64::from((i * i) % 37) / 20.0
            )
        })
        .collect();
    let rows = format!("x,y\n{rows}");
    let files = [("large.toml", line.as_str()), ("line.csv", rows.as_str())];
    let on_a_line = Play::start(&["large.toml"], &files);
    open(&mut browser, &on_a_line);
    train_until(&mut browser, 2);
    settled(&mut browser);
    let (run, last) = saved(&mut browser, &on_a_line, 1);
    let network = run.frozen(last).unwrap();
    same_pictures(&mut browser, &network, None);
    same_point(&mut browser, &network, 0);
    browser.evaluate("document.querySelector('[data-unit^=\"1.\"]').click()");
    browser.wait("played.run.sent.look.unit");
    settled(&mut browser);
    browser.screenshot("large-line");
    quiet(&mut browser, &on_a_line);
    drop(on_a_line);

    let rows: String = (0..90)
        .map(|i| {
            let x = |k: usize| f64::from((i * (7 + 4 * k) as i32) % 31) / 10.0;
            let class = ["a", "b", "c"][(i % 3) as usize];
            let (shift, far) = (f64::from(i % 3), x(3));
            format!(
                "{},{},{},{far},{class}\n",
                x(0) + shift,
                40.0 * x(1),
                x(2) - shift
            )
        })
        .collect();
    let many = config(
        "path = 'many.csv'\ntarget = 'class'\nstandardise = true",
        &[260, 260],
        "{ units = 3, activation = 'softmax' }",
        CROSS_ENTROPY,
    );
    let on_a_plane = Play::start(
        &["large.toml"],
        &[
            ("large.toml", &many),
            ("many.csv", &format!("p,q,r,s,class\n{rows}")),
        ],
    );
    open(&mut browser, &on_a_plane);
    train_until(&mut browser, 2);
    settled(&mut browser);
    let (run, last) = saved(&mut browser, &on_a_plane, 1);
    let plane = browser.evaluate("played.run.slice");
    let axes: Vec<Vec<f64>> = plane["axes"]
        .as_array()
        .unwrap()
        .iter()
        .map(numbers)
        .collect();
    let slice = Slice::new(
        numbers(&plane["origin"]),
        Mat::from_fn(4, 2, |i, j| axes[j][i]),
    )
    .unwrap();
    let network = run.frozen(last).unwrap();
    same_pictures(&mut browser, &network, Some(&slice));
    same_point(&mut browser, &network, 0);
    // A place of the plane instead of a sample.
    let r = browser.evaluate("(() => { const c = document.getElementById('input'); c.scrollIntoView(); const r = c.getBoundingClientRect(); return [r.left + 0.5 * r.width, r.top + 0.11 * r.height]; })()");
    let r = numbers(&r);
    browser.drag([r[0], r[1]], [r[0] + 40.0, r[1] + 5.0]);
    browser.wait("foldspace.state.place && JSON.stringify(played.run.sent.look.point.place) === JSON.stringify(foldspace.state.place)");
    let place = numbers(&browser.evaluate("foldspace.state.place"));
    let x = slice.lift(Mat::from_fn(1, 2, |_, j| place[j]).as_ref());
    let scores = spaces(&network, &x).swap_remove(4);
    let theirs = numbers(&browser.evaluate("Array.from(played.run.sent.rows[2].z)"));
    for k in 0..3 {
        assert!(
            (theirs[k] - scores[(0, k)]).abs() < 1e-9,
            "{theirs:?} {scores:?}"
        );
    }
    browser.wait(
        "document.getElementById('point-says').textContent.startsWith('A place of your choice')",
    );
    browser.screenshot("large-plane");
    quiet(&mut browser, &on_a_plane);
}

#[test]
fn what_is_larger_is_refused_with_a_way_out() {
    let folder = tempfile::tempdir().unwrap();
    for (hidden, says) in [
        (
            &[1000, 1000][..],
            "a network of 1006002 parameters; up to 1000000 are played with",
        ),
        (
            &[20_000],
            "a layer of 20000 units in a network of 100002 parameters",
        ),
    ] {
        let data = "name = 'moons'\nsamples = 40";
        let text = config(data, hidden, TWO, CROSS_ENTROPY);
        std::fs::write(folder.path().join("large.toml"), text).unwrap();
        let output = ended(folder.path(), &["play", "large.toml", "--backend", "flex"]);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(error.contains(says), "{error}");
        assert!(
            error.contains("take fewer units, or use `foldspace train` and `foldspace animate`"),
            "{error}"
        );
    }
}
