//! A backend's tensors as slices, where they lie in the computer's own memory.

use std::borrow::Cow;

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::flex::FlexTensor;
use burn::backend::ndarray::NdArrayTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, NdArray, TensorMetadata};
use burn::tensor::{DType, Tensor, TensorData};

/// A backend, and how to reach the entries of its tensors.
pub trait Memory: Backend {
    /// The entries in row-major order, copied only where they do not lie so; `None` if they are not `f32` or not in this
    /// computer's memory.
    fn entries(_tensor: &FloatTensor<Self>) -> Option<Cow<'_, [f32]>> {
        None
    }

    /// The same tensor with its entries (row-major) changed, in place if nobody shares them. One without entries stays as it is.
    fn map(tensor: FloatTensor<Self>, change: impl FnOnce(&mut [f32])) -> FloatTensor<Self> {
        match Self::entries(&tensor) {
            Some(entries) => {
                let mut entries = entries.into_owned();
                change(&mut entries);
                Self::tensor(entries, &tensor.shape(), &tensor.device())
            }
            None => tensor,
        }
    }

    /// A new tensor.
    fn tensor(entries: Vec<f32>, shape: &[usize], device: &Self::Device) -> FloatTensor<Self> {
        Self::float_from_data(TensorData::new(entries, shape), device)
    }
}

/// What `reader` makes of a tensor's entries in row-major order; `None` if they are not `f32`, not in this computer's memory, or
/// followed by autodiff.
pub fn read<const D: usize, T>(tensor: &Tensor<D>, reader: impl FnOnce(&[f32]) -> T) -> Option<T> {
    if let Ok(tensor) = tensor.clone().try_into_primitive::<Flex>() {
        return Flex::entries(&tensor).map(|entries| reader(&entries));
    }
    let tensor = tensor.clone().try_into_primitive::<NdArray>().ok()?;
    NdArray::entries(&tensor).map(|entries| reader(&entries))
}

/// Graphics cards and the like keep their memory to themselves.
#[cfg(feature = "gpu")]
impl Memory for burn::backend::Cube {}

/// Nobody reads a tensor here without asking for the backend underneath first.
impl Memory for Dispatch {}
impl<B: Memory, C: CheckpointStrategy> Memory for Autodiff<B, C> {}

impl Memory for Flex {
    fn entries(tensor: &FlexTensor) -> Option<Cow<'_, [f32]>> {
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

    fn map(tensor: FlexTensor, change: impl FnOnce(&mut [f32])) -> FlexTensor {
        if tensor.dtype() != DType::F32 {
            return tensor;
        }
        // A view onto a part of a larger memory is copied, or the rest would change with it.
        let whole = Some((0, tensor.storage::<f32>().len()));
        let mut tensor = if tensor.layout().contiguous_offsets() == whole {
            tensor
        } else {
            tensor.to_contiguous()
        };
        change(tensor.storage_mut());
        tensor
    }
}

impl Memory for NdArray {
    fn entries(tensor: &NdArrayTensor) -> Option<Cow<'_, [f32]>> {
        let NdArrayTensor::F32(storage) = tensor else {
            return None;
        };
        let view = storage.view();
        Some(match view.to_slice() {
            Some(entries) => Cow::Borrowed(entries),
            None => Cow::Owned(view.iter().copied().collect()),
        })
    }
}
