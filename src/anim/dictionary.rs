//! The strings that LZW's codes stand for.

use super::costs::Costs;

/// The most codes there are: twelve bits.
pub(super) const MOST: u16 = 1 << 12;

/// As many places as keep most strings where they are looked for first: four times the codes there are.
const PLACES: usize = 1 << PLACE_BITS;
const PLACE_BITS: u32 = 14;

/// A string that a code stands for: another one and a symbol.
#[derive(Clone, Copy, Default)]
pub(super) struct Node {
    /// Of the strings that go on from it with a colour that may stand for one, the last that was added; and which was added to
    /// the same string before this one. 0 is none.
    pub(super) youngest: u16,
    pub(super) elder: u16,
    /// How long it is if it is one symbol over and over; else 0.
    run: u16,
    pub(super) first: u8,
    pub(super) last: u8,
}

/// The strings that codes stand for, as a tree. Its memory serves frame after frame.
pub(super) struct Dictionary {
    pub(super) symbols: usize,
    /// By code.
    nodes: Box<[Node; MOST as usize]>,
    /// Which code goes on from a string with a symbol: string, symbol and code in twelve, eight and twelve bits; 0 is none. An entry
    /// stands where its [`place`] says, or in the first place after it that was empty. A table by string and symbol would not fit
    /// into the processor's cache.
    children: Box<[u32; PLACES]>,
    /// For each symbol the strings of it over and over, by their length from 1 on.
    runs: Vec<Vec<u16>>,
}

impl Dictionary {
    /// An empty dictionary over symbols of `bits` bits.
    pub(super) fn new(bits: u32) -> Self {
        let symbols = 1 << bits;
        let mut nodes = Box::new([Node::default(); MOST as usize]);
        for (code, node) in nodes.iter_mut().enumerate().take(symbols) {
            (node.first, node.last, node.run) = (code as u8, code as u8, 1);
        }
        Self {
            symbols,
            nodes,
            children: Box::new([0; PLACES]),
            runs: (0..symbols as u16).map(|symbol| vec![symbol]).collect(),
        }
    }

    pub(super) fn clear(&mut self) {
        self.children.fill(0);
        for node in self.nodes.iter_mut() {
            node.youngest = 0;
        }
        for runs in &mut self.runs {
            runs.truncate(1);
        }
    }

    /// The longest string that is the first of these symbols over and over, as they are, up to the first that is `free`.
    pub(super) fn longest_run(&self, symbols: &[u8], free: &[bool]) -> (u16, usize) {
        let (first, runs) = (symbols[0], &self.runs[usize::from(symbols[0])]);
        let most = runs.len().min(symbols.len());
        let (symbols, free) = (&symbols[..most], &free[..most]);
        // Eight at a time: the bytes that differ, or are free, are not 0.
        let eights = symbols.as_chunks().0.iter().zip(free.as_chunks().0);
        let differences = eights.map(|(symbols, free)| {
            let differ = u64::from_le_bytes(*symbols) ^ u64::from_le_bytes([first; 8]);
            differ | u64::from_le_bytes(free.map(u8::from))
        });
        let mut length = 0;
        for differ in differences {
            length += differ.trailing_zeros() as usize / 8;
            if differ != 0 {
                break;
            }
        }
        let rest = symbols.iter().zip(free).skip(length);
        length += rest
            .take_while(|&(&symbol, &free)| symbol == first && !free)
            .count();
        (runs[length.max(1) - 1], length.max(1))
    }

    /// Codes are below [`MOST`]; that the remainder says so spares a check at each step of the search.
    pub(super) fn node(&self, string: u16) -> &Node {
        &self.nodes[usize::from(string % MOST)]
    }

    fn node_mut(&mut self, string: u16) -> &mut Node {
        &mut self.nodes[usize::from(string % MOST)]
    }

    pub(super) fn first(&self, string: u16) -> u8 {
        self.node(string).first
    }

    /// The string that goes on from `string` with `symbol`; 0 is none.
    #[inline]
    pub(super) fn child(&self, string: u16, symbol: u8) -> u16 {
        let key = key(string, symbol);
        let mut at = place(key);
        loop {
            let entry = self.children[at % PLACES];
            if entry == 0 || entry >> 12 == key {
                return entry as u16 % MOST;
            }
            at += 1;
        }
    }

    /// Has `code` stand for `string` and `symbol`, unless a code does.
    pub(super) fn add(&mut self, string: u16, symbol: u8, code: u16, costs: &Costs) {
        let key = key(string, symbol);
        let mut at = place(key);
        while self.children[at % PLACES] != 0 {
            if self.children[at % PLACES] >> 12 == key {
                return;
            }
            at += 1;
        }
        self.children[at % PLACES] = key << 12 | u32::from(code);
        let parent = self.node_mut(string);
        let elder = parent.youngest;
        if costs.serves(symbol) {
            parent.youngest = code;
        }
        let goes_on = parent.run > 0 && parent.last == symbol;
        *self.node_mut(code) = Node {
            youngest: 0,
            elder,
            run: if goes_on { parent.run + 1 } else { 0 },
            first: parent.first,
            last: symbol,
        };
        if goes_on {
            self.runs[usize::from(symbol)].push(code);
        }
    }
}

fn key(string: u16, symbol: u8) -> u32 {
    u32::from(string) << 8 | u32::from(symbol)
}

/// Where a key is looked for first: 2^32 divided by the golden ratio spreads what lies side by side (Knuth, *The Art of Computer
/// Programming*, volume 3, section 6.4).
fn place(key: u32) -> usize {
    (key.wrapping_mul(0x9e37_79b9) >> (u32::BITS - PLACE_BITS)) as usize
}
