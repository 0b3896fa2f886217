//! Numbers to a device and back.

use burn::tensor::{Device, Tensor, TensorData};
use faer::{Mat, MatRef};

/// A matrix (n x d) to a device, as `f32`.
pub fn upload(matrix: MatRef<'_, f64>, device: &Device) -> Tensor<2> {
    let (rows, columns) = matrix.shape();
    let mut values = Vec::with_capacity(rows * columns);
    for i in 0..rows {
        values.extend(matrix.row(i).iter().map(|&value| value as f32));
    }
    Tensor::from_data(TensorData::new(values, [rows, columns]), device)
}

/// A tensor (n x d) back from its device.
pub fn download(tensor: Tensor<2>) -> Mat<f64> {
    let [rows, columns] = tensor.dims();
    let values = numbers(tensor);
    Mat::from_fn(rows, columns, |i, j| values[i * columns + j])
}

/// A vector to a device, as `f32`.
pub(super) fn upload_vector(values: &[f64], device: &Device) -> Tensor<1> {
    let values: Vec<f32> = values.iter().map(|&value| value as f32).collect();
    let length = values.len();
    Tensor::from_data(TensorData::new(values, [length]), device)
}

/// A tensor's entries in row-major order, widened.
pub(super) fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}
