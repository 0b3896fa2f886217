//! Three dimensions on paper: an orthographic camera that turns points of space into points of a panel.

use super::colour::Colour;
use super::mark::{Anchor, Mark, Point, Stroke};

/// A point of space.
pub type Point3 = [f64; 3];

/// An orthographic camera that looks at the origin, third axis up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Camera {
    /// Turn around the vertical axis, in degrees.
    pub azimuth: f64,
    /// Height above the horizontal plane, in degrees.
    pub elevation: f64,
}

impl Camera {
    /// Where a point of space appears: to the right, upwards, and towards the viewer.
    ///
    /// ```
    /// use foldspace::plot::space::Camera;
    /// let from_above = Camera { azimuth: 0.0, elevation: 90.0 };
    /// let [right, up, near] = from_above.project([1.0, 2.0, 3.0]);
    /// assert!((right - 2.0).abs() < 1e-12 && (up + 1.0).abs() < 1e-12 && (near - 3.0).abs() < 1e-12);
    /// ```
    pub fn project(&self, [x, y, z]: Point3) -> Point3 {
        let (azimuth, elevation) = (self.azimuth.to_radians(), self.elevation.to_radians());
        let (sa, ca) = (libm::sin(azimuth), libm::cos(azimuth));
        let (se, ce) = (libm::sin(elevation), libm::cos(elevation));
        let forward = ca * x + sa * y;
        let right = -sa * x + ca * y;
        [right, ce * z - se * forward, se * z + ce * forward]
    }

    /// The place on paper alone.
    pub fn point(&self, p: Point3) -> Point {
        let [right, up, _] = self.project(p);
        [right, up]
    }

    /// Labelled points as marks, the farthest first, so that near ones cover far ones.
    pub fn points(&self, points: &[Point3], colours: &[Colour], radius: f64) -> Vec<Mark> {
        let mut order: Vec<(f64, Point, Colour)> = points
            .iter()
            .zip(colours)
            .map(|(&p, &colour)| {
                let [right, up, near] = self.project(p);
                (near, [right, up], colour)
            })
            .collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0));
        order
            .into_iter()
            .map(|(_, point, colour)| Mark::Points {
                points: vec![point],
                colour,
                radius,
                shape: super::Shape::Circle,
                ring: true,
            })
            .collect()
    }

    /// A polyline in space.
    pub fn line(&self, points: &[Point3], stroke: Stroke) -> Mark {
        Mark::Line {
            points: points.iter().map(|&p| self.point(p)).collect(),
            stroke,
        }
    }

    /// The three axes from the origin, as arrows with names (markup).
    pub fn axes(&self, length: f64, names: [&str; 3]) -> Vec<Mark> {
        let origin = self.point([0.0; 3]);
        (0..3)
            .flat_map(|i| {
                let mut end = [0.0; 3];
                end[i] = length;
                let mut beyond = end;
                beyond[i] *= 1.09;
                [
                    Mark::Arrow {
                        from: origin,
                        to: self.point(end),
                        stroke: Stroke::new(Colour::MUTED, 1.3),
                    },
                    Mark::Text {
                        at: self.point(beyond),
                        offset: [0.0, 0.0],
                        text: names[i].to_owned(),
                        anchor: Anchor::Centre,
                        size: 12.5,
                        colour: Colour::TEXT,
                        halo: false,
                        bold: false,
                    },
                ]
            })
            .collect()
    }
}
