//! The parts of decision regions, counted on the network's cells.

use super::boundary::SEPARATOR;
use super::decision::drawn;
use super::scatter::{by_class, class_names, plane};
use super::topology_table::Counted;
use super::{RunRegions, plane_points};
use crate::data::Dataset;
use crate::error::Result;
use crate::geometry::complex::Decided;
use crate::geometry::{CertifiedCurve, ClassTopology, topology};
use crate::plot::{Colour, Figure, Mark, Panel, Stroke};

/// The decision regions of a run after an epoch: their parts, holes, and the border in straight pieces. A smooth network of two
/// classes is counted on the quadtree that certifies its border.
///
/// # Errors
/// As [`RunRegions::decided`].
pub fn topology_figure(regions: &RunRegions, epoch: usize) -> Result<Figure> {
    if let Some(certified) = regions.certified(epoch)? {
        return smooth(regions, epoch, certified);
    }
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
        words(data, &found.classes),
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

/// The same of a smooth network.
fn smooth(regions: &RunRegions, epoch: usize, certified: CertifiedCurve) -> Result<Figure> {
    let data = regions.plane().data();
    let network = regions.network(epoch)?;
    let (window, counted) = (regions.window(), Counted::of_certificate(&certified));
    let mut panel = super::boundary(&network, data, window)?;
    // The boundary traced on a lattice gives way to the certified one.
    panel
        .marks
        .retain(|mark| !matches!(mark, Mark::Line { .. }));
    for curve in certified.curves {
        panel = panel.line(drawn(curve), SEPARATOR);
    }
    let proof = match counted.undecided {
        share if share > 0.0 => {
            format!("Counted but for {share:.2e} of the window, which is undecided")
        }
        _ => "Certified: proved in interval arithmetic on a quadtree".to_owned(),
    };
    let caption = format!(
        "After epoch {epoch}. {} The border: about {:.3} long in this window. {proof}. {}",
        words(data, &counted.classes),
        counted.length,
        regions.plane().note()
    );
    let (width, height) = super::input_plane::canvas(window);
    Ok(Figure::new("Decision regions")
        .caption(caption)
        .size(width, height)
        .panel(regions.labelled(panel)))
}

/// What every class's region is like, in a sentence each.
fn words(data: &Dataset, classes: &[ClassTopology]) -> String {
    let plural = |count: usize, one: &str| match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {one}s"),
    };
    let sentences = class_names(data)
        .into_iter()
        .zip(classes)
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
