//! From the nodes of a graph to a chain of layers: each node is looked at once, in the order of the file.
//!
//! A value is either known, or it is what has become of the input: the place in the [`Chain`] it was taken from, and a
//! [`Program`] of what was done to each number since. When the next affine map comes, that program turns out to be an
//! activation, a scaling, or neither. A value from an earlier place than the chain's end is a residual connection.

mod arithmetic;

use std::collections::BTreeMap;
use std::rc::Rc;

use faer::Mat;

use super::elementwise::{Part, Program};
use super::schema::{Graph, Node};
use super::tensor::{Reader, Tensor};
use crate::model::chain::{Chain, Scaling};
use crate::model::{Activation, Frozen};

/// What a name stands for.
#[derive(Clone)]
pub(super) enum Value {
    Known(Rc<Tensor>),
    Flow(Flow),
    /// The probabilities 1 - p and p beside each other, of the one p.
    Pair(Flow),
}

/// Numbers that depend on the input.
#[derive(Clone, Copy)]
pub(super) struct Flow {
    /// How often the chain had gone on when it was made.
    at: usize,
    /// The step of the program since then.
    place: usize,
}

/// The state of the walk.
pub(super) struct Walk<'a> {
    pub reader: Reader,
    graph: &'a Graph<'a>,
    values: BTreeMap<&'a str, Value>,
    pub chain: Chain,
    program: Program,
    /// How often the chain has gone on.
    at: usize,
    /// How many samples the file was made with, where it says a number.
    pub batch: Option<usize>,
    /// Whether samples still have several axes, as images do.
    folded: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn new(graph: &'a Graph<'a>, reader: Reader) -> Result<Self, String> {
        let [input] = &graph.inputs[..] else {
            let names: Vec<&str> = graph.inputs.iter().map(|input| input.name).collect();
            return Err(format!(
                "the network has {} inputs ({}); one array of samples by features is drawn",
                names.len(),
                names.join(", ")
            ));
        };
        let mut walk = Self {
            reader,
            graph,
            values: BTreeMap::new(),
            chain: Chain::new(),
            program: Program::default(),
            at: 0,
            batch: input.shape.first().copied().flatten(),
            folded: input.shape.len() > 2,
        };
        if input.shape.len() == 1 {
            return Err("the input has one axis; samples by features are expected".to_owned());
        }
        let sizes = input.shape.get(1..).unwrap_or_default().iter();
        let features = sizes
            .copied()
            .try_fold(1_usize, |all, size| all.checked_mul(size?));
        if let Some(features) = features.filter(|_| !input.shape.is_empty()) {
            walk.chain.expect(features)?;
        }
        let start = Flow {
            at: 0,
            place: Program::INPUT,
        };
        walk.values.insert(input.name, Value::Flow(start));
        Ok(walk)
    }

    /// The value of a name.
    pub(super) fn value(&mut self, name: &'a str) -> Result<Value, String> {
        if let Some(value) = self.values.get(name) {
            return Ok(value.clone());
        }
        let graph = self.graph;
        let tensor = graph.constants.get(name);
        let tensor = tensor.ok_or_else(|| format!("nothing makes {name:?} before it is used"))?;
        let value = Value::Known(Rc::new(self.reader.read(name, tensor)?));
        self.values.insert(name, value.clone());
        Ok(value)
    }

    /// The value of a node's input, if the node has it.
    pub(super) fn input(
        &mut self,
        node: &Node<'a>,
        number: usize,
    ) -> Result<Option<Value>, String> {
        match node.inputs.get(number) {
            Some(name) if !name.is_empty() => self.value(name).map(Some),
            _ => Ok(None),
        }
    }

    /// A known input of a node, if it has it.
    pub(super) fn known(
        &mut self,
        node: &Node<'a>,
        number: usize,
    ) -> Result<Option<Rc<Tensor>>, String> {
        match self.input(node, number)? {
            Some(Value::Known(tensor)) => Ok(Some(tensor)),
            Some(_) => Err(format!("its input {number} depends on the data")),
            None => Ok(None),
        }
    }

    /// The input of a node that depends on the data.
    pub(super) fn flow(&mut self, node: &Node<'a>, number: usize) -> Result<Flow, String> {
        match self.input(node, number)? {
            Some(Value::Flow(flow)) => Ok(flow),
            Some(Value::Pair(_)) => {
                Err("it changes probabilities that were put together".to_owned())
            }
            Some(Value::Known(_)) => Err(format!("its input {number} does not depend on the data")),
            None => Err(format!("its input {number} is missing")),
        }
    }

    /// Keeps a node's result.
    pub(super) fn keep(&mut self, node: &Node<'a>, value: Value) {
        if let Some(name) = node.outputs.first() {
            self.values.insert(name, value);
        }
    }

    /// Keeps a result under a name.
    pub(super) fn keep_as(&mut self, name: &'a str, value: Value) {
        self.values.insert(name, value);
    }

    /// Keeps a known result.
    pub(super) fn keep_known(&mut self, node: &Node<'a>, tensor: Tensor) {
        self.keep(node, Value::Known(Rc::new(tensor)));
    }

    /// Refuses a value from before the chain's end.
    pub(super) fn check_current(&self, flow: Flow) -> Result<(), String> {
        if flow.at == self.at {
            return Ok(());
        }
        Err("it takes what an earlier layer also gives to the layers between: a residual (skip) connection or a branch, \
             where a chain of layers is drawn"
            .to_owned())
    }

    /// Puts what was done to each number since the last layer into the chain, as activations and scalings.
    pub(super) fn settle(&mut self, flow: Flow) -> Result<(), String> {
        self.check_current(flow)?;
        let parts = self.program.parts(flow.place).ok_or(
            "what is done to each number before it is not one of the activations that are known here",
        )?;
        for part in parts {
            match part {
                Part::Bend(activation) => self.chain.activate(activation)?,
                Part::Scale(factor, offset) => {
                    let width = self.chain.width();
                    let width = width.ok_or("nothing says how many features there are")?;
                    self.chain.scale(&Scaling::uniform(width, factor, offset))?;
                }
            }
        }
        Ok(())
    }

    /// The chain has gone on: its end is a value of its own.
    pub(super) fn advance(&mut self, node: &Node<'a>) {
        self.at += 1;
        self.program = Program::default();
        let flow = Flow {
            at: self.at,
            place: Program::INPUT,
        };
        self.keep(node, Value::Flow(flow));
    }

    /// An affine map with the weights (units x inputs) comes next.
    pub(super) fn affine(
        &mut self,
        node: &Node<'a>,
        flow: Flow,
        weight: Mat<f64>,
        bias: &[f64],
    ) -> Result<(), String> {
        self.check_flat()?;
        self.settle(flow)?;
        self.chain.affine(layer_name(node), weight, bias)?;
        self.advance(node);
        Ok(())
    }

    /// Every unit is scaled by itself next.
    pub(super) fn scale(
        &mut self,
        node: &Node<'a>,
        flow: Flow,
        scaling: &Scaling,
    ) -> Result<(), String> {
        self.check_flat()?;
        self.settle(flow)?;
        self.chain.scale(scaling)?;
        self.advance(node);
        Ok(())
    }

    /// An activation of all units together comes next.
    pub(super) fn softmax(&mut self, node: &Node<'a>, flow: Flow) -> Result<(), String> {
        self.check_flat()?;
        self.settle(flow)?;
        self.chain.activate(Activation::Softmax)?;
        self.advance(node);
        Ok(())
    }

    fn check_flat(&self) -> Result<(), String> {
        if self.folded {
            return Err(
                "each sample still has several axes; a network of vectors begins with Flatten"
                    .to_owned(),
            );
        }
        Ok(())
    }

    /// Whether a value is what softmax has given.
    pub(super) fn is_softmax(&self, flow: Flow) -> bool {
        flow.at == self.at
            && flow.place == Program::INPUT
            && self.chain.last_activation() == Some(Activation::Softmax)
    }

    /// Samples become vectors.
    pub(super) fn flatten(&mut self, node: &Node<'a>, flow: Flow) {
        self.folded = false;
        self.keep(node, Value::Flow(flow));
    }

    /// The finished network, whose output is called `name`.
    pub(super) fn finish(mut self, name: &'a str) -> Result<Frozen, String> {
        match self.value(name)? {
            Value::Flow(flow) | Value::Pair(flow) => {
                self.check_flat()?;
                self.settle(flow)?;
                self.chain.finish()
            }
            Value::Known(_) => Err("its output does not depend on its input".to_owned()),
        }
    }
}

/// What the layer is called in the program that the file comes from: `hidden` of `hidden.weight` or `/hidden/Gemm`.
fn layer_name<'a>(node: &Node<'a>) -> &'a str {
    let weights = node
        .inputs
        .iter()
        .find_map(|input| input.strip_suffix(".weight"));
    let path = || node.name.rsplit('/').nth(1);
    let name = weights.or_else(path).unwrap_or_default();
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
    if name.len() <= 40 && name.chars().all(plain) {
        name
    } else {
        ""
    }
}
