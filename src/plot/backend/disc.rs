//! Discs as pixels. A frame holds thousands of them, of few sizes, so they skip the general path filler, and how much of each
//! pixel one covers is worked out once for each place within a pixel that is told apart.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;

use tiny_skia::Pixmap;

use super::blend::{in_256, over};

/// How many places within a pixel are told apart along each axis.
const PLACES: i64 = 64;

/// Larger discs, in pixels, are worked out each time: there are few.
const LARGEST: f32 = 64.0;

/// The most pixels that are kept on a thread. Before there are more, all are let go.
const KEPT: usize = 1 << 20;

/// A disc without a place.
#[derive(Clone, Copy)]
pub(super) struct Disc {
    /// In pixels.
    pub(super) radius: f32,
    /// How opaque it is, from 0 to 1.
    pub(super) alpha: f32,
}

/// How much of each pixel of a rectangle a disc takes, in steps of 1/256, row by row.
struct Mask {
    /// Counted from the pixel that the middle lies in.
    left: i64,
    top: i64,
    width: usize,
    shares: Vec<u16>,
}

/// The discs that a thread has drawn: by the bits of radius and opacity, and by the place of the middle within its pixel.
#[derive(Default)]
struct Known {
    masks: HashMap<(u32, u32, [i64; 2]), Mask>,
    pixels: usize,
}

thread_local! {
    static KNOWN: RefCell<Known> = RefCell::default();
}

impl Disc {
    /// Puts it on a picture, its middle at a point.
    pub(super) fn paint(self, picture: &mut Pixmap, [x, y]: [f32; 2], (r, g, b): (u8, u8, u8)) {
        let above = [r, g, b, 255];
        if self.radius > LARGEST {
            return self.paint_large(picture, [x, y], above);
        }
        // A cast saturates: what is too far away for it is outside in any case.
        let places = [x, y].map(|c| (c * PLACES as f32).round() as i64);
        let pixel = places.map(|place| place.div_euclid(PLACES));
        let within = places.map(|place| place.rem_euclid(PLACES));
        let key = (self.radius.to_bits(), self.alpha.to_bits(), within);
        KNOWN.with_borrow_mut(|known| {
            if let Some(mask) = known.masks.get(&key) {
                return mask.paint(picture, pixel, above);
            }
            let mask = Mask::of(self, within.map(|place| place as f32 / PLACES as f32));
            mask.paint(picture, pixel, above);
            if known.pixels + mask.shares.len() > KEPT {
                *known = Known::default();
            }
            known.pixels += mask.shares.len();
            known.masks.insert(key, mask);
        });
    }

    fn paint_large(self, picture: &mut Pixmap, [cx, cy]: [f32; 2], above: [u8; 4]) {
        let (width, height) = (picture.width(), picture.height());
        let seen = |middle: f32, limit: u32| {
            let Range { start, end } = self.pixels(middle);
            // Casts saturate.
            (start as u32).min(limit)..(end as u32).min(limit)
        };
        let (columns, rows) = (seen(cx, width), seen(cy, height));
        let pixels = picture.data_mut().as_chunks_mut::<4>().0;
        for y in rows {
            let row = &mut pixels[y as usize * width as usize..][..width as usize];
            for x in columns.clone() {
                let off = [x as f32 + 0.5 - cx, y as f32 + 0.5 - cy];
                let pixel = &mut row[x as usize];
                *pixel = over(*pixel, above, self.share(off));
            }
        }
    }

    /// The first pixel along an axis that a disc about `middle` may cover, and the first beyond it.
    fn pixels(self, middle: f32) -> Range<f32> {
        let reach = self.radius + 0.5;
        (middle - reach).floor()..(middle + reach).ceil()
    }

    /// How much of a pixel it takes: one whose centre lies at the distance d from its middle is covered by about r + 1/2 - d,
    /// between 0 and 1.
    fn share(self, [dx, dy]: [f32; 2]) -> u16 {
        let covered = self.radius + 0.5 - (dx * dx + dy * dy).sqrt();
        in_256(covered.clamp(0.0, 1.0) * self.alpha)
    }
}

impl Mask {
    /// Of a disc whose middle lies there in its pixel.
    fn of(disc: Disc, [cx, cy]: [f32; 2]) -> Self {
        let [columns, rows] = [cx, cy].map(|c| {
            let Range { start, end } = disc.pixels(c);
            start as i64..end as i64
        });
        let share = |x: i64, y: i64| disc.share([x as f32 + 0.5 - cx, y as f32 + 0.5 - cy]);
        let (left, top, width) = (columns.start, rows.start, columns.clone().count());
        Self {
            left,
            top,
            width,
            shares: rows
                .flat_map(|y| columns.clone().map(move |x| share(x, y)))
                .collect(),
        }
    }

    /// Puts a colour on a picture, the disc's middle in the pixel `column`, `row`.
    fn paint(&self, picture: &mut Pixmap, [column, row]: [i64; 2], above: [u8; 4]) {
        let size = [picture.width(), picture.height()].map(i64::from);
        let (left, top) = (column + self.left, row + self.top);
        // The columns of the disc that are on the picture.
        let first = (-left).clamp(0, self.width as i64) as usize;
        let end = (size[0] - left).clamp(first as i64, self.width as i64) as usize;
        if first == end {
            return;
        }
        let pixels = picture.data_mut().as_chunks_mut::<4>().0;
        for (y, shares) in (top..size[1]).zip(self.shares.chunks_exact(self.width)) {
            if y < 0 {
                continue;
            }
            let start = (y * size[0] + left + first as i64) as usize;
            let shares = &shares[first..end];
            for (pixel, &share) in pixels[start..][..shares.len()].iter_mut().zip(shares) {
                *pixel = over(*pixel, above, share);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SIDE: u32 = 20;

    fn picture() -> Pixmap {
        let mut picture = Pixmap::new(SIDE, SIDE).unwrap();
        picture.data_mut().fill(255);
        picture
    }

    proptest! {
        #[test]
        fn kept_discs_are_as_those_worked_out_each_time(
            places in prop::array::uniform2(-8 * PLACES..28 * PLACES),
            radius in 0.1f32..9.0,
            alpha in prop::sample::select(vec![1.0f32, 0.7, 0.0]),
        ) {
            let disc = Disc { radius, alpha };
            let at = places.map(|place| place as f32 / PLACES as f32);
            let mut each_time = picture();
            disc.paint_large(&mut each_time, at, [10, 20, 30, 255]);
            // The second time it is known.
            for _ in 0..2 {
                let mut kept = picture();
                disc.paint(&mut kept, at, (10, 20, 30));
                prop_assert!(kept == each_time);
            }
        }

        #[test]
        fn a_disc_covers_its_area(at in prop::array::uniform2(7f32..13.0), radius in 1f32..6.0) {
            let mut picture = picture();
            Disc { radius, alpha: 1.0 }.paint(&mut picture, at, (0, 0, 0));
            let covered = |pixel: &tiny_skia::PremultipliedColorU8| 1.0 - f32::from(pixel.red()) / 255.0;
            let total: f32 = picture.pixels().iter().map(covered).sum();
            let area = std::f32::consts::PI * radius * radius;
            // Along the rim a pixel is off by its corners at most.
            let rim = 2.0 * std::f32::consts::PI * radius;
            let most = (0.08 * rim).min(0.9);
            prop_assert!((total - area).abs() <= most, "{total} pixels, {area}");
        }
    }

    #[test]
    fn what_is_far_away_is_not_seen_and_what_covers_all_covers_all() {
        for radius in [3.0, 300.0] {
            for far in [1e4, -1e4, 1e20, -1e20, f32::INFINITY, f32::NAN] {
                for at in [[far, 9.0], [9.0, far]] {
                    let mut seen = picture();
                    Disc { radius, alpha: 1.0 }.paint(&mut seen, at, (0, 0, 0));
                    if !far.is_nan() {
                        assert!(seen == picture(), "{radius} at {at:?}");
                    }
                }
            }
        }
        let mut covered = picture();
        let all = Disc {
            radius: 1e6,
            alpha: 1.0,
        };
        all.paint(&mut covered, [9.0, 9.0], (1, 2, 3));
        assert!(
            covered
                .pixels()
                .iter()
                .all(|pixel| pixel.red() == 1 && pixel.blue() == 3)
        );
    }
}
