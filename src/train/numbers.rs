//! A module's parameters as plain numbers, one after the other, and back. What autodiff does not follow is no parameter here: the
//! running statistics of a batch norm, and what somebody froze.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Gradients, Tensor, TensorData};

use super::optimizer_state::Place;
use crate::model::fused;

/// Every parameter of a module in the order in which it is walked.
#[derive(Debug, Default)]
pub(super) struct ModuleNumbers {
    pub(super) places: Vec<Place>,
    pub(super) numbers: Vec<f32>,
}

impl ModuleNumbers {
    /// `None` where a parameter is not in this computer's memory.
    pub(super) fn of<M: Module>(module: &M) -> Option<Self> {
        Some(Reader::new(None).read(module)?.0)
    }

    /// The same, and the gradients in the same order; `None` also where a parameter has none.
    pub(super) fn with_gradients<M: Module>(
        module: &M,
        gradients: &Gradients,
    ) -> Option<(Self, Vec<f32>)> {
        Reader::new(Some(gradients)).read(module)
    }
}

/// The module with these numbers as its parameters, followed by autodiff.
pub(super) fn place<M: Module>(module: M, numbers: &[f32]) -> M {
    module.map(&mut Placer(numbers))
}

/// Where in a module a walk is, such as `layers.0.linear.weight`.
#[derive(Debug, Default)]
pub(super) struct ModulePath(String);

impl ModulePath {
    pub(super) fn enter(&mut self, name: &str) {
        if !self.0.is_empty() {
            self.0.push('.');
        }
        self.0.push_str(name);
    }

    pub(super) fn leave(&mut self) {
        self.0.truncate(self.0.rfind('.').unwrap_or(0));
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Walks a module and reads one parameter after the other.
struct Reader<'a> {
    gradients: Option<&'a Gradients>,
    path: ModulePath,
    found: ModuleNumbers,
    slopes: Vec<f32>,
    /// Whether all of them could be read.
    is_whole: bool,
}

impl<'a> Reader<'a> {
    fn new(gradients: Option<&'a Gradients>) -> Self {
        Self {
            gradients,
            path: ModulePath::default(),
            found: ModuleNumbers::default(),
            slopes: Vec::new(),
            is_whole: true,
        }
    }

    fn read<M: Module>(mut self, module: &M) -> Option<(ModuleNumbers, Vec<f32>)> {
        module.visit(&mut self);
        self.is_whole.then_some((self.found, self.slopes))
    }
}

impl ModuleVisitor for Reader<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.enter(name);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.leave();
    }

    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        let value = parameter.val();
        if !self.is_whole || !value.is_require_grad() {
            return;
        }
        let slopes = match self.gradients {
            None => Some(()),
            Some(gradients) => value.grad(gradients).and_then(|gradient| {
                fused::read(&gradient, |here| self.slopes.extend_from_slice(here))
            }),
        };
        let value = value.inner();
        self.found.places.push(Place {
            path: self.path.as_str().to_owned(),
            shape: value.dims().to_vec(),
        });
        let numbers = fused::read(&value, |here| self.found.numbers.extend_from_slice(here));
        self.is_whole = numbers.and(slopes).is_some();
    }
}

/// Puts numbers into every parameter of a module in turn.
struct Placer<'a>(&'a [f32]);

impl ModuleMapper for Placer<'_> {
    fn map_float<const D: usize>(&mut self, parameter: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, value, mapper) = parameter.consume();
        if !value.is_require_grad() {
            return Param::from_mapped_value(id, value, mapper);
        }
        let shape = value.dims();
        let (here, after) = self.0.split_at(shape.iter().product());
        self.0 = after;
        let moved = Tensor::from_data(TensorData::new(here.to_vec(), shape), &value.device());
        Param::from_mapped_value(id, moved.require_grad(), mapper)
    }
}
