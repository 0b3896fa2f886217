//! The legend above a panel: how its entries are worded and broken into lines.

use super::clip::Rect;
use super::font::Face;
use super::mark::Point;
use super::panel::{Key, Panel};
use super::size::{self, LABEL_HEIGHT, SIGN_WIDTH};
use super::text;

/// Between one entry and the next.
const KEY_GAP: f64 = 16.0;
/// The share of a panel's height that a legend may take before its names are shortened.
const MOST_HEIGHT: f64 = 0.3;
/// Names are never cut to fewer pixels.
const SHORTEST: f64 = 64.0;

/// The width of a key, sign and gap included.
fn key_width(key: &Key) -> f64 {
    SIGN_WIDTH + text::width(&key.label, size::LABEL, Face::Regular) + KEY_GAP
}

/// The entries that at least two panels have, in their order, and the panels without them.
pub(super) fn shared(panels: &[Panel]) -> (Vec<Key>, Vec<Panel>) {
    let mut common: Vec<Key> = Vec::new();
    for (i, panel) in panels.iter().enumerate() {
        for key in &panel.legend {
            let elsewhere = panels[i + 1..].iter().any(|p| p.legend.contains(key));
            if elsewhere && !common.contains(key) {
                common.push(key.clone());
            }
        }
    }
    let mut rest = panels.to_vec();
    for panel in &mut rest {
        panel.legend.retain(|key| !common.contains(key));
    }
    (common, rest)
}

/// The length of entries in one line.
pub(super) fn length(keys: &[Key]) -> f64 {
    (keys.iter().map(key_width).sum::<f64>() - KEY_GAP).max(0.0)
}

/// Entries in lines of at most `width`, the first at `start`.
pub(super) fn placed(keys: &[Key], start: Point, width: f64) -> Vec<(Key, Point)> {
    let mut placed = Vec::new();
    for (i, line) in break_lines(keys, width).into_iter().enumerate() {
        let mut x = start[0];
        for key in line {
            placed.push((key.clone(), [x, start[1] + i as f64 * LABEL_HEIGHT]));
            x += key_width(key);
        }
    }
    placed
}

/// How many lines the legend takes when no line may be wider than `width`, in a panel that is `height` high.
pub(super) fn legend_lines(panel: &Panel, width: f64, height: f64) -> usize {
    break_lines(&keys(panel, width, height), width).len()
}

/// The entries with names that fit and that differ: whole where there is room, else cut step by step until the legend leaves
/// enough of the panel.
fn keys(panel: &Panel, width: f64, height: f64) -> Vec<Key> {
    let names: Vec<String> = panel.legend.iter().map(|key| key.label.clone()).collect();
    let most_lines = (MOST_HEIGHT * height / LABEL_HEIGHT).max(1.0) as usize;
    let cut = |limit: f64| -> Vec<Key> {
        let labels = text::distinct(&names, size::LABEL, Face::Regular, limit);
        let pairs = panel.legend.iter().zip(labels);
        pairs.map(|(key, label)| Key { label, ..*key }).collect()
    };
    let lines = |keys: &[Key]| break_lines(keys, width).len();
    let widest = (width - SIGN_WIDTH).max(SHORTEST);
    let whole = cut(widest);
    if lines(&whole) <= most_lines {
        return whole;
    }
    // Names are not cut for lines that even the shortest names would not save.
    let most_lines = most_lines.max(lines(&cut(SHORTEST)));
    let limits = std::iter::successors(Some(widest), |limit| Some(0.8 * limit));
    let mut limits = limits.take_while(|limit| *limit > SHORTEST);
    limits
        .find_map(|limit| Some(cut(limit)).filter(|keys| lines(keys) <= most_lines))
        .unwrap_or_else(|| cut(SHORTEST))
}

fn break_lines(keys: &[Key], width: f64) -> Vec<&[Key]> {
    let mut lines = Vec::new();
    let (mut start, mut used) = (0, 0.0);
    for (k, key) in keys.iter().enumerate() {
        let needed = key_width(key);
        if k > start && used + needed - KEY_GAP > width {
            lines.push(&keys[start..k]);
            (start, used) = (k, 0.0);
        }
        used += needed;
    }
    if start < keys.len() {
        lines.push(&keys[start..]);
    }
    lines
}

/// The legend stands above the plot `rect`, its lines as wide as the `cell` allows: where a plot that keeps its units
/// square is narrower, a long legend begins further to the left. `height` is the whole panel's.
pub(super) fn place_legend(
    panel: &Panel,
    rect: &Rect,
    cell: &Rect,
    height: f64,
) -> Vec<(Key, Point)> {
    let keys = keys(panel, cell.width(), height);
    let lines = break_lines(&keys, cell.width());
    let top = rect.top - lines.len() as f64 * LABEL_HEIGHT - 3.0;
    let length = |line: &&[Key]| line.iter().map(key_width).sum::<f64>() - KEY_GAP;
    let longest = lines.iter().map(length).fold(0.0, f64::max);
    let left = rect.left.min(cell.right - longest).max(cell.left);
    let mut placed = Vec::new();
    for (i, line) in lines.into_iter().enumerate() {
        let y = top + (i as f64 + 0.5) * LABEL_HEIGHT;
        let mut x = left;
        for key in line {
            placed.push((key.clone(), [x, y]));
            x += key_width(key);
        }
    }
    placed
}
