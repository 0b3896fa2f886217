//! Hooks: a typed tap that the forward pass reports every layer to, free when nothing listens.
//!
//! [`Mlp::forward_with`](super::Mlp::forward_with) hands each layer's value, before and after its activation,
//! to a [`Tap`] and goes on with what the tap returns. [`Silent`] returns it untouched and compiles to nothing;
//! [`capture`](crate::capture) holds the taps that record, replace and ask for gradients.

use std::fmt;

use burn::tensor::Tensor;

/// Where in a layer a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Moment {
    /// W x + b, before the activation; `NAME.pre`.
    Before,
    /// The layer's output, after the activation; `NAME`.
    After,
}

/// A place in a network, written `NAME.pre` or `NAME`, such as `layers.2.pre` or `embedding`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Site<'a> {
    /// The layer's name.
    pub layer: &'a str,
    /// Before or after its activation.
    pub moment: Moment,
}

impl<'a> Site<'a> {
    /// Reads a site's name. Whether a network has that layer is for the network to say.
    ///
    /// ```
    /// use foldspace::model::{Moment, Site};
    /// assert_eq!(Site::parse("layers.2.pre"), Site { layer: "layers.2", moment: Moment::Before });
    /// assert_eq!(Site::parse("embedding").to_string(), "embedding");
    /// ```
    pub fn parse(name: &'a str) -> Self {
        match name.strip_suffix(".pre") {
            Some(layer) => Self {
                layer,
                moment: Moment::Before,
            },
            None => Self {
                layer: name,
                moment: Moment::After,
            },
        }
    }
}

impl fmt::Display for Site<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let suffix = match self.moment {
            Moment::Before => ".pre",
            Moment::After => "",
        };
        write!(formatter, "{}{suffix}", self.layer)
    }
}

/// What listens to a forward pass.
pub trait Tap {
    /// Receives the value (n x units) at `site`; the network goes on with what this returns, of the same shape.
    fn at(&mut self, site: Site<'_>, value: Tensor<2>) -> Tensor<2>;

    /// Whether the value at `site` matters. Where nobody asks for the value before an activation, affine map and activation
    /// run as one operation and there is none.
    fn listens(&self, site: Site<'_>) -> bool;
}

/// The tap that does not listen.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Tap for Silent {
    fn at(&mut self, _site: Site<'_>, value: Tensor<2>) -> Tensor<2> {
        value
    }

    fn listens(&self, _site: Site<'_>) -> bool {
        false
    }
}
