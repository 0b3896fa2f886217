//! Mini-batches of an epoch.

/// Cuts an epoch's order into mini-batches of `batch_size` samples, the last one smaller where it does not
/// come out even, as a PyTorch `DataLoader` with `drop_last=False` does.
///
/// ```
/// use foldspace::data::batches;
///
/// let epoch: Vec<&[usize]> = batches(&[3, 0, 4, 1, 2], 2).collect();
/// assert_eq!(epoch, [&[3, 0][..], &[4, 1], &[2]]);
/// ```
///
/// # Panics
/// Where `batch_size` is 0.
pub fn batches(order: &[usize], batch_size: usize) -> std::slice::Chunks<'_, usize> {
    assert!(batch_size > 0, "a mini-batch has at least one sample");
    order.chunks(batch_size)
}
