//! Steps of training: what one shows before it is taken, what an epoch of them leaves behind.

use std::fmt;

use burn::tensor::{Gradients, Tensor};

use super::Reading;
use super::gradients::StepGradients;
use crate::model::Mlp;

/// A step that is about to be taken.
pub struct Step<'a> {
    /// Which of the epoch's steps, from 0.
    pub number: usize,
    /// The batch's loss, on the device.
    pub loss: Tensor<1>,
    /// The network before the step.
    pub model: &'a Mlp,
    /// The gradients, before they are clipped.
    pub gradients: &'a Gradients,
}

impl fmt::Debug for Step<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut step = formatter.debug_struct("Step");
        step.field("number", &self.number).field("loss", &self.loss);
        step.finish_non_exhaustive()
    }
}

/// Whoever hears of steps.
pub(super) type Listener<'a> = dyn FnMut(&Step<'_>) + 'a;

/// What an epoch's steps leave behind besides a network.
#[derive(Debug, Clone)]
pub struct EpochSteps {
    /// The loss of each batch before its step, in one reading or several.
    pub losses: Vec<Reading>,
    /// The gradient on the last batch, before it was clipped.
    pub gradients: StepGradients,
}
