//! Pictures that move.

use std::path::PathBuf;

use foldspace::anim::{Format, Moment, Options, Timeline, write_animation};
use foldspace::error::{Error, Result};
use foldspace::figures::{Film, Flow, Judged, Subject};
use foldspace::plot::Figure;
use pyo3::prelude::*;

use crate::data::Data;
use crate::error::raise;
use crate::network::Network;
use crate::picture::{axes_of, theme_of};
use crate::work::{aside, aside_until};

/// What moves.
enum Motion {
    Flow(Box<Flow>),
    Film(Film),
}

impl Motion {
    fn timeline(&self, fps: u32) -> Result<Timeline> {
        match self {
            Self::Flow(flow) => flow.timeline(fps),
            Self::Film(film) => film.timeline(fps),
        }
    }

    fn draw(&self, moment: &Moment) -> Result<Figure> {
        match self {
            Self::Flow(flow) => flow.draw(moment),
            Self::Film(film) => film.draw(moment.step),
        }
    }
}

/// A planned animation.
#[pyclass(frozen)]
pub struct Animation {
    motion: Motion,
}

#[pymethods]
impl Animation {
    /// Draws and writes it; where it lies is returned. `format` is `gif`, `apng`, `mp4` or `png-frames`.
    fn save(
        &self,
        py: Python<'_>,
        path: PathBuf,
        format: &str,
        theme: &str,
        fps: u32,
        scale: f64,
    ) -> PyResult<Vec<PathBuf>> {
        let theme = theme_of(theme)?;
        let format: Format = format.parse().map_err(raise)?;
        aside_until(py, |cancelled| {
            let timeline = self.motion.timeline(fps)?;
            write_animation(&path, &[format], &Options::default(), &timeline, |moment| {
                if cancelled.is_set() {
                    return Err(Error::invalid(
                        "animation",
                        "it was cancelled",
                        "save it again",
                    ));
                }
                self.motion.draw(moment)?.to_frame(theme, scale)
            })
        })
    }

    /// The number of different pictures at `fps` frames per second.
    fn pictures(&self, fps: u32) -> PyResult<usize> {
        Ok(self.motion.timeline(fps).map_err(raise)?.shots().len())
    }
}

/// A network's motion, layer by layer.
#[pyfunction]
#[pyo3(signature = (network, data, source, features=None))]
pub fn flow(
    py: Python<'_>,
    network: &Network,
    data: &Data,
    source: String,
    features: Option<(String, String)>,
) -> PyResult<Animation> {
    let (network, data) = (network.inner.clone(), data.inner.clone());
    let flow = aside(py, || {
        Subject::of(network, data, axes_of(features), source)?.flow()
    })?;
    Ok(Animation {
        motion: Motion::Flow(Box::new(flow)),
    })
}

/// Networks of one training, each with how far it was; `unit` is `epoch` or `step`.
#[pyfunction]
#[pyo3(signature = (networks, data, unit, features=None))]
pub fn film(
    py: Python<'_>,
    networks: Vec<(usize, Py<Network>)>,
    data: &Data,
    unit: &str,
    features: Option<(String, String)>,
) -> PyResult<Animation> {
    let networks = networks
        .iter()
        .map(|(step, network)| (*step, network.get().inner.clone()))
        .collect();
    let judged = match unit {
        "epoch" => Judged::Epochs,
        _ => Judged::Steps,
    };
    let data = data.inner.clone();
    let film = aside(py, move || {
        Film::new(networks, &data, &axes_of(features), judged)
    })?;
    Ok(Animation {
        motion: Motion::Film(film),
    })
}
