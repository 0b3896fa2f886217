//! What changed from one frame to the next.

/// The smallest rectangle that holds every changed pixel, its unchanged pixels transparent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Delta {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) width: u32,
    pub(super) height: u32,
    /// Palette indices, row by row.
    pub(super) indices: Vec<u8>,
}

impl Delta {
    /// The whole first frame.
    pub(super) fn whole(indices: Vec<u8>, width: u32, height: u32) -> Self {
        Self {
            left: 0,
            top: 0,
            width,
            height,
            indices,
        }
    }

    /// The changes from frame `before` to frame `after` of the given width. Where nothing changed,
    /// one transparent pixel: the formats have no empty frames.
    pub(super) fn between(before: &[u8], after: &[u8], width: u32, transparent: u8) -> Self {
        let row = width as usize;
        let (mut left, mut right) = (row, 0);
        let (mut top, mut bottom) = (usize::MAX, 0);
        for (y, (old, new)) in before
            .chunks_exact(row)
            .zip(after.chunks_exact(row))
            .enumerate()
        {
            if old == new {
                continue;
            }
            top = top.min(y);
            bottom = y + 1;
            let differs = |&x: &usize| old[x] != new[x];
            left = left.min((0..left).find(differs).unwrap_or(left));
            right = right.max((right..row).rfind(differs).map_or(right, |x| x + 1));
        }
        if bottom == 0 {
            return Self {
                left: 0,
                top: 0,
                width: 1,
                height: 1,
                indices: vec![transparent],
            };
        }
        let mut indices = Vec::with_capacity((bottom - top) * (right - left));
        for y in top..bottom {
            let columns = y * row + left..y * row + right;
            append_row(
                &mut indices,
                &before[columns.clone()],
                &after[columns],
                transparent,
            );
        }
        Self {
            left: left as u32,
            top: top as u32,
            width: (right - left) as u32,
            height: (bottom - top) as u32,
            indices,
        }
    }
}

/// Shorter runs of unchanged pixels than this keep their colour within a row: going to
/// "transparent" and back would cost more than it saves.
const SHORTEST_RUN: usize = 4;

/// Appends one row of changes, the unchanged pixels transparent.
fn append_row(indices: &mut Vec<u8>, before: &[u8], after: &[u8], transparent: u8) {
    let start = indices.len();
    indices.extend_from_slice(after);
    let row = &mut indices[start..];
    let mut x = 0;
    while x < row.len() {
        let run = (x..row.len())
            .take_while(|&at| before[at] == after[at])
            .count();
        if run >= SHORTEST_RUN || x == 0 || x + run == row.len() {
            row[x..x + run].fill(transparent);
        }
        // The pixel after an unchanged run has changed.
        x += run + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::Delta;
    use proptest::prelude::*;

    /// What a viewer does with a delta.
    fn paint(canvas: &mut [u8], row: usize, delta: &Delta, transparent: u8) {
        for (i, &index) in delta.indices.iter().enumerate() {
            let (x, y) = (i % delta.width as usize, i / delta.width as usize);
            if index != transparent {
                canvas[(delta.top as usize + y) * row + delta.left as usize + x] = index;
            }
        }
    }

    proptest! {
        #[test]
        fn painting_the_changes_gives_the_next_frame(
            (row, before, changes) in (1usize..30, 1usize..6).prop_flat_map(|(row, rows)| (
                Just(row),
                prop::collection::vec(0u8..4, row * rows),
                prop::collection::vec((0..row * rows, 0u8..4), 0..5),
            ))
        ) {
            let mut after = before.clone();
            for (at, index) in changes {
                after[at] = index;
            }
            let delta = Delta::between(&before, &after, row as u32, 9);
            let mut canvas = before.clone();
            paint(&mut canvas, row, &delta, 9);
            prop_assert_eq!(&canvas, &after);
            // Every row and column at the rim has a change, unless nothing changed at all.
            if before == after {
                prop_assert_eq!(delta.indices, vec![9]);
                return Ok(());
            }
            let (left, top) = (delta.left as usize, delta.top as usize);
            let (right, bottom) = (left + delta.width as usize - 1, top + delta.height as usize - 1);
            let changed = |x: usize, y: usize| before[y * row + x] != after[y * row + x];
            prop_assert!((left..=right).any(|x| changed(x, top)));
            prop_assert!((left..=right).any(|x| changed(x, bottom)));
            prop_assert!((top..=bottom).any(|y| changed(left, y)));
            prop_assert!((top..=bottom).any(|y| changed(right, y)));
        }
    }
}
