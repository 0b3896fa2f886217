//! Where the numbers stand along an axis, and how they are written.

use plotters::coord::ranged1d::{BoldPoints, Ranged};
use plotters::coord::types::RangedCoordf64;

use super::panel::{Axis, Scale};

/// A place on an axis and what stands there (markup).
pub type Tick = (f64, String);

/// At most about `count` ticks within `range`.
pub fn ticks(axis: &Axis, range: [f64; 2], count: usize) -> Vec<Tick> {
    if let Some(names) = &axis.names {
        return names.clone();
    }
    match axis.scale {
        Scale::Linear => linear(range, count),
        Scale::Log => powers_of_ten(range, count),
    }
}

/// Round numbers, chosen by plotters, with as many decimals as their step needs.
pub fn linear([low, high]: [f64; 2], count: usize) -> Vec<Tick> {
    let places = RangedCoordf64::from(low..high).key_points(BoldPoints(count.max(2)));
    let step = match places.as_slice() {
        [first, second, ..] => second - first,
        _ => high - low,
    };
    let decimals = (0..6)
        .find(|&d| {
            let scaled = step * libm::pow(10.0, f64::from(d));
            (scaled - scaled.round()).abs() < 1e-6 * scaled.abs().max(1.0)
        })
        .unwrap_or(6) as usize;
    places
        .into_iter()
        // Adding zero turns -0 into 0.
        .map(|place| {
            (
                place,
                typographic(&format!("{:.decimals$}", settle(place, step))),
            )
        })
        .collect()
}

/// Rounds away what is left of a subtraction that should have given zero.
fn settle(place: f64, step: f64) -> f64 {
    if place.abs() < 1e-9 * step.abs() {
        0.0
    } else {
        place
    }
}

fn powers_of_ten([low, high]: [f64; 2], count: usize) -> Vec<Tick> {
    let (first, last) = (
        libm::log10(low).ceil() as i32,
        libm::log10(high).floor() as i32,
    );
    let stride = ((last - first).max(0) as usize / count.max(2) + 1) as i32;
    let power = |exponent: i32| libm::pow(10.0, f64::from(exponent));
    let mut ticks: Vec<Tick> = (first..=last)
        .filter(|exponent| exponent.rem_euclid(stride) == 0)
        .map(|exponent| {
            let text = match exponent {
                0 => String::from("1"),
                1 => String::from("10"),
                _ => format!("$10^{{{exponent}}}$"),
            };
            (power(exponent), text)
        })
        .collect();
    if ticks.len() < 2 {
        // Less than two decades: 2 and 5 help out.
        let inside = |value: &f64| (low..=high).contains(value);
        ticks = (first - 1..=last)
            .flat_map(|exponent| [1.0, 2.0, 5.0].map(|digit| digit * power(exponent)))
            .filter(inside)
            .map(|value| (value, number(value)))
            .collect();
    }
    ticks
}

/// A number as labels write it: a true minus sign, no needless zeros.
///
/// ```
/// use foldspace::plot::ticks::number;
/// assert_eq!(number(-0.25), "−0.25");
/// ```
pub fn number(value: f64) -> String {
    typographic(&format!("{}", (value * 1e6).round() / 1e6 + 0.0))
}

fn typographic(number: &str) -> String {
    number.replace('-', "−")
}
