//! Lines as pixels. A frame of an animation is mostly thin lines, thousands of them, so they skip the general way by outlines.
//!
//! How much of a pixel a straight line covers follows from its direction and how far off the pixel's middle is. At an end that is
//! the distance to the end, so ends and corners are round; and where the segments of one line overlap, the largest counts, so a
//! line drawn half opaque has no darker spots.

use super::nib::Nib;
use crate::plot::clip::{self, Rect};

/// The pixels of one line after another, kept for its memory.
pub(super) struct Lines {
    width: u32,
    height: u32,
    /// The present line's points.
    corners: Vec<[f64; 2]>,
    /// How much of each pixel it covers, in steps of 1 / [`LEVELS`](super::nib::LEVELS).
    coverage: Vec<u8>,
    /// The pixels where that is not 0.
    touched: Vec<u32>,
    /// One for each width so far.
    nibs: Vec<Nib>,
}

impl Lines {
    pub(super) fn new(width: u32, height: u32) -> Self {
        Self {
            width,
            height,
            corners: Vec::new(),
            coverage: Vec::new(),
            touched: Vec::new(),
            nibs: Vec::new(),
        }
    }

    /// Has a nib of this width, and says which.
    fn nib(&mut self, width: f64) -> usize {
        let known = self.nibs.iter().position(|nib| nib.half == width / 2.0);
        known.unwrap_or_else(|| {
            self.nibs.push(Nib::new(width));
            self.nibs.len() - 1
        })
    }

    /// Calls `paint` once with each pixel that a line through `points` of width `width` covers, and how many steps of
    /// 1 / [`LEVELS`](super::nib::LEVELS) of it. A single point is a dot.
    pub(super) fn draw(
        &mut self,
        points: impl IntoIterator<Item = [f64; 2]>,
        width: f64,
        mut paint: impl FnMut(usize, u8),
    ) {
        let size = [self.width, self.height];
        let nib = self.nib(width);
        let nib = &self.nibs[nib];
        self.corners.clear();
        self.corners.extend(points);
        self.corners.dedup();
        let ends = match self.corners[..] {
            [] => return,
            [dot] => Some([dot, dot]),
            [from, to] => Some([from, to]),
            _ => None,
        };
        if let Some([from, to]) = ends {
            return capsule(from, to, nib, size, paint);
        }
        let (coverage, touched) = (&mut self.coverage, &mut self.touched);
        coverage.resize(self.width as usize * self.height as usize, 0);
        for ends in self.corners.windows(2) {
            capsule(ends[0], ends[1], nib, size, |pixel, covered| {
                let known = &mut coverage[pixel];
                if covered > *known {
                    if *known == 0 {
                        touched.push(pixel as u32);
                    }
                    *known = covered;
                }
            });
        }
        for pixel in touched.drain(..) {
            let pixel = pixel as usize;
            paint(pixel, std::mem::take(&mut coverage[pixel]));
        }
    }

    /// The same for the line around a disc.
    pub(super) fn ring(
        &mut self,
        [cx, cy]: [f64; 2],
        radius: f64,
        width: f64,
        mut paint: impl FnMut(usize, u8),
    ) {
        let nib = self.nib(width);
        let nib = &self.nibs[nib];
        let reach = radius + nib.reach;
        for row in pixels(cy - reach, cy + reach, self.height) {
            let y = f64::from(row) + 0.5 - cy;
            for column in pixels(cx - reach, cx + reach, self.width) {
                let x = f64::from(column) + 0.5 - cx;
                let distance = (x * x + y * y).sqrt();
                let covered = nib.across([x, y]).at((distance - radius).abs() as f32);
                if covered > 0 {
                    paint((row * self.width + column) as usize, covered);
                }
            }
        }
    }
}

/// The pixels of a row or column whose middles lie between `from` and `to`.
fn pixels(from: f64, to: f64, limit: u32) -> std::ops::Range<u32> {
    // Casts saturate. Up and down by hand: older processors have no instruction for it, and a call costs more than a pixel.
    let start = (from - 0.5).max(0.0);
    let below = start as u32;
    let first = below + u32::from(f64::from(below) < start);
    first..((to + 0.5) as u32).min(limit)
}

/// Farther outside than this a line is cut, so that `f32` holds what is left to a thousandth of a pixel.
const FAR: f64 = 8192.0;

/// Calls `cover` with the pixels of a segment with round ends, and how many steps of 1 / [`LEVELS`](super::nib::LEVELS) of each are covered.
fn capsule(
    from: [f64; 2],
    to: [f64; 2],
    nib: &Nib,
    [width, height]: [u32; 2],
    mut cover: impl FnMut(usize, u8),
) {
    let Some([[ax, ay], [bx, by]]) = shortened(from, to, nib.reach, [width, height]) else {
        return;
    };
    let (dx, dy) = (bx - ax, by - ay);
    let length = (dx * dx + dy * dy).sqrt();
    let [ux, uy] = match length {
        0.0 => [1.0, 0.0],
        length => [dx / length, dy / length],
    };
    let (rim, reach) = (nib.across([ux, uy]), nib.reach);
    let (left, right) = (ax.min(bx) - reach, ax.max(bx) + reach);
    // In a row |x uy - y ux| <= reach holds for `spread` about where the line passes; of a level line, 0/0 included, for all.
    let (slope, spread) = (ux / uy, reach / uy.abs());
    let [unit_x, unit_y, length] = [ux, uy, length].map(|number| number as f32);
    for row in pixels(ay.min(by) - reach, ay.max(by) + reach, height) {
        let y = f64::from(row) + 0.5 - ay;
        let middle = ax + y * slope;
        let columns = pixels(left.max(middle - spread), right.min(middle + spread), width);
        let start = row as usize * width as usize;
        let (along_before, off_before, before) = ((y * uy) as f32, (y * ux) as f32, 0.5 - ax);
        for column in columns {
            let x = (f64::from(column) + before) as f32;
            let along = x * unit_x + along_before;
            let off = x * unit_y - off_before;
            let beyond = (-along).max(along - length).max(0.0);
            let steps = rim.at((off * off + beyond * beyond).sqrt());
            if steps > 0 {
                cover(start + column as usize, steps);
            }
        }
    }
}

/// What of a segment can be seen, where it goes [`FAR`] outside.
fn shortened(
    from: [f64; 2],
    to: [f64; 2],
    reach: f64,
    [width, height]: [u32; 2],
) -> Option<[[f64; 2]; 2]> {
    if [from, to].as_flattened().iter().all(|c| c.abs() < FAR) {
        return Some([from, to]);
    }
    let margin = reach + 1.0;
    let seen = Rect {
        left: -margin,
        top: -margin,
        right: f64::from(width) + margin,
        bottom: f64::from(height) + margin,
    };
    clip::segment(from, to, &seen)
}

#[cfg(test)]
mod tests {
    use super::Lines;
    use proptest::prelude::*;

    const SIDE: u32 = 24;

    /// What a line covers, pixel by pixel. No pixel is painted twice.
    fn drawn(points: &[[f64; 2]], width: f64) -> Vec<f32> {
        let mut picture = vec![0.0; (SIDE * SIDE) as usize];
        let mut lines = Lines::new(SIDE, SIDE);
        lines.draw(points.iter().copied(), width, |pixel, covered| {
            assert_eq!(picture[pixel], 0.0, "pixel {pixel} is painted twice");
            picture[pixel] = f32::from(covered) / 16.0;
        });
        assert!(lines.touched.is_empty() && lines.coverage.iter().all(|&covered| covered == 0));
        picture
    }

    /// The distance of a point to a line.
    fn distance(points: &[[f64; 2]], [x, y]: [f64; 2]) -> f64 {
        let to_segment = |ends: &[[f64; 2]]| {
            let ([ax, ay], [bx, by]) = (ends[0], ends[1]);
            let (dx, dy) = (bx - ax, by - ay);
            let square = dx * dx + dy * dy;
            let along = if square > 0.0 {
                (((x - ax) * dx + (y - ay) * dy) / square).clamp(0.0, 1.0)
            } else {
                0.0
            };
            libm::hypot(x - ax - along * dx, y - ay - along * dy)
        };
        points
            .windows(2)
            .map(to_segment)
            .fold(f64::INFINITY, f64::min)
    }

    /// The same from 20 x 20 places in each pixel.
    fn sampled(points: &[[f64; 2]], width: f64) -> Vec<f32> {
        let place = |pixel: u32, i: u32| f64::from(pixel) + (f64::from(i) + 0.5) / 20.0;
        (0..SIDE * SIDE)
            .map(|pixel| {
                let inside = (0..400)
                    .filter(|i| {
                        let at = [place(pixel % SIDE, i % 20), place(pixel / SIDE, i / 20)];
                        distance(points, at) <= width / 2.0
                    })
                    .count();
                inside as f32 / 400.0
            })
            .collect()
    }

    /// Does the pixel around this place see the line, but none of its ends?
    fn is_beside(from: [f64; 2], to: [f64; 2], at: [f64; 2]) -> bool {
        let along = |origin: [f64; 2], end: [f64; 2]| {
            let [dx, dy] = [end[0] - origin[0], end[1] - origin[1]];
            ((at[0] - origin[0]) * dx + (at[1] - origin[1]) * dy) / libm::hypot(dx, dy)
        };
        along(from, to) > std::f64::consts::FRAC_1_SQRT_2
            && along(to, from) > std::f64::consts::FRAC_1_SQRT_2
    }

    fn points(range: std::ops::Range<f64>) -> impl Strategy<Value = [f64; 2]> {
        prop::array::uniform2(range)
    }

    proptest! {
        #[test]
        fn a_line_covers_what_its_area_covers(
            points in prop::collection::vec(points(3.0..21.0), 2..4),
            width in 0.4..5.0,
        ) {
            let (drawn, sampled) = (drawn(&points, width), sampled(&points, width));
            let [total, area] = [&drawn, &sampled].map(|picture| picture.iter().sum::<f32>());
            if let [[ax, ay], [bx, by]] = points[..] {
                let radius = width / 2.0;
                let exact = width * libm::hypot(bx - ax, by - ay)
                    + std::f64::consts::PI * radius * radius;
                prop_assert!(
                    (f64::from(total) - exact).abs() <= 0.02 * exact + 0.8,
                    "{total} pixels, {exact}"
                );
            } else {
                // In a sharp corner two segments may cover different parts of a pixel.
                let least = 0.75 * area - 0.8;
                prop_assert!(total >= least && total <= 1.02 * area + 0.8, "{total} pixels, {area}");
            }
            if let [from, to] = points[..] {
                // The ends of thin lines are rounder than they should be.
                let at_ends = if width < 2.0 { 0.3 } else { 0.2 };
                let mut beside = [0.0, 0.0];
                for (pixel, (a, b)) in (0..).zip(drawn.iter().zip(&sampled)) {
                    let middle = [pixel % SIDE, pixel / SIDE].map(|at| f64::from(at) + 0.5);
                    let is_beside = is_beside(from, to, middle);
                    let near = if is_beside { 0.12 } else { at_ends };
                    prop_assert!((a - b).abs() <= near, "pixel {pixel}: {a} and {b}");
                    if is_beside {
                        beside = [beside[0] + a, beside[1] + b];
                    }
                }
                // The samples themselves miss up to 1/20 where a line is level.
                let length = libm::hypot(to[0] - from[0], to[1] - from[1]) as f32;
                let off = (beside[0] - beside[1]).abs();
                prop_assert!(off <= 0.08 * length + 0.1, "{beside:?} pixels between the ends");
            }
        }

        #[test]
        fn a_point_more_on_a_line_changes_nothing(
            from in points(-5.0..30.0), to in points(-5.0..30.0), share in 0.0..1.0, width in 0.4..5.0,
        ) {
            let middle = [0, 1].map(|i| from[i] + share * (to[i] - from[i]));
            let (whole, parts) = (drawn(&[from, to], width), drawn(&[from, middle, to], width));
            for (pixel, (a, b)) in whole.iter().zip(&parts).enumerate() {
                prop_assert!((a - b).abs() <= 1.0 / 16.0, "pixel {pixel}: {a} and {b}");
            }
        }

        #[test]
        fn what_comes_from_far_away_is_seen_where_it_passes(
            at in points(0.0..24.0), angle in 0.0..std::f64::consts::TAU, far in 1e2..1e7_f64, width in 0.4..5.0,
        ) {
            let end = |reach: f64| -> [f64; 2] { [at[0] + reach * libm::cos(angle), at[1] + reach * libm::sin(angle)] };
            let (near, far) = (drawn(&[end(-50.0), end(50.0)], width), drawn(&[end(-far), end(far)], width));
            for (a, b) in near.iter().zip(&far) {
                prop_assert!((a - b).abs() <= 1.0 / 16.0);
            }
        }
    }

    #[test]
    fn level_upright_and_degenerate_lines() {
        let level = drawn(&[[4.0, 6.5], [20.0, 6.5]], 1.0);
        let upright = drawn(&[[6.5, 4.0], [6.5, 20.0]], 1.0);
        for x in 0..SIDE {
            for y in 0..SIDE {
                let (a, b) = (
                    level[(y * SIDE + x) as usize],
                    upright[(x * SIDE + y) as usize],
                );
                assert_eq!(a, b);
                if (4..20).contains(&x) {
                    assert_eq!(a, if y == 6 { 1.0 } else { 0.0 }, "({x}, {y})");
                }
            }
        }
        let dot = drawn(&[[8.5, 8.5]; 3], 3.0);
        assert_eq!(dot[(8 * SIDE + 8) as usize], 1.0);
        assert_eq!(dot[(8 * SIDE + 11) as usize], 0.0);
        assert_eq!(drawn(&[], 3.0).iter().sum::<f32>(), 0.0);
    }

    #[test]
    fn a_ring_is_a_circle_of_many_sides() {
        let corner = |i: i32| {
            let angle = f64::from(i) * std::f64::consts::TAU / 256.0;
            [12.3 + 6.0 * libm::cos(angle), 11.8 + 6.0 * libm::sin(angle)]
        };
        let many: Vec<[f64; 2]> = (0..=256).map(corner).collect();
        let many = drawn(&many, 1.5);
        let mut ring = vec![0.0; (SIDE * SIDE) as usize];
        Lines::new(SIDE, SIDE).ring([12.3, 11.8], 6.0, 1.5, |pixel, covered| {
            ring[pixel] = f32::from(covered) / 16.0
        });
        for (a, b) in ring.iter().zip(&many) {
            assert!((a - b).abs() <= 1.0 / 16.0, "{a} and {b}");
        }
    }
}
