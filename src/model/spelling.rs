//! How files spell an activation: its name, or a table of its name and its parameters.

use std::fmt;
use std::str::FromStr;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeStructVariant;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Activation;
use crate::error::{Error, Result};
use crate::suggest::nearest;

/// The activation of this name at its default parameters; `None` where there is none, or it has no defaults.
fn plain(name: &str) -> Option<Activation> {
    Some(match name {
        "identity" => Activation::Identity,
        "relu" => Activation::Relu,
        "leaky_relu" => Activation::LEAKY_RELU,
        "elu" => Activation::ELU,
        "gelu" => Activation::Gelu,
        "gelu_tanh" => Activation::GeluTanh,
        "silu" => Activation::Silu,
        "softplus" => Activation::Softplus,
        "tanh" => Activation::Tanh,
        "sigmoid" => Activation::Sigmoid,
        "softmax" => Activation::Softmax,
        "relu6" => Activation::RELU6,
        "hard_tanh" => Activation::HARD_TANH,
        "hard_sigmoid" => Activation::HardSigmoid,
        "hard_swish" => Activation::HardSwish,
        _ => return None,
    })
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Leaky {
    slope: f64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exponential {
    alpha: f64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scaled {
    a: f64,
    b: f64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds {
    low: f64,
    high: f64,
}

impl Activation {
    /// Refuses parameters that make no function.
    ///
    /// # Errors
    /// What is wrong, and what to write instead.
    pub fn check(self) -> Result<(), (String, &'static str)> {
        let finite = |numbers: &[f64], names: &str, remedy: &'static str| {
            if numbers.iter().all(|number| number.is_finite()) {
                Ok(())
            } else {
                let name = self.name();
                Err((format!("{names} of {name} must be finite"), remedy))
            }
        };
        match self {
            Self::ScaledTanh { a, b } => {
                finite(&[a, b], "a and b", "use numbers such as a = 2.0, b = 1.0")
            }
            Self::LeakyRelu { slope } => finite(&[slope], "slope", "use a number such as 0.01"),
            Self::Elu { alpha } => finite(&[alpha], "alpha", "use a number such as 1.0"),
            Self::Clip { low, high } if low >= high => Err((
                format!("there is nothing between low = {low} and high = {high}"),
                "give the smaller bound first",
            )),
            Self::Clip { low, high } => finite(
                &[low, high],
                "low and high",
                "use numbers such as low = 0.0, high = 6.0",
            ),
            _ => Ok(()),
        }
    }
}

impl Serialize for Activation {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        if plain(self.name()) == Some(*self) {
            return serializer.serialize_str(self.name());
        }
        let entries: &[(&'static str, f64)] = match *self {
            Self::LeakyRelu { slope } => &[("slope", slope)],
            Self::Elu { alpha } => &[("alpha", alpha)],
            Self::ScaledTanh { a, b } => &[("a", a), ("b", b)],
            Self::Clip { low, high } => &[("low", low), ("high", high)],
            _ => return serializer.serialize_str(self.name()),
        };
        let name = self.name();
        let mut table =
            serializer.serialize_struct_variant("Activation", 0, name, entries.len())?;
        for (key, value) in entries {
            table.serialize_field(key, value)?;
        }
        table.end()
    }
}

impl<'de> Deserialize<'de> for Activation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(Spelling)
    }
}

struct Spelling;

impl<'de> Visitor<'de> for Spelling {
    type Value = Activation;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an activation, such as \"tanh\" or { leaky_relu = { slope = 0.3 } }")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> std::result::Result<Activation, E> {
        plain(name).ok_or_else(|| match name {
            "scaled_tanh" => E::custom(
                "scaled_tanh has to be given a and b, as in { scaled_tanh = { a = 2.0, b = 1.0 } }",
            ),
            "clip" => E::custom(
                "clip has to be given its bounds, as in { clip = { low = 0.0, high = 6.0 } }",
            ),
            _ => E::unknown_variant(name, &Activation::NAMES),
        })
    }

    fn visit_map<A: MapAccess<'de>>(
        self,
        mut table: A,
    ) -> std::result::Result<Activation, A::Error> {
        let Some(name) = table.next_key::<String>()? else {
            return Err(A::Error::custom("an activation has no name"));
        };
        let activation = match name.as_str() {
            "leaky_relu" => {
                let Leaky { slope } = table.next_value()?;
                Activation::LeakyRelu { slope }
            }
            "elu" => {
                let Exponential { alpha } = table.next_value()?;
                Activation::Elu { alpha }
            }
            "scaled_tanh" => {
                let Scaled { a, b } = table.next_value()?;
                Activation::ScaledTanh { a, b }
            }
            "clip" => {
                let Bounds { low, high } = table.next_value()?;
                Activation::Clip { low, high }
            }
            name if Activation::NAMES.contains(&name) => {
                return Err(A::Error::custom(format!(
                    "{name} takes no parameters; write \"{name}\""
                )));
            }
            _ => return Err(A::Error::unknown_variant(&name, &Activation::NAMES)),
        };
        match table.next_key::<String>()? {
            None => Ok(activation),
            Some(second) => Err(A::Error::custom(format!(
                "an activation is one function, but {second} follows {name}"
            ))),
        }
    }
}

/// As a command line spells it: `tanh`, `leaky_relu:0.3`, `elu:2`, `scaled_tanh:2:1`, `clip:0:6`.
///
/// ```
/// use foldspace::model::Activation;
/// assert_eq!("leaky_relu:0.3".parse::<Activation>().unwrap(), Activation::LeakyRelu { slope: 0.3 });
/// assert!("tahn".parse::<Activation>().unwrap_err().to_string().contains("did you mean tanh?"));
/// ```
impl FromStr for Activation {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut parts = text.split(':');
        let name = parts.next().unwrap_or_default();
        let numbers = parts.map(str::parse).collect::<Result<Vec<f64>, _>>();
        let activation = match (name, numbers.as_deref()) {
            ("leaky_relu", Ok(&[slope])) => Self::LeakyRelu { slope },
            ("elu", Ok(&[alpha])) => Self::Elu { alpha },
            ("scaled_tanh", Ok(&[a, b])) => Self::ScaledTanh { a, b },
            ("clip", Ok(&[low, high])) => Self::Clip { low, high },
            (name, Ok([])) if plain(name).is_some() => plain(name).unwrap_or_default(),
            (name, _) if Activation::NAMES.contains(&name) => {
                return Err(Error::invalid(
                    text,
                    format!("these are not the parameters of {name}"),
                    "write tanh, leaky_relu:0.3 (slope), elu:2 (alpha), scaled_tanh:2:1 (a, b) or clip:0:6 (low, high)",
                ));
            }
            (name, _) => {
                let remedy = match nearest(name, Activation::NAMES) {
                    Some(nearest) => format!("did you mean {nearest}?"),
                    None => format!("choose among {}", Activation::NAMES.join(", ")),
                };
                return Err(Error::invalid(text, "there is no such activation", remedy));
            }
        };
        let checked = activation.check();
        checked.map_err(|(problem, remedy)| Error::invalid(text, problem, remedy))?;
        Ok(activation)
    }
}
