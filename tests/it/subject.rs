//! Figures drawn from a network and data alone, as the Python package draws them.

use std::cell::Cell;

use faer::{Mat, MatRef, mat};
use foldspace::data::{Dataset, Target};
use foldspace::figures::{
    BlackBoxLook, Film, InputAxes, Judged, Name, Subject, black_box_figure, of_network,
};
use foldspace::model::{Activation, Frozen, Layer};

fn layer(name: &str, weight: Mat<f64>, bias: &[f64], activation: Activation) -> Layer {
    Layer {
        name: name.to_owned(),
        weight,
        bias: bias.to_vec(),
        activation,
    }
}

/// x + y = 1 parts the plane, behind two tanh units that keep x and y apart.
fn network(shift: f64) -> Frozen {
    let hidden = layer(
        "hidden",
        mat![[1.0, 0.0], [0.0, 1.0]],
        &[-0.5, -0.5],
        Activation::Tanh,
    );
    let out = layer("out", mat![[2.0, 2.0]], &[shift], Activation::Sigmoid);
    Frozen {
        layers: vec![hidden, out],
    }
}

fn classes(features: Mat<f64>, labels: &[usize]) -> Dataset {
    let names = (0..features.ncols()).map(|j| format!("x{}", j + 1));
    let target = Target::Classes {
        labels: labels.to_vec(),
        names: vec!["low".to_owned(), "high".to_owned()],
    };
    let names = names.collect();
    Dataset::new("points", features, names, target).unwrap()
}

fn square() -> Dataset {
    classes(
        mat![[0.0, 0.0], [0.2, 0.3], [1.0, 1.0], [0.9, 0.8]],
        &[0, 0, 1, 1],
    )
}

fn subject() -> Subject {
    Subject::of(
        network(0.0),
        square(),
        InputAxes::Automatic,
        "A network".to_owned(),
    )
    .unwrap()
}

#[test]
fn the_curves_are_the_border_in_the_window_that_is_asked_for() {
    // tanh is odd: the border is x + y = 1 exactly, over any window.
    for (x, y) in [(None, None), (Some((-3.0, 4.0)), Some((-3.0, 4.0)))] {
        let curves = subject().window(x, y).curves().unwrap();
        let points: Vec<[f64; 2]> = curves.concat();
        assert!(points.iter().all(|p| (p[0] + p[1] - 1.0).abs() < 1e-9));
        let leftmost = points.iter().map(|p| p[0]).fold(f64::INFINITY, f64::min);
        let expected = x.map_or(-0.12, |x| x.0);
        assert!((leftmost - expected).abs() < 1e-9, "{leftmost}");
    }
    assert!(subject().window(Some((1.0, 1.0)), None).curves().is_err());
}

#[test]
fn the_network_before_its_last_layer_is_the_embedding() {
    let (head, _) = network(0.0).split_at(1);
    let layer = subject().layer(&head).unwrap();
    let embedding = subject().draw(Name::Embedding).unwrap();
    assert_eq!(layer, embedding);
    // One more layer has a single unit, which is no plane.
    let error = subject().layer(&network(0.0)).unwrap_err().to_string();
    assert!(error.contains("2 or more units"), "{error}");
    let wide = layer_of_three();
    let figure = subject().layer(&wide).unwrap();
    assert!(figure.caption.contains("layer wide"), "{}", figure.caption);
    assert_eq!(figure.panels[0].note, "linearly separable");
}

fn layer_of_three() -> Frozen {
    let weight = mat![[1.0, 0.0], [0.0, 1.0], [1.0, -1.0]];
    Frozen {
        layers: vec![layer("wide", weight, &[0.0; 3], Activation::Relu)],
    }
}

#[test]
fn one_feature_is_drawn_as_it_is() {
    let network = Frozen {
        layers: vec![layer("out", mat![[3.0]], &[-1.5], Activation::Sigmoid)],
    };
    let data = classes(mat![[0.0], [0.2], [0.8], [1.0]], &[0, 0, 1, 1]);
    let subject = Subject::of(network, data, InputAxes::Automatic, "A network".to_owned()).unwrap();
    let figure = subject.draw(Name::Boundary).unwrap();
    assert!(
        figure.caption.starts_with("A network. "),
        "{}",
        figure.caption
    );
    subject.draw(Name::Data).unwrap();
    let seen = subject.window(Some((-2.0, 5.0)), None);
    let panel = &seen.draw(Name::Boundary).unwrap().panels[0];
    assert_eq!(panel.x.range, Some([-2.0, 5.0]));
}

#[test]
fn a_network_alone_has_figures_too() {
    for name in [Name::Weights, Name::Spectrum, Name::Network] {
        let alone = of_network(&network(0.0), name, "A network").unwrap();
        assert_eq!(alone, subject().draw(name).unwrap());
    }
    let error = of_network(&network(0.0), Name::Boundary, "A network").unwrap_err();
    assert!(error.to_string().contains("give the data too"), "{error}");
}

#[test]
fn a_film_says_what_it_counts_and_whom_it_judges() {
    // Shifted by 9, everything is class 1: half of the samples are right.
    let networks = || vec![(0, network(9.0)), (10, network(0.0))];
    let film = Film::new(networks(), &square(), &InputAxes::Automatic, Judged::Steps).unwrap();
    let notes = |step: usize| {
        let figure = film.draw(step).unwrap();
        let panels = figure.panels.into_iter();
        panels.map(|panel| (panel.title, panel.note)).collect()
    };
    let [first, last]: [Vec<(String, String)>; 2] = [notes(0), notes(1)];
    let said = |title: &str, note: &str| (title.to_owned(), note.to_owned());
    assert_eq!(
        first[1],
        said("step 0: input space", "50.0 % on these samples")
    );
    assert_eq!(
        last[1],
        said("step 10: input space", "100.0 % on these samples")
    );
    assert_eq!(last[0].0, "step 10: embedding");
    assert!(last[0].1.starts_with("separable"), "{}", last[0].1);
    assert_eq!(film.timeline(10).unwrap().shots().len(), 2);
    let none = Film::new(Vec::new(), &square(), &InputAxes::Automatic, Judged::Epochs);
    assert!(
        none.unwrap_err()
            .to_string()
            .contains("train while it records")
    );
    let (_, tail) = network(0.0).split_at(1);
    let alone = Film::new(
        vec![(3, tail)],
        &square(),
        &InputAxes::Automatic,
        Judged::Epochs,
    );
    let figure = alone.unwrap().draw(0).unwrap();
    assert_eq!(figure.panels.len(), 1); // no layer before the last one
}

#[test]
fn a_black_box_is_asked_where_its_plane_lies() {
    // The third feature is held at its mean of 7; the border is where the first is 0.5.
    let features = mat![[0.0, 0.0, 6.0], [0.2, 1.0, 8.0], [1.0, 0.5, 7.0]];
    let mut data = classes(features, &[0, 0, 1]);
    data.feature_names[2] = "held".to_owned();
    let asked = Cell::new(0);
    let scores = |p: MatRef<'_, f64>| {
        asked.set(asked.get() + p.nrows());
        assert!((0..p.nrows()).all(|i| (p[(i, 2)] - 7.0).abs() < 1e-12));
        Mat::from_fn(p.nrows(), 2, |i, class| {
            let z = p[(i, 0)] - 0.5;
            if class == 1 { z } else { -z }
        })
    };
    let look = BlackBoxLook {
        axes: InputAxes::Features(["x1", "x2"].map(str::to_owned)),
        source: "A function".to_owned(),
        ..BlackBoxLook::default()
    };
    let (figure, curves, evaluations) = black_box_figure(scores, &data, &look).unwrap();
    assert_eq!(evaluations, asked.get());
    assert!(figure.caption.contains(&format!("{evaluations} points")));
    assert!(curves.concat().iter().all(|p| (p[0] - 0.5).abs() < 1e-9));
}
