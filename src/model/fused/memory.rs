//! A backend's tensors as slices, where they lie in the computer's own memory: on Flex and NdArray. Graphics cards and the like
//! keep theirs to themselves, and what autodiff follows is not read past it.

use std::any::Any;
use std::borrow::Cow;

use burn::backend::flex::FlexTensor;
use burn::backend::ndarray::NdArrayTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Flex, NdArray, TensorMetadata};
use burn::tensor::{DType, Tensor, TensorData};

/// What `reader` makes of a tensor's entries in row-major order; `None` if they are not `f32`, not in this computer's memory, or
/// followed by autodiff.
pub fn read<const D: usize, T>(tensor: &Tensor<D>, reader: impl FnOnce(&[f32]) -> T) -> Option<T> {
    if let Ok(tensor) = tensor.clone().try_into_primitive::<Flex>() {
        return of_flex(&tensor).map(|entries| reader(&entries));
    }
    let tensor = tensor.clone().try_into_primitive::<NdArray>().ok()?;
    of_ndarray(&tensor).map(|entries| reader(&entries))
}

/// The entries in row-major order, copied only where they do not lie so; `None` if they are not `f32` or not in this computer's
/// memory.
pub(super) fn entries<B: Backend>(tensor: &FloatTensor<B>) -> Option<Cow<'_, [f32]>> {
    let tensor: &dyn Any = tensor;
    match tensor.downcast_ref() {
        Some(tensor) => of_flex(tensor),
        None => of_ndarray(tensor.downcast_ref()?),
    }
}

/// The same tensor with its entries (row-major) changed, in place if they are not shared. One whose entries are not in this
/// computer's memory comes back as the error.
pub(super) fn map<B: Backend>(
    mut tensor: FloatTensor<B>,
    change: impl FnOnce(&mut [f32]),
) -> Result<FloatTensor<B>, FloatTensor<B>> {
    let any: &mut dyn Any = &mut tensor;
    if let Some(flex) = any.downcast_mut::<FlexTensor>() {
        if flex.dtype() != DType::F32 {
            return Err(tensor);
        }
        // A view onto a part of a larger memory is copied, or the rest would change with it.
        let whole = Some((0, flex.storage::<f32>().len()));
        if flex.layout().contiguous_offsets() != whole {
            *flex = flex.to_contiguous();
        }
        change(flex.storage_mut());
        return Ok(tensor);
    }
    let Some(entries) = entries::<B>(&tensor) else {
        return Err(tensor);
    };
    let mut entries = entries.into_owned();
    change(&mut entries);
    Ok(new::<B>(entries, &tensor.shape(), &tensor.device()))
}

/// A new tensor.
pub(super) fn new<B: Backend>(
    entries: Vec<f32>,
    shape: &[usize],
    device: &B::Device,
) -> FloatTensor<B> {
    B::float_from_data(TensorData::new(entries, shape), device)
}

fn of_flex(tensor: &FlexTensor) -> Option<Cow<'_, [f32]>> {
    if tensor.dtype() != DType::F32 {
        return None;
    }
    Some(match tensor.as_slice() {
        Some(entries) => Cow::Borrowed(entries),
        None => {
            let entries = tensor.to_contiguous();
            Cow::Owned(entries.as_slice().unwrap_or_default().to_vec())
        }
    })
}

fn of_ndarray(tensor: &NdArrayTensor) -> Option<Cow<'_, [f32]>> {
    let NdArrayTensor::F32(storage) = tensor else {
        return None;
    };
    let view = storage.view();
    Some(match view.to_slice() {
        Some(entries) => Cow::Borrowed(entries),
        None => Cow::Owned(view.iter().copied().collect()),
    })
}
