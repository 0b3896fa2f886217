//! The parts of decision regions as numbers.

use serde::Serialize;

use super::decision::drawn;
use super::written::csv_of;
use crate::data::{Dataset, Target};
use crate::error::Result;
use crate::geometry::{CertifiedCurve, ClassTopology, Topology};

/// What is counted, on cells or on a quadtree.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Counted {
    pub classes: Vec<ClassTopology>,
    /// Straight pieces of the border; of a smooth network there are none.
    pub pieces: Option<usize>,
    pub length: f64,
    /// The share of the window in which nothing was decided.
    pub undecided: f64,
}

impl Counted {
    /// On cells.
    pub(super) fn of_cells(found: &Topology) -> Self {
        Self {
            classes: found.classes.clone(),
            pieces: Some(found.pieces),
            length: found.length,
            undecided: 0.0,
        }
    }

    /// On a quadtree, whose areas and lengths are those of the curve's straight pieces.
    pub(super) fn of_certificate(found: &CertifiedCurve) -> Self {
        let of = |class: usize| {
            let region = found.regions[class];
            ClassTopology {
                class,
                components: region.components,
                bounded: region.bounded,
                holes: region.holes,
                area: region.area,
            }
        };
        let curves = found.curves.iter().map(|curve| drawn(curve.clone()));
        let lengths = curves.map(|curve| {
            let steps = curve.windows(2);
            steps.fold(0.0, |sum, pair| {
                sum + libm::hypot(pair[1][0] - pair[0][0], pair[1][1] - pair[0][1])
            })
        });
        Self {
            classes: vec![of(0), of(1)],
            pieces: None,
            length: lengths.fold(0.0, |sum, length| sum + length),
            undecided: found.undecided_share,
        }
    }
}

/// A line per epoch and class.
pub(super) fn csv(data: &Dataset, rows: &[(usize, Counted)]) -> Result<Vec<u8>> {
    let smooth = rows.iter().any(|(_, found)| found.pieces.is_none());
    let mut header = vec![
        "epoch",
        "class",
        "components",
        "bounded",
        "holes",
        "area",
        "border_pieces",
        "border_length",
    ];
    if smooth {
        header.push("undecided");
    }
    let names = match &data.target {
        Target::Classes { names, .. } => names.clone(),
        Target::Values { .. } => Vec::new(),
    };
    let lines = rows.iter().flat_map(|(epoch, found)| {
        let names = &names;
        found.classes.iter().map(move |class| {
            let mut line = vec![
                epoch.to_string(),
                names[class.class].clone(),
                class.components.to_string(),
                class.bounded.to_string(),
                class.holes.to_string(),
                format!("{:?}", class.area),
                found.pieces.map_or_else(String::new, |n| n.to_string()),
                format!("{:?}", found.length),
            ];
            if smooth {
                line.push(format!("{:?}", found.undecided));
            }
            line
        })
    });
    csv_of(&header, lines)
}
