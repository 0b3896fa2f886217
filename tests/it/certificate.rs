//! Which networks are one to one, by proof or by two points with one image; and enclosures, against Arb's.

use faer::{Mat, mat};
use foldspace::geometry::enclosure::{enclose, slope_range, value_range};
use foldspace::geometry::interval::Interval;
use foldspace::geometry::{Bounds, jacobian};
use foldspace::geometry::{Verdict, certify};
use foldspace::model::{Activation, Frozen};
use foldspace::random::RandomState;
use proptest::prelude::*;
use serde::Deserialize;

use super::regions::{folds as fold_net, foldspace, formula, hexagon, layer, square};

#[derive(Deserialize)]
struct Enclosures {
    functions: Vec<(String, String)>,
    boxes: Vec<[f64; 4]>,
    lowest: std::collections::BTreeMap<String, [f64; 2]>,
}

fn named(name: &str) -> Activation {
    match name {
        "tanh" => Activation::Tanh,
        "sigmoid" => Activation::Sigmoid,
        "softplus" => Activation::Softplus,
        "silu" => Activation::Silu,
        "gelu" => Activation::Gelu,
        "gelu_tanh" => Activation::GeluTanh,
        "elu" => Activation::ELU,
        other => panic!("{other}"),
    }
}

#[test]
fn enclosures_hold_what_arb_finds() {
    let reference: Enclosures =
        serde_json::from_str(include_str!("reference/enclosures.json")).unwrap();
    assert_eq!(reference.boxes.len(), 10_000);
    let mut widest: f64 = 0.0;
    for (k, [low, high, least, greatest]) in reference.boxes.into_iter().enumerate() {
        let (name, kind) = &reference.functions[k % reference.functions.len()];
        let z = Interval::new(low, high);
        let range = match kind.as_str() {
            "value" => value_range(named(name), z),
            _ => slope_range(named(name), z),
        };
        assert!(
            range.contains(least) && range.contains(greatest),
            "{name} {kind} on [{low}, {high}]: {range:?} without {least} or {greatest}"
        );
        // And hardly wider than it must be, where the interval is short.
        if high - low < 0.01 && name != "gelu_tanh" {
            widest = widest.max((range.high - range.low) / (high - low));
        }
    }
    assert!(widest < 1.2, "{widest}");
    for (name, [at, value]) in reference.lowest {
        let near = Interval::new(at - 0.25, at + 0.5);
        let range = value_range(named(&name), near);
        assert!(range.low <= value && range.low > value - 1e-14, "{name}");
    }
}

const ACTIVATIONS: [Activation; 15] = [
    Activation::Identity,
    Activation::Relu,
    Activation::LEAKY_RELU,
    Activation::LeakyRelu { slope: -0.5 },
    Activation::ELU,
    Activation::Elu { alpha: 2.0 },
    Activation::Gelu,
    Activation::GeluTanh,
    Activation::Silu,
    Activation::Softplus,
    Activation::Tanh,
    Activation::ScaledTanh { a: -1.5, b: 0.7 },
    Activation::HARD_TANH,
    Activation::HardSigmoid,
    Activation::HardSwish,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Values and Jacobians at points of a rectangle lie in its enclosure.
    #[test]
    fn enclosures_hold_what_networks_do(
        seed in 0_u32..1_000_000,
        widths in proptest::collection::vec(1_usize..6, 1..4),
        which in proptest::collection::vec(0_usize..ACTIVATIONS.len(), 4),
        size in -12_i32..2,
    ) {
        let mut random = RandomState::new(seed);
        let mut inputs = 2;
        let layers = widths.iter().zip(&which).map(|(&units, &which)| {
            let weight = Mat::from_fn(units, inputs, |_, _| 1.5 * random.standard_normal());
            inputs = units;
            layer(weight, random.randn(units), ACTIVATIONS[which])
        });
        let network = Frozen { layers: layers.collect() };
        let width = libm::exp2(f64::from(size));
        let ranges = [(); 2].map(|()| {
            let low = random.uniform(-2.0, 2.0);
            Interval::new(low, low + width)
        });
        let found = enclose(&network, ranges);
        for _ in 0..30 {
            let x = ranges.map(|range| random.uniform(range.low, range.high));
            let value = network.forward(Mat::from_fn(1, 2, |_, j| x[j]).as_ref());
            let jacobian = jacobian(&network, &x).unwrap();
            for (unit, own) in found.iter().enumerate() {
                // The forward pass and the chain rule round too.
                let slack = |v: f64| 1e-11 * (1.0 + v.abs());
                let v = value[(0, unit)];
                prop_assert!(own.value.low - slack(v) <= v && v <= own.value.high + slack(v));
                for axis in 0..2 {
                    let d = jacobian[(unit, axis)];
                    let range = own.slope[axis];
                    prop_assert!(range.low - slack(d) <= d && d <= range.high + slack(d), "{:?} {}", range, d);
                }
            }
        }
    }
}

fn last(network: &Frozen, domain: Bounds) -> Verdict {
    certify(network, domain).unwrap().pop().unwrap().from_input
}

/// The witness of a map that is not one to one, verified: far apart, and one image.
fn verified(network: &Frozen, domain: Bounds, verdict: &Verdict, apart: f64) {
    let Verdict::Folds {
        witness: Some(witness),
        ..
    } = verdict
    else {
        panic!("{verdict:?}");
    };
    let [p, q] = witness.points;
    assert!(libm::hypot(p[0] - q[0], p[1] - q[1]) > apart, "{witness:?}");
    for [x, y] in witness.points {
        assert!(domain.x.0 <= x && x <= domain.x.1 && domain.y.0 <= y && y <= domain.y.1);
    }
    let image = |x: [f64; 2]| network.forward(Mat::from_fn(1, 2, |_, j| x[j]).as_ref());
    let (a, b) = (image(p), image(q));
    let difference = (&a - &b).norm_max();
    assert!(
        difference <= 1e-12 * (1.0 + a.norm_max()),
        "{difference:e} {witness:?}"
    );
    assert!((difference - witness.residual).abs() <= 1e-15);
}

#[test]
fn narrow_rising_networks_are_one_to_one() {
    let mut random = RandomState::new(17);
    for _ in 0..100 {
        let layers = (0..3).map(|_| {
            let weight = Mat::from_fn(2, 2, |_, _| random.standard_normal());
            layer(weight, random.randn(2), Activation::Tanh)
        });
        let network = Frozen {
            layers: layers.collect(),
        };
        let verdicts = certify(&network, square(2.0)).unwrap();
        assert_eq!(verdicts.len(), 3);
        for verdict in &verdicts {
            let Verdict::Injective {
                least_determinant, ..
            } = &verdict.from_input
            else {
                panic!("{verdict:?}");
            };
            let least = least_determinant.unwrap();
            assert!(least > 0.0);
            assert!(matches!(verdict.alone, Verdict::Injective { .. }));
        }
        // The bound holds at every point.
        let Verdict::Injective {
            least_determinant: Some(least),
            ..
        } = verdicts[2].from_input
        else {
            panic!("no bound");
        };
        for _ in 0..20 {
            let x = [(); 2].map(|()| random.uniform(-2.0, 2.0));
            let j = jacobian(&network, &x).unwrap();
            let det = j[(0, 0)] * j[(1, 1)] - j[(0, 1)] * j[(1, 0)];
            assert!(det.abs() >= least * (1.0 - 1e-9), "{det:e} {least:e}");
        }
    }
    // Columns that depend on each other, exactly.
    let flat = Frozen {
        layers: vec![layer(
            mat![[0.1, 0.3], [0.2, 0.6]],
            vec![0.0; 2],
            Activation::Tanh,
        )],
    };
    let flat = certify(&flat, square(1.0)).unwrap().remove(0);
    assert!(
        matches!(flat.alone, Verdict::Folds { .. })
            && matches!(
                flat.from_input,
                Verdict::Undecided { .. } | Verdict::Folds { .. }
            )
    );
}

#[test]
fn relu_needs_twice_as_many_units_as_inputs() {
    let (head, _) = hexagon().split_at(1);
    let found = certify(&head, square(3.0)).unwrap().remove(0);
    let Verdict::Folds { rule, .. } = &found.alone else {
        panic!("{found:?}");
    };
    assert!(rule.contains("Puthawala"), "{rule}");
    verified(&head, square(3.0), &found.from_input, 0.5);
    // ReLU of [I; -I] keeps everything.
    let both = Frozen {
        layers: vec![layer(
            mat![[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]],
            vec![0.0; 4],
            Activation::Relu,
        )],
    };
    assert!(matches!(
        last(&both, square(3.0)),
        Verdict::Injective { .. }
    ));
    // Shifted so that a strip has one direction only.
    let mut shifted = both;
    shifted.layers[0].bias = vec![-0.25, 0.0, -0.25, 0.0];
    verified(&shifted, square(3.0), &last(&shifted, square(3.0)), 0.3);
}

#[test]
fn what_folds_has_two_points_of_one_image() {
    for depth in 1..=3 {
        let network = fold_net(depth);
        verified(&network, square(1.0), &last(&network, square(1.0)), 0.05);
    }
    for widths in [&[2, 8, 2][..], &[2, 16, 16, 2]] {
        let network = formula(widths);
        verified(&network, square(1.0), &last(&network, square(1.0)), 1e-3);
    }
    let leaky = |seed| {
        let mut random = RandomState::new(seed);
        let weight = Mat::from_fn(6, 2, |_, _| random.standard_normal());
        let out = Mat::from_fn(2, 6, |_, _| random.standard_normal());
        Frozen {
            layers: vec![
                layer(weight, random.randn(6), Activation::LEAKY_RELU),
                layer(out, vec![0.0; 2], Activation::Identity),
            ],
        }
    };
    let mut folded = 0;
    for seed in 0..12 {
        let network = leaky(seed);
        match last(&network, square(2.0)) {
            Verdict::Injective {
                least_determinant, ..
            } => {
                assert!(least_determinant.unwrap() > 0.0);
                one_to_one_by_sampling(&network, 2.0);
            }
            verdict @ Verdict::Folds { .. } => {
                folded += 1;
                verified(&network, square(2.0), &verdict, 1e-4);
            }
            Verdict::Undecided { .. } => panic!("cells decide"),
        }
    }
    assert!(folded > 3);
    for (seed, activation) in [
        (1, Activation::Silu),
        (2, Activation::Gelu),
        (3, Activation::Tanh),
        (5, Activation::Softplus),
    ] {
        let mut random = RandomState::new(seed);
        let weight = Mat::from_fn(8, 2, |_, _| 1.5 * random.standard_normal());
        let out = Mat::from_fn(2, 8, |_, _| random.standard_normal());
        let network = Frozen {
            layers: vec![
                layer(weight, random.randn(8), activation),
                layer(out, vec![0.0; 2], Activation::Identity),
            ],
        };
        verified(&network, square(2.0), &last(&network, square(2.0)), 0.01);
    }
}

/// No two of many points that are far apart have images close together, beside the least stretch.
fn one_to_one_by_sampling(network: &Frozen, size: f64) {
    let n = 24;
    let place = |k: usize| size * (2.0 * k as f64 / (n - 1) as f64 - 1.0);
    let points = Mat::from_fn(n * n, 2, |k, axis| {
        place(if axis == 0 { k % n } else { k / n })
    });
    let images = network.forward(points.as_ref());
    for i in 0..n * n {
        for j in 0..i {
            let apart = libm::hypot(
                images[(i, 0)] - images[(j, 0)],
                images[(i, 1)] - images[(j, 1)],
            );
            assert!(apart > 1e-6);
        }
    }
}

#[test]
fn a_smooth_map_is_proved_one_to_one_square_by_square() {
    // x + small bends, through ten units that no rule for chains covers.
    let mut random = RandomState::new(9);
    let small = |random: &mut RandomState| 0.04 * random.standard_normal();
    let weight = Mat::from_fn(10, 2, |i, j| match i {
        0 | 1 => f64::from(i == j) * 0.2,
        _ => random.standard_normal(),
    });
    let out = Mat::from_fn(2, 10, |i, j| match j {
        0 | 1 => f64::from(i == j) * 5.0,
        _ => small(&mut random),
    });
    let mut bias = random.randn(10);
    bias[..2].fill(0.0);
    let network = Frozen {
        layers: vec![
            layer(weight, bias, Activation::Tanh),
            layer(out, vec![0.0; 2], Activation::Identity),
        ],
    };
    let verdict = last(&network, square(1.0));
    let Verdict::Injective {
        least_determinant: Some(least),
        rule,
    } = &verdict
    else {
        panic!("{verdict:?}");
    };
    assert!(*least > 0.0 && rule.contains("rim"), "{rule}");
    one_to_one_by_sampling(&network, 1.0);
    for _ in 0..200 {
        let x = [(); 2].map(|()| random.uniform(-1.0, 1.0));
        let j = jacobian(&network, &x).unwrap();
        let det = j[(0, 0)] * j[(1, 1)] - j[(0, 1)] * j[(1, 0)];
        assert!(det.abs() >= *least);
    }
}

/// A strip that turns left at every whole x until it lies on itself, although no piece of it is turned over.
fn curl(activation: Activation, sharpness: f64, turns: usize) -> Frozen {
    let (mut u, mut v) = ([1.0, 0.0], [0.0, 1.0]);
    let mut rows = vec![[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]];
    let mut bias = vec![20.0, 20.0, 20.0, 20.0];
    let mut out = vec![[0.5, 0.0], [-0.5, 0.0], [0.0, 0.5], [0.0, -0.5]];
    for k in 1..=turns {
        let angle = std::f64::consts::FRAC_PI_3 * k as f64;
        let c = [libm::cos(angle) - u[0], libm::sin(angle) - u[1]];
        // The tilt of the crease at which areas stay what they are.
        let next = [u[0] + c[0], u[1] + c[1]];
        let cross = |p: [f64; 2], q: [f64; 2]| p[0] * q[1] - p[1] * q[0];
        let a = (1.0 - cross(next, v)) / cross(next, c);
        u = next;
        v = [v[0] + a * c[0], v[1] + a * c[1]];
        rows.push([1.0, a].map(|w| sharpness * w));
        bias.push(-sharpness * k as f64);
        out.push(c.map(|c| c / sharpness));
    }
    Frozen {
        layers: vec![
            layer(
                Mat::from_fn(rows.len(), 2, |i, j| rows[i][j]),
                bias,
                activation,
            ),
            layer(
                Mat::from_fn(2, out.len(), |i, j| out[j][i]),
                vec![0.0; 2],
                Activation::Identity,
            ),
        ],
    }
}

#[test]
fn a_strip_that_curls_onto_itself_is_caught_at_its_rim() {
    for (activation, sharpness) in [(Activation::Relu, 1.0), (Activation::Softplus, 10.0)] {
        let strip = |end: f64| Bounds::new((0.0, end), (-0.05, 0.05)).unwrap();
        let network = curl(activation, sharpness, 7);
        let verdict = last(&network, strip(7.9));
        let Verdict::Folds { rule, .. } = &verdict else {
            panic!("{verdict:?}");
        };
        assert!(rule.contains("rim"), "{rule}");
        verified(&network, strip(7.9), &verdict, 1.0);
        let verdict = last(&network, strip(4.5));
        assert!(matches!(verdict, Verdict::Injective { .. }), "{verdict:?}");
    }
}

#[test]
fn a_line_has_two_points_of_one_height() {
    let network = Frozen {
        layers: vec![layer(mat![[1.0, 2.0]], vec![0.3], Activation::Tanh)],
    };
    verified(&network, square(1.0), &last(&network, square(1.0)), 0.1);
}

const RUN: &str = "seed = 3
[data]
name = 'moons'
samples = 60
[model]
layers = [
    { units = 2, activation = 'tanh' },
    { units = 2, activation = 'tanh', name = 'embedding' },
    { units = 1, activation = 'sigmoid' },
]
[train]
epochs = 1
loss = 'bce'
optimizer = { name = 'adam', lr = 0.02 }
";

#[test]
fn inspect_prints_the_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    std::fs::write(root.join("small.toml"), RUN).unwrap();
    let (done, said) = foldspace(root, &["train", "small.toml", "--out", "run"]);
    assert!(done, "{said}");
    let (done, said) = foldspace(root, &["inspect", "run", "--certify"]);
    assert!(
        done && said.contains("embedding, from the input: injective"),
        "{said}"
    );
    assert!(
        said.contains("layers.2, from the input: not injective"),
        "{said}"
    );
    let (done, said) = foldspace(
        root,
        &[
            "inspect",
            "run",
            "--certify",
            "--domain",
            "-1,1,-2,2",
            "--json",
        ],
    );
    assert!(done, "{said}");
    let json: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        json["certificate"]["domain"],
        serde_json::json!([[-1.0, 1.0], [-2.0, 2.0]])
    );
    assert_eq!(
        json["certificate"]["layers"][1]["from_input"]["verdict"],
        "injective"
    );
    let weights = "run/weights/epoch-000001.safetensors";
    let (done, said) = foldspace(root, &["inspect", weights, "--certify"]);
    assert!(!done && said.contains("--domain"), "{said}");
    let (done, said) = foldspace(
        root,
        &["inspect", weights, "--certify", "--domain", "0,1,0,1"],
    );
    assert!(done && said.contains("from the input: injective"), "{said}");
    for domain in ["0,1", "1,0,0,1"] {
        let (done, said) = foldspace(root, &["inspect", weights, "--certify", "--domain", domain]);
        assert!(
            !done && (said.contains("range") || said.contains("rectangle")),
            "{said}"
        );
    }
}
