//! Optimisers: Burn's, configured to be PyTorch's, and Adam in PyTorch's arithmetic (`adam.rs`).
//!
//! Where parameters are in this computer's memory, a step is a loop over plain numbers instead (`fused::Update`), to the same bits.
//!
//! Burn's defaults differ from PyTorch's (momentum with a dampening of 0.1, epsilons of 1e-5, RMSprop with a momentum of 0.9), so
//! every constant is set here. With them the updates are the same formulas.
//!
//! Burn's `ModuleOptimizer` would do the stepping too, but it reads its saved state onto `Device::default()`, which is a
//! graphics card even where there is none; and it keys the state by identities drawn at random. This one keeps
//! the state by parameter name, on the parameter's own device.

use std::collections::BTreeMap;
use std::fmt;

use burn::module::{Module, ModuleMapper, Param};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{DynOptimizer, DynState, RmsPropConfig, SgdConfig, StateSink, StateSource};
use burn::tensor::{Device, Gradients, Tensor};

use super::adam::{Adam, Decay};
use super::numbers::{ModuleNumbers, ModulePath, place};
use super::optimizer_state::{Numbers, OptimizerState, Place};
use super::{OptimizerConfig, OptimizerName};
use crate::model::fused::{SgdStep, Update, sgd_step};

impl OptimizerConfig {
    /// The rule with PyTorch's constants.
    fn build(&self) -> Rule {
        let config = self.resolved();
        match config.name {
            OptimizerName::Sgd if config.momentum == Some(0.0) => Rule::PlainSgd {
                weight_decay: config.weight_decay.unwrap_or_default(),
            },
            _ => Rule::WithMemory(self.build_with_memory()),
        }
    }

    /// The same over plain numbers.
    fn update(&self) -> Update {
        let config = self.resolved();
        let momentum = config.momentum.unwrap_or_default();
        let eps = config.eps.unwrap_or_default();
        let weight_decay = config.weight_decay.unwrap_or_default();
        let adam = |weight_decay: f64, decoupled_weight_decay: f64| Update::Adam {
            betas: config.betas.unwrap_or_default(),
            eps,
            weight_decay,
            decoupled_weight_decay,
        };
        match config.name {
            OptimizerName::Sgd => Update::Sgd {
                weight_decay,
                momentum,
                nesterov: config.nesterov.unwrap_or_default(),
            },
            OptimizerName::Adam => adam(weight_decay, 0.0),
            OptimizerName::AdamW => adam(0.0, weight_decay),
            OptimizerName::RmsProp => Update::RmsProp {
                alpha: config.alpha.unwrap_or_default(),
                momentum,
                eps,
                weight_decay,
            },
        }
    }

    fn build_with_memory(&self) -> Box<dyn DynOptimizer> {
        let config = self.resolved();
        let momentum = config.momentum.unwrap_or_default();
        let eps = config.eps.unwrap_or_default();
        let decay = config.weight_decay.unwrap_or_default();
        let adam = |decay: Decay| Adam {
            betas: config.betas.unwrap_or_default(),
            eps,
            decay,
        };
        let penalty = (decay > 0.0).then(|| WeightDecayConfig::new(decay as f32));
        match config.name {
            OptimizerName::Sgd => {
                let momentum = (momentum > 0.0).then(|| {
                    MomentumConfig::new()
                        .with_momentum(momentum)
                        .with_dampening(0.0)
                        .with_nesterov(config.nesterov.unwrap_or_default())
                });
                let sgd = SgdConfig::new()
                    .with_momentum(momentum)
                    .with_weight_decay(penalty);
                Box::new(sgd.build())
            }
            OptimizerName::Adam => Box::new(adam(Decay::Penalty(decay))),
            OptimizerName::AdamW => Box::new(adam(Decay::Apart(decay))),
            OptimizerName::RmsProp => {
                let rms = RmsPropConfig::new()
                    .with_alpha(config.alpha.unwrap_or_default() as f32)
                    .with_momentum(momentum as f32)
                    .with_epsilon(eps as f32)
                    .with_weight_decay(penalty);
                Box::new(rms.build())
            }
        }
    }
}

/// How a parameter moves.
enum Rule {
    /// Against its gradient and nothing else: as one operation, because of small batches, whose steps take a few microseconds.
    PlainSgd { weight_decay: f64 },
    /// By its past as well.
    WithMemory(Box<dyn DynOptimizer>),
}

/// Moves a network's parameters along their gradients, and remembers what it needs from step to step.
pub struct Optimizer {
    rule: Rule,
    /// The same as the rule, over plain numbers.
    update: Update,
    past: Past,
}

/// Momentum and averages.
enum Past {
    /// By parameter, such as `layers.0.linear.weight`.
    Tensors(BTreeMap<String, DynState>),
    /// As an epoch in one operation leaves them.
    Numbers(Numbers),
}

impl fmt::Debug for Optimizer {
    /// The parameters that it remembers something of.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut optimizer = formatter.debug_struct("Optimizer");
        match &self.past {
            Past::Tensors(tensors) => optimizer.field("past", &tensors.keys()),
            Past::Numbers(numbers) => optimizer.field("past", &numbers.parameters),
        };
        optimizer.finish_non_exhaustive()
    }
}

impl Optimizer {
    /// An optimiser that has not made a step yet.
    pub fn new(config: &OptimizerConfig) -> Self {
        Self {
            rule: config.build(),
            update: config.update(),
            past: Past::Tensors(BTreeMap::new()),
        }
    }

    /// One step: the module with every parameter that has a gradient moved against it.
    pub fn step<M: Module>(&mut self, lr: f64, module: M, gradients: Gradients) -> M {
        let moved = match self.rule {
            // A single operation each is quicker than reading and placing all of them.
            Rule::PlainSgd { .. } => None,
            Rule::WithMemory(_) => self.step_in_memory(lr, &module, &gradients),
        };
        match moved {
            Some(moved) => place(module, &moved),
            None => self.step_on_device(lr, module, gradients),
        }
    }

    /// The parameters after a step, by loops over plain numbers, a parameter after the other; `None` where one or its gradient is not
    /// in this computer's memory.
    fn step_in_memory<M: Module>(
        &mut self,
        lr: f64,
        module: &M,
        gradients: &Gradients,
    ) -> Option<Vec<f32>> {
        let (mut read, slopes) = ModuleNumbers::with_gradients(module, gradients)?;
        let (update, past) = self.numbers(&read.places)?;
        past.steps += 1;
        update.apply(
            lr,
            past.steps,
            &mut read.numbers,
            &slopes,
            &mut past.buffers,
        );
        Some(read.numbers)
    }

    /// The same step in the device's own operations.
    fn step_on_device<M: Module>(&mut self, lr: f64, module: M, gradients: Gradients) -> M {
        if let Past::Numbers(numbers) = &self.past {
            let device = module.devices().first().cloned().unwrap_or_default();
            let saved = numbers.save(self.update);
            if let Err(parameter) = self.load(saved, &device.inner()) {
                unreachable!("this optimiser's own numbers lack {parameter}");
            }
        }
        let Past::Tensors(past) = &mut self.past else {
            unreachable!("loaded above");
        };
        module.map(&mut Stepper {
            rule: &self.rule,
            past,
            lr,
            gradients,
            path: ModulePath::default(),
        })
    }

    /// The state as named arrays and counters, for a checkpoint.
    pub fn save(&self) -> OptimizerState {
        let tensors = match &self.past {
            Past::Tensors(tensors) => tensors,
            Past::Numbers(numbers) => return numbers.save(self.update),
        };
        let mut saved = OptimizerState::default();
        let Rule::WithMemory(rule) = &self.rule else {
            return saved;
        };
        for (parameter, state) in tensors {
            let mut sink = StateSink::default();
            rule.state_flatten(parameter, state, &mut sink);
            for (name, data) in sink.tensors {
                let shape = data.shape().to_vec();
                saved
                    .arrays
                    .insert(name, (shape, data.iter::<f32>().collect()));
            }
            for (name, scalar) in sink.scalars {
                // Adam's number of steps; no optimiser here has another scalar.
                if let Ok(count) = u64::try_from(scalar) {
                    saved.counters.insert(name, count);
                }
            }
            saved.ranks.insert(parameter.clone(), state.rank());
        }
        saved
    }

    /// Takes up where [`save`](Self::save) stopped, on `device` (without autodiff).
    ///
    /// # Errors
    /// The name of the parameter whose state is incomplete.
    pub fn load(&mut self, saved: OptimizerState, device: &Device) -> Result<(), String> {
        let counters = saved.counters.into_iter();
        let mut source = StateSource::new(counters.map(|(name, n)| (name, n.into())).collect());
        for (name, (shape, values)) in saved.arrays {
            source.insert_tensor(name, burn::tensor::TensorData::new(values, shape));
        }
        let mut tensors = BTreeMap::new();
        for (parameter, rank) in saved.ranks {
            if !(1..=2).contains(&rank) {
                return Err(parameter);
            }
            let Rule::WithMemory(rule) = &self.rule else {
                return Err(parameter);
            };
            match rule.state_unflatten(rank, &parameter, &mut source, device) {
                Some(state) => tensors.insert(parameter, state),
                None => return Err(parameter),
            };
        }
        self.past = Past::Tensors(tensors);
        Ok(())
    }

    /// What [`Update`] is to this optimiser, and what it remembers of parameters that lie one after the other; `None`
    /// where they are not at the same step.
    pub(super) fn numbers(&mut self, parameters: &[Place]) -> Option<(Update, &mut Numbers)> {
        if let Past::Tensors(_) = self.past {
            let numbers = Numbers::new(self.update, parameters, &self.save())?;
            self.past = Past::Numbers(numbers);
        }
        match &mut self.past {
            Past::Numbers(numbers) if numbers.parameters == parameters => {
                Some((self.update, numbers))
            }
            _ => None,
        }
    }
}

/// Walks a module and steps one parameter after the other.
struct Stepper<'a> {
    rule: &'a Rule,
    past: &'a mut BTreeMap<String, DynState>,
    lr: f64,
    gradients: Gradients,
    path: ModulePath,
}

impl ModuleMapper for Stepper<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.enter(name);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.leave();
    }

    fn map_float<const D: usize>(&mut self, parameter: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, value, mapper) = parameter.consume();
        let Some(gradient) = value.grad_remove(&mut self.gradients) else {
            return Param::from_mapped_value(id, value, mapper);
        };
        let moved = match self.rule {
            &Rule::PlainSgd { weight_decay } => {
                let lr = self.lr;
                sgd_step(value, gradient, SgdStep { lr, weight_decay })
            }
            Rule::WithMemory(rule) => {
                let past = self.past.remove(self.path.as_str());
                let (value, gradient) = (value.inner().into_bridge(), gradient.into_bridge());
                let (moved, state) = rule.step_dyn(D, self.lr, value, gradient, past);
                if let Some(state) = state {
                    self.past.insert(self.path.as_str().to_owned(), state);
                }
                Tensor::from_inner(Tensor::<D>::from_bridge(moved)).require_grad()
            }
        };
        Param::from_mapped_value(id, moved, mapper)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Activation, LayerConfig, Mlp, ModelConfig, initialise};
    use crate::random::Generator;

    /// Steps over plain numbers are Burn's operations one after the other, bit for bit, and leave the same to remember.
    #[test]
    fn steps_in_memory_are_those_on_a_device() {
        let mut configs = vec![OptimizerConfig::new(OptimizerName::Sgd, 0.1)];
        for name in [
            OptimizerName::Sgd,
            OptimizerName::Adam,
            OptimizerName::AdamW,
            OptimizerName::RmsProp,
        ] {
            let mut config = OptimizerConfig::new(name, 0.1);
            config.weight_decay = Some(0.01);
            if matches!(name, OptimizerName::Sgd | OptimizerName::RmsProp) {
                config.momentum = Some(0.9);
            }
            configs.push(config);
        }
        let device = Device::flex().autodiff();
        let layers = [3, 1].map(|units| LayerConfig::new(units, Activation::Tanh));
        let layers = ModelConfig::new(layers.to_vec());
        let initial = initialise(&layers, 2, &mut Generator::new(1)).unwrap();
        let x = Tensor::<2>::from_floats([[1.0, -2.0], [0.5, 0.25]], &device);
        for config in configs {
            let [mut here, mut there] = [(); 2].map(|()| {
                let model = Mlp::from_frozen(&initial, &device);
                (model, Optimizer::new(&config))
            });
            for step in 0..4 {
                let gradients = |model: &Mlp| model.forward(x.clone()).square().mean().backward();
                let (model, optimizer) = &mut here;
                let slopes = gradients(model);
                let moved = optimizer.step_in_memory(0.1, model, &slopes).unwrap();
                *model = place(std::mem::take(model), &moved);
                let (model, optimizer) = &mut there;
                let slopes = gradients(model);
                *model = optimizer.step_on_device(0.1, std::mem::take(model), slopes);
                let (here, there) = ((&here.0, here.1.save()), (&there.0, there.1.save()));
                assert_eq!(
                    here.0.to_parameters(),
                    there.0.to_parameters(),
                    "{config:?}, {step}"
                );
                assert_eq!(here.1, there.1, "{config:?}, {step}");
            }
        }
    }
}
