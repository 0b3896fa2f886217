//! A run as one page: every captured epoch, every layer, offline, from a single file.
//!
//! The page (`src/web/`) computes the network's forward pass itself, in `f64` from the weights' own bits, so that it can
//! show any layer at any epoch for any point. What takes a proof comes from here: [`verdicts`].

pub mod codec;
mod contents;
mod join;
pub mod verdicts;

pub use contents::{Described, History, Limits, describe, page, parameters, size};
pub use join::{Live, live};

/// `most` of `count` places, evenly spread, the first and the last among them; all where there are no more.
fn spread(count: usize, most: usize) -> Vec<usize> {
    if count <= most {
        return (0..count).collect();
    }
    let gaps = most.saturating_sub(1).max(1);
    let mut places: Vec<usize> = (0..most)
        .map(|k| {
            if most == 1 {
                count - 1
            } else {
                (2 * k * (count - 1) + gaps) / (2 * gaps)
            }
        })
        .collect();
    places.dedup();
    places
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn the_ends_stay_and_the_gaps_are_even() {
        assert_eq!(spread(5, 9), [0, 1, 2, 3, 4]);
        assert_eq!(spread(101, 5), [0, 25, 50, 75, 100]);
        assert_eq!(spread(7, 1), [6]);
        let kept = spread(451, 100);
        assert_eq!((kept.len(), kept[0], kept[99]), (100, 0, 450));
        assert!(
            kept.windows(2)
                .all(|pair| (4..=5).contains(&(pair[1] - pair[0])))
        );
    }
}
