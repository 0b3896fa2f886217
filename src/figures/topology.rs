//! The parts of decision regions, counted on the network's cells.

use super::boundary::SEPARATOR;
use super::run_regions::csv_of;
use super::scatter::{by_class, class_names, plane};
use super::{RunRegions, plane_points};
use crate::data::{Dataset, Target};
use crate::error::Result;
use crate::geometry::complex::Decided;
use crate::geometry::{Topology, topology};
use crate::plot::{Colour, Figure, Mark, Panel, Stroke};

/// The decision regions of a run after an epoch: their parts, holes, and the border in straight pieces.
///
/// # Errors
/// As [`RunRegions::decided`].
pub fn topology_figure(regions: &RunRegions, epoch: usize) -> Result<Figure> {
    let decided = regions.decided(epoch)?;
    let found = topology(&decided);
    let data = regions.plane().data();
    let complex = &decided.complex;
    let panel = decided_panel(&decided);
    let points = plane_points(data.features.as_ref());
    let panel: Panel = by_class(regions.labelled(panel), &points, data);
    let caption = format!(
        "After epoch {epoch}. {} The border: {} straight pieces, {:.3} long in this window. Counted on the cells of the network, \
         not on samples. {}",
        words(data, &found),
        found.pieces,
        found.length,
        regions.plane().note()
    );
    let (width, height) = super::input_plane::canvas(complex.window());
    Ok(Figure::new("Decision regions")
        .caption(caption)
        .size(width, height)
        .panel(panel))
}

/// The decision regions, a colour per class, on the network's cells, with their border.
pub fn decided_panel(decided: &Decided) -> Panel {
    let complex = &decided.complex;
    let mut panel = plane(complex.window(), "", "");
    for (face, &class) in decided.class.iter().enumerate() {
        panel.marks.push(Mark::Polygon {
            points: complex.polygon(face),
            fill: Colour::class(class).fade(0.3),
        });
    }
    for edge in (0..complex.edges()).map(|edge| complex.edge(edge)) {
        let [Some(a), Some(b)] = edge.sides else {
            continue;
        };
        let border = decided.class[a] != decided.class[b];
        panel.marks.push(Mark::Line {
            points: edge.ends.map(|vertex| complex.vertices()[vertex]).to_vec(),
            stroke: if border {
                SEPARATOR
            } else {
                Stroke::new(Colour::BACKGROUND.fade(0.5), 0.35)
            },
        });
    }
    panel
}

/// What every class's region is like, in a sentence each.
fn words(data: &Dataset, found: &Topology) -> String {
    let plural = |count: usize, one: &str| match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {one}s"),
    };
    let sentences = class_names(data)
        .into_iter()
        .zip(&found.classes)
        .map(|(name, class)| {
            let mut sentence = format!("{name}: {}", plural(class.components, "part"));
            if class.bounded > 0 {
                sentence += &format!(", {} of them inside the window", class.bounded);
            }
            if class.holes > 0 {
                sentence += &format!(", {}", plural(class.holes, "hole"));
            }
            sentence + "."
        });
    sentences.collect::<Vec<_>>().join(" ")
}

/// A line per epoch and class.
pub(super) fn csv(data: &Dataset, rows: &[(usize, Topology)]) -> Result<Vec<u8>> {
    let header = [
        "epoch",
        "class",
        "components",
        "bounded",
        "holes",
        "area",
        "border_pieces",
        "border_length",
    ];
    let names = match &data.target {
        Target::Classes { names, .. } => names.clone(),
        Target::Values { .. } => Vec::new(),
    };
    let lines = rows.iter().flat_map(|(epoch, found)| {
        let names = &names;
        found.classes.iter().map(move |class| {
            vec![
                epoch.to_string(),
                names[class.class].clone(),
                class.components.to_string(),
                class.bounded.to_string(),
                class.holes.to_string(),
                format!("{:?}", class.area),
                found.pieces.to_string(),
                format!("{:?}", found.length),
            ]
        })
    });
    csv_of(&header, lines)
}
