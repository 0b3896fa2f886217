//! "Did you mean ...?": the valid name that is nearest to a mistyped one.

/// The candidate that `name` most likely stands for, if any is near enough to be worth naming.
///
/// Nearness is the Damerau-Levenshtein distance (letters added, dropped, changed or swapped), at most a third of
/// the longer name.
///
/// ```
/// use foldspace::suggest::nearest;
/// assert_eq!(nearest("epohcs", ["epochs", "batch_size"]), Some("epochs"));
/// assert_eq!(nearest("colour", ["epochs", "batch_size"]), None);
/// ```
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = |candidate: &&str| distance(name, candidate) * 3 <= name.len().max(candidate.len());
    closest(name, candidates).filter(near)
}

/// The candidate with the fewest edits from `name`, however many those are; `None` where there are no candidates.
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .min_by_key(|candidate| distance(name, candidate))
}

fn distance(a: &str, b: &str) -> usize {
    strsim::damerau_levenshtein(a, b)
}
