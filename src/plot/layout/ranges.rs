//! From where to where an axis goes.

use super::super::panel::{Axis, Frame, Panel, Scale};
use super::super::{mark, ticks};

/// The ranges of both axes: as given, or around the marks with a little air.
pub(super) fn ranges(panel: &Panel) -> [[f64; 2]; 2] {
    let corners = panel
        .marks
        .iter()
        .filter_map(mark::Mark::extent)
        .reduce(|[[a, b], [c, d]], [[e, f], [g, h]]| [[a.min(e), b.min(f)], [c.max(g), d.max(h)]])
        .unwrap_or([[0.0, 0.0], [1.0, 1.0]]);
    let air = if panel.frame == Frame::Bare {
        0.02
    } else {
        0.06
    };
    std::array::from_fn(|i| {
        let axis: &Axis = if i == 0 { &panel.x } else { &panel.y };
        axis.range.map_or_else(
            || widen([corners[0][i], corners[1][i]], air, axis.scale),
            |range| {
                if axis.scale == Scale::Linear {
                    roomy(range)
                } else {
                    range
                }
            },
        )
    })
}

fn widen([low, high]: [f64; 2], air: f64, scale: Scale) -> [f64; 2] {
    match scale {
        Scale::Linear => {
            let span = if high > low {
                high - low
            } else {
                high.abs().max(1.0)
            };
            roomy([low - air * span, high + air * span])
        }
        Scale::Log => {
            let low = low.max(f64::MIN_POSITIVE);
            let high = high.max(low);
            let ratio = high / low;
            if !ratio.is_finite() {
                return [low, high];
            }
            let span = libm::pow(ratio.max(1.5), air);
            [
                (low / span).max(f64::MIN_POSITIVE),
                (high * span).min(f64::MAX),
            ]
        }
    }
}

/// A range that arithmetic can take: finite, and long enough for several numbers to lie in it.
fn roomy([low, high]: [f64; 2]) -> [f64; 2] {
    let (low, high) = (
        low.clamp(-f64::MAX, f64::MAX),
        high.clamp(-f64::MAX, f64::MAX),
    );
    let least = (100.0 * ticks::SHORTEST * low.abs().max(high.abs())).max(1e-300);
    if high - low >= least {
        [low, high]
    } else {
        let middle = 0.5 * low + 0.5 * high;
        [middle - 0.5 * least, middle + 0.5 * least]
    }
}
