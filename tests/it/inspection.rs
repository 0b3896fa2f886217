//! What is measured of a network's matrices and units, against NumPy (`reference/inspection.py`) and exact small cases.

use faer::{Mat, mat};
use foldspace::data::{Dataset, Target};
use foldspace::inspect::{accuracy, constant_units, factor, inspect, saturation, worth_factoring};
use foldspace::model::{Activation, Frozen, Layer};
use serde_json::Value;

fn reference() -> Value {
    serde_json::from_str(include_str!("reference/inspection.json")).unwrap()
}

fn vector(value: &Value) -> Vec<f64> {
    let numbers = value.as_array().unwrap().iter();
    numbers.map(|x| x.as_f64().unwrap()).collect()
}

fn matrix(value: &Value) -> Mat<f64> {
    let rows: Vec<Vec<f64>> = value.as_array().unwrap().iter().map(vector).collect();
    Mat::from_fn(rows.len(), rows[0].len(), |i, j| rows[i][j])
}

fn network(reference: &Value) -> Frozen {
    let layers = reference["layers"].as_array().unwrap().iter();
    let layers = layers.map(|layer| Layer {
        name: layer["name"].as_str().unwrap().to_owned(),
        weight: matrix(&layer["weight"]),
        bias: vector(&layer["bias"]),
        activation: layer["activation"].as_str().unwrap().parse().unwrap(),
    });
    Frozen {
        layers: layers.collect(),
    }
}

#[track_caller]
fn near(ours: f64, theirs: f64) {
    let size = theirs.abs().max(1.0);
    assert!((ours - theirs).abs() < 1e-12 * size, "{ours} and {theirs}");
}

#[test]
fn every_number_of_a_report_is_numpys() {
    let reference = reference();
    let (network, data) = (network(&reference), matrix(&reference["data"]));
    let reports = inspect(&network, Some(data.as_ref())).unwrap();
    let theirs = reference["reports"].as_array().unwrap();
    assert_eq!(reports.len(), theirs.len());
    for (ours, theirs) in reports.iter().zip(theirs) {
        let number = |key: &str| theirs[key].as_f64();
        near(ours.frobenius_norm, number("frobenius_norm").unwrap());
        near(ours.spectral_norm, number("spectral_norm").unwrap());
        assert_eq!(ours.rank as u64, theirs["rank"].as_u64().unwrap());
        let values = vector(&theirs["singular_values"]);
        assert_eq!(ours.singular_values.len(), values.len());
        for (ours, theirs) in ours.singular_values.iter().zip(values) {
            near(*ours, theirs);
        }
        // Of a singular matrix rounding alone decides how large it is.
        match number("condition").unwrap() {
            large if large > 1e15 => assert!(ours.condition.is_none_or(|ours| ours > 1e15)),
            theirs => near(ours.condition.unwrap(), theirs),
        }
        assert_eq!(ours.determinant.is_some(), number("determinant").is_some());
        if let (Some(ours), Some(theirs)) = (ours.determinant, number("determinant")) {
            near(ours, theirs);
        }
        assert_eq!(ours.eigenvalues.is_some(), theirs["eigenvalues"].is_array());
        if let Some(values) = &ours.eigenvalues {
            let mut values = values.clone();
            values.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
            let theirs = matrix(&theirs["eigenvalues"]);
            for (ours, theirs) in values.iter().zip(theirs.row_iter()) {
                assert!((ours[0] - theirs[0]).abs() < 1e-12);
                assert!((ours[1] - theirs[1]).abs() < 1e-12);
            }
        }
        let dead = theirs["dead_units"].as_u64().unwrap();
        assert_eq!(ours.dead_units, Some(dead as usize), "{}", ours.name);
        assert_eq!(ours.saturated, number("saturated"), "{}", ours.name);
    }
    // Layer by layer the same as alone, and nothing of the units where there are no data.
    let shares: Vec<Option<f64>> = reports.iter().map(|report| report.saturated).collect();
    assert_eq!(saturation(&network, data.as_ref()), shares);
    let dead: Vec<usize> = reports
        .iter()
        .filter_map(|report| report.dead_units)
        .collect();
    assert_eq!(constant_units(&network, data.as_ref()), dead);
    for report in inspect(&network, None).unwrap() {
        assert_eq!((report.dead_units, report.saturated), (None, None));
    }
}

#[test]
fn accuracy_is_numpys() {
    let reference = reference();
    let labels = vector(&reference["labels"])
        .iter()
        .map(|&label| label as usize)
        .collect();
    let mut data = Dataset::new(
        "reference",
        matrix(&reference["data"]),
        ["a", "b", "c"].map(String::from).to_vec(),
        Target::Classes {
            labels,
            names: ["0", "1"].map(String::from).to_vec(),
        },
    )
    .unwrap();
    let network = network(&reference);
    assert_eq!(accuracy(&network, &data), reference["accuracy"].as_f64());
    data.target = Target::Values {
        values: Mat::zeros(data.samples(), 1),
        names: vec!["y".into()],
    };
    assert_eq!(accuracy(&network, &data), None);
}

/// tanh' falls to a hundredth at |z| = arcosh 10 = 2.99322...; one output each side of it.
#[test]
fn saturation_begins_where_a_hundredth_of_the_slope_is_left() {
    let layer = |activation| Frozen {
        layers: vec![Layer {
            name: "hidden".into(),
            weight: mat![[1.0]],
            bias: vec![0.0],
            activation,
        }],
    };
    let data = mat![[2.9932], [2.9933], [-2.9932], [-2.9933]];
    let share = |activation| saturation(&layer(activation), data.as_ref())[0];
    assert_eq!(share(Activation::Tanh), Some(0.5));
    // sigmoid(z) is (1 + tanh(z / 2)) / 2, so that it takes twice as much.
    assert_eq!(share(Activation::Sigmoid), Some(0.0));
    assert_eq!(share(Activation::Relu), None);
    let none = Mat::<f64>::zeros(0, 1);
    assert_eq!(saturation(&layer(Activation::Tanh), none.as_ref()), [None]);
}

#[test]
fn two_factors_multiply_to_the_best_approximation() {
    let reference = reference();
    let network = network(&reference);
    let narrow = factor(&network, &["wide".into()], 2).unwrap();
    let names: Vec<&str> = narrow
        .layers
        .iter()
        .map(|layer| layer.name.as_str())
        .collect();
    assert_eq!(names, ["wide.narrow", "wide", "square", "poor", "out"]);
    let product = &narrow.layers[1].weight * &narrow.layers[0].weight;
    assert!((&product - matrix(&reference["rank_2"])).norm_max() < 1e-12);
    assert_eq!(narrow.layers[0].activation, Activation::Identity);
    assert_eq!(narrow.layers[1].activation, Activation::Tanh);
    // Full rank loses nothing.
    let data = matrix(&reference["data"]);
    let full = factor(&network, &["wide".into()], 3).unwrap();
    let difference = full.forward(data.as_ref()) - network.forward(data.as_ref());
    assert!(difference.norm_max() < 1e-12);
    // r (m + n) < m n: of 5 x 3, 5 x 5, 4 x 5 and 1 x 4.
    assert_eq!(worth_factoring(&network, 1), ["wide", "square", "poor"]);
    assert_eq!(worth_factoring(&network, 2), ["square", "poor"]);
    assert!(worth_factoring(&network, 3).is_empty());
}

#[test]
fn what_does_not_fit_is_refused() {
    let network = network(&reference());
    let error = inspect(&network, Some(Mat::zeros(2, 4).as_ref())).unwrap_err();
    assert!(
        error.to_string().contains("4 features for a network of 3"),
        "{error}"
    );
    let error = factor(&network, &["wode".into()], 1).unwrap_err();
    assert!(
        error.to_string().contains("choose among wide, square"),
        "{error}"
    );
    for rank in [0, 4] {
        assert!(factor(&network, &["wide".into()], rank).is_err());
    }
}
