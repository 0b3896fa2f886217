//! How networks fold the plane, against theorems and closed forms.

use faer::{Mat, mat};
use foldspace::geometry::Turn;
use foldspace::geometry::sheets;
use foldspace::geometry::{Bounds, Complex, Folds, fold_curve, jacobian, length_factors};
use foldspace::model::{Activation, Frozen};
use foldspace::random::RandomState;
use proptest::prelude::*;

use super::regions::{folds as fold_net, foldspace, formula, layer, square};

fn folded(network: &Frozen, size: f64, layers: usize) -> (Complex, Folds) {
    let complex = Complex::new(network, square(size)).unwrap();
    let folds = Folds::new(network, &complex, layers).unwrap();
    (complex, folds)
}

/// Σ det A times area is what the rim's image encloses; the signs over a value add up to the rim's winding number.
fn check(complex: &Complex, folds: &Folds, seed: u32, values: usize) {
    let signed: f64 = (0..complex.faces())
        .map(|face| folds.determinants[face] * complex.area(face))
        .sum();
    let covered: f64 = folds
        .shares(complex)
        .iter()
        .map(|share| share.image_area)
        .sum();
    let enclosed = folds.rim_area(complex);
    let ends = [0, 1].map(|axis| {
        let all = folds.image.iter().map(|p| p[axis]);
        all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
            (low.min(v), high.max(v))
        })
    });
    // Beside what the sums are made of.
    let size = ends.map(|(low, high): (f64, f64)| low.abs().max(high.abs()));
    let scale = covered + (size[0] + size[1]) * (size[0] + size[1]);
    assert!(
        (signed - enclosed).abs() <= 1e-12 * scale,
        "{signed} {enclosed}"
    );
    let mut random = RandomState::new(seed);
    for _ in 0..values {
        let value = ends.map(|(low, high)| random.uniform(low, high));
        let found = folds.preimages(value);
        assert_eq!(
            found.degree,
            folds.degree_of_rim(complex, value),
            "{value:?}"
        );
        assert!(found.count as i64 >= found.degree.abs());
    }
}

#[test]
fn the_formula_network_keeps_turns_over_and_crushes() {
    let network = formula(&[2, 8, 2]);
    let (complex, folds) = folded(&network, 1.0, 2);
    let shares = folds.shares(&complex);
    let [kept, over, line, point] = shares.map(|share| (share.cells, share.area));
    let crushed = (line.0 + point.0, line.1 + point.1);
    let expected = [(12, 1.005_032), (9, 1.222_542), (5, 1.772_427)];
    for ((cells, area), (count, theirs)) in [kept, over, crushed].into_iter().zip(expected) {
        assert_eq!(cells, count);
        assert!((area - theirs).abs() < 5e-7, "{area}");
    }
    check(&complex, &folds, 1, 1000);
}

#[test]
fn signs_add_up_to_the_winding_number_of_the_rim() {
    for (widths, layers, size) in [
        (&[2, 8, 2][..], 2, 4.0),
        (&[2, 16, 16, 2], 3, 1.0),
        (&[2, 8, 2, 8, 2], 2, 2.0),
        (&[2, 8, 2, 8, 2], 4, 2.0),
    ] {
        let (complex, folds) = folded(&formula(widths), size, layers);
        check(&complex, &folds, 7, 1000);
    }
}

#[test]
fn folding_l_times_gives_a_value_4_to_the_l_preimages() {
    let mut random = RandomState::new(5);
    for depth in 1..=4 {
        let network = fold_net(depth);
        let (complex, folds) = folded(&network, 1.0, depth + 1);
        let cells = 4_usize.pow(depth as u32);
        for _ in 0..50 {
            let value = [(); 2].map(|()| random.uniform(-1.0, 1.0));
            assert_eq!(folds.preimages(value).count, cells);
            assert_eq!(folds.preimages(value).degree, 0);
        }
        assert_eq!(folds.preimages([1.5, 0.0]).count, 0);
        let [kept, over, ..] = folds.shares(&complex);
        assert_eq!((kept.cells, over.cells), (cells / 2, cells / 2));
        assert_eq!((kept.area, over.area), (2.0, 2.0));
        // 2 (2^L - 1) lines across the square, of 2^L pieces each.
        let lines = 2 * (2_usize.pow(depth as u32) - 1);
        assert_eq!(folds.creases.len(), lines * 2_usize.pow(depth as u32));
        let images = (0..complex.faces()).map(|face| folds.polygon(face));
        let counts = sheets(images, square(0.99), 16);
        assert!(counts.iter().all(|&count| count as usize == cells));
    }
}

#[test]
fn what_is_crushed_is_known_exactly() {
    // relu(x), relu(y) of [I; ...]: one quadrant is kept, two are crushed to lines, one to a point.
    let quadrants = |sign: f64| Frozen {
        layers: vec![layer(
            mat![[sign, 0.0], [0.0, 1.0]],
            vec![0.0; 2],
            Activation::Relu,
        )],
    };
    let (complex, folds) = folded(&quadrants(1.0), 1.0, 1);
    assert_eq!(
        folds
            .shares(&complex)
            .map(|share| (share.cells, share.area)),
        [(1, 1.0), (0, 0.0), (2, 2.0), (1, 1.0)]
    );
    let (complex, folds) = folded(&quadrants(-1.0), 1.0, 1);
    assert_eq!(folds.shares(&complex)[1].area, 1.0);
    // Rows that are parallel only in exact arithmetic: 0.1 and 0.3 are no multiples of each other as doubles, 1 and 3 are.
    let rows = |a: f64, b: f64| Frozen {
        layers: vec![
            layer(mat![[1.0, 0.0], [0.0, 1.0]], vec![9.0; 2], Activation::Relu),
            layer(mat![[a, a], [b, b]], vec![0.0; 2], Activation::Identity),
            layer(
                mat![[3.0, 1.0], [1.0, 7.0]],
                vec![0.0; 2],
                Activation::Identity,
            ),
        ],
    };
    for (a, b) in [(0.1, 0.3), (1.0, 3.0), (1e-200, 7.0)] {
        let (_, folds) = folded(&rows(a, b), 1.0, 3);
        assert_eq!(folds.turns, [Turn::Line], "{a} {b}");
    }
    // A determinant of 2^-52 times that of the rounding in it is still a sign.
    let thin = f64::EPSILON;
    let nearly = |sign: f64| Frozen {
        layers: vec![
            layer(
                mat![[1.0, 1.0], [1.0, 1.0 + sign * thin]],
                vec![0.0; 2],
                Activation::Identity,
            ),
            layer(
                mat![[0.7, 0.9], [0.3, -0.1]],
                vec![0.0; 2],
                Activation::Identity,
            ),
        ],
    };
    assert_eq!(folded(&nearly(1.0), 1.0, 2).1.turns, [Turn::Over]);
    assert_eq!(folded(&nearly(-1.0), 1.0, 2).1.turns, [Turn::Kept]);
}

#[test]
fn smooth_activations_that_rise_never_fold() {
    let mut random = RandomState::new(3);
    for _ in 0..20 {
        let layers = (0..3).map(|_| {
            layer(
                Mat::from_fn(2, 2, |_, _| 3.0 * random.standard_normal()),
                random.randn(2),
                Activation::Tanh,
            )
        });
        let network = Frozen {
            layers: layers.collect(),
        };
        // Far out tanh is 1 to all digits, and its slope still positive.
        for size in [1.0, 40.0] {
            let found = fold_curve(&network, 3, square(size), 31).unwrap();
            assert!(found.curves.is_empty());
            let [kept, over, undecided] = found.shares();
            assert!(undecided == 0.0 && (kept == 1.0 || over == 1.0));
        }
    }
}

#[test]
fn silu_and_gelu_fold_at_their_lowest_point() {
    for (activation, lowest) in [
        (Activation::Silu, -1.278_464_542_761_073_7),
        (Activation::Gelu, -0.751_791_524_693_564_4),
    ] {
        let (w, b) = ([0.8, -0.6], 0.3);
        let network = Frozen {
            layers: vec![
                layer(mat![[w[0], w[1]], [0.6, 0.8]], vec![b, 20.0], activation),
                layer(mat![[1.0, 0.5], [0.0, 1.0]], vec![0.0; 2], Activation::Tanh),
            ],
        };
        let found = fold_curve(&network, 2, square(4.0), 41).unwrap();
        assert_eq!(found.curves.len(), 1);
        for [x, y] in &found.curves[0].points {
            assert!((w[0] * x + w[1] * y + b - lowest).abs() < 1e-12);
            let det = jacobian(&network, &[*x, *y]).unwrap().determinant();
            assert!(det.abs() < 1e-12);
        }
    }
}

/// E[chi of K degrees of freedom], K ~ B(n, 1/2): the mean length of a unit vector after a ReLU layer of He weights is
/// √(2/n) times that.
fn he_factor(n: usize) -> f64 {
    let ln_gamma = |x: f64| libm::lgamma(x);
    let choose = |k: usize| {
        (ln_gamma(n as f64 + 1.0) - ln_gamma(k as f64 + 1.0) - ln_gamma((n - k) as f64 + 1.0))
            - n as f64 * std::f64::consts::LN_2
    };
    let chi = |k: usize| {
        std::f64::consts::SQRT_2
            * libm::exp(ln_gamma((k as f64 + 1.0) / 2.0) - ln_gamma(k as f64 / 2.0))
    };
    (1..=n).map(|k| libm::exp(choose(k)) * chi(k)).sum::<f64>() * (2.0 / n as f64).sqrt()
}

#[test]
fn he_networks_shorten_with_depth() {
    // Units, layers, the factor from input to output of unit vectors per √(n/2), nets.
    for (n, depth, published, nets, tolerance) in [
        (8, 8, 0.509, 160, 0.09),
        (16, 4, 0.850, 60, 0.08),
        (32, 2, 0.961, 40, 0.05),
    ] {
        let exact = libm::pow(he_factor(n), depth as f64);
        assert!((exact - published).abs() < 5e-4, "{exact}");
        let mut sum = vec![0.0; depth];
        for seed in 0..nets {
            let mut random = RandomState::new(1000 + seed);
            let mut inputs = 2;
            let layers = (0..depth).map(|_| {
                let deviation = (2.0 / inputs as f64).sqrt();
                let weight = Mat::from_fn(n, inputs, |_, _| deviation * random.standard_normal());
                inputs = n;
                layer(weight, random.randn(n), Activation::Relu)
            });
            let network = Frozen {
                layers: layers.collect(),
            };
            let complex = Complex::new(&network, square(0.5)).unwrap();
            for (sum, factor) in sum.iter_mut().zip(length_factors(&network, &complex)) {
                *sum += factor;
            }
        }
        let wide = (n as f64 / 2.0).sqrt() * f64::from(nets);
        let measured = sum[depth - 1] / wide;
        println!("{depth} x {n}: {measured:.3}, expected {exact:.3}");
        assert!((measured - exact).abs() < tolerance, "{measured} {exact}");
        assert!((sum[0] / wide - he_factor(n)).abs() < tolerance);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Signs and ranks against determinants of the Jacobian, in weights of many sizes and many zeros.
    #[test]
    fn any_network_folds_as_its_jacobian_says(
        seed in 0_u32..1_000_000,
        widths in proptest::collection::vec(1_usize..7, 1..3),
        leaky in any::<bool>(),
    ) {
        let mut random = RandomState::new(seed);
        let mut number = || {
            let kind = random.randint(0, 5);
            let exponent = random.randint(-3, 4) as i32;
            match kind {
                0 => 0.0,
                1 => 1.0,
                _ => libm::ldexp(random.standard_normal(), exponent),
            }
        };
        let activation = if leaky { Activation::LEAKY_RELU } else { Activation::Relu };
        let mut inputs = 2;
        let mut layers = Vec::new();
        for &units in widths.iter().chain([&2]) {
            let weight = Mat::from_fn(units, inputs, |_, _| number());
            layers.push(layer(weight, (0..units).map(|_| number()).collect(), activation));
            inputs = units;
        }
        let network = Frozen { layers };
        let depth = network.layers.len();
        let (complex, folds) = folded(&network, 2.0, depth);
        for face in 0..complex.faces() {
            let polygon = complex.polygon(face);
            let n = polygon.len() as f64;
            let centre = [0, 1].map(|axis| polygon.iter().map(|p| p[axis]).sum::<f64>() / n);
            if complex.area(face) < 1e-6 {
                continue;
            }
            let jacobian = jacobian(&network, &centre).unwrap();
            let det = jacobian[(0, 0)] * jacobian[(1, 1)] - jacobian[(0, 1)] * jacobian[(1, 0)];
            let scale = jacobian.squared_norm_l2();
            let turn = folds.turns[face];
            if det.abs() > 1e-9 * scale {
                prop_assert_eq!(turn.sign(), if det > 0.0 { 1 } else { -1 });
            }
            if scale == 0.0 {
                prop_assert_eq!(turn, Turn::Point);
            }
            if turn.sign() == 0 {
                prop_assert!(det.abs() <= 1e-12 * scale);
            }
        }
        check(&complex, &folds, seed, 20);
    }
}

const RUN: &str = "seed = 3
[data]
name = 'moons'
samples = 80
[model]
layers = [
    { units = 8, activation = 'relu' },
    { units = 2, activation = 'ACTIVATION', name = 'embedding' },
    { units = 1, activation = 'sigmoid' },
]
[train]
epochs = 2
loss = 'bce'
optimizer = { name = 'adam', lr = 0.02 }
";

#[test]
fn a_run_shows_its_folds() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for activation in ["leaky_relu", "tanh"] {
        std::fs::write(
            root.join("small.toml"),
            RUN.replace("ACTIVATION", activation),
        )
        .unwrap();
        let run = format!("artifacts/runs/{activation}");
        let succeed = |arguments: &[&str]| {
            let (done, said) = foldspace(root, arguments);
            assert!(done, "{arguments:?}: {said}");
            said
        };
        succeed(&["train", "small.toml", "--out", &run]);
        let said = succeed(&["figure", &run, "folds", "--json", "--format", "svg"]);
        assert_eq!(said.lines().count(), 3, "{said}");
        let figures = root.join(&run).join("figures");
        let table = std::fs::read_to_string(figures.join("folds.csv")).unwrap();
        assert!(table.starts_with(
            "epoch,layer,length_factor,kept,turned_over,line,point,undecided,most_preimages,signed_area\n0,layers.0,"
        ));
        assert_eq!(table.lines().count(), 1 + 3 * 3);
        let json = std::fs::read_to_string(figures.join("folds.json")).unwrap();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        let folds = &json[1]["folds"];
        assert_eq!(folds["exact"], serde_json::json!(activation != "tanh"));
        let shares: f64 = ["kept", "over", "line", "point", "undecided"]
            .iter()
            .map(|name| folds[name].as_f64().unwrap())
            .sum();
        assert!((shares - 1.0).abs() < 1e-12);
        assert!(json[0]["folds"].is_null() && json[0]["length_factor"].as_f64().unwrap() > 0.0);
        let refused = foldspace(root, &["figure", &run, "folds", "--layer", "layers.0"]);
        assert!(
            !refused.0 && refused.1.contains("8 units") && refused.1.contains("embedding"),
            "{refused:?}"
        );
        let refused = foldspace(root, &["figure", &run, "folds", "--layer", "embeding"]);
        assert!(refused.1.contains("did you mean embedding?"), "{refused:?}");
        let refused = foldspace(root, &["figure", &run, "loss", "--layer", "0"]);
        assert!(!refused.0 && refused.1.contains("folds"), "{refused:?}");
    }
    let said = foldspace(
        root,
        &[
            "animate",
            "artifacts/runs/leaky_relu",
            "folds",
            "--size",
            "400x300",
        ],
    );
    assert!(said.0, "{}", said.1);
    assert!(root.join(said.1.trim()).metadata().unwrap().len() > 3000);
}

#[test]
fn windows_and_layers_that_are_no_planes_are_refused() {
    let network = formula(&[2, 8, 2]);
    let complex = Complex::new(&network, square(1.0)).unwrap();
    for layers in [0, 1, 3] {
        let refused = Folds::new(&network, &complex, layers)
            .unwrap_err()
            .to_string();
        assert!(refused.contains("2 units"), "{refused}");
    }
    let mut softmax = network;
    softmax.layers[1].activation = Activation::Softmax;
    let window = Bounds::new((-1.0, 1.0), (-1.0, 1.0)).unwrap();
    let refused = fold_curve(&softmax, 2, window, 9).unwrap_err().to_string();
    assert!(refused.contains("softmax"), "{refused}");
}
