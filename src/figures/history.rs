//! Numbers over epochs: losses, accuracies, norms.

use crate::plot::{Colour, Dash, Panel, Stroke};

/// One curve: a number per epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its name in the legend (markup).
    pub label: String,
    /// The epochs, counted from 1.
    pub epochs: Vec<usize>,
    /// The number at each of them.
    pub values: Vec<f64>,
}

impl Series {
    /// A number for each epoch from 1 on.
    pub fn from_first(label: impl Into<String>, values: impl IntoIterator<Item = f64>) -> Self {
        let values: Vec<f64> = values.into_iter().collect();
        Self {
            label: label.into(),
            epochs: (1..=values.len()).collect(),
            values,
        }
    }
}

/// The look of curve `i` of several: colour and dash together differ for the first 18, then the width does too.
pub(super) fn stroke(i: usize, width: f64) -> Stroke {
    const DASHES: [Dash; 3] = [Dash::Solid, Dash::Dashed, Dash::Dotted];
    const COLOURS: usize = 6;
    let round = i / COLOURS;
    let thin = 1.0 / (1.0 + 0.5 * (i / (COLOURS * DASHES.len())) as f64);
    Stroke::new(Colour::accent(i), width * thin).dash(DASHES[(i + round) % DASHES.len()])
}

/// Curves over epochs, each with its own colour and dash.
pub fn history(series: &[Series], quantity: &str) -> Panel {
    let panel = Panel::new().labels("epoch", quantity);
    series.iter().enumerate().fold(panel, |panel, (i, series)| {
        let stroke = stroke(i, 2.2);
        let points: Vec<[f64; 2]> = series
            .epochs
            .iter()
            .zip(&series.values)
            .map(|(&epoch, &value)| [epoch as f64, value])
            .collect();
        if series.label.is_empty() {
            panel.line(points, stroke)
        } else {
            panel.curve(series.label.clone(), points, stroke)
        }
    })
}
