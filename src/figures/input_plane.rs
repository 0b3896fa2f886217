//! The plane of input space that figures look at, where there are more than two features.

use faer::Mat;

use super::scatter::legible;
use crate::data::{Dataset, Standardiser};
use crate::error::{Error, Result};
use crate::geometry::{Bounds, Slice};
use crate::model::Frozen;
use crate::plot::Panel;
use crate::plot::text::literal;
use crate::plot::ticks::short;
use crate::suggest::closest;

/// Which plane is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum InputAxes {
    /// The two features there are; the first two principal components of more.
    #[default]
    Automatic,
    /// Two features by name, the others held at their means.
    Features([String; 2]),
}

/// A plane of input space with the data on it.
///
/// Along features, coordinates are in the data's own units, standardised or not. Along principal components they are
/// in those of what the network sees.
#[derive(Debug, Clone)]
pub struct InputPlane {
    /// `None` where input space is this plane already.
    slice: Option<Slice>,
    data: Dataset,
    note: String,
    remark: String,
}

impl InputPlane {
    /// The plane through the training data `train` (n x d), as the network sees them: after `standardiser`, if any.
    ///
    /// # Errors
    /// If there are fewer than two features, or none of a name that `axes` gives.
    pub fn new(
        train: &Dataset,
        standardiser: Option<&Standardiser>,
        axes: &InputAxes,
    ) -> Result<Self> {
        let d = train.dimensions();
        if d < 2 {
            return Err(Error::invalid(
                "figure",
                format!("the data has {d} feature, a plane has 2"),
                "draw `data` or `boundary`, which show one feature as it is, or `loss`, `weights` or `spectrum`",
            ));
        }
        legible(train)?;
        match axes {
            InputAxes::Features(names) => Self::pair(train, standardiser, positions(train, names)?),
            InputAxes::Automatic if d == 2 => Self::pair(train, standardiser, [0, 1]),
            InputAxes::Automatic => Self::principal(train, standardiser.is_some()),
        }
    }

    fn pair(
        train: &Dataset,
        standardiser: Option<&Standardiser>,
        pair: [usize; 2],
    ) -> Result<Self> {
        let d = train.dimensions();
        if d == 2 && pair == [0, 1] && standardiser.is_none() {
            return Ok(Self {
                slice: None,
                data: train.clone(),
                note: String::new(),
                remark: String::new(),
            });
        }
        let raw = standardiser.map_or_else(
            || train.features.clone(),
            |standardiser| standardiser.inverse(&train.features),
        );
        let deviation = |j: usize| standardiser.map_or(1.0, |s| s.deviations[j]);
        let mean = |matrix: &Mat<f64>, j: usize| {
            let n = matrix.nrows().max(1) as f64;
            let sum = matrix.col(j).iter().sum::<f64>();
            if sum.is_finite() {
                sum / n
            } else {
                matrix.col(j).iter().map(|value| value / n).sum()
            }
        };
        let shown = |j: usize| pair.contains(&j);
        let origin = (0..d)
            .map(|j| match standardiser {
                Some(s) if shown(j) => -s.means[j] / s.deviations[j],
                None if shown(j) => 0.0,
                _ => mean(&train.features, j),
            })
            .collect();
        let axes = Mat::from_fn(d, 2, |j, axis| {
            if pair[axis] == j {
                1.0 / deviation(j)
            } else {
                0.0
            }
        });
        let held: Vec<String> = (0..d)
            .filter(|&j| !shown(j))
            .map(|j| {
                format!(
                    "{} {}",
                    literal(&train.feature_names[j]),
                    short(mean(&raw, j))
                )
            })
            .collect();
        let remark = if held.is_empty() {
            String::new()
        } else {
            "of the inputs: the other features at their means".to_owned()
        };
        let note = match held.len() {
            0 => String::new(),
            1..=6 => format!(
                "Other features are held at their mean: {}.",
                held.join(", ")
            ),
            many => format!("The other {many} features are held at their means."),
        };
        Ok(Self {
            slice: Some(Slice::new(origin, axes)?),
            data: Dataset {
                features: Mat::from_fn(raw.nrows(), 2, |i, axis| raw[(i, pair[axis])]),
                feature_names: pair.map(|j| train.feature_names[j].clone()).to_vec(),
                ..train.clone()
            },
            note,
            remark,
        })
    }

    fn principal(train: &Dataset, standardised: bool) -> Result<Self> {
        let (slice, shares) = Slice::principal(train.features.as_ref())?;
        let name = |k: usize| format!("PC {} ({:.1} % of the variance)", k + 1, 100.0 * shares[k]);
        Ok(Self {
            data: Dataset {
                features: slice.project(train.features.as_ref()),
                feature_names: (0..2).map(name).collect(),
                ..train.clone()
            },
            note: format!(
                "The plane of the first two principal components of {} {}features, with {:.1} % of their variance; \
                 samples are shown where they project onto it.",
                train.dimensions(),
                if standardised { "standardised " } else { "" },
                100.0 * (shares[0] + shares[1]).min(1.0)
            ),
            remark: format!(
                "of the inputs: a plane with {:.1} % of their variance",
                100.0 * (shares[0] + shares[1]).min(1.0)
            ),
            slice: Some(slice),
        })
    }

    /// The data on the plane: two features, named as the axes are to be labelled.
    pub fn data(&self) -> &Dataset {
        &self.data
    }

    /// The plane in the space that the network sees; none where it is that space, with the same coordinates.
    pub fn slice(&self) -> Option<&Slice> {
        self.slice.as_ref()
    }

    /// A caption's note on the plane; empty where it is all of input space.
    pub fn note(&self) -> &str {
        &self.note
    }

    /// The same in a few words, for animations.
    pub fn remark(&self) -> &str {
        &self.remark
    }

    /// The network as it acts on the plane.
    ///
    /// # Errors
    /// If the network does not fit the data.
    pub fn network(&self, network: &Frozen) -> Result<Frozen> {
        match &self.slice {
            Some(slice) => slice.network(network),
            None => Ok(network.clone()),
        }
    }

    /// The window around the data.
    ///
    /// # Errors
    /// If a number is not finite.
    pub fn bounds(&self) -> Result<Bounds> {
        Bounds::around(self.data.features.as_ref(), 0.12)
    }
}

/// Where the named features stand.
fn positions(train: &Dataset, names: &[String; 2]) -> Result<[usize; 2]> {
    let position = |name: &String| {
        let found = train.feature_names.iter().position(|other| other == name);
        found.ok_or_else(|| {
            let all = train.feature_names.iter().map(String::as_str);
            Error::invalid(
                "--features",
                format!("there is no feature {name}"),
                format!(
                    "did you mean {}? There are {}",
                    closest(name, all).unwrap_or_default(),
                    train.feature_names.join(", ")
                ),
            )
        })
    };
    let pair = [position(&names[0])?, position(&names[1])?];
    if pair[0] == pair[1] {
        return Err(Error::invalid(
            "--features",
            format!("{} is named twice", names[0]),
            "name two different features",
        ));
    }
    Ok(pair)
}

/// Lets the axes have scales of their own where equal units would squeeze the picture into a strip.
pub(super) fn roomy(mut panel: Panel, bounds: Bounds) -> Panel {
    let ratio = (bounds.x.1 - bounds.x.0) / (bounds.y.1 - bounds.y.0);
    panel.square = (0.5..=2.0).contains(&ratio);
    panel
}

/// A canvas 720 wide that a panel over `bounds` with a legend and three lines of caption fills.
pub(super) fn canvas(bounds: Bounds) -> (u32, u32) {
    let ratio = (bounds.x.1 - bounds.x.0) / (bounds.y.1 - bounds.y.0);
    if !(0.5..=2.0).contains(&ratio) {
        return (720, 700);
    }
    (720, (240.0 + 630.0 / ratio).clamp(480.0, 760.0) as u32)
}
