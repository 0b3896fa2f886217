//! The confusion matrix of a classifier as a table of coloured cells.

use crate::data::Dataset;
use crate::data::split::Split;
use crate::error::{Error, Result};
use crate::evaluate::{Confusion, Scores};
use crate::model::Frozen;
use crate::plot::text::literal;
use crate::plot::{Anchor, Colormap, Colour, Field, Figure, Frame, Mark, Panel, Role};

/// Up to this many classes, every count is written into its cell.
const MOST_WRITTEN: usize = 20;

/// The held-out samples' confusion, and the training samples' beside it.
///
/// # Errors
/// If the data have no classes.
pub(super) fn of_split(network: &Frozen, split: &Split, source: &str) -> Result<Figure> {
    // For a network from a file, it is not known what it was trained on.
    let parts: Vec<(&str, &Dataset)> = match split.test.samples() {
        0 => vec![("samples", &split.train)],
        _ => vec![("held out", &split.test), ("training", &split.train)],
    };
    let panels = parts
        .iter()
        .map(|(label, data)| {
            let Scores::Classes(confusion) = Scores::of(network, data)? else {
                return Err(no_classes());
            };
            Ok(panel(&confusion, label))
        })
        .collect::<Result<Vec<Panel>>>()?;
    Ok(figure(panels, source))
}

/// One part's confusion: what `foldspace evaluate --out` draws of a file.
///
/// # Errors
/// If network and data do not fit, or the targets are not classes.
pub fn confusion(network: &Frozen, data: &Dataset, source: &str) -> Result<Figure> {
    let Scores::Classes(confusion) = Scores::of(network, data)? else {
        return Err(no_classes());
    };
    Ok(figure(vec![panel(&confusion, "samples")], source))
}

fn no_classes() -> Error {
    Error::invalid(
        "confusion",
        "a regression has no classes to confuse",
        "draw `residuals` or `prediction` instead",
    )
}

fn figure(panels: Vec<Panel>, source: &str) -> Figure {
    let columns = panels.len();
    Figure::new("Confusion")
        .caption(format!(
            "{source}: a row per true class, a column per class that the network says; colour is the share of the row."
        ))
        .size(if columns < 2 { 620 } else { 1120 }, 620)
        .panels(columns, panels)
}

fn panel(confusion: &Confusion, label: &str) -> Panel {
    let n = confusion.names.len();
    let share = |row: usize, column: usize| {
        let total: usize = confusion.counts[row].iter().sum();
        confusion.counts[row][column] as f64 / total.max(1) as f64
    };
    let field = Field {
        columns: n,
        rows: n,
        values: (0..n)
            .rev()
            .flat_map(|row| (0..n).map(move |column| (row, column)))
            .map(|(row, column)| share(row, column))
            .collect(),
        range: [0.0, 1.0],
        colormap: Colormap::Sequential,
        smooth: false,
    };
    let side = n as f64;
    let mut panel = Panel::new()
        .frame(Frame::Box)
        .title(format!(
            "{}: {:.1} % of {} right",
            literal(label),
            100.0 * confusion.accuracy(),
            confusion.samples()
        ))
        .labels("network says", "truth")
        .range([0.0, side], [0.0, side])
        .field(field, [0.0, 0.0], [side, side])
        .colour_bar(Colormap::Sequential, [0.0, 1.0], "share of the row");
    let stride = n.div_ceil(MOST_WRITTEN).max(1);
    let shown = |place: &dyn Fn(usize) -> f64| -> Vec<(f64, String)> {
        (0..n)
            .step_by(stride)
            .map(|k| (place(k), literal(&confusion.names[k])))
            .collect()
    };
    panel.x.names = Some(shown(&|k| k as f64 + 0.5));
    panel.y.names = Some(shown(&|k| (n - 1 - k) as f64 + 0.5));
    if n <= MOST_WRITTEN {
        for row in 0..n {
            for column in 0..n {
                let count = confusion.counts[row][column];
                if count == 0 {
                    continue;
                }
                panel.marks.push(Mark::Text {
                    at: [column as f64 + 0.5, (n - 1 - row) as f64 + 0.5],
                    offset: [0.0, 0.0],
                    text: count.to_string(),
                    anchor: Anchor::Centre,
                    size: if n <= 12 { 12.0 } else { 9.0 },
                    colour: Colour::new(Role::On(Colormap::Sequential, share(row, column))),
                    halo: false,
                    bold: false,
                });
            }
        }
    }
    panel
}
