//! The native half of the Python package: arrays in, pictures out. Which model is which is decided in Python; nothing here
//! knows a framework.

mod animation;
mod arrays;
mod black_box;
mod data;
mod error;
mod network;
mod picture;
mod separability;
mod work;

use pyo3::prelude::*;

/// `foldspace_nn._native`.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<network::Network>()?;
    module.add_class::<data::Data>()?;
    module.add_class::<picture::Figure>()?;
    module.add_class::<animation::Animation>()?;
    module.add_function(wrap_pyfunction!(network::read_network, module)?)?;
    module.add_function(wrap_pyfunction!(data::read_data, module)?)?;
    module.add_function(wrap_pyfunction!(picture::draw, module)?)?;
    module.add_function(wrap_pyfunction!(picture::draw_layer, module)?)?;
    module.add_function(wrap_pyfunction!(picture::draw_network, module)?)?;
    module.add_function(wrap_pyfunction!(picture::accuracy, module)?)?;
    module.add_function(wrap_pyfunction!(black_box::draw_black_box, module)?)?;
    module.add_function(wrap_pyfunction!(animation::flow, module)?)?;
    module.add_function(wrap_pyfunction!(animation::film, module)?)?;
    module.add_function(wrap_pyfunction!(separability::separability, module)?)?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    Ok(())
}
