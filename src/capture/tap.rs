//! Taps that record and replace.

use std::collections::BTreeMap;

use burn::tensor::{Gradients, Tensor};

use crate::model::{Site, Tap};

/// Keeps the values of chosen sites, and on request finds the gradients with respect to them.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use foldspace::capture::Recorder;
/// use foldspace::model::{Activation, LayerConfig, Mlp, ModelConfig, Silent, initialise};
/// use foldspace::random::Generator;
///
/// let config = ModelConfig::new(vec![
///     LayerConfig::new(2, Activation::Tanh).named("embedding"),
///     LayerConfig::new(1, Activation::Sigmoid),
/// ]);
/// let initial = initialise(&config, 2, &mut Generator::new(42)).unwrap();
/// let network = Mlp::from_frozen(&initial, &Device::flex());
///
/// let mut recorder = Recorder::new(["embedding"]);
/// let x = Tensor::from_floats([[1.0, 2.0]], &Device::flex());
/// let output = network.forward_with(x, &mut recorder);
///
/// // What was captured, fed into the rest of the network, gives the captured output.
/// let embedding = recorder.value("embedding").unwrap();
/// let replayed = network.forward_from(1, embedding, &mut Silent);
/// assert_eq!(replayed.into_data(), output.into_data());
/// ```
#[derive(Debug, Default)]
pub struct Recorder {
    sites: Vec<String>,
    values: BTreeMap<String, Tensor<2>>,
    /// Zeros added to the recorded values. Burn keeps the gradients of leaves only, and the gradient with respect
    /// to what is added to a value is the gradient with respect to the value.
    probes: Option<BTreeMap<String, Tensor<2>>>,
}

impl Recorder {
    /// A recorder of these sites, such as `embedding` or `layers.0.pre`.
    pub fn new<S: Into<String>>(sites: impl IntoIterator<Item = S>) -> Self {
        Self {
            sites: sites.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }

    /// The same, which also has the gradients with respect to its sites after a backward pass. The forward pass must run on a
    /// device with autodiff.
    #[must_use]
    pub fn with_gradients(mut self) -> Self {
        self.probes = Some(BTreeMap::new());
        self
    }

    /// A site's value in the last forward pass (n x units), without autodiff.
    pub fn value(&self, site: &str) -> Option<Tensor<2>> {
        self.values.get(site).cloned()
    }

    /// The value of every site that the forward pass has reached.
    pub fn into_values(self) -> BTreeMap<String, Tensor<2>> {
        self.values
    }

    /// The gradient of a loss with respect to a site's value (n x units).
    ///
    /// `None` where the recorder was not made [`with_gradients`](Self::with_gradients) or the forward pass has not reached the
    /// site.
    pub fn gradient(&self, site: &str, gradients: &Gradients) -> Option<Tensor<2>> {
        self.probes.as_ref()?.get(site)?.grad(gradients)
    }
}

impl Tap for Recorder {
    fn at(&mut self, site: Site<'_>, value: Tensor<2>) -> Tensor<2> {
        let Some(name) = self.sites.iter().find(|name| Site::parse(name) == site) else {
            return value;
        };
        let name = name.clone();
        self.values.insert(name.clone(), value.clone().inner());
        match &mut self.probes {
            None => value,
            Some(probes) => {
                let probe = value.zeros_like().detach().require_grad();
                probes.insert(name, probe.clone());
                value + probe
            }
        }
    }

    fn listens(&self, site: Site<'_>) -> bool {
        self.sites.contains(&site.to_string())
    }
}

/// Changes the value of one site; the rest of the network goes on with the changed one.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use foldspace::capture::Replacer;
/// use foldspace::model::{Activation, LayerConfig, Mlp, ModelConfig, initialise};
/// use foldspace::random::Generator;
///
/// let config = ModelConfig::new(vec![LayerConfig::new(1, Activation::Identity).named("score")]);
/// let initial = initialise(&config, 2, &mut Generator::new(42)).unwrap();
/// let network = Mlp::from_frozen(&initial, &Device::flex());
///
/// let mut silence = Replacer::new("score", |value: Tensor<2>| value.zeros_like());
/// let x = Tensor::from_floats([[1.0, 2.0]], &Device::flex());
/// assert_eq!(network.forward_with(x, &mut silence).into_scalar::<f32>(), 0.0);
/// ```
#[derive(Debug, Clone)]
pub struct Replacer<F> {
    site: String,
    change: F,
}

impl<F: FnMut(Tensor<2>) -> Tensor<2>> Replacer<F> {
    /// At `site`, the network goes on with what `change` makes of the value; the shape must stay.
    pub fn new(site: impl Into<String>, change: F) -> Self {
        Self {
            site: site.into(),
            change,
        }
    }
}

impl<F: FnMut(Tensor<2>) -> Tensor<2>> Tap for Replacer<F> {
    fn at(&mut self, site: Site<'_>, value: Tensor<2>) -> Tensor<2> {
        if Site::parse(&self.site) == site {
            (self.change)(value)
        } else {
            value
        }
    }

    fn listens(&self, site: Site<'_>) -> bool {
        site.to_string() == self.site
    }
}
