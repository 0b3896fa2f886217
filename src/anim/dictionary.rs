//! The strings that LZW's codes stand for.

use super::costs::Costs;

/// The most codes there are: twelve bits.
pub(super) const MOST: u16 = 1 << 12;

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
    /// The string that goes on with a symbol, for each symbol and string (most steps are along runs); 0 is none.
    child: Vec<u16>,
    /// The places in `child` that are filled.
    filled: Vec<usize>,
    /// For each symbol the strings of it over and over, by their length from 1 on.
    runs: Vec<Vec<u16>>,
}

impl Dictionary {
    /// An empty dictionary over symbols of `bits` bits.
    pub(super) fn new(bits: u32) -> Self {
        let (symbols, most) = (1 << bits, usize::from(MOST));
        let mut nodes = Box::new([Node::default(); MOST as usize]);
        for (code, node) in nodes.iter_mut().enumerate().take(symbols) {
            (node.first, node.last, node.run) = (code as u8, code as u8, 1);
        }
        Self {
            symbols,
            nodes,
            child: vec![0; most * symbols],
            filled: Vec::with_capacity(most),
            runs: (0..symbols as u16).map(|symbol| vec![symbol]).collect(),
        }
    }

    pub(super) fn clear(&mut self) {
        for place in self.filled.drain(..) {
            self.child[place] = 0;
        }
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
        let pairs = symbols.iter().zip(free).take(runs.len());
        let length = pairs
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

    pub(super) fn child(&self, string: u16, symbol: u8) -> u16 {
        self.child[usize::from(symbol) * usize::from(MOST) + usize::from(string)]
    }

    /// Has `code` stand for `string` and `symbol`, unless a code does.
    pub(super) fn add(&mut self, string: u16, symbol: u8, code: u16, costs: &Costs) -> bool {
        let place = usize::from(symbol) * usize::from(MOST) + usize::from(string);
        if self.child[place] != 0 {
            return false;
        }
        self.child[place] = code;
        self.filled.push(place);
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
        true
    }

    /// Takes back the latest addition, `code`, which was to `string`.
    pub(super) fn take_back(&mut self, string: u16, code: u16) {
        if let Some(place) = self.filled.pop() {
            self.child[place] = 0;
            let Node {
                elder, run, last, ..
            } = *self.node(code);
            if run > 0 {
                self.runs[usize::from(last)].pop();
            }
            self.node_mut(string).youngest = elder;
        }
    }
}
