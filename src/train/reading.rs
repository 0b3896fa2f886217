//! Numbers of an epoch: at hand, or still on a device.

use burn::tensor::Tensor;

use crate::model::fused;

/// Numbers in a row.
#[derive(Debug, Clone)]
pub enum Reading {
    /// In this computer's memory.
    Here(Vec<f64>),
    /// On a device, (n): to be fetched together with others.
    There(Box<Tensor<1>>),
}

impl Reading {
    /// Takes `numbers` (n) where they are in reach.
    pub(super) fn of(numbers: Tensor<1>) -> Self {
        let here = fused::read(&numbers, |numbers| {
            numbers.iter().map(|&number| f64::from(number)).collect()
        });
        here.map_or_else(|| Self::There(Box::new(numbers)), Self::Here)
    }

    /// How many numbers there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Here(numbers) => numbers.len(),
            Self::There(numbers) => numbers.dims()[0],
        }
    }

    /// All numbers, one reading after the other. What is on a device is fetched in one go.
    pub(super) fn fetch(readings: Vec<Self>) -> Vec<f64> {
        let there = readings.iter().filter_map(|reading| match reading {
            Self::Here(_) => None,
            Self::There(numbers) => Some(Tensor::clone(numbers)),
        });
        let there: Vec<Tensor<1>> = there.collect();
        let mut fetched: Vec<f64> = match there.is_empty() {
            true => Vec::new(),
            false => Tensor::cat(there, 0).into_data().iter::<f64>().collect(),
        };
        let mut all = Vec::new();
        for reading in readings {
            let length = reading.len();
            match reading {
                Self::Here(numbers) => all.extend(numbers),
                Self::There(_) => all.extend(fetched.drain(..length)),
            }
        }
        all
    }
}
