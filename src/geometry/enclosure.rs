//! Enclosures of a network over a rectangle: bounds between which its values and derivatives certainly lie.
//!
//! Every layer passes on, for each unit, the range of its value, those of its two derivatives, and its value at the
//! rectangle's middle; its range is then also value + slope times distance (the mean value form), which is narrower on
//! small rectangles.

use std::f64::consts::FRAC_1_SQRT_2;

use super::interval::Interval;
use crate::model::activation::sigmoid;
use crate::model::{Activation, Frozen, Layer};

/// What is known of one unit over a rectangle of the plane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Enclosure {
    /// Its values.
    pub value: Interval,
    /// Its derivatives along the two inputs.
    pub slope: [Interval; 2],
    /// Its value at the middle.
    centre: Interval,
}

/// What is known of every output of `network`, which has two inputs and no softmax, over the rectangle of x and y in
/// `ranges`.
///
/// ```
/// use faer::mat;
/// use foldspace::geometry::enclosure::enclose;
/// use foldspace::geometry::interval::Interval;
/// use foldspace::model::{Activation, Frozen, Layer};
/// let layer = Layer { name: "hidden".into(), weight: mat![[1.0, 0.0]], bias: vec![0.0], activation: Activation::Silu };
/// let silu = enclose(&Frozen { layers: vec![layer] }, [Interval::new(-2.0, -1.5), Interval::new(0.0, 1.0)]);
/// assert!(silu[0].value.high < -0.23 && silu[0].slope[0].sign() == -1);
/// ```
pub fn enclose(network: &Frozen, ranges: [Interval; 2]) -> Vec<Enclosure> {
    enclose_layers(&network.layers, &start(ranges), ranges)
}

/// The identity over a rectangle.
pub(super) fn start(ranges: [Interval; 2]) -> Vec<Enclosure> {
    let unit = |axis: usize| Interval::point(f64::from(axis == 0));
    (0..2)
        .map(|axis| Enclosure {
            value: ranges[axis],
            slope: [unit(axis), unit(1 - axis)],
            centre: Interval::point(ranges[axis].middle()),
        })
        .collect()
}

/// The same through some layers, given what comes before them.
pub(super) fn enclose_layers(
    layers: &[Layer],
    inputs: &[Enclosure],
    ranges: [Interval; 2],
) -> Vec<Enclosure> {
    let away = ranges.map(|range| range - Interval::point(range.middle()));
    let mut units = inputs.to_vec();
    for layer in layers {
        let next = (0..layer.units()).map(|unit| {
            let z = affine(layer, unit, &units, away);
            let slope = slope_range(layer.activation, z.value);
            let value = value_range(layer.activation, z.value);
            let mut out = Enclosure {
                value,
                slope: z.slope.map(|d| slope * d),
                centre: value_range(layer.activation, z.centre),
            };
            out.value = out.value.and(mean_value(&out, away));
            out
        });
        units = next.collect();
    }
    units
}

fn affine(layer: &Layer, unit: usize, inputs: &[Enclosure], away: [Interval; 2]) -> Enclosure {
    let bias = Interval::point(layer.bias[unit]);
    let mut z = Enclosure {
        value: bias,
        slope: [Interval::ZERO; 2],
        centre: bias,
    };
    for (j, input) in inputs.iter().enumerate() {
        let w = layer.weight[(unit, j)];
        if w == 0.0 {
            continue;
        }
        z.value = z.value + input.value * w;
        z.centre = z.centre + input.centre * w;
        for axis in 0..2 {
            z.slope[axis] = z.slope[axis] + input.slope[axis] * w;
        }
    }
    z.value = z.value.and(mean_value(&z, away));
    z
}

fn mean_value(unit: &Enclosure, away: [Interval; 2]) -> Interval {
    unit.centre + unit.slope[0] * away[0] + unit.slope[1] * away[1]
}

/// 1/√2.
const ROOT_HALF: Interval = Interval::new(FRAC_1_SQRT_2.next_down(), FRAC_1_SQRT_2.next_up());
/// 1/√(2π).
const PEAK: Interval = Interval::new(0.398_942_280_401_432_64, 0.398_942_280_401_432_75);
/// √(2/π).
const ROOT_2_PI: Interval = Interval::new(0.797_884_560_802_865_3, 0.797_884_560_802_865_5);

/// Where a function that falls and then rises (or the other way round) turns, and its value there.
#[derive(Clone, Copy)]
struct Turning {
    at: f64,
    value: f64,
}

const SILU: Turning = Turning {
    at: -1.278_464_542_761_073_7,
    value: -0.278_464_542_761_073_8,
};
const GELU: Turning = Turning {
    at: -0.751_791_524_693_564_5,
    value: -0.169_971_207_479_903_66,
};
const SILU_SLOPE: [Turning; 2] = [
    Turning {
        at: -2.399_357_280_515_468,
        value: -0.099_839_320_128_866_92,
    },
    Turning {
        at: 2.399_357_280_515_468,
        value: 1.099_839_320_128_867,
    },
];
const GELU_SLOPE: [Turning; 2] = [
    Turning {
        at: -std::f64::consts::SQRT_2,
        value: -0.128_904_145_185_154_79,
    },
    Turning {
        at: std::f64::consts::SQRT_2,
        value: 1.128_904_145_185_154_8,
    },
];

/// The range of a function that is monotone between its turning points.
fn between(z: Interval, f: impl Fn(f64) -> Interval, turning: &[Turning]) -> Interval {
    let mut range = f(z.low).hull(f(z.high));
    for point in turning {
        // The place is known to a few units in the last place, and there the function is flat.
        if z.meets(Interval::near(point.at)) {
            range = range.hull(Interval::near(point.value));
        }
    }
    range
}

fn normal(z: f64) -> Interval {
    let t = Interval::point(-z) * ROOT_HALF;
    let falling = Interval::new(
        Interval::near(libm::erfc(t.high)).low,
        Interval::near(libm::erfc(t.low)).high,
    );
    falling.and(Interval::new(0.0, 2.0)) * 0.5
}

/// exp(-z²/2) / √(2π).
fn bell(z: f64) -> Interval {
    let square = Interval::point(z) * Interval::point(z) * -0.5;
    (square.rising(libm::exp).and(Interval::new(0.0, 1.0))) * PEAK
}

/// sech² at a point.
fn hill(z: f64) -> Interval {
    let e = libm::exp(-2.0 * z.abs());
    Interval::near(4.0 * e / ((1.0 + e) * (1.0 + e))).and(Interval::new(0.0, 1.0))
}

fn gelu_argument(z: Interval) -> Interval {
    let cubic = |z: f64| {
        let z = Interval::point(z);
        ROOT_2_PI * (z + z * z * z * Interval::near(0.044_715))
    };
    cubic(z.low).hull(cubic(z.high))
}

/// The hard sigmoid at a point.
fn hard(z: f64) -> Interval {
    let line = Interval::point(z) * Interval::near(1.0 / 6.0) + Interval::point(0.5);
    Interval::new(line.low.clamp(0.0, 1.0), line.high.clamp(0.0, 1.0))
}

/// The range of an activation over the range of what it is applied to; everything for softmax.
pub fn value_range(activation: Activation, z: Interval) -> Interval {
    let at = |z: f64| activation.value(z).unwrap_or(f64::NAN);
    match activation {
        Activation::Identity => z,
        Activation::Relu | Activation::Clip { .. } => Interval::new(at(z.low), at(z.high)),
        Activation::LeakyRelu { slope } if slope >= 0.0 => z.rising(at),
        Activation::LeakyRelu { .. } => between(
            z,
            |z| Interval::near(at(z)),
            &[Turning {
                at: 0.0,
                value: 0.0,
            }],
        ),
        Activation::Elu { alpha } if alpha >= 0.0 => z.rising(at),
        Activation::Elu { .. } => between(
            z,
            |z| Interval::near(at(z)),
            &[Turning {
                at: 0.0,
                value: 0.0,
            }],
        ),
        Activation::Softplus => z.rising(at),
        Activation::Tanh => z.rising(libm::tanh).and(Interval::new(-1.0, 1.0)),
        Activation::Sigmoid => z.rising(sigmoid).and(Interval::new(0.0, 1.0)),
        Activation::ScaledTanh { a, b } => (z * b).rising(libm::tanh) * a,
        Activation::HardSigmoid => hard(z.low).hull(hard(z.high)),
        Activation::Silu => between(z, |z| Interval::near(at(z)), &[SILU]),
        Activation::Gelu => between(z, |z| normal(z) * z, &[GELU]),
        Activation::GeluTanh => {
            let t = gelu_argument(z)
                .rising(libm::tanh)
                .and(Interval::new(-1.0, 1.0));
            z * (t + Interval::point(1.0)) * 0.5
        }
        Activation::HardSwish => between(
            z,
            |z| hard(z) * z,
            &[
                Turning {
                    at: -1.5,
                    value: -0.375,
                },
                Turning {
                    at: -3.0,
                    value: 0.0,
                },
            ],
        ),
        Activation::Softmax => Interval::ALL,
    }
}

/// The range of an activation's slope, both sides of a kink included; everything for softmax.
pub fn slope_range(activation: Activation, z: Interval) -> Interval {
    let kinks = |kinks: &[f64]| {
        let mut range = Interval::point(activation.derivative(z.low.next_down()).unwrap_or(0.0));
        for &kink in kinks {
            for side in [kink.next_down(), kink.next_up()] {
                if z.contains(kink) {
                    range = range.hull(Interval::point(activation.derivative(side).unwrap_or(0.0)));
                }
            }
        }
        let last = activation.derivative(z.high.next_up()).unwrap_or(0.0);
        range.hull(Interval::point(last))
    };
    let turned = |z: Interval, f: &dyn Fn(f64) -> Interval, top: f64| {
        between(
            z,
            f,
            &[Turning {
                at: 0.0,
                value: top,
            }],
        )
    };
    match activation {
        Activation::Identity => Interval::point(1.0),
        Activation::Relu | Activation::LeakyRelu { .. } => kinks(&[0.0]),
        Activation::Clip { low, high } => kinks(&[low, high]),
        Activation::HardSigmoid => {
            let range = kinks(&[-3.0, 3.0]);
            Interval::new(range.low.next_down(), range.high.next_up())
        }
        Activation::HardSwish => {
            let mut range: Option<Interval> = None;
            let mut add = |part: Interval| {
                range = Some(range.map_or(part, |range| range.hull(part)));
            };
            if z.low <= -3.0 {
                add(Interval::ZERO);
            }
            if z.high >= 3.0 {
                add(Interval::point(1.0));
            }
            if z.high >= -3.0 && z.low <= 3.0 {
                add(z.and(Interval::new(-3.0, 3.0)).rising(|z| z / 3.0 + 0.5));
                // A sum near zero loses digits.
                add(Interval::new(
                    z.low.max(-3.0) / 3.0 + 0.5 - 1e-15,
                    z.high.min(3.0) / 3.0 + 0.5 + 1e-15,
                ));
            }
            range.unwrap_or(Interval::ALL)
        }
        Activation::Elu { alpha } => {
            let left = Interval::new(z.low, z.high.min(0.0)).rising(libm::exp) * alpha;
            match (z.low > 0.0, z.high > 0.0) {
                (true, _) => Interval::point(1.0),
                (false, true) => left.hull(Interval::point(1.0)),
                (false, false) => left,
            }
        }
        Activation::Softplus => z.rising(sigmoid).and(Interval::new(0.0, 1.0)),
        Activation::Tanh => turned(z, &hill, 1.0),
        Activation::ScaledTanh { a, b } => {
            // Interval ends, not points, since b z is rounded.
            let scaled = z * b;
            turned(scaled, &hill, 1.0) * (Interval::point(a) * b)
        }
        Activation::Sigmoid => turned(z, &|z| Interval::near(sigmoid(z) * sigmoid(-z)), 0.25),
        Activation::Silu => {
            let slope = |z: f64| {
                let s = Interval::near(sigmoid(z));
                let rest = Interval::near(sigmoid(-z));
                s * (Interval::point(1.0) + rest * z)
            };
            between(z, slope, &SILU_SLOPE)
        }
        Activation::Gelu => between(z, |z| normal(z) + bell(z) * z, &GELU_SLOPE),
        Activation::GeluTanh => {
            let g = gelu_argument(z);
            let one = Interval::point(1.0);
            let t = g.rising(libm::tanh).and(Interval::new(-1.0, 1.0));
            let peak = turned(g, &hill, 1.0);
            let square = if z.contains(0.0) {
                Interval::new(0.0, (z * z).high)
            } else {
                z * z
            };
            let inner = ROOT_2_PI * (one + square * Interval::near(3.0 * 0.044_715));
            (t + one) * 0.5 + z * peak * inner * 0.5
        }
        Activation::Softmax => Interval::ALL,
    }
}
