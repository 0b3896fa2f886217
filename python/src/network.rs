//! A network: built from what a framework has between its layers, or read from a file.

use std::path::{Path, PathBuf};

use faer::Mat;
use foldspace::model::{Activation, Frozen, Output, stack};
use foldspace::model::{Chain, Scaling};
use foldspace::onnx;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use crate::arrays::{bytes, matrix, vector};
use crate::error::{raise, refuse};
use crate::work::aside;

/// A feed-forward network in `float64`.
#[pyclass(frozen)]
#[derive(Clone)]
pub struct Network {
    pub inner: Frozen,
}

/// A layer as Python sees it: name, units, inputs, weights row by row, biases, activation.
type LayerParts<'py> = (
    String,
    usize,
    usize,
    Bound<'py, PyBytes>,
    Bound<'py, PyBytes>,
    String,
);

#[pymethods]
impl Network {
    /// Of steps: `("affine", name, W, b)`, `("scale", centre, factor, offset)`, `("activate", activation)`, `("expect", n)`.
    #[staticmethod]
    fn build(steps: &Bound<'_, PyList>) -> PyResult<Self> {
        let mut chain = Chain::new();
        for step in steps {
            let kind: String = step.get_item(0)?.extract()?;
            let done = match kind.as_str() {
                "affine" => {
                    let name: String = step.get_item(1)?.extract()?;
                    let weight = matrix(&step.get_item(2)?, "weights")?;
                    let bias = vector(&step.get_item(3)?)?;
                    chain.affine(&name, weight, &bias)
                }
                "scale" => chain.scale(&Scaling {
                    centre: vector(&step.get_item(1)?)?,
                    factor: vector(&step.get_item(2)?)?,
                    offset: vector(&step.get_item(3)?)?,
                }),
                "activate" => {
                    let activation: String = step.get_item(1)?.extract()?;
                    let activation: Activation = activation.parse().map_err(raise)?;
                    chain.activate(activation)
                }
                "expect" => chain.expect(step.get_item(1)?.extract()?),
                other => Err(format!("{other:?} is no step of a network")),
            };
            done.map_err(unfit)?;
        }
        let inner = chain.finish().map_err(unfit)?;
        Ok(Self { inner })
    }

    /// The output for samples (n x inputs), row by row.
    fn forward<'py>(
        &self,
        py: Python<'py>,
        points: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let points = matrix(points, "X")?;
        if points.ncols() != self.inputs() {
            return Err(refuse(
                "X",
                format!(
                    "there are {} features, the network takes {}",
                    points.ncols(),
                    self.inputs()
                ),
                "give the features that it was trained on, in their order, and no others",
            ));
        }
        let network = self.inner.clone();
        let outputs: Mat<f64> = aside(py, move || Ok(network.forward(points.as_ref())))?;
        Ok(bytes(py, outputs.as_ref()))
    }

    /// The network with outputs that are probabilities, or the classes' numbers; see `Output::read`.
    fn read_output(&self, output: &str, classes: Vec<String>) -> PyResult<Self> {
        let output: Output = output.parse().map_err(raise)?;
        let inner = output.read(self.inner.clone(), &classes).map_err(raise)?;
        Ok(Self { inner })
    }

    /// How many numbers go in.
    #[getter]
    fn inputs(&self) -> usize {
        self.inner.layers.first().map_or(0, |layer| layer.inputs())
    }

    /// How many come out.
    #[getter]
    fn outputs(&self) -> usize {
        self.inner.layers.last().map_or(0, |layer| layer.units())
    }

    /// The layers, from the input to the output.
    fn layers<'py>(&self, py: Python<'py>) -> Vec<LayerParts<'py>> {
        let layers = self.inner.layers.iter().map(|layer| {
            let bias = Mat::from_fn(1, layer.bias.len(), |_, j| layer.bias[j]);
            (
                layer.name.clone(),
                layer.units(),
                layer.inputs(),
                bytes(py, layer.weight.as_ref()),
                bytes(py, bias.as_ref()),
                layer.activation.name().to_owned(),
            )
        });
        layers.collect()
    }

    /// The layers before the one at `position`.
    fn before(&self, position: usize) -> Self {
        let (inner, _) = self.inner.split_at(position.min(self.inner.layers.len()));
        Self { inner }
    }

    /// Whether a border between classes can be drawn from the last layer.
    fn decides(&self) -> bool {
        foldspace::figures::decides(&self.inner)
    }
}

/// What a chain refuses.
fn unfit(problem: String) -> PyErr {
    let remedy = if problem.contains("not finite") {
        "the training has diverged: lower its learning rate, or take earlier weights"
    } else {
        "check the shapes of the weights: (units, inputs), as PyTorch has them"
    };
    refuse("network", problem, remedy)
}

/// From ONNX, or from weights in `.safetensors`, `.pt` or `.pth` with an activation per layer.
#[pyfunction]
#[pyo3(signature = (path, activations=Vec::new()))]
pub fn read_network(py: Python<'_>, path: PathBuf, activations: Vec<String>) -> PyResult<Network> {
    let activations = activations
        .iter()
        .map(|text| text.parse().map_err(raise))
        .collect::<PyResult<Vec<Activation>>>()?;
    let inner = aside(py, move || read(&path, &activations))?;
    Ok(Network { inner })
}

fn read(path: &Path, activations: &[Activation]) -> foldspace::error::Result<Frozen> {
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    let refuse = |problem: &str, remedy: &str| {
        let place = path.display().to_string();
        Err(foldspace::error::Error::invalid(place, problem, remedy))
    };
    match ending.to_lowercase().as_str() {
        "onnx" if activations.is_empty() => onnx::read(path),
        "onnx" => refuse(
            "an ONNX file says its activations itself",
            "leave activations out",
        ),
        "safetensors" | "pt" | "pth" if activations.is_empty() => refuse(
            "a file of weights does not say what follows each layer",
            "read it as fs.Network.from_file(path, activations=[\"tanh\", \"tanh\", \"sigmoid\"]), or pass the model itself",
        ),
        "safetensors" | "pt" | "pth" => stack::read(path, activations),
        _ => refuse(
            "a network is read from .onnx, .safetensors, .pt and .pth",
            "pass the model itself, or export it",
        ),
    }
}
