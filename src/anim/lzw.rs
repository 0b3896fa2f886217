//! LZW as GIF has it (GIF89a, appendix F), with leeway: a pixel that may be shown in several colours continues the longest
//! string of the dictionary that any of them allows.
//!
//! The strings are found breadth first: all that match so far, pixel by pixel, until none goes on. Of the longest, the one that
//! is nearest to the picture is taken.

use super::costs::Costs;
use super::dictionary::{Dictionary, MOST, Node};

/// The most strings followed at a time. Where there are more, the oldest of the dictionary are dropped, and of the colours that
/// a search may begin with the farthest.
const FOLLOWED: usize = 8;

/// Codes of growing width, the lowest bit first.
struct Codes {
    bytes: Vec<u8>,
    pending: u32,
    bits: u32,
    width: u32,
}

impl Codes {
    fn push(&mut self, code: u16) {
        self.pending |= u32::from(code) << self.bits;
        self.bits += self.width;
        while self.bits >= 8 {
            self.bytes.push(self.pending as u8);
            self.pending >>= 8;
            self.bits -= 8;
        }
    }

    fn finish(mut self) -> Vec<u8> {
        if self.bits > 0 {
            self.bytes.push(self.pending as u8);
        }
        self.bytes
    }
}

/// Compresses the indices of a frame to its minimum code size and its data. Where a pixel is `free`, a colour may be shown in
/// place of its own that `costs` allows. All indices have the number of bits that `dictionary` was made for.
pub(super) fn encode(
    indices: &[u8],
    free: &[bool],
    costs: &Costs,
    dictionary: &mut Dictionary,
) -> Vec<u8> {
    let symbol_bits = dictionary.symbols.trailing_zeros();
    let clear = dictionary.symbols as u16;
    let mut codes = Codes {
        bytes: vec![symbol_bits as u8],
        pending: 0,
        bits: 0,
        width: symbol_bits + 1,
    };
    codes.push(clear);
    dictionary.clear();
    let mut next = clear + 2;
    let mut before: Option<u16> = None;
    let mut search = Search::default();
    let mut at = 0;
    while at < indices.len() {
        let (mut string, mut length) =
            search.longest(&indices[at..], &free[at..], costs, dictionary);
        let mut first = dictionary.first(string);
        // The reader adds the string before and the first symbol of this one. This one may be that very string.
        if let Some(before) = before {
            let begin = dictionary.first(before);
            let goes_on = |at: usize| match free.get(at) {
                Some(true) => costs.allows(indices[at], begin),
                Some(false) => indices[at] == begin,
                None => false,
            };
            if search.is_among(before) && goes_on(at + length) {
                (string, length, first) = (next, length + 1, begin);
            }
            dictionary.add(before, first, next, costs);
            next += 1;
        }
        codes.push(string);
        if next == 1 << codes.width && codes.width < 12 {
            codes.width += 1;
        }
        at += length;
        before = Some(string);
        if next == MOST && at < indices.len() {
            codes.push(clear);
            codes.width = symbol_bits + 1;
            dictionary.clear();
            next = clear + 2;
            before = None;
        }
    }
    codes.push(clear + 1);
    codes.finish()
}

/// At most [`FOLLOWED`] strings, with what they cost.
#[derive(Clone, Copy, Default)]
struct Followed {
    entries: [(u16, u32); FOLLOWED],
    count: usize,
}

impl Followed {
    fn entries(&self) -> &[(u16, u32)] {
        &self.entries[..self.count]
    }

    /// Adds a string if it `counts`, without a branch, which no processor could foretell. There has to be room.
    #[inline]
    fn push_if(&mut self, counts: bool, string: u16, cost: u32) {
        self.entries[self.count % FOLLOWED] = (string, cost);
        self.count += usize::from(counts);
    }
}

/// The strings that match so far.
#[derive(Default)]
struct Search {
    strings: Followed,
    longer: Followed,
}

impl Search {
    /// The string of the dictionary that goes furthest, and how far.
    fn longest(
        &mut self,
        indices: &[u8],
        free: &[bool],
        costs: &Costs,
        dictionary: &Dictionary,
    ) -> (u16, usize) {
        self.strings.count = 0;
        let mut length = 1;
        if free[0] {
            for &(symbol, cost) in costs.stand_ins[usize::from(indices[0])]
                .iter()
                .take(FOLLOWED)
            {
                self.strings
                    .push_if(true, u16::from(symbol), u32::from(cost));
            }
        } else {
            let (mut string, run) = dictionary.longest_run(indices, free);
            length = run;
            let mut ends = false;
            while !ends && length < indices.len() && !free[length] {
                match dictionary.child(string, indices[length]) {
                    0 => ends = true,
                    child => (string, length) = (child, length + 1),
                }
            }
            self.strings.push_if(true, string, 0);
            if ends {
                return (string, length);
            }
        }
        while length < indices.len() {
            self.longer.count = 0;
            if free[length] {
                self.go_on_near(costs.row(indices[length]), dictionary);
            } else {
                for &(string, cost) in self.strings.entries() {
                    let child = dictionary.child(string, indices[length]);
                    self.longer.push_if(child != 0, child, cost);
                }
            }
            if self.longer.count == 0 {
                break;
            }
            std::mem::swap(&mut self.strings, &mut self.longer);
            length += 1;
        }
        let nearest = self.strings.entries().iter().min_by_key(|&&(_, cost)| cost);
        (nearest.map_or(0, |&(string, _)| string), length)
    }

    /// Whether a string is one of the longest that [`longest`](Self::longest) found.
    fn is_among(&self, string: u16) -> bool {
        let mut strings = self.strings.entries().iter();
        strings.any(|&(other, _)| other == string)
    }

    fn go_on_near(&mut self, row: &[u8; 256], dictionary: &Dictionary) {
        let Self { strings, longer } = self;
        for &(string, cost) in strings.entries() {
            let mut child = dictionary.node(string).youngest;
            while child != 0 {
                let &Node { elder, last, .. } = dictionary.node(child);
                let more = row[usize::from(last)];
                longer.push_if(more != Costs::NEVER, child, cost + u32::from(more));
                if longer.count == FOLLOWED {
                    return;
                }
                child = elder;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What another crate's reader makes of the data, in a picture of one row.
    fn decode(data: &[u8], pixels: usize) -> Vec<u8> {
        let width = pixels as u16;
        let mut encoder = gif::Encoder::new(Vec::new(), width, 1, &[7; 3 * 64]).unwrap();
        let frame = gif::Frame {
            width,
            height: 1,
            buffer: data.into(),
            ..gif::Frame::default()
        };
        encoder.write_lzw_pre_encoded_frame(&frame).unwrap();
        let file = encoder.into_inner().unwrap();
        let mut decoder = gif::Decoder::new(&file[..]).unwrap();
        decoder.read_next_frame().unwrap().unwrap().buffer.to_vec()
    }

    fn neighbours_stand_in(reach: u8) -> Costs {
        let mut costs = Costs::exact();
        for index in 0..64u8 {
            let near: Vec<(u8, u8)> = (index.saturating_sub(reach)..=(index + reach).min(63))
                .map(|other| (other, other.abs_diff(index)))
                .collect();
            costs.set(index, near);
        }
        costs
    }

    /// Rows of waves with some noise; enough of them to fill the dictionary several times.
    fn waves(pixels: usize, seed: u64) -> Vec<u8> {
        let mut state = seed;
        (0..pixels)
            .map(|at| {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1);
                let noise = (state >> 61) as usize;
                (at % 97 / 2 + noise) as u8 % 64
            })
            .collect()
    }

    #[test]
    fn a_full_dictionary_is_cleared_and_leeway_saves() {
        let pixels = waves(60_000, 1);
        let mut dictionary = Dictionary::new(6);
        let (none, all) = (vec![false; pixels.len()], vec![true; pixels.len()]);
        let exact = encode(&pixels, &none, &Costs::exact(), &mut dictionary);
        assert_eq!(decode(&exact, pixels.len()), pixels);
        let near = encode(&pixels, &all, &neighbours_stand_in(4), &mut dictionary);
        let shown = decode(&near, pixels.len());
        assert!(pixels.iter().zip(&shown).all(|(a, b)| a.abs_diff(*b) <= 4));
        assert!(
            near.len() * 10 < exact.len() * 7,
            "{} of {} bytes",
            near.len(),
            exact.len()
        );
    }

    proptest! {
        #[test]
        fn what_is_read_is_the_pixel_or_allowed(
            pixels in prop_oneof![
                prop::collection::vec(0u8..64, 1..400),
                prop::collection::vec(30u8..33, 1..3000),
                (1usize..20_000, any::<u64>()).prop_map(|(n, seed)| waves(n, seed)),
            ],
            period in 1usize..9,
            reach in 0u8..6,
        ) {
            let costs = neighbours_stand_in(reach);
            let free: Vec<bool> = (0..pixels.len()).map(|at| at % period == 0).collect();
            let shown = decode(&encode(&pixels, &free, &costs, &mut Dictionary::new(6)), pixels.len());
            for ((&pixel, &shown), &free) in pixels.iter().zip(&shown).zip(&free) {
                let right = pixel == shown || free && costs.allows(pixel, shown);
                prop_assert!(right, "{pixel} is shown as {shown}");
            }
        }
    }
}
