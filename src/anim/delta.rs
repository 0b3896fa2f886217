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
        let mut unchanged = Unchanged::default();
        for y in top..bottom {
            let columns = y * row + left..y * row + right;
            let (before, after) = (&before[columns.clone()], &after[columns]);
            unchanged.append(&mut indices, before, after, transparent);
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

/// Where a row did not change: bytes of which all bits are set there, and none elsewhere.
#[derive(Default)]
struct Unchanged {
    /// By pixel, with [`SHORTEST_RUN`] - 1 more on each side, so that a run at the rim is never short.
    same: Vec<u8>,
    /// Whether all are the same from here to the end of a shortest run.
    runs: Vec<u8>,
    /// By pixel: whether it is part of such a run.
    in_run: Vec<u8>,
}

impl Unchanged {
    /// Appends a row of changes, the unchanged pixels transparent. Passes without branches become vector instructions.
    fn append(&mut self, indices: &mut Vec<u8>, before: &[u8], after: &[u8], transparent: u8) {
        let Self { same, runs, in_run } = self;
        let rim = [0xff; SHORTEST_RUN - 1];
        same.clear();
        same.extend(rim);
        same.extend(
            before
                .iter()
                .zip(after)
                .map(|(a, b)| u8::from(a != b).wrapping_sub(1)),
        );
        same.extend(rim);
        runs.clear();
        runs.extend_from_slice(&same[..after.len() + rim.len()]);
        for further in 1..SHORTEST_RUN {
            combine(runs, &same[further..], |run, same| run & same);
        }
        in_run.clear();
        in_run.extend_from_slice(&runs[..after.len()]);
        for further in 1..SHORTEST_RUN {
            combine(in_run, &runs[further..], |pixel, run| pixel | run);
        }
        let shown = |(index, in_run): (&u8, &u8)| index & !in_run | transparent & in_run;
        indices.extend(after.iter().zip(&*in_run).map(shown));
    }
}

fn combine(all: &mut [u8], with: &[u8], how: impl Fn(u8, u8) -> u8) {
    for (one, &with) in all.iter_mut().zip(with) {
        *one = how(*one, with);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
        fn short_runs_inside_a_row_keep_their_colour(
            rows in (1usize..60).prop_flat_map(|row| prop::collection::vec((0u8..2, 0u8..2), row)),
        ) {
            let (before, after): (Vec<u8>, Vec<u8>) = rows.into_iter().unzip();
            let mut indices = Vec::new();
            Unchanged::default().append(&mut indices, &before, &after, 9);
            let pairs: Vec<(u8, u8)> = before.into_iter().zip(after).collect();
            let mut expected = Vec::new();
            for run in pairs.chunk_by(|a, b| (a.0 == a.1) == (b.0 == b.1)) {
                let (start, end) = (expected.len(), expected.len() + run.len());
                let is_left_out = run[0].0 == run[0].1
                    && (run.len() >= SHORTEST_RUN || start == 0 || end == pairs.len());
                expected.extend(run.iter().map(|&(_, after)| if is_left_out { 9 } else { after }));
            }
            prop_assert_eq!(indices, expected);
        }

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
