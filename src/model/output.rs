//! What the numbers mean that a network ends in.

use super::chain::Scaling;
use super::{Activation, Frozen};
use crate::error::{Error, Result};

/// What an output says of a sample.
///
/// It decides where the border between two classes runs. A network that was trained with a loss on logits
/// (`BCEWithLogitsLoss`) changes its mind where its output is 0; one whose output stands for the class number itself, halfway
/// between the two numbers, at 1/2 for 0 and 1. Nothing in the weights tells which it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Output {
    /// What the last activation says: a sigmoid or softmax gives probabilities, several units without one are logits.
    #[default]
    Auto,
    /// Probabilities of the classes: the border is at 1/2.
    Probability,
    /// What a sigmoid or softmax makes probabilities of: the border is at 0.
    Logit,
    /// The class number itself: the border is halfway between the two.
    Value,
}

impl Output {
    /// The names on a command line.
    pub const NAMES: [&str; 4] = ["auto", "probability", "logit", "value"];

    /// The network, changed so that its outputs are probabilities, or run from 0 for the first class to 1 for the second: with
    /// an activation after logits, and shifted and scaled where the classes have other numbers, such as -1 and 1. `classes`
    /// are the classes' names.
    ///
    /// ```
    /// use faer::mat;
    /// use foldspace::model::{Activation, Frozen, Layer, Output};
    ///
    /// let last = Layer { name: "out".into(), weight: mat![[1.0]], bias: vec![0.0], activation: Activation::Identity };
    /// let network = Frozen { layers: vec![last] };
    /// assert!(Output::Auto.read(network.clone(), &["0", "1"]).is_err()); // 0 or 1/2?
    /// let read = Output::Logit.read(network.clone(), &["0", "1"])?;
    /// assert_eq!(read.layers[0].activation, Activation::Sigmoid);
    /// let read = Output::Value.read(network, &["-1", "1"])?;
    /// assert_eq!(read.forward(mat![[-1.0], [0.0], [1.0]].as_ref()), mat![[0.0], [0.5], [1.0]]);
    /// # Ok::<(), foldspace::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// If nothing says what one unit without an activation means, or logits are said to come out of a sigmoid or softmax.
    pub fn read<S: AsRef<str>>(self, mut network: Frozen, classes: &[S]) -> Result<Frozen> {
        let Some(last) = network.layers.last_mut() else {
            return Ok(network);
        };
        let numbers: Vec<f64> = classes
            .iter()
            .filter_map(|name| name.as_ref().parse().ok())
            .collect();
        match (self, last.units(), last.activation) {
            // (tanh z + 1) / 2 is the sigmoid of 2 z.
            (Self::Auto | Self::Value, 1, Activation::Tanh) if numbers == [-1.0, 1.0] => {
                Scaling::uniform(1, 2.0, 0.0).fold_into(last);
                last.activation = Activation::Sigmoid;
                Ok(network)
            }
            (Self::Value, 1, Activation::Identity) if let [low, high] = numbers[..] => {
                let factor = 1.0 / (high - low);
                let centre = vec![low];
                Scaling {
                    centre,
                    ..Scaling::uniform(1, factor, 0.0)
                }
                .fold_into(last);
                Ok(network)
            }
            (Self::Auto, 1, Activation::Identity) => Err(Error::invalid(
                "--output",
                "the network ends in one unit without an activation, which may be a logit (border at 0) or the class number \
                 itself (border halfway between two numbers)",
                "say logit if it was trained with BCEWithLogitsLoss or from_logits=True, value if with a squared error on the classes' numbers",
            )),
            (Self::Logit, 1, Activation::Identity) => {
                last.activation = Activation::Sigmoid;
                Ok(network)
            }
            (Self::Auto | Self::Logit, _, Activation::Identity) => {
                last.activation = Activation::Softmax;
                Ok(network)
            }
            (Self::Logit, _, activation) => Err(Error::invalid(
                "--output",
                format!(
                    "the network ends in {}, whose outputs are not logits",
                    activation.name()
                ),
                "leave it out",
            )),
            _ => Ok(network),
        }
    }
}

impl std::str::FromStr for Output {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "auto" => Ok(Self::Auto),
            "probability" => Ok(Self::Probability),
            "logit" => Ok(Self::Logit),
            "value" => Ok(Self::Value),
            _ => Err(Error::invalid(
                text,
                "this does not say what an output means",
                format!("choose among {}", Self::NAMES.join(", ")),
            )),
        }
    }
}
