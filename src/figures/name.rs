//! The names of figures.

use crate::error::{Error, Result};

/// A figure that a run can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// The training data.
    Data,
    /// Loss and accuracy over the epochs.
    Loss,
    /// The decision boundary in input space.
    Boundary,
    /// The layer before the last, with warped graph paper and the separating lines.
    Embedding,
    /// How often each class is predicted to be each.
    Confusion,
    /// A regression's predictions against its targets.
    Prediction,
    /// A regression's errors.
    Residuals,
    /// Circles and edges, coloured by weight.
    Network,
    /// The first layer's weights as images, of images.
    Filters,
    /// The weight matrices.
    Weights,
    /// The singular values of every layer.
    Spectrum,
    /// The length of every parameter's gradient over the epochs.
    Gradients,
    /// The cells of a piecewise linear network.
    Regions,
    /// The parts of its decision regions.
    Topology,
    /// What the network turns over and crushes, and how often the image is covered.
    Folds,
    /// The separating line, seen in every layer.
    Pullback,
    /// Whether a hyperplane separates the classes in each layer, and by what margin.
    Probes,
    /// What training does to each matrix.
    Turns,
    /// Components and holes of each class in each layer.
    Betti,
}

impl Name {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::Data,
        Self::Loss,
        Self::Boundary,
        Self::Embedding,
        Self::Confusion,
        Self::Prediction,
        Self::Residuals,
        Self::Network,
        Self::Filters,
        Self::Weights,
        Self::Spectrum,
        Self::Gradients,
        Self::Regions,
        Self::Topology,
        Self::Folds,
        Self::Pullback,
        Self::Probes,
        Self::Turns,
        Self::Betti,
    ];

    /// The name on the command line, and the file's.
    pub fn name(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Loss => "loss",
            Self::Boundary => "boundary",
            Self::Embedding => "embedding",
            Self::Confusion => "confusion",
            Self::Prediction => "prediction",
            Self::Residuals => "residuals",
            Self::Network => "network",
            Self::Filters => "filters",
            Self::Weights => "weights",
            Self::Spectrum => "spectrum",
            Self::Gradients => "gradients",
            Self::Regions => "regions",
            Self::Topology => "topology",
            Self::Folds => "folds",
            Self::Pullback => "pullback",
            Self::Probes => "probes",
            Self::Turns => "turns",
            Self::Betti => "betti",
        }
    }

    /// Whether the figure shows the network after one epoch, rather than the data or the whole training.
    pub fn is_of_an_epoch(self) -> bool {
        !matches!(
            self,
            Self::Data | Self::Loss | Self::Gradients | Self::Probes | Self::Turns
        )
    }
}

impl std::str::FromStr for Name {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|name| name.name() == text)
            .ok_or_else(|| {
                let names = Self::ALL.map(Self::name);
                let remedy = match crate::suggest::nearest(text, names) {
                    Some(nearest) => format!("did you mean {nearest}?"),
                    None => format!("choose among {}", names.join(", ")),
                };
                Error::invalid(text, "there is no such figure", remedy)
            })
    }
}
