//! How wide the processor's vectors are, in a word: results are the same to the last bit among those that multiply and add in one
//! step.

/// `avx512`, `avx2` or `neon`, each with fused multiply-add, or `plain`.
pub fn name() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx512f") {
        return "avx512";
    } else if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        return "avx2";
    }
    if cfg!(target_arch = "aarch64") {
        return "neon";
    }
    "plain"
}
