//! Pictures that stand still.

use foldspace::data::Dataset;
use foldspace::figures::{self, InputAxes, Name, Subject};
use foldspace::plot::{Point, Theme};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::data::Data;
use crate::error::{raise, refuse};
use crate::network::Network;
use crate::work::{aside, aside_until};

/// A finished picture.
#[pyclass(frozen)]
pub struct Figure {
    pub inner: foldspace::plot::Figure,
    pub curves: Vec<Vec<Point>>,
    pub evaluations: Option<usize>,
}

#[pymethods]
impl Figure {
    /// As an SVG document.
    fn svg(&self, py: Python<'_>, theme: &str) -> PyResult<String> {
        let theme = theme_of(theme)?;
        let figure = self.inner.clone();
        aside(py, move || figure.to_svg(theme))
    }

    /// As a PNG file's bytes.
    fn png<'py>(&self, py: Python<'py>, theme: &str, dpi: f64) -> PyResult<Bound<'py, PyBytes>> {
        let theme = theme_of(theme)?;
        let figure = self.inner.clone();
        let bytes = aside(py, move || figure.to_png(theme, dpi))?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// To a file, by its ending.
    fn save(
        &self,
        py: Python<'_>,
        path: std::path::PathBuf,
        theme: &str,
        dpi: f64,
    ) -> PyResult<()> {
        let theme = theme_of(theme)?;
        aside_until(py, |_| self.inner.save(&path, theme, dpi))
    }

    /// The borders, x and y in turn, for `numpy.frombuffer`.
    #[getter]
    fn curves<'py>(&self, py: Python<'py>) -> Vec<Bound<'py, PyBytes>> {
        let curves = self.curves.iter().map(|curve| {
            let numbers = curve.iter().flatten().flat_map(|x| x.to_ne_bytes());
            PyBytes::new(py, &numbers.collect::<Vec<u8>>())
        });
        curves.collect()
    }

    /// How often a black box was asked.
    #[getter]
    fn evaluations(&self) -> Option<usize> {
        self.evaluations
    }

    /// What stands above.
    #[getter]
    fn title(&self) -> &str {
        &self.inner.title
    }

    /// What stands below.
    #[getter]
    fn caption(&self) -> &str {
        &self.inner.caption
    }

    /// The same with another title, caption or size.
    #[pyo3(signature = (title=None, caption=None, size=None))]
    fn altered(
        &self,
        title: Option<String>,
        caption: Option<String>,
        size: Option<(u32, u32)>,
    ) -> Self {
        let mut inner = self.inner.clone();
        inner.title = title.unwrap_or(inner.title);
        inner.caption = caption.unwrap_or(inner.caption);
        if let Some((width, height)) = size {
            inner = inner.size(width, height);
        }
        Self {
            inner,
            curves: self.curves.clone(),
            evaluations: self.evaluations,
        }
    }
}

/// `light` or `dark`.
pub fn theme_of(name: &str) -> PyResult<&'static Theme> {
    [&Theme::LIGHT, &Theme::DARK]
        .into_iter()
        .find(|theme| theme.name == name)
        .ok_or_else(|| {
            refuse(
                "theme",
                format!("there is no theme {name:?}"),
                "choose light or dark",
            )
        })
}

/// Two features by name, or what suits the data.
pub fn axes_of(features: Option<(String, String)>) -> InputAxes {
    match features {
        Some((x, y)) => InputAxes::Features([x, y]),
        None => InputAxes::Automatic,
    }
}

type Range = Option<(f64, f64)>;

/// A figure of a network with data, by its name on the command line.
#[pyfunction]
#[pyo3(signature = (name, network, data, source, features=None, xlim=None, ylim=None))]
#[allow(clippy::too_many_arguments)] // keyword arguments of Python
pub fn draw(
    py: Python<'_>,
    name: &str,
    network: &Network,
    data: &Data,
    source: String,
    features: Option<(String, String)>,
    xlim: Range,
    ylim: Range,
) -> PyResult<Figure> {
    let name: Name = name.parse().map_err(raise)?;
    let (network, data) = (network.clone(), data.inner.clone());
    let (inner, curves) = aside(py, move || {
        let plane = data.dimensions() > 1;
        let subject = subject(network, data, source, features)?.window(xlim, ylim);
        let curves = match name {
            Name::Boundary if plane => subject.curves()?,
            _ => Vec::new(),
        };
        Ok((subject.draw(name)?, curves))
    })?;
    Ok(Figure {
        inner,
        curves,
        evaluations: None,
    })
}

/// What `head`, the network up to some place in it, makes of the data.
#[pyfunction]
#[pyo3(signature = (head, network, data, source, features=None))]
pub fn draw_layer(
    py: Python<'_>,
    head: &Network,
    network: &Network,
    data: &Data,
    source: String,
    features: Option<(String, String)>,
) -> PyResult<Figure> {
    let (head, network, data) = (head.clone(), network.clone(), data.inner.clone());
    let drawn = aside(py, move || {
        subject(network, data, source, features)?.layer(&head.inner)
    })?;
    Ok(still(drawn))
}

/// A figure of a network alone.
#[pyfunction]
pub fn draw_network(
    py: Python<'_>,
    name: &str,
    network: &Network,
    source: String,
) -> PyResult<Figure> {
    let name: Name = name.parse().map_err(raise)?;
    let network = network.clone();
    let drawn = aside(py, move || {
        figures::of_network(&network.inner, name, &source)
    })?;
    Ok(still(drawn))
}

/// The share of samples that are given their class; `None` of numbers.
#[pyfunction]
pub fn accuracy(py: Python<'_>, network: &Network, data: &Data) -> PyResult<Option<f64>> {
    let (network, data) = (network.clone(), data.inner.clone());
    aside(py, move || {
        Ok(subject(network, data, String::new(), None)?.accuracy())
    })
}

fn still(inner: foldspace::plot::Figure) -> Figure {
    Figure {
        inner,
        curves: Vec::new(),
        evaluations: None,
    }
}

fn subject(
    network: Network,
    data: Dataset,
    source: String,
    features: Option<(String, String)>,
) -> foldspace::error::Result<Subject> {
    Subject::of(network.inner, data, axes_of(features), source)
}
