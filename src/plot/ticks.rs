//! Where the numbers stand along an axis, and how they are written.
//!
//! Places are whole multiples of a round step, m x 10^e with m in 1, 2, 5, and their labels are made from those whole
//! numbers: no two are the same, none is rounded, none is -0. Where plain numbers would be long, all labels of an axis
//! share a power of ten or an offset, as matplotlib's `ScalarFormatter` has it, and [`Ticks::unit`] says which.

use super::panel::{Axis, Scale};

/// A place on an axis and what stands there (markup).
pub type Tick = (f64, String);

/// The numbers along an axis.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ticks {
    /// From low to high.
    pub ticks: Vec<Tick>,
    /// What was taken out of the labels, such as `×10⁻⁹` or `+1.7×10⁹`; empty where nothing was.
    pub unit: String,
}

/// From this power of ten on, and from the other one down, numbers share a factor (matplotlib's `axis.formatter.limits`).
const LARGE: i32 = 6;
const SMALL: i32 = -5;
/// An offset is taken out where it saves at least this many digits (matplotlib's `axis.formatter.offset_threshold`).
const SAVED: i32 = 4;
/// A range shorter than this many times its larger end is one number in `f64`.
pub(super) const SHORTEST: f64 = 1e-14;

/// At most about `count` ticks within `range`.
pub fn ticks(axis: &Axis, range: [f64; 2], count: usize) -> Ticks {
    if let Some(names) = &axis.names {
        return Ticks {
            ticks: names.clone(),
            unit: String::new(),
        };
    }
    match axis.scale {
        Scale::Linear => linear(range, count),
        Scale::Log => powers_of_ten(range, count),
    }
}

/// Round numbers, at most about `count` of them.
///
/// ```
/// use foldspace::plot::ticks::linear;
/// let ticks = linear([-2e-9, 2e-9], 5);
/// let labels: Vec<&str> = ticks.ticks.iter().map(|(_, label)| label.as_str()).collect();
/// assert_eq!(labels, ["−2", "−1", "0", "1", "2"]);
/// assert_eq!(ticks.unit, "×10⁻⁹");
/// ```
pub fn linear([low, high]: [f64; 2], count: usize) -> Ticks {
    let largest = low.abs().max(high.abs());
    let long_enough = high - low > SHORTEST * largest && high - low > 1e-306;
    if !long_enough || !largest.is_finite() {
        let only = low.is_finite().then(|| (low, number(low)));
        return Ticks {
            ticks: only.into_iter().collect(),
            unit: String::new(),
        };
    }
    let (factor, exponent) = step([low, high], count.max(2));
    let step = decimal_to_f64(factor, exponent);
    // A place that rounding has moved just beyond the end still counts.
    let first = (low / step - 1e-10).ceil() as i128;
    let last = (high / step + 1e-10).floor() as i128;
    let places: Vec<i128> = (first..=last).map(|k| k * factor).collect();
    let notation = Notation::of(&places, exponent);
    Ticks {
        ticks: places
            .iter()
            .map(|&place| {
                (
                    decimal_to_f64(place, exponent),
                    notation.write(place, exponent),
                )
            })
            .collect(),
        unit: notation.unit(),
    }
}

/// The finest step m x 10^e, as (m, e), that gives at most `most` ticks.
fn step([low, high]: [f64; 2], most: usize) -> (i128, i32) {
    let count = |(factor, exponent): (i128, i32)| {
        let step = decimal_to_f64(factor, exponent);
        let first = (low / step - 1e-10).ceil();
        1.0 + (high / step - first + 1e-10).floor()
    };
    let most = most as f64;
    let decade = libm::floor(libm::log10((high - low).min(f64::MAX))) as i32;
    let mut found = (1, decade.min(307) + 1);
    loop {
        let (factor, exponent) = found;
        let finer = match factor {
            1 => (5, exponent - 1),
            5 => (2, exponent),
            _ => (1, exponent),
        };
        if finer.1 < -320 || count(finer) > most {
            return found;
        }
        found = finer;
    }
}

/// The nearest number to n x 10^e.
fn decimal_to_f64(n: i128, exponent: i32) -> f64 {
    // The parser rounds correctly, which a product with a power of ten would not.
    format!("{n}e{exponent}").parse().unwrap_or(f64::NAN)
}

/// How the labels of one axis are written: (value - offset) / 10^power.
struct Notation {
    /// The offset in units of 10^offset_exponent.
    offset: i128,
    offset_exponent: i32,
    power: i32,
    decimals: usize,
}

impl Notation {
    /// For the values n x 10^exponent.
    fn of(places: &[i128], exponent: i32) -> Self {
        let largest = |of: &dyn Fn(i128) -> i128| {
            let sizes = places.iter().map(|&place| of(place).unsigned_abs());
            sizes.max().unwrap_or(0)
        };
        let digits = |n: u128| n.checked_ilog10().unwrap_or(0) as i32;
        let (first, last) = (
            places.first().copied().unwrap_or(0),
            places.last().copied().unwrap_or(0),
        );
        // The span's power of ten, rounded up; all places may share the digits above it.
        let span_digits = digits(last.abs_diff(first).max(1).saturating_sub(1)) + 1;
        let whole = digits(largest(&|n| n));
        let mut offset = 0;
        if (first > 0) == (last > 0) && first != 0 && last != 0 && whole - span_digits + 1 >= SAVED
        {
            let unit = 10_i128.pow(span_digits as u32);
            // A round number among them, else the one before them, so that what remains has the sign of the whole.
            let nearest = if first > 0 { first } else { last };
            offset = roundest(first, last, unit).unwrap_or(nearest / unit * unit);
        }
        let rest = digits(largest(&|n| n - offset)) + exponent;
        let power = if (SMALL + 1..LARGE).contains(&rest) {
            0
        } else {
            rest
        };
        Self {
            offset,
            offset_exponent: exponent,
            power,
            decimals: (power - exponent).max(0) as usize,
        }
    }

    fn write(&self, place: i128, exponent: i32) -> String {
        let rest = place - self.offset;
        let sign = if rest < 0 { "−" } else { "" };
        let zeros = (exponent - self.power).max(0) as usize;
        let mut digits = rest.unsigned_abs().to_string();
        if rest != 0 {
            digits.extend(std::iter::repeat_n('0', zeros));
        }
        if self.decimals == 0 {
            return format!("{sign}{digits}");
        }
        let digits = format!("{digits:0>width$}", width = self.decimals + 1);
        let (whole, part) = digits.split_at(digits.len() - self.decimals);
        format!("{sign}{whole}.{part}")
    }

    fn unit(&self) -> String {
        let power = match self.power {
            0 => String::new(),
            power => format!("×10{}", superscript(power)),
        };
        if self.offset == 0 {
            return power;
        }
        let sign = if self.offset < 0 { "−" } else { "+" };
        let offset = shifted(self.offset.unsigned_abs(), self.offset_exponent);
        if power.is_empty() {
            format!("{sign}{offset}")
        } else {
            format!("{power} {sign} {offset}")
        }
    }
}

/// The multiple of the largest power of ten, at least `unit`, between two numbers.
fn roundest(first: i128, last: i128, unit: i128) -> Option<i128> {
    let powers = std::iter::successors(Some(unit), |power| power.checked_mul(10));
    powers
        .take_while(|power| *power <= first.abs().max(last.abs()))
        .map(|power| last.div_euclid(power) * power)
        .take_while(|multiple| *multiple >= first)
        .last()
}

/// n x 10^e in full, or with a power of ten where that is shorter; every digit is kept.
fn shifted(n: u128, exponent: i32) -> String {
    let mut digits = n.to_string();
    let decade = digits.len() as i32 - 1 + exponent;
    if (0..=LARGE).contains(&decade) && exponent >= 0 {
        digits.extend(std::iter::repeat_n('0', exponent as usize));
        return digits;
    }
    let digits = digits.trim_end_matches('0');
    let (first, rest) = digits.split_at(1.min(digits.len()));
    let point = if rest.is_empty() { "" } else { "." };
    if (0..=LARGE).contains(&decade) {
        let whole = format!("{digits:0<width$}", width = decade as usize + 1);
        let (whole, rest) = whole.split_at(decade as usize + 1);
        let point = if rest.is_empty() { "" } else { "." };
        return format!("{whole}{point}{rest}");
    }
    format!("{first}{point}{rest}×10{}", superscript(decade))
}

fn superscript(power: i32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    power
        .to_string()
        .chars()
        .map(|c| c.to_digit(10).map_or('⁻', |digit| DIGITS[digit as usize]))
        .collect()
}

fn powers_of_ten([low, high]: [f64; 2], count: usize) -> Ticks {
    let (first, last) = (
        libm::log10(low).ceil() as i32,
        libm::log10(high).floor() as i32,
    );
    let stride = ((last.saturating_sub(first)).max(0) as usize / count.max(2) + 1) as i32;
    let ticks: Vec<Tick> = (first..=last)
        .filter(|exponent| exponent.rem_euclid(stride) == 0)
        .map(|exponent| {
            let text = match exponent {
                0 => String::from("1"),
                1 => String::from("10"),
                _ => format!("$10^{{{exponent}}}$"),
            };
            (decimal_to_f64(1, exponent), text)
        })
        .collect();
    if ticks.len() >= 2 {
        return Ticks {
            ticks,
            unit: String::new(),
        };
    }
    // Less than two decades: 2 and 5 help out, or, within a decade, round steps.
    let inside = |value: &f64| (low..=high).contains(value);
    let ticks: Vec<Tick> = (first.saturating_sub(1)..=last)
        .flat_map(|exponent| [1, 2, 5].map(|digit| decimal_to_f64(digit, exponent)))
        .filter(inside)
        .map(|value| (value, number(value)))
        .collect();
    if ticks.len() < 2 {
        return linear([low, high], count);
    }
    Ticks {
        ticks,
        unit: String::new(),
    }
}

/// A number as labels write it: a true minus sign, no needless zeros, and a power of ten where it is very small or large.
///
/// ```
/// use foldspace::plot::ticks::number;
/// assert_eq!(number(-0.25), "−0.25");
/// assert_eq!(number(-0.0), "0");
/// assert_eq!(number(2.5e-9), "2.5×10⁻⁹");
/// ```
pub fn number(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || (1e-4..1e9).contains(&size) || !value.is_finite() {
        let rounded = (value * 1e6).round() / 1e6 + 0.0;
        return typographic(&format!("{rounded}"));
    }
    let text = format!("{value:.6e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mantissa = mantissa.trim_end_matches('0').trim_end_matches('.');
    let power = superscript(exponent.parse().unwrap_or(0));
    typographic(&format!("{mantissa}×10{power}"))
}

/// A number in words: three digits after the point and at least three significant ones, with a power of ten where it is very
/// small or large.
///
/// ```
/// use foldspace::plot::ticks::short;
/// assert_eq!(short(0.12345), "0.123");
/// assert_eq!(short(0.004296), "0.00430");
/// assert_eq!(short(-1.2345e300), "−1.23×10³⁰⁰");
/// assert_eq!(short(-0.0), "0.000");
/// ```
pub fn short(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || (1e-3..1e6).contains(&size) || !value.is_finite() {
        let decimals = match size {
            0.1.. | 0.0 => 3,
            0.01.. => 4,
            _ => 5,
        };
        return typographic(&format!("{:.decimals$}", value + 0.0));
    }
    let text = format!("{value:.2e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let power = superscript(exponent.parse().unwrap_or(0));
    typographic(&format!("{mantissa}×10{power}"))
}

fn typographic(number: &str) -> String {
    number.replace('-', "−")
}
