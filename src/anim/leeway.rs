//! What of a picture in motion may be shown near its colour rather than in it.
//!
//! A GIF of things that move is large because of their anti-aliased edges: every frame has them anew, in shades that hardly ever
//! repeat. For a twenty-fifth of a second nobody tells one such shade from the next, and where either will do, [`lzw`](super::lzw)
//! takes the one that continues a string it has had. This is the idea of lossy LZW compression; what is said here is where
//! it must not show:
//!
//! - A shade is free only at an edge: next to a pixel that differs by [`EDGE`] or more, and not part of an area, that is, not
//!   equal to a pixel beside it and one above or below it. Areas, slow ramps and the page are exact.
//! - Greys (text, axes, ticks) are exact, but for those within [`PALE`] of the page.
//! - What stands for a shade is within [`REACH`] of it in every channel, within [`LIGHT`] in lightness and [`HUE`] in hue.
//! - Traces as thin as two pixels that differ from the page by at most [`FAINT`], such as a grid that fades in, are left out.

use super::blocks::{BLOCK, Block, above, any, block, differences, off, words};
use super::costs::Costs;
use super::palette::Palette;
use super::quantise::distance;
use crate::plot::pixmap::Frame;
use std::cmp::Reverse;

/// The largest difference in a channel, of 255, between what is shown and what the palette has.
const REACH: u8 = 30;
/// The largest difference in lightness.
const LIGHT: i32 = 20;
/// The largest difference in red less green, and in blue less green.
const HUE: i32 = 16;
/// Edges differ at least this much from what is beside them, in some channel.
const EDGE: u8 = 24;
/// Thin traces differ from the page by more, or are left out.
const FAINT: u8 = 10;
/// Greys differ from the page by more, or count as any shade.
const PALE: u8 = 16;
/// The channels of a grey differ by at most this much.
const GREY: u8 = 4;
/// Shades that stand for others are further apart than this in lightness or in hue.
const APART: i32 = 9;
/// The most shades that may stand for one.
const STAND_INS: usize = 16;

/// What may be shown in place of what, for one palette.
#[derive(Debug)]
pub(super) struct Leeway {
    /// The colour of the page, and its index.
    page: [u8; 3],
    page_index: u8,
    /// Is the colour of an index all but that of the page?
    faint: Vec<bool>,
    pub(super) costs: Costs,
}

/// A picture's indices, some of them changed, and which of them are free.
pub(super) struct Loosened {
    pub(super) indices: Vec<u8>,
    pub(super) free: Vec<bool>,
}

impl Loosened {
    /// Every pixel as it is.
    pub(super) fn exact(indices: Vec<u8>) -> Self {
        let free = vec![false; indices.len()];
        Self { indices, free }
    }
}

impl Leeway {
    /// The leeway for pictures such as `samples`, drawn in `palette`.
    pub(super) fn new(samples: &[Frame], palette: &Palette) -> Self {
        let colours = palette.colours();
        let all: Vec<Vec<u8>> = samples.iter().map(|frame| palette.indices(frame)).collect();
        let mut counts = [0u64; 256];
        all.iter()
            .flatten()
            .for_each(|&index| counts[usize::from(index)] += 1);
        let page_index = (0..colours.len())
            .max_by_key(|&index| (counts[index], Reverse(index)))
            .unwrap_or(0);
        let page = colours[page_index];
        let mut leeway = Self {
            page,
            page_index: page_index as u8,
            faint: colours
                .iter()
                .map(|&colour| difference(colour, page) <= FAINT)
                .collect(),
            costs: Costs::exact(),
        };

        let mut at_edges = [0u64; 256];
        for (frame, indices) in samples.iter().zip(all) {
            let loosened = leeway.loosen(frame, &indices);
            for (&index, free) in indices.iter().zip(loosened.free) {
                at_edges[usize::from(index)] += u64::from(free);
            }
        }
        let shades = shades(colours, &at_edges);
        for index in 0..colours.len() {
            let near = stand_ins(&shades, colours, index);
            leeway.costs.set(index as u8, near);
        }
        leeway
    }

    /// What of a picture is free. `indices` are those of its pixels.
    pub(super) fn loosen(&self, frame: &Frame, indices: &[u8]) -> Loosened {
        let mut loosened = Loosened::exact(indices.to_vec());
        let width = frame.width as usize;
        let (rgba, pixels) = (&frame.rgba, frame.rgba.as_chunks::<4>().0);
        let [red, green, blue] = self.page;
        let page_pixel = [red, green, blue, 255];
        let page: Block = std::array::from_fn(|i| page_pixel[i % 4]);
        let height = pixels.len() / width.max(1);
        // The outermost two pixels are margin.
        for y in 2..height.saturating_sub(2) {
            let end = (y + 1) * width - 2;
            for start in (y * width + 2..end).step_by(BLOCK) {
                let own = block(rgba, start);
                if !any(&above(&differences(&own, &page), 0)) {
                    continue;
                }
                let (left, right) = (block(rgba, start - 1), block(rgba, start + 1));
                let (above, below) = (block(rgba, start - width), block(rgba, start + width));
                let seen = Seen::of(&own, [&left, &right, &above, &below], &page);
                // A row's last block reaches beyond it.
                let places = start..end.min(start + BLOCK);
                loosened.free[places.clone()].copy_from_slice(&seen.free[..places.len()]);
                if seen.faint == [false; BLOCK] {
                    continue;
                }
                for (at, _) in places.zip(seen.faint).filter(|&(_, faint)| faint) {
                    let is_page =
                        |a: usize, b: usize| pixels[a] == page_pixel && pixels[b] == page_pixel;
                    let thin = is_page(at - 2, at + 2) || is_page(at - 2 * width, at + 2 * width);
                    if thin && self.faint[usize::from(indices[at])] {
                        loosened.indices[at] = self.page_index;
                        loosened.free[at] = false;
                    }
                }
            }
        }
        loosened
    }
}

/// What is to be seen of a block's pixels from those next to them.
struct Seen {
    /// Coloured, at an edge, and not part of an area.
    free: [bool; BLOCK],
    /// All but the colour of the page, and not part of an area.
    faint: [bool; BLOCK],
}

impl Seen {
    /// `beside` are the pixels to the left, to the right, above and below.
    #[inline]
    fn of(own: &Block, beside: [&Block; 4], page: &Block) -> Self {
        let mut edge = [0; 4 * BLOCK];
        for beside in beside {
            let differences = differences(own, beside);
            for (edge, difference) in edge.iter_mut().zip(differences) {
                *edge = difference.max(*edge);
            }
        }
        let edge = above(&edge, EDGE - 1);
        let from_page = differences(own, page);
        let (pale, faint) = (above(&from_page, PALE), above(&from_page, FAINT));
        // From channel to channel; of the four differences, the last two are with alpha.
        let mut hue = [0; 4 * BLOCK];
        for (hue, pair) in hue.iter_mut().zip(own.windows(2)) {
            *hue = off(pair[0], pair[1]);
        }
        let hue = above(&hue, GREY);
        let colours = u32::from_ne_bytes([255, 255, 0, 0]);
        let [left, right, above, below] = beside.map(words);
        let (own, page) = (words(own), words(page));
        let mut seen = Self {
            free: [false; BLOCK],
            faint: [false; BLOCK],
        };
        for i in 0..BLOCK {
            let in_row = (own[i] == left[i]) | (own[i] == right[i]);
            let in_column = (own[i] == above[i]) | (own[i] == below[i]);
            let alone = !(in_row & in_column) & (own[i] != page[i]);
            let grey = (hue[i] & colours == 0) & (pale[i] != 0);
            seen.free[i] = alone & !grey & (edge[i] != 0);
            seen.faint[i] = alone & (faint[i] == 0);
        }
        seen
    }
}

/// The largest difference in a channel.
fn difference(a: [u8; 3], b: [u8; 3]) -> u8 {
    a[0].abs_diff(b[0])
        .max(a[1].abs_diff(b[1]))
        .max(a[2].abs_diff(b[2]))
}

/// How far two colours are apart in lightness, (2 red + 5 green + blue) / 8, and in hue, the larger difference of red less green
/// and blue less green.
fn apart(a: [u8; 3], b: [u8; 3]) -> (i32, i32) {
    let [red, green, blue] = [0, 1, 2].map(|channel| i32::from(a[channel]) - i32::from(b[channel]));
    let light = ((2 * red + 5 * green + blue).abs() + 7) / 8;
    (light, (red - green).abs().max((blue - green).abs()))
}

/// The shades that stand for others: of those at edges the commonest first, all that are not near one that is taken.
fn shades(colours: &[[u8; 3]], at_edges: &[u64; 256]) -> Vec<usize> {
    let mut common: Vec<usize> = (0..colours.len())
        .filter(|&index| at_edges[index] > 0)
        .collect();
    common.sort_by_key(|&index| (Reverse(at_edges[index]), index));
    let mut taken: Vec<usize> = Vec::new();
    for index in common {
        let near = |&other: &usize| {
            let (light, hue) = apart(colours[index], colours[other]);
            light <= APART && hue <= APART
        };
        if !taken.iter().any(near) {
            taken.push(index);
        }
    }
    taken
}

/// The shades that may stand for a colour, and at what cost; itself if there is none.
fn stand_ins(shades: &[usize], colours: &[[u8; 3]], index: usize) -> Vec<(u8, u8)> {
    let colour = colours[index];
    let mut near: Vec<(i32, usize)> = shades
        .iter()
        .filter(|&&shade| {
            let (light, hue) = apart(colours[shade], colour);
            light <= LIGHT && hue <= HUE && difference(colours[shade], colour) <= REACH
        })
        .map(|&shade| (distance(colours[shade], colour), shade))
        .collect();
    if near.is_empty() {
        near.push((0, index));
    }
    near.sort_unstable();
    near.truncate(STAND_INS);
    near.into_iter()
        // At most 9 times the square of the reach.
        .map(|(distance, shade)| (shade as u8, (f64::from(distance) / 9.0).sqrt() as u8))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: [u8; 3] = [255; 3];

    /// What of a picture is free, and its indices as they are in a palette of its own.
    fn loosened(frame: Frame) -> (Loosened, Vec<u8>, Palette) {
        let frames = [frame];
        let palette = Palette::from_frames(&frames);
        let indices = palette.indices(&frames[0]);
        let loosened = Leeway::new(&frames, &palette).loosen(&frames[0], &indices);
        (loosened, indices, palette)
    }

    /// A row of pixels in a page, and which of them are free.
    fn free(row: &[[u8; 3]]) -> Vec<bool> {
        let width = row.len() as u32 + 6;
        let mut frame = Frame::filled(width, 7, PAGE);
        for (x, &colour) in (3..).zip(row) {
            frame.set_pixel(x, 3, colour);
        }
        let (loosened, ..) = loosened(frame);
        let start = 3 * width as usize + 3;
        loosened.free[start..start + row.len()].to_vec()
    }

    #[test]
    fn edges_are_free_greys_the_page_and_ramps_are_not() {
        let shade = [190, 220, 230];
        assert_eq!(free(&[shade]), [true]);
        assert_eq!(free(&[[190, 191, 192]]), [false]); // grey
        assert_eq!(free(&[shade, PAGE, shade]), [true, false, true]);
        // Two of one colour are not an area in one row, and one step of a ramp is not an edge.
        assert_eq!(free(&[shade, shade]), [true, true]);
        let mut ramp = Frame::filled(40, 40, PAGE);
        for y in 0..40 {
            for x in 0..40 {
                ramp.set_pixel(x, y, [5 * x as u8, 200 - 5 * y as u8, 90]);
            }
        }
        let (loosened, ..) = loosened(ramp);
        assert!(loosened.free.iter().all(|&free| !free));
    }

    /// What is said of free pixels at the top of this file, pixel by pixel.
    fn is_free(frame: &Frame, [x, y]: [u32; 2]) -> bool {
        let own = frame.pixel(x, y);
        let [left, right] = [x - 1, x + 1].map(|x| frame.pixel(x, y));
        let [above, below] = [y - 1, y + 1].map(|y| frame.pixel(x, y));
        let area = (own == left || own == right) && (own == above || own == below);
        let grey = own[0].abs_diff(own[1]) <= GREY && own[1].abs_diff(own[2]) <= GREY;
        let pale = difference(own, PAGE) <= PALE;
        let beside = [left, right, above, below];
        let edge = beside.iter().any(|&other| difference(own, other) >= EDGE);
        own != PAGE && !area && (pale || !grey) && edge
    }

    proptest::proptest! {
        #[test]
        fn blocks_of_pixels_are_free_as_each_pixel_is(
            width in 5u32..70,
            pixels in proptest::collection::vec((0u8..4, 0u8..3, 0u8..9), 70 * 9),
        ) {
            let mut frame = Frame::filled(width, 9, PAGE);
            for (at, &(kind, base, step)) in (0..width * 9).zip(&pixels) {
                let shade = 80 * base + 3 * step;
                let colour = match kind {
                    0 => PAGE,
                    1 => [shade, shade.saturating_add(step), shade],
                    2 => [shade, 80, 255 - shade],
                    _ => [240 + step, 240 + step, 240],
                };
                frame.set_pixel(at % width, at / width, colour);
            }
            let leeway = Leeway {
                page: PAGE,
                page_index: 0,
                faint: vec![false; 256],
                costs: Costs::exact(),
            };
            let free = leeway.loosen(&frame, &vec![0; (width * 9) as usize]).free;
            for (at, free) in (0..width * 9).zip(free) {
                let [x, y] = [at % width, at / width];
                let inside = (2..width - 2).contains(&x) && (2..7).contains(&y);
                proptest::prop_assert_eq!(free, inside && is_free(&frame, [x, y]), "({}, {})", x, y);
            }
        }
    }

    #[test]
    fn areas_are_exact_to_their_rim() {
        let mut frame = Frame::filled(20, 20, PAGE);
        for y in 5..15 {
            for x in 5..15 {
                frame.set_pixel(x, y, [246, 187, 176]);
            }
        }
        let (loosened, ..) = loosened(frame);
        assert!(loosened.free.iter().all(|&free| !free));
    }

    #[test]
    fn faint_traces_go_where_they_are_thin() {
        let faint = [247, 249, 250];
        let mut frame = Frame::filled(20, 20, PAGE);
        for x in 0..20 {
            frame.set_pixel(x, 4, faint);
            for y in 10..16 {
                frame.set_pixel(x, y, faint);
            }
        }
        let (loosened, indices, palette) = loosened(frame);
        // A line is in the page's colour but at the margin, an area as it was.
        let page = palette.index_of(PAGE);
        let row = |y: usize| &loosened.indices[20 * y + 2..20 * y + 18];
        assert!(row(4).iter().all(|&index| index == page));
        assert_eq!(row(12), &indices[20 * 12 + 2..20 * 12 + 18]);
    }

    #[test]
    fn stand_ins_are_near() {
        let mut frame = Frame::filled(300, 40, PAGE);
        for x in 4..296u32 {
            let colour = [
                (x * 7 % 256) as u8,
                (x * x % 251) as u8,
                (x * 31 % 256) as u8,
            ];
            frame.set_pixel(x, 8 + x % 20, colour);
        }
        let frames = [frame];
        let palette = Palette::from_frames(&frames);
        let leeway = Leeway::new(&frames, &palette);
        let colours = palette.colours();
        let mut more_than_one = 0;
        for (index, &colour) in colours.iter().enumerate() {
            let allowed: Vec<[u8; 3]> = (0..colours.len())
                .filter(|&shown| leeway.costs.allows(index as u8, shown as u8))
                .map(|shown| colours[shown])
                .collect();
            assert!(!allowed.is_empty());
            more_than_one += usize::from(allowed.len() > 1);
            for shown in allowed {
                let off = [0, 1, 2].map(|c| f64::from(colour[c]) - f64::from(shown[c]));
                assert!(off.iter().all(|off| off.abs() <= 30.0));
                assert!((0.25 * off[0] + 0.625 * off[1] + 0.125 * off[2]).abs() <= 20.0);
                assert!((off[0] - off[1]).abs() <= 16.0 && (off[2] - off[1]).abs() <= 16.0);
            }
        }
        assert!(more_than_one > 20, "{more_than_one}");
    }
}
