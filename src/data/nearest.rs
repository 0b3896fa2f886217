//! "Did you mean": the valid name that a mistyped one is closest to.

/// The candidate with the fewest edits (insertions, deletions, replacements, swaps) from `wanted`.
pub(super) fn nearest<'a>(
    wanted: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    candidates
        .into_iter()
        .min_by_key(|candidate| strsim::damerau_levenshtein(wanted, candidate))
}
