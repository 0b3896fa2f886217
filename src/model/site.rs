//! Places in a network that can be listened to, by name.

use std::fmt;

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
