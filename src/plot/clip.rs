//! Clipping to a panel's rectangle, and breaking lines into dashes; in pixels.

use super::mark::Dash;

/// An upright rectangle in pixels, y downwards.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rect {
    /// Left edge.
    pub left: f64,
    /// Upper edge.
    pub top: f64,
    /// Right edge.
    pub right: f64,
    /// Lower edge.
    pub bottom: f64,
}

impl Rect {
    /// From edge to edge.
    pub(super) fn width(&self) -> f64 {
        self.right - self.left
    }

    /// From edge to edge.
    pub(super) fn height(&self) -> f64 {
        self.bottom - self.top
    }

    /// Is the point inside or on the edge?
    pub(super) fn contains(&self, [x, y]: [f64; 2]) -> bool {
        (self.left..=self.right).contains(&x) && (self.top..=self.bottom).contains(&y)
    }
}

/// The parts of a polyline that lie inside `rect` (Liang and Barsky, 1984). Points that are not finite break the line.
pub(super) fn polyline(points: &[[f64; 2]], rect: &Rect) -> Vec<Vec<[f64; 2]>> {
    let mut parts: Vec<Vec<[f64; 2]>> = Vec::new();
    for pair in points.windows(2) {
        let Some([a, b]) = segment(pair[0], pair[1], rect) else {
            continue;
        };
        match parts.last_mut() {
            Some(part) if part.last() == Some(&a) => part.push(b),
            _ => parts.push(vec![a, b]),
        }
    }
    parts
}

/// The part of the segment from `a` to `b` inside `rect`.
pub(super) fn segment(a: [f64; 2], b: [f64; 2], rect: &Rect) -> Option<[[f64; 2]; 2]> {
    let [dx, dy] = [b[0] - a[0], b[1] - a[1]];
    if !(dx.is_finite() && dy.is_finite()) {
        return None;
    }
    let edges = [
        (-dx, a[0] - rect.left),
        (dx, rect.right - a[0]),
        (-dy, a[1] - rect.top),
        (dy, rect.bottom - a[1]),
    ];
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    for (direction, distance) in edges {
        if direction == 0.0 {
            if distance < 0.0 {
                return None;
            }
        } else if direction < 0.0 {
            enter = enter.max(distance / direction);
        } else {
            leave = leave.min(distance / direction);
        }
    }
    let at = |t: f64| [a[0] + t * dx, a[1] + t * dy];
    // Rounding could put an end of a segment far longer than the rectangle anywhere.
    let inside = |[x, y]: [f64; 2]| {
        [
            x.clamp(rect.left, rect.right),
            y.clamp(rect.top, rect.bottom),
        ]
    };
    let start = if enter == 0.0 { a } else { inside(at(enter)) };
    let end = if leave == 1.0 { b } else { inside(at(leave)) };
    (enter < leave).then_some([start, end])
}

/// The part of a polygon inside `rect` (Sutherland and Hodgman, 1974).
pub(super) fn polygon(points: &[[f64; 2]], rect: &Rect) -> Vec<[f64; 2]> {
    // Signed distance from each edge, positive inside.
    let edges: [fn([f64; 2], &Rect) -> f64; 4] = [
        |p, r| p[0] - r.left,
        |p, r| r.right - p[0],
        |p, r| p[1] - r.top,
        |p, r| r.bottom - p[1],
    ];
    let finite = |p: &&[f64; 2]| p.iter().all(|c| c.is_finite());
    let mut ring: Vec<[f64; 2]> = points.iter().filter(finite).copied().collect();
    for edge in edges {
        let mut kept = Vec::with_capacity(ring.len() + 4);
        for (i, &b) in ring.iter().enumerate() {
            let a = ring[(i + ring.len() - 1) % ring.len()];
            let (da, db) = (edge(a, rect), edge(b, rect));
            if (da < 0.0) != (db < 0.0) {
                let t = da / (da - db);
                kept.push([a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])]);
            }
            if db >= 0.0 {
                kept.push(b);
            }
        }
        ring = kept;
    }
    ring.retain(|p| p.iter().all(|c| c.is_finite()));
    ring
}

/// The same polyline with fewer vertices: none that is left out lies farther than `tolerance` from the rest (Douglas and
/// Peucker, 1973). A straight line that was sampled finely becomes two points.
pub(super) fn simplify(points: &[[f64; 2]], tolerance: f64) -> Vec<[f64; 2]> {
    let Some(last) = points.len().checked_sub(1) else {
        return Vec::new();
    };
    let mut kept = vec![false; points.len()];
    kept[0] = true;
    kept[last] = true;
    let mut spans = vec![(0, last)];
    while let Some((from, to)) = spans.pop() {
        let farthest = (from + 1..to)
            .map(|i| (squared_distance(points[i], points[from], points[to]), i))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((square, i)) = farthest
            && square > tolerance * tolerance
        {
            kept[i] = true;
            spans.push((from, i));
            spans.push((i, to));
        }
    }
    points
        .iter()
        .zip(kept)
        .filter(|(_, kept)| *kept)
        .map(|(point, _)| *point)
        .collect()
}

/// From a point to a segment, squared.
fn squared_distance(p: [f64; 2], a: [f64; 2], b: [f64; 2]) -> f64 {
    let [dx, dy] = [b[0] - a[0], b[1] - a[1]];
    let [px, py] = [p[0] - a[0], p[1] - a[1]];
    let square = dx * dx + dy * dy;
    let t = if square > 0.0 {
        ((px * dx + py * dy) / square).clamp(0.0, 1.0)
    } else {
        0.0
    };
    (px - t * dx).powi(2) + (py - t * dy).powi(2)
}

/// Breaks a polyline into dashes; lengths grow with the line's width.
pub(super) fn dashes(points: &[[f64; 2]], dash: Dash, width: f64) -> Vec<Vec<[f64; 2]>> {
    let (on, off) = match dash {
        Dash::Solid => return vec![points.to_vec()],
        Dash::Dashed => (3.5 * width + 1.0, 2.6 * width + 1.5),
        Dash::Dotted => (0.01, 2.4 * width),
    };
    let mut parts = Vec::new();
    let (mut drawing, mut left) = (true, on);
    let mut part: Vec<[f64; 2]> = points.first().copied().into_iter().collect();
    for pair in points.windows(2) {
        let ([mut x, mut y], [bx, by]) = (pair[0], pair[1]);
        let mut rest = libm::hypot(bx - x, by - y);
        while rest > left {
            let t = left / rest;
            x += t * (bx - x);
            y += t * (by - y);
            rest -= left;
            if drawing {
                part.push([x, y]);
                parts.push(std::mem::take(&mut part));
            } else {
                part = vec![[x, y]];
            }
            drawing = !drawing;
            left = if drawing { on } else { off };
        }
        left -= rest;
        if drawing {
            part.push([bx, by]);
        }
    }
    if drawing && part.len() > 1 {
        parts.push(part);
    }
    parts
}
