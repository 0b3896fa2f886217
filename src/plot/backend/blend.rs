//! Colours on top of pixels.

/// A share from 0 to 1 in steps of 1/256.
pub(super) fn in_256(share: f32) -> u16 {
    ((256.0 * share + 0.5) as u16).min(256)
}

/// A colour on top of a pixel, both premultiplied: as both are valid, so is every mixture. `share` is in steps of 1/256.
#[inline]
pub(super) fn over(below: [u8; 4], above: [u8; 4], share: u16) -> [u8; 4] {
    const EVEN: u32 = 0x00ff_00ff;
    let share = u32::from(share);
    // Two channels at a time, each with eight bits of room above it.
    let (below, above) = (u32::from_le_bytes(below), u32::from_le_bytes(above));
    let mixed = |below: u32, above: u32| below * (256 - share) + above * share + 0x0080_0080;
    let even = mixed(below & EVEN, above & EVEN) >> 8 & EVEN;
    let odd = mixed(below >> 8 & EVEN, above >> 8 & EVEN) & !EVEN;
    (even | odd).to_le_bytes()
}
