//! Labelled data as points: colour by class, and a legend entry for each.

use super::colour::Colour;
use super::mark::{Mark, Point, Shape};
use super::panel::{Panel, Sign};

/// The most classes that a picture tells apart: colour and sign together differ for each, and so do colour and pattern of
/// their regions.
pub const MOST_CLASSES: usize = 60;

/// The sign of class k: beyond the tenth, where colours repeat, each colour has another sign.
pub fn class_shape(class: usize) -> Shape {
    let shapes = Shape::ALL.len();
    Shape::ALL[(class + class / shapes) % shapes]
}

/// The radius, in pixels, at which this many points neither clump nor vanish.
pub fn radius(points: usize) -> f64 {
    (60.0 / (points.max(1) as f64).sqrt()).clamp(1.9, 4.6)
}

impl Panel {
    /// Adds points coloured by class (0, 1, ...), each class with its name in the legend. Where there are few points or
    /// more than two classes, classes differ in shape as well; up to [`MOST_CLASSES`] no two look the same. Names are
    /// markup: see [`text::literal`](super::text::literal).
    ///
    /// ```
    /// use foldspace::plot::Panel;
    /// let panel = Panel::plane("$x_1$", "$x_2$").classes(&[[0.0, 0.0], [1.0, 1.0]], &[0, 1], &["red", "purple"]);
    /// assert_eq!(panel.legend.len(), 2);
    /// ```
    #[must_use]
    pub fn classes(self, points: &[Point], labels: &[usize], names: &[impl AsRef<str>]) -> Self {
        let shape = if points.len() <= 200 || names.len() > 2 {
            class_shape
        } else {
            |_| Shape::Circle
        };
        let panel = self.class_points(points, labels, shape);
        names
            .iter()
            .enumerate()
            .fold(panel, |panel, (class, name)| {
                let sign = Sign::Point(Colour::class(class), shape(class));
                panel.key(name.as_ref(), sign)
            })
    }

    /// Adds points coloured by class, without a legend.
    #[must_use]
    pub fn dots(self, points: &[Point], labels: &[usize]) -> Self {
        self.class_points(points, labels, |_| Shape::Circle)
    }

    /// Adds a legend entry for each class, in the colours of [`dots`](Self::dots). Names are markup. Entries that several
    /// panels of a figure share are drawn once.
    #[must_use]
    pub fn class_keys(self, names: &[impl AsRef<str>]) -> Self {
        names.iter().enumerate().fold(self, |panel, (class, name)| {
            let sign = Sign::Point(Colour::class(class), Shape::Circle);
            panel.key(name.as_ref(), sign)
        })
    }

    /// Classes take turns in small groups, so that none is hidden wholly behind the next.
    fn class_points(
        mut self,
        points: &[Point],
        labels: &[usize],
        shape: impl Fn(usize) -> Shape,
    ) -> Self {
        const GROUPS: usize = 8;
        let classes = labels.iter().max().map_or(0, |most| most + 1);
        let radius = radius(points.len());
        let size = points.len().div_ceil(GROUPS).max(1);
        for (group, labels) in points.chunks(size).zip(labels.chunks(size)) {
            for class in 0..classes {
                let members: Vec<Point> = group
                    .iter()
                    .zip(labels)
                    .filter(|&(_, &label)| label == class)
                    .map(|(&point, _)| point)
                    .collect();
                if !members.is_empty() {
                    self.marks.push(Mark::Points {
                        points: members,
                        colour: Colour::class(class),
                        radius,
                        shape: shape(class),
                        ring: true,
                    });
                }
            }
        }
        self
    }
}
