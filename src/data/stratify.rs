//! A held-out part with the classes in the proportions of the whole, as scikit-learn's `train_test_split(stratify=y)`.

use super::split::{SplitIndices, held_out};
use crate::error::Result;
use crate::random::RandomState;

/// `train_test_split(range(n), test_size=test_fraction, random_state=seed, stratify=labels)`, as indices; but where a class
/// would be left out of the training part, it gets a sample there.
///
/// `None` where this is impossible: a class has a single sample, or a part has fewer samples than there are classes.
///
/// # Errors
/// As [`split_indices`](super::split::split_indices).
pub fn stratified(labels: &[usize], test_fraction: f64, seed: u32) -> Result<Option<SplitIndices>> {
    let test_count = held_out(labels.len(), test_fraction)?;
    let train_count = labels.len() - test_count;
    let classes = labels.iter().max().map_or(0, |&most| most + 1);
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); classes];
    for (sample, &label) in labels.iter().enumerate() {
        members[label].push(sample);
    }
    members.retain(|members| !members.is_empty());
    let fewest = members.iter().map(Vec::len).min().unwrap_or(0);
    if fewest < 2 || test_count < members.len() || train_count < members.len() {
        return Ok(None);
    }
    let counts: Vec<usize> = members.iter().map(Vec::len).collect();
    let random = &mut RandomState::new(seed);
    let mut train_counts = shares(&counts, train_count, random);
    let left: Vec<usize> = counts
        .iter()
        .zip(&train_counts)
        .map(|(all, train)| all - train)
        .collect();
    shares(&left, test_count, random); // takes all of them, and scikit-learn's draws
    for class in 0..counts.len() {
        if train_counts[class] == 0
            && let Some(most) = (0..counts.len()).max_by_key(|&other| train_counts[other])
        {
            train_counts[class] += 1;
            train_counts[most] -= 1;
        }
    }
    let (mut train, mut test) = (Vec::new(), Vec::new());
    for (members, count) in members.iter().zip(train_counts) {
        let order = random.permutation(members.len());
        let (first, rest) = order.split_at(count);
        train.extend(first.iter().map(|&at| members[at]));
        test.extend(rest.iter().map(|&at| members[at]));
    }
    random.shuffle(&mut train);
    random.shuffle(&mut test);
    Ok(Some(SplitIndices { train, test }))
}

/// `draws` divided in the proportions of `counts`: rounded down, then one more for the largest remainders, ties broken at random.
///
/// scikit-learn's `_approximate_mode`.
fn shares(counts: &[usize], draws: usize, random: &mut RandomState) -> Vec<usize> {
    let total: usize = counts.iter().sum();
    let exact: Vec<f64> = counts
        .iter()
        .map(|&count| count as f64 / total as f64 * draws as f64)
        .collect();
    let mut shares: Vec<usize> = exact.iter().map(|share| share.floor() as usize).collect();
    let mut missing = draws - shares.iter().sum::<usize>();
    let remainder: Vec<f64> = exact.iter().map(|share| share - share.floor()).collect();
    let mut values = remainder.clone();
    values.sort_by(|a, b| b.total_cmp(a));
    values.dedup();
    for value in values {
        if missing == 0 {
            break;
        }
        let tied: Vec<usize> = (0..counts.len())
            .filter(|&at| remainder[at] == value)
            .collect();
        let take = tied.len().min(missing);
        for at in random.choice(tied.len(), take, false) {
            shares[tied[at]] += 1;
        }
        missing -= take;
    }
    shares
}
