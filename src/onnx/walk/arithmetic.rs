//! Arithmetic on values of the walk: a step of the program, a scaling of the chain, or among weights alone.

use std::rc::Rc;

use super::{Flow, Value, Walk};
use crate::model::chain::Scaling;
use crate::onnx::constant;
use crate::onnx::elementwise::{Binary, Program, unary};
use crate::onnx::schema::Node;
use crate::onnx::tensor::Tensor;

impl<'a> Walk<'a> {
    /// A step of the program, of one flow.
    pub(in crate::onnx) fn step(
        &mut self,
        node: &Node<'a>,
        flow: Flow,
        step: impl FnOnce(&mut Program, usize) -> Result<usize, String>,
    ) -> Result<(), String> {
        self.check_current(flow)?;
        let place = step(&mut self.program, flow.place)?;
        self.keep(node, Value::Flow(Flow { place, ..flow }));
        Ok(())
    }

    /// The step of the program that a value is; of a known one, all entries must be the same.
    pub(in crate::onnx) fn operand(&mut self, value: &Value) -> Result<usize, String> {
        match value {
            Value::Flow(flow) => {
                self.check_current(*flow)?;
                Ok(flow.place)
            }
            Value::Known(tensor) => {
                let number = tensor.uniform().filter(|_| self.fits(tensor));
                let number = number.ok_or_else(|| {
                    format!(
                        "it takes an array of the shape {:?} where one number is expected",
                        tensor.shape
                    )
                })?;
                if let (Some(&units), None) = (tensor.shape.last(), self.chain.width())
                    && units > 1
                {
                    self.chain.expect(units)?;
                }
                self.program.constant(number)
            }
            Value::Pair(_) => Err("it changes probabilities that were put together".to_owned()),
        }
    }

    /// Whether an array can stand beside samples by units without making more of either.
    fn fits(&self, tensor: &Tensor) -> bool {
        match &tensor.shape[..] {
            shape if shape.iter().all(|&size| size == 1) => shape.len() <= 2 || self.folded,
            [units] | [1, units] => self.chain.width().is_none_or(|width| width == *units),
            _ => false,
        }
    }

    /// A number for each of the units, from an array beside the samples.
    pub(in crate::onnx) fn per_unit(&self, tensor: &Tensor) -> Result<Vec<f64>, String> {
        if self.fits(tensor) {
            return Ok(tensor.values.clone());
        }
        let units = self
            .chain
            .width()
            .map_or("unknown".to_owned(), |units| units.to_string());
        Err(format!(
            "an array of the shape {:?} is combined with samples of {units} numbers",
            tensor.shape
        ))
    }

    /// An operation on two values.
    pub(in crate::onnx) fn two(
        &mut self,
        node: &Node<'a>,
        operation: Binary,
        a: &Value,
        b: &Value,
    ) -> Result<(), String> {
        if let (Value::Known(a), Value::Known(b)) = (a, b) {
            let result = constant::two(&mut self.reader, operation, a, b)?;
            self.keep_known(node, result);
            return Ok(());
        }
        let array = |value: &Value| match value {
            Value::Known(tensor) if tensor.uniform().is_none() => Some(Rc::clone(tensor)),
            _ => None,
        };
        // An entry per unit: a bias, a batch norm that is not folded, a scaler.
        if let (Value::Flow(flow), Some(array)) = (a, array(b)) {
            let entries = self.per_unit(&array)?;
            let scaling = per_unit_scaling(operation, &entries, false)
                .ok_or("it combines samples with an array in a way that is no layer's")?;
            return self.scale(node, *flow, &scaling);
        }
        if let (Some(array), Value::Flow(flow)) = (array(a), b) {
            let entries = self.per_unit(&array)?;
            let scaling = per_unit_scaling(operation, &entries, true)
                .ok_or("it combines samples with an array in a way that is no layer's")?;
            return self.scale(node, *flow, &scaling);
        }
        let (a, b) = (self.operand(a)?, self.operand(b)?);
        let place = self.program.two(operation, a, b)?;
        self.keep(node, Value::Flow(Flow { at: self.at, place }));
        Ok(())
    }

    /// One of two values, by a third.
    pub(in crate::onnx) fn choose(&mut self, node: &Node<'a>) -> Result<(), String> {
        let mut places = [0; 3];
        for (number, place) in places.iter_mut().enumerate() {
            let value = self.input(node, number)?.ok_or("an input is missing")?;
            *place = self.operand(&value)?;
        }
        let [condition, yes, no] = places;
        let place = self.program.choose(condition, yes, no)?;
        self.keep(node, Value::Flow(Flow { at: self.at, place }));
        Ok(())
    }

    /// An operation on one value.
    pub(in crate::onnx) fn one(&mut self, node: &Node<'a>) -> Result<(), String> {
        let operation = unary(node.op).ok_or("it is not known")?;
        match self.input(node, 0)?.ok_or("its input is missing")? {
            Value::Known(tensor) => {
                let result = constant::one(&mut self.reader, operation, &tensor)?;
                self.keep_known(node, result);
                Ok(())
            }
            Value::Flow(flow) => self.step(node, flow, |program, of| program.one(operation, of)),
            Value::Pair(_) => Err("it changes probabilities that were put together".to_owned()),
        }
    }

    /// 1 - p beside p: the one probability as a pair.
    pub(in crate::onnx) fn pair(
        &mut self,
        node: &Node<'a>,
        first: Flow,
        second: Flow,
    ) -> Result<(), String> {
        self.check_current(first)?;
        self.check_current(second)?;
        let opposite = [-9.0, -1.0, 0.0, 0.3, 2.0, 30.0].iter().all(|&x| {
            let sum = self.program.value(first.place, x) + self.program.value(second.place, x);
            (sum - 1.0).abs() < 1e-9
        });
        if !opposite || self.chain.width() != Some(1) {
            return Err(
                "it puts values side by side that are not 1 - p and p of one unit".to_owned(),
            );
        }
        self.keep(node, Value::Pair(second));
        Ok(())
    }
}

/// What an array does to each unit; the other way round where the array stands first.
fn per_unit_scaling(operation: Binary, entries: &[f64], first: bool) -> Option<Scaling> {
    let units = entries.len();
    let plain = Scaling::uniform(units, 1.0, 0.0);
    let entries = entries.to_vec();
    Some(match (operation, first) {
        (Binary::Add, _) => Scaling {
            offset: entries,
            ..plain
        },
        (Binary::Sub, false) => Scaling {
            centre: entries,
            ..plain
        },
        (Binary::Sub, true) => Scaling {
            offset: entries,
            ..Scaling::uniform(units, -1.0, 0.0)
        },
        (Binary::Mul, _) => Scaling {
            factor: entries,
            ..plain
        },
        (Binary::Div, false) => Scaling {
            factor: entries.iter().map(|entry| 1.0 / entry).collect(),
            ..plain
        },
        _ => return None,
    })
}
