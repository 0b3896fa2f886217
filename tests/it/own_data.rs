//! People's own data: more than two features, several classes, regression; from the file to the picture.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use foldspace::config::Config;
use foldspace::data::Target;
use foldspace::device::Backend;
use foldspace::figures::{InputAxes, InputPlane, Name, training};
use foldspace::linalg::Pca;
use foldspace::plot::{Mark, Theme};
use foldspace::run::{Run, Session};

fn iris(overrides: &[&str]) -> Config {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/iris.toml");
    let overrides: Vec<String> = overrides.iter().map(|&text| text.to_owned()).collect();
    Config::from_file(&path, &overrides).unwrap()
}

fn train(config: &Config, path: &Path) -> Run {
    let mut session = Session::create(config, path, Backend::Flex, false).unwrap();
    session.train(&AtomicBool::new(false), |_| ()).unwrap();
    Run::open(path).unwrap()
}

#[test]
fn iris_is_whole() {
    let config = iris(&[]);
    let set = config.data.load(config.seed, Path::new(".")).unwrap();
    assert_eq!((set.samples(), set.dimensions()), (150, 4));
    let Target::Classes { labels, names } = &set.target else {
        panic!("no classes");
    };
    assert_eq!(names, &["setosa", "versicolor", "virginica"]);
    for class in 0..3 {
        assert_eq!(labels.iter().filter(|&&label| label == class).count(), 50);
    }
    // The means that Fisher's table gives, in centimetres.
    let mean = |column: usize| set.features.col(column).iter().sum::<f64>() / 150.0;
    for (column, expected) in [5.843_333, 3.057_333, 3.758, 1.199_333]
        .into_iter()
        .enumerate()
    {
        assert!(
            (mean(column) - expected).abs() < 1e-6,
            "{}",
            set.feature_names[column]
        );
    }
}

#[test]
fn iris_is_learnt() {
    let folder = tempfile::tempdir().unwrap();
    for seed in [42, 0, 1] {
        let run = train(
            &iris(&[&format!("seed={seed}")]),
            &folder.path().join(seed.to_string()),
        );
        let metrics = run.metrics().unwrap();
        let accuracy = metrics.last().unwrap().test_accuracy.unwrap();
        assert!(accuracy >= 0.95, "seed {seed}: {accuracy}");
    }
}

#[test]
fn figures_of_more_than_two_features_say_which_plane_they_show() {
    let folder = tempfile::tempdir().unwrap();
    let run = train(&iris(&["train.epochs=4"]), &folder.path().join("iris"));
    let split = run.split().unwrap();
    let pca = Pca::fit(split.train.features.as_ref(), 2).unwrap();
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);

    let figure = Name::Boundary.draw(&run, 4, &InputAxes::Automatic).unwrap();
    let ratio = &pca.explained_variance_ratio;
    assert!(
        figure.caption.contains(&percent(ratio[0] + ratio[1])),
        "{}",
        figure.caption
    );
    assert!(figure.panels[0].x.label.contains(&percent(ratio[0])));
    assert!(figure.panels[0].y.label.contains(&percent(ratio[1])));
    let names: Vec<&str> = figure.panels[0]
        .legend
        .iter()
        .map(|key| key.label.as_str())
        .collect();
    assert_eq!(names, ["setosa", "versicolor", "virginica"]);

    let pair = ["petal_length_cm", "petal_width_cm"].map(String::from);
    let axes = InputAxes::Features(pair.clone());
    let figure = Name::Boundary.draw(&run, 4, &axes).unwrap();
    assert_eq!(figure.panels[0].x.label, pair[0]);
    assert_eq!(figure.panels[0].y.label, pair[1]);
    // Held at their means over the training part, in the data's own unit.
    let standardiser = split.standardiser.as_ref().unwrap();
    let held = format!(
        "sepal_length_cm {:.3}, sepal_width_cm {:.3}",
        standardiser.means[0], standardiser.means[1]
    );
    assert!(figure.caption.contains(&held), "{} {held}", figure.caption);

    // On the plane of the pair the network is what it is at those points of input space.
    let plane = InputPlane::new(&split.train, Some(standardiser), &axes).unwrap();
    let network = run.frozen(4).unwrap();
    let centimetres = faer::mat![[4.5, 1.5]];
    let here = plane
        .network(&network)
        .unwrap()
        .forward(centimetres.as_ref());
    let raw = faer::mat![[standardiser.means[0], standardiser.means[1], 4.5, 1.5]];
    let there = network.forward(standardiser.transform(&raw).as_ref());
    assert!((here - there).norm_max() < 1e-9);

    let wrong = InputAxes::Features(["petal_length".into(), "petal_width_cm".into()]);
    let error = Name::Data.draw(&run, 4, &wrong).unwrap_err().to_string();
    assert!(error.contains("did you mean petal_length_cm?"), "{error}");
    let twice = InputAxes::Features([pair[0].clone(), pair[0].clone()]);
    assert!(
        Name::Data
            .draw(&run, 4, &twice)
            .unwrap_err()
            .to_string()
            .contains("twice")
    );
    for name in [Name::Prediction, Name::Residuals] {
        let error = name.draw(&run, 4, &axes).unwrap_err().to_string();
        assert!(error.contains("`boundary`"), "{error}");
    }
}

#[test]
fn wide_embeddings_are_seen_along_their_principal_components() {
    let folder = tempfile::tempdir().unwrap();
    let config = iris(&["model.layers.1.units=5", "train.epochs=3"]);
    let run = train(&config, &folder.path().join("iris"));
    let views = training(&run, &[0, 3], &InputAxes::Automatic).unwrap();
    let last = &views.stages()[1].embedding;
    assert_eq!((last.nrows(), last.ncols()), (120, 5));
    let ratio = Pca::fit(last.as_ref(), 2).unwrap().explained_variance_ratio;
    let percent = format!("{:.1} %", 100.0 * (ratio[0] + ratio[1]));
    assert!(views.note().contains(&percent), "{}", views.note());
    let panel = views.embedding(1).unwrap();
    assert!(panel.x.label.starts_with("PC 1"), "{}", panel.x.label);
    assert!(
        panel.note.contains("of 3 pairs linearly separable"),
        "{}",
        panel.note
    );
    let figure = Name::Embedding
        .draw(&run, 3, &InputAxes::Automatic)
        .unwrap();
    assert!(figure.caption.contains(&percent), "{}", figure.caption);
    for theme in [&Theme::LIGHT, &Theme::DARK] {
        figure.to_svg(theme).unwrap();
    }
}

#[test]
fn several_classes_differ_in_shape_and_not_in_colour_alone() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[data]
        name = 'blobs'
        samples = 400
        centers = 10
        [model]
        layers = [{ units = 8, activation = 'relu' }, { units = 10 }]
        [train]
        epochs = 2
        loss = 'cross_entropy'
        optimizer = { name = 'adam', lr = 0.05 }";
    let run = train(
        &Config::parse(text, "ten.toml", &[]).unwrap(),
        &folder.path().join("ten"),
    );
    for name in [Name::Data, Name::Boundary, Name::Embedding] {
        let figure = name.draw(&run, 2, &InputAxes::Automatic).unwrap();
        let mut looks = std::collections::BTreeMap::new();
        for mark in &figure.panels[0].marks {
            if let Mark::Points { colour, shape, .. } = mark {
                looks.insert(format!("{shape:?}"), format!("{colour:?}"));
            }
        }
        assert_eq!(looks.len(), 10, "{}: {looks:?}", name.name());
        let colours: std::collections::BTreeSet<&String> = looks.values().collect();
        assert_eq!(colours.len(), 10);
        assert_eq!(figure.panels[0].legend.len(), 10);
    }
}

#[test]
fn a_regression_shows_predictions_and_residuals() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    // y = x1 - 2 x2 + 3 x3, which a linear network learns.
    let mut csv = String::from("x1,x2,x3,y\n");
    for k in 0..60 {
        let x = [(k % 5) as f64, (k % 7) as f64, (k % 4) as f64];
        csv += &format!(
            "{},{},{},{}\n",
            x[0],
            x[1],
            x[2],
            x[0] - 2.0 * x[1] + 3.0 * x[2] + 0.5
        );
    }
    std::fs::write(root.join("plane.csv"), csv).unwrap();
    let text = "[data]
        path = 'plane.csv'
        target = 'y'
        standardise = true
        [model]
        layers = [{ units = 1 }]
        [train]
        epochs = 200
        loss = 'mse'
        optimizer = { name = 'sgd', lr = 0.2 }";
    std::fs::write(root.join("plane.toml"), text).unwrap();
    let config = Config::from_file(&root.join("plane.toml"), &[]).unwrap();
    let run = train(&config, &root.join("run"));
    for name in [Name::Prediction, Name::Residuals] {
        let figure = name.draw(&run, 200, &InputAxes::Automatic).unwrap();
        assert!(figure.caption.contains("$R^2$ 1.000"), "{}", figure.caption);
        assert!(figure.panels[0].x.label.contains("y"));
        let signs: Vec<&str> = figure.panels[0]
            .legend
            .iter()
            .map(|key| key.label.as_str())
            .collect();
        assert_eq!(signs, ["training", "held out"]);
    }
    let data = Name::Data.draw(&run, 200, &InputAxes::Automatic).unwrap();
    assert!(data.panels[0].colour_bar.is_some());
    for name in [Name::Boundary, Name::Embedding] {
        let error = name
            .draw(&run, 200, &InputAxes::Automatic)
            .unwrap_err()
            .to_string();
        assert!(error.contains("`prediction`"), "{error}");
    }
}

/// Trained by squared error on 0 and 1, an identity unit says class 1 from 1/2 on; so the boundary lies there, and not
/// where the output is 0.
#[test]
fn the_boundary_of_a_squared_error_lies_at_one_half() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[data]
        name = 'two_blobs'
        samples = 60
        [model]
        layers = [{ units = 3, activation = 'tanh' }, { units = 1 }]
        [train]
        epochs = 50
        loss = 'mse'
        optimizer = { name = 'adam', lr = 0.05 }";
    let config = Config::parse(text, "test.toml", &[]).unwrap();
    let run = train(&config, &folder.path().join("run"));
    let network = run.frozen(50).unwrap();
    let figure = Name::Boundary
        .draw(&run, 50, &InputAxes::Automatic)
        .unwrap();
    let mut vertices = 0;
    for mark in &figure.panels[0].marks {
        if let Mark::Line { points, .. } = mark {
            for point in points {
                let output = network.forward(faer::mat![[point[0], point[1]]].as_ref());
                assert!((output[(0, 0)] - 0.5).abs() < 1e-9, "{output:?}");
                vertices += 1;
            }
        }
    }
    assert!(vertices > 20, "{vertices}");
}
