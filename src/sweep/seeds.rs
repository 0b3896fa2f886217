//! `--seeds`: which seeds every combination is run with.

use super::MOST_RUNS;
use crate::error::{Error, Result};

/// The seeds of a list of numbers and ranges, in its order: `0..20` (without 20, as in Rust and Python), `0..=19`, `1,2,3`.
///
/// ```
/// use foldspace::sweep::parse_seeds;
/// assert_eq!(parse_seeds("0..3")?, [0, 1, 2]);
/// assert_eq!(parse_seeds("0..=1,42")?, [0, 1, 42]);
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// [`Error::Invalid`] where it is not such a list, a range is empty, a seed stands in it twice, or there are more than
/// [`MOST_RUNS`].
pub fn parse_seeds(text: &str) -> Result<Vec<u64>> {
    const REMEDY: &str = "write 0..20 (without 20), 0..=19 or 1,2,3";
    let refuse = |problem: String, remedy: &str| {
        Err(Error::invalid(format!("--seeds {text}"), problem, remedy))
    };
    let mut seeds = Vec::new();
    for part in text.split(',') {
        let Some([first, end]) = range(part) else {
            return refuse(
                format!("{:?} is neither a seed nor a range of seeds", part.trim()),
                REMEDY,
            );
        };
        if first >= end {
            return refuse(format!("the range {} is empty", part.trim()), REMEDY);
        }
        let count = usize::try_from(end - first).unwrap_or(usize::MAX);
        if count.saturating_add(seeds.len()) > MOST_RUNS {
            return refuse(
                format!("there are more than {MOST_RUNS} seeds"),
                "ask for fewer",
            );
        }
        seeds.extend(first..end);
    }
    let mut sorted = seeds.clone();
    sorted.sort_unstable();
    if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        return refuse(
            format!("seed {} stands in it twice", pair[0]),
            "name it once",
        );
    }
    Ok(seeds)
}

/// Seeds as [`parse_seeds`] reads them, with successive ones as ranges.
///
/// ```
/// use foldspace::sweep::seeds_text;
/// assert_eq!(seeds_text(&[5, 0, 1, 2, 3, 7, 8]), "5,0..4,7,8");
/// ```
pub fn seeds_text(seeds: &[u64]) -> String {
    let ranges = seeds.chunk_by(|&a, &b| a.checked_add(1) == Some(b));
    let texts = ranges.map(|range| match *range {
        [first, _, .., last] if range.len() > 2 => format!("{first}..{}", last + 1),
        _ => {
            let each: Vec<String> = range.iter().map(u64::to_string).collect();
            each.join(",")
        }
    });
    texts.collect::<Vec<_>>().join(",")
}

/// The first seed of a part and the one behind its last.
fn range(part: &str) -> Option<[u64; 2]> {
    let number = |text: &str| text.trim().parse::<u64>().ok().filter(|&seed| seed < LAST);
    Some(match part.split_once("..") {
        None => [number(part)?, number(part)? + 1],
        Some((first, last)) => match last.strip_prefix('=') {
            Some(last) => [number(first)?, number(last)? + 1],
            None => [number(first)?, number(last)?],
        },
    })
}

/// TOML's integers end here, and so do the seeds that a configuration can have.
const LAST: u64 = i64::MAX as u64;
