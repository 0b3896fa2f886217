//! What is done to each number by itself between two layers, as the steps of a small program; and which activation that
//! program is.
//!
//! Exporters take activations apart, each in its own way: SiLU is a product with a sigmoid, softplus may be an
//! exponential, a logarithm and a choice. Rather than knowing every way, the program is evaluated over the range of
//! numbers and compared with each activation that this crate has.

use crate::model::Activation;
use crate::model::activation::sigmoid;

/// A longer program than this is not an activation.
const LONGEST: usize = 200;

/// An operation on one number.
pub(super) type Unary = fn(f64) -> f64;

/// An operation on two numbers; truth is 1 and 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    Pow,
    Max,
    Min,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Equal,
}

impl Binary {
    /// The operator's name in ONNX.
    pub(super) fn of(op: &str) -> Option<Self> {
        Some(match op {
            "Add" => Self::Add,
            "Sub" => Self::Sub,
            "Mul" => Self::Mul,
            "Div" => Self::Div,
            "Pow" => Self::Pow,
            "Max" => Self::Max,
            "Min" => Self::Min,
            "Greater" => Self::Greater,
            "GreaterOrEqual" => Self::GreaterOrEqual,
            "Less" => Self::Less,
            "LessOrEqual" => Self::LessOrEqual,
            "Equal" => Self::Equal,
            _ => return None,
        })
    }

    pub(super) fn apply(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Add => a + b,
            Self::Sub => a - b,
            Self::Mul => a * b,
            Self::Div => a / b,
            Self::Pow => libm::pow(a, b),
            Self::Max => a.max(b),
            Self::Min => a.min(b),
            Self::Greater => f64::from(a > b),
            Self::GreaterOrEqual => f64::from(a >= b),
            Self::Less => f64::from(a < b),
            Self::LessOrEqual => f64::from(a <= b),
            Self::Equal => f64::from(a == b),
        }
    }
}

/// The operators on one number that are not activations by themselves.
pub(super) fn unary(op: &str) -> Option<Unary> {
    Some(match op {
        "Neg" => |x| -x,
        "Abs" => f64::abs,
        "Exp" => libm::exp,
        "Log" => libm::log,
        "Sqrt" => f64::sqrt,
        "Reciprocal" => |x| 1.0 / x,
        "Erf" => libm::erf,
        "Not" => |x| f64::from(x == 0.0),
        "Floor" => f64::floor,
        "Ceil" => f64::ceil,
        "Sign" => |x| if x == 0.0 { 0.0 } else { x.signum() },
        _ => return None,
    })
}

/// A step of a program; the numbers are those of earlier steps.
#[derive(Debug, Clone, Copy)]
enum Step {
    Input,
    Constant(f64),
    Known(Activation, usize),
    One(Unary, usize),
    Two(Binary, usize, usize),
    /// If, then, else.
    Choose(usize, usize, usize),
}

/// The steps from one place in the network on.
#[derive(Debug)]
pub(super) struct Program {
    steps: Vec<Step>,
}

/// What becomes of each number: an activation between two scalings, factor and offset each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Part {
    Scale(f64, f64),
    Bend(Activation),
}

impl Default for Program {
    fn default() -> Self {
        Self {
            steps: vec![Step::Input],
        }
    }
}

impl Program {
    /// The number as it comes.
    pub(super) const INPUT: usize = 0;

    pub(super) fn constant(&mut self, value: f64) -> Result<usize, String> {
        self.push(Step::Constant(value))
    }

    pub(super) fn known(&mut self, activation: Activation, of: usize) -> Result<usize, String> {
        self.push(Step::Known(activation, of))
    }

    pub(super) fn one(&mut self, operation: Unary, of: usize) -> Result<usize, String> {
        self.push(Step::One(operation, of))
    }

    pub(super) fn two(&mut self, operation: Binary, a: usize, b: usize) -> Result<usize, String> {
        self.push(Step::Two(operation, a, b))
    }

    pub(super) fn choose(
        &mut self,
        condition: usize,
        yes: usize,
        no: usize,
    ) -> Result<usize, String> {
        self.push(Step::Choose(condition, yes, no))
    }

    fn push(&mut self, step: Step) -> Result<usize, String> {
        if self.steps.len() == LONGEST {
            return Err(format!(
                "more than {LONGEST} operations on single numbers follow each other"
            ));
        }
        self.steps.push(step);
        Ok(self.steps.len() - 1)
    }

    /// What the program has made of `x` at step `place`.
    pub(super) fn value(&self, place: usize, x: f64) -> f64 {
        let mut values = Vec::with_capacity(place + 1);
        for step in &self.steps[..=place] {
            values.push(match *step {
                Step::Input => x,
                Step::Constant(value) => value,
                Step::Known(activation, of) => activation.value(values[of]).unwrap_or(f64::NAN),
                Step::One(operation, of) => operation(values[of]),
                Step::Two(operation, a, b) => operation.apply(values[a], values[b]),
                Step::Choose(condition, yes, no) => {
                    values[if values[condition] == 0.0 { no } else { yes }]
                }
            });
        }
        values.pop().unwrap_or(x)
    }

    /// The program up to `place` as scalings and activations; `None` where this crate has no such activation.
    pub(super) fn parts(&self, place: usize) -> Option<Vec<Part>> {
        match self.steps[place] {
            Step::Input => return Some(Vec::new()),
            Step::Known(activation, of) => {
                let mut parts = self.parts(of)?;
                parts.push(Part::Bend(activation));
                return Some(parts);
            }
            _ => {}
        }
        if let Some(parts) = recognise(|x| self.value(place, x)) {
            return Some(parts);
        }
        let (inner, scale) = self.scaling(place)?;
        let mut parts = self.parts(inner)?;
        parts.push(scale);
        Some(parts)
    }

    /// A last step that only scales what came before.
    fn scaling(&self, place: usize) -> Option<(usize, Part)> {
        let constant = |place: usize| match self.steps[place] {
            Step::Constant(value) => Some(value),
            _ => None,
        };
        let Step::Two(operation, a, b) = self.steps[place] else {
            let Step::One(operation, of) = self.steps[place] else {
                return None;
            };
            // Only the change of sign is a scaling.
            let negates = operation(1.0) == -1.0 && operation(-2.0) == 2.0;
            return negates.then_some((of, Part::Scale(-1.0, 0.0)));
        };
        match (operation, constant(a), constant(b)) {
            (Binary::Add, None, Some(c)) => Some((a, Part::Scale(1.0, c))),
            (Binary::Add, Some(c), None) => Some((b, Part::Scale(1.0, c))),
            (Binary::Sub, None, Some(c)) => Some((a, Part::Scale(1.0, -c))),
            (Binary::Sub, Some(c), None) => Some((b, Part::Scale(-1.0, c))),
            (Binary::Mul, None, Some(c)) => Some((a, Part::Scale(c, 0.0))),
            (Binary::Mul, Some(c), None) => Some((b, Part::Scale(c, 0.0))),
            (Binary::Div, None, Some(c)) => Some((a, Part::Scale(1.0 / c, 0.0))),
            _ => None,
        }
    }
}

/// The numbers that functions are compared on: 0, and both signs from 0.003 to beyond 10 000.
fn samples() -> impl Iterator<Item = f64> {
    let steps = (0..60).scan(0.003, |x, _| {
        *x *= 1.3;
        Some(*x)
    });
    std::iter::once(0.0).chain(steps.flat_map(|x| [x, -x]))
}

/// The activation that a function is, to the exactness of the constants in `f32` that files have.
fn recognise(function: impl Fn(f64) -> f64) -> Option<Vec<Part>> {
    let values: Vec<(f64, f64)> = samples().map(|x| (x, function(x))).collect();
    let is = |parts: &[Part]| {
        values.iter().all(|&(x, value)| {
            let mut image = x;
            for part in parts {
                image = match *part {
                    Part::Scale(factor, offset) => factor * image + offset,
                    Part::Bend(activation) => activation.value(image).unwrap_or(f64::NAN),
                };
            }
            // Taken apart, a function may overflow where it is never evaluated.
            if !value.is_finite() && x.abs() > 60.0 {
                return true;
            }
            (value - image).abs() <= 2e-6 * (1.0 + image.abs())
        })
    };
    let bend = |activation: Activation| vec![Part::Bend(activation)];
    let (low, high) = (function(-1e4), function(1e4));
    let mut candidates: Vec<Vec<Part>> = [
        Activation::Relu,
        Activation::Gelu,
        Activation::GeluTanh,
        Activation::Silu,
        Activation::Softplus,
        Activation::Tanh,
        Activation::Sigmoid,
        Activation::HardSigmoid,
        Activation::HardSwish,
    ]
    .map(bend)
    .to_vec();
    // Those with parameters, each of which one value tells.
    let slope = -function(-1.0);
    if slope.is_finite() && (slope - 1.0).abs() > 1e-9 {
        candidates.push(bend(Activation::LeakyRelu { slope }));
    }
    let alpha = -function(-40.0);
    if alpha.is_finite() && alpha != 0.0 {
        candidates.push(bend(Activation::Elu { alpha }));
    }
    if low.is_finite() && high.is_finite() && low < high {
        candidates.push(bend(Activation::Clip { low, high }));
    }
    if low.is_finite() {
        candidates.push(vec![
            Part::Scale(1.0, -low),
            Part::Bend(Activation::Relu),
            Part::Scale(1.0, low),
        ]);
    }
    if high.is_finite() {
        candidates.push(vec![
            Part::Scale(-1.0, high),
            Part::Bend(Activation::Relu),
            Part::Scale(-1.0, high),
        ]);
    }
    // Softplus and SiLU of beta z, divided by beta.
    let steeper = |activation: Activation, beta: f64| {
        vec![
            Part::Scale(beta, 0.0),
            Part::Bend(activation),
            Part::Scale(1.0 / beta, 0.0),
        ]
    };
    let beta = std::f64::consts::LN_2 / function(0.0);
    if beta.is_finite() && beta > 0.0 {
        candidates.push(steeper(Activation::Softplus, beta));
    }
    let share = function(1.0);
    if share > 0.0 && share < 1.0 {
        let beta = libm::log(share / (1.0 - share));
        if beta != 0.0 && (sigmoid(beta) - share).abs() < 1e-9 {
            candidates.push(steeper(Activation::Silu, beta));
        }
    }
    candidates.into_iter().find(|parts| is(parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mul(x, Sigmoid(1.5 x)), as exporters write a swish.
    #[test]
    fn activations_in_parts_are_recognised_with_their_parameters() {
        let mut program = Program::default();
        let beta = program.constant(1.5).unwrap();
        let steep = program.two(Binary::Mul, Program::INPUT, beta).unwrap();
        let gate = program.known(Activation::Sigmoid, steep).unwrap();
        let swish = program.two(Binary::Mul, Program::INPUT, gate).unwrap();
        let Some(
            [
                Part::Scale(b, 0.0),
                Part::Bend(Activation::Silu),
                Part::Scale(back, 0.0),
            ],
        ) = program
            .parts(swish)
            .as_deref()
            .map(|parts| <[Part; 3]>::try_from(parts).unwrap())
        else {
            panic!("{:?}", program.parts(swish));
        };
        assert!((b - 1.5).abs() < 1e-9 && (b * back - 1.0).abs() < 1e-12);

        // 3 - 2 max(x, 0.5): a ReLU between scalings.
        let mut program = Program::default();
        let half = program.constant(0.5).unwrap();
        let bent = program.two(Binary::Max, Program::INPUT, half).unwrap();
        let two = program.constant(2.0).unwrap();
        let twice = program.two(Binary::Mul, two, bent).unwrap();
        let three = program.constant(3.0).unwrap();
        let end = program.two(Binary::Sub, three, twice).unwrap();
        let parts = program.parts(end).unwrap();
        for x in [-7.0, 0.2, 0.5, 4.0] {
            let image = parts.iter().fold(x, |x, part| match *part {
                Part::Scale(factor, offset) => factor * x + offset,
                Part::Bend(activation) => activation.value(x).unwrap(),
            });
            assert!((image - program.value(end, x)).abs() < 1e-12);
        }
    }

    #[test]
    fn what_is_no_activation_is_not_taken_for_one() {
        let mut program = Program::default();
        let square = program
            .two(Binary::Mul, Program::INPUT, Program::INPUT)
            .unwrap();
        assert_eq!(program.parts(square), None);
        // x + relu(x) bends like a leaky ReLU, but is none of slope 1 above zero.
        let bent = program.known(Activation::Relu, Program::INPUT).unwrap();
        let sum = program.two(Binary::Add, Program::INPUT, bent).unwrap();
        assert_eq!(program.parts(sum), None);
    }
}
