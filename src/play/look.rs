//! What a page wants to see of a network that is too large for it to compute with.

use serde::Deserialize;

/// A look at the network. Every depth comes at once, so the page's slider waits for nothing.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Look {
    /// The page's count, which the answer bears.
    pub number: u64,
    /// After which epoch: one of those that are kept; absent: the newest.
    #[serde(default)]
    pub epoch: Option<usize>,
    /// How much of it.
    pub what: What,
    /// Which point is followed.
    pub point: Followed,
    /// The unit that is chosen: its layer, its number.
    #[serde(default)]
    pub unit: Option<(usize, usize)>,
    /// The units with a tile, by layer; none: the program chooses.
    pub tiles: Vec<Vec<usize>>,
    /// What the graph paper covers: x from the first to the second, y from the third to the fourth.
    pub window: [f64; 4],
    /// Points of the paper along x and y; one along y where input space is a line.
    pub grid: [usize; 2],
}

/// How much a page wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum What {
    /// The followed point's numbers, and the weights of the units that the page shows.
    Point,
    /// That, and samples and paper in every space; the paper with as few points as it takes to be quick.
    Coarse,
    /// The same with all points of the paper.
    Fine,
    /// What the network, or the chosen unit, says of so many times so many places of the window.
    Field(usize),
}

/// A point.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Followed {
    /// One of the samples that the page shows.
    Sample(usize),
    /// A place of the picture of input space.
    Place(Vec<f64>),
}

/// Points of the paper, and of a field along each side.
const MOST_POINTS: usize = 40_000;
const MOST_FIELD: usize = 200;
/// Units with a tile in one layer.
const MOST_TILES: usize = 16;
/// How far from 0 a window or a place may lie.
const FAR: f64 = 1e30;

impl Look {
    /// Whether it makes sense, whatever the network is.
    pub(super) fn is_sound(&self) -> bool {
        let [x0, x1, y0, y1] = self.window;
        let [columns, rows] = self.grid;
        let near = |x: &f64| x.abs() <= FAR; // and not NaN
        self.window.iter().all(near)
            && x0 < x1
            && y0 < y1
            && columns >= 2
            && rows >= 1
            && columns.saturating_mul(rows) <= MOST_POINTS
            && self.tiles.iter().all(|units| units.len() <= MOST_TILES)
            && match &self.point {
                Followed::Sample(_) => true,
                Followed::Place(at) => at.len() <= 2 && at.iter().all(near),
            }
            && match self.what {
                What::Field(side) => (2..=MOST_FIELD).contains(&side),
                _ => true,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::super::request::{Request, parse};
    use serde_json::{Value, json};

    fn sound(key: &str, value: Value) -> bool {
        let mut look = json!({
            "number": 1, "what": "coarse", "point": { "sample": 0 }, "tiles": [], "window": [0, 1, 0, 1], "grid": [9, 9]
        });
        look[key] = value;
        let pull =
            json!({ "pull": { "scene": 1, "frame": 0, "epoch": 0, "note": 0, "look": look } });
        match parse(&pull.to_string()) {
            Some(Request::Pull(state)) => state.look.unwrap().is_sound(),
            _ => false,
        }
    }

    #[test]
    fn what_makes_no_sense_is_not_looked_at() {
        assert!(sound("epoch", json!(3)));
        assert!(sound("what", json!({ "field": 128 })));
        assert!(sound("point", json!({ "place": [0.5, 1] })));
        assert!(sound("unit", json!([0, 3])));
        let refused = [
            ("epoch", json!(-1)),
            ("epoch", json!(1.5)),
            ("what", json!("everything")),
            ("what", json!({ "field": 1 })),
            ("what", json!({ "field": 100_000 })),
            ("what", json!({ "field": 128, "path": "/etc" })),
            ("point", json!({ "place": [1e300, 0] })),
            ("point", json!({ "place": [0, null] })),
            ("point", json!({ "place": [0, 0, 0] })),
            ("point", json!({ "sample": -1 })),
            ("point", json!({ "sample": 0, "place": [0, 0] })),
            ("unit", json!([0])),
            ("unit", json!([0, -1])),
            ("tiles", json!([(0..17).collect::<Vec<_>>()])),
            ("window", json!([0, 1, 0])),
            ("window", json!([1, 0, 0, 1])),
            ("window", json!([0, 1, 0, 1e31])),
            ("window", json!([0, 1, 0, null])),
            ("grid", json!([1, 9])),
            ("grid", json!([9, 0])),
            ("grid", json!([1000, 1000])),
            ("grid", json!([usize::MAX, usize::MAX])),
            ("depth", json!(1)),
        ];
        for (key, value) in refused {
            assert!(!sound(key, value.clone()), "{key}: {value}");
        }
    }
}
