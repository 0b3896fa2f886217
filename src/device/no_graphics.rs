//! What stands in for `graphics.rs` in a program that was built without feature `gpu`.

use burn::tensor::Device;

/// The way to a program that has it.
pub(super) const REMEDY: &str =
    "build with `--features gpu` (the default has it), or use --backend flex";

/// Never made.
pub(super) struct Graphics {
    pub device: Device,
    pub adapter: String,
    pub driver: String,
    pub kind: &'static str,
    pub software: bool,
}

/// Why there is none.
pub(super) fn adapter() -> &'static Result<Graphics, String> {
    static NONE: std::sync::LazyLock<Result<Graphics, String>> =
        std::sync::LazyLock::new(|| Err("this program was built without it".to_owned()));
    &NONE
}
