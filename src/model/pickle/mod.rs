//! Python's pickle format, read as data.
//!
//! A pickle is a program for a small stack machine, and Python's reader lets it call whatever it names. This one knows the
//! machine (protocols 2 to 5) and the handful of functions that put a tensor together. Whatever else a checkpoint
//! holds, such as its arguments, stays a name that is never looked up; a name that could run something is refused.
//! Nothing is ever called.

mod calls;

use std::collections::BTreeMap;

use super::tensor::{Number, Storage, Tensor};

/// A value is the number of its node, so that what is used twice is the same thing, as in Python.
pub(super) type Handle = usize;

/// A value.
pub(super) enum Node {
    /// What no tensor is made of: None, a truth value, a float, bytes, a set, a huge number.
    Other,
    Int(i64),
    Text(String),
    Tuple(Vec<Handle>),
    List(Vec<Handle>),
    Dict(Vec<(Handle, Handle)>),
    /// A name such as `torch._utils._rebuild_tensor_v2`.
    Global(String),
    /// What calling this name would make.
    Object(Handle),
    Storage(Storage),
    Tensor(Box<Tensor>),
}

/// A pickle that has been read.
pub(super) struct Pickle {
    nodes: Vec<Node>,
    /// The value that it holds.
    pub(super) root: Handle,
    /// How many bytes it took.
    pub(super) length: usize,
}

impl Pickle {
    /// Reads the pickle at the beginning of some bytes.
    ///
    /// # Errors
    /// Where it is cut or damaged, or names what could run something.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let mut machine = Machine {
            rest: bytes,
            nodes: vec![Node::Other, Node::Other],
            stack: Vec::new(),
            marks: Vec::new(),
            memo: BTreeMap::new(),
        };
        loop {
            let at = bytes.len() - machine.rest.len();
            let done = machine.step();
            if let Some(root) = done.map_err(|problem| format!("{problem} (at byte {at})"))? {
                return Ok(Self {
                    nodes: machine.nodes,
                    root,
                    length: bytes.len() - machine.rest.len(),
                });
            }
        }
    }

    pub(super) fn node(&self, handle: Handle) -> &Node {
        &self.nodes[handle]
    }

    pub(super) fn is_false(&self, value: Handle) -> bool {
        value == FALSE
    }

    /// What each storage holds, by its key.
    pub(super) fn storages(&self) -> BTreeMap<&str, Number> {
        let storages = self.nodes.iter().filter_map(|node| match node {
            Node::Storage(storage) => Some((storage.key.as_str(), storage.kind)),
            _ => None,
        });
        storages.collect()
    }

    /// The name of what an object is one of.
    pub(super) fn class(&self, object: Handle) -> Option<&str> {
        match self.nodes[object] {
            Node::Object(class) => match &self.nodes[class] {
                Node::Global(name) => Some(name),
                _ => None,
            },
            _ => None,
        }
    }
}

/// None, False, True and the like are this node, which takes no room however often it is used.
const OTHER: Handle = 0;
const FALSE: Handle = 1;

struct Machine<'a> {
    rest: &'a [u8],
    nodes: Vec<Node>,
    stack: Vec<Handle>,
    /// The stack's heights at the marks.
    marks: Vec<usize>,
    memo: BTreeMap<u32, Handle>,
}

impl<'a> Machine<'a> {
    /// One opcode; the result after the last one.
    fn step(&mut self) -> Result<Option<Handle>, String> {
        let [opcode] = self.take()?;
        match opcode {
            b'.' => return self.pop().map(Some),
            0x80 => self.protocol()?,
            // A frame's length: only a hint for whoever reads from a stream.
            0x95 => drop(self.take::<8>()?),
            b'(' => self.marks.push(self.stack.len()),
            b'0' => drop(self.pop()?),
            b'1' => drop(self.pop_to_mark()?),
            b'2' => {
                let top = self.top()?;
                self.stack.push(top);
            }
            b'N' | 0x88 => self.stack.push(OTHER),
            0x89 => self.stack.push(FALSE),
            b'G' => self.skip(8)?,
            b'J' | b'K' | b'M' | 0x8a | 0x8b => self.number(opcode)?,
            b'X' | 0x8c | 0x8d | b'T' | b'U' => self.text(opcode)?,
            b'B' | b'C' | 0x8e | 0x96 => {
                let length = self.length(opcode)?;
                self.skip(length)?;
            }
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.global(&module, &name)?;
            }
            0x93 => self.stacked_global()?,
            b')' => self.push(Node::Tuple(Vec::new())),
            b't' => {
                let items = self.pop_to_mark()?;
                self.push(Node::Tuple(items));
            }
            0x85..=0x87 => self.short_tuple(usize::from(opcode - 0x84))?,
            b']' => self.push(Node::List(Vec::new())),
            b'a' => {
                let item = self.pop()?;
                self.append(vec![item])?;
            }
            b'e' => {
                let items = self.pop_to_mark()?;
                self.append(items)?;
            }
            b'l' => {
                let items = self.pop_to_mark()?;
                self.push(Node::List(items));
            }
            b'}' => self.push(Node::Dict(Vec::new())),
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.set(&[key, value])?;
            }
            b'u' => {
                let items = self.pop_to_mark()?;
                self.set(&items)?;
            }
            // Sets, whose contents no state dict depends on.
            0x8f => self.stack.push(OTHER),
            0x90 => drop(self.pop_to_mark()?),
            0x91 => {
                drop(self.pop_to_mark()?);
                self.stack.push(OTHER);
            }
            b'q' | b'r' | 0x94 => self.remember(opcode)?,
            b'h' | b'j' => self.recall(opcode)?,
            b'Q' => {
                let id = self.pop()?;
                let storage = self.storage(id)?;
                self.push(Node::Storage(storage));
            }
            b'R' | 0x81 => {
                let (arguments, function) = (self.pop()?, self.pop()?);
                self.call(function, arguments)?;
            }
            0x92 => {
                let (_named, arguments, class) = (self.pop()?, self.pop()?, self.pop()?);
                self.call(class, arguments)?;
            }
            // The attributes of an object: the modules' versions in a state dict, which nothing depends on.
            b'b' => {
                self.pop()?;
                self.top()?;
            }
            _ => return Err("it is damaged, or no pickle of protocol 2 to 5".to_owned()),
        }
        Ok(None)
    }

    fn protocol(&mut self) -> Result<(), String> {
        match self.take()? {
            [0..=5] => Ok(()),
            [protocol] => Err(format!(
                "it is of pickle protocol {protocol}, known are 2 to 5"
            )),
        }
    }

    fn bytes(&mut self, length: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or("it is cut off")?;
        self.rest = rest;
        Ok(taken)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or("it is cut off")?;
        self.rest = rest;
        Ok(*taken)
    }

    /// Reads over a value that no tensor is made of.
    fn skip(&mut self, length: usize) -> Result<(), String> {
        self.bytes(length)?;
        self.stack.push(OTHER);
        Ok(())
    }

    /// The text up to the end of the line.
    fn line(&mut self) -> Result<String, String> {
        let end = self.rest.iter().position(|&byte| byte == b'\n');
        let line = self.bytes(end.ok_or("it is cut off")?)?;
        let line = String::from_utf8_lossy(line).into_owned();
        let [_newline] = self.take()?;
        Ok(line)
    }

    /// How many bytes of text or of a number follow.
    fn length(&mut self, opcode: u8) -> Result<usize, String> {
        Ok(match opcode {
            b'C' | b'U' | 0x8a | 0x8c => usize::from(self.take::<1>()?[0]),
            0x8d | 0x8e | 0x96 => {
                usize::try_from(u64::from_le_bytes(self.take()?)).map_err(|_| "it is cut off")?
            }
            _ => u32::from_le_bytes(self.take()?) as usize,
        })
    }

    fn text(&mut self, opcode: u8) -> Result<(), String> {
        let length = self.length(opcode)?;
        // Python 2 wrote names as bytes.
        let text = String::from_utf8_lossy(self.bytes(length)?).into_owned();
        self.push(Node::Text(text));
        Ok(())
    }

    fn number(&mut self, opcode: u8) -> Result<(), String> {
        let number = match opcode {
            b'J' => i32::from_le_bytes(self.take()?).into(),
            b'K' => self.take::<1>()?[0].into(),
            b'M' => u16::from_le_bytes(self.take()?).into(),
            _ => {
                let length = self.length(opcode)?;
                let digits = self.bytes(length)?;
                let negative = digits.last().is_some_and(|byte| byte & 0x80 != 0);
                let mut whole = [if negative { 0xff } else { 0 }; 8];
                let Some(place) = whole.get_mut(..digits.len()) else {
                    self.stack.push(OTHER);
                    return Ok(());
                };
                place.copy_from_slice(digits);
                i64::from_le_bytes(whole)
            }
        };
        self.push(Node::Int(number));
        Ok(())
    }

    fn push(&mut self, node: Node) {
        self.stack.push(self.nodes.len());
        self.nodes.push(node);
    }

    fn pop(&mut self) -> Result<Handle, String> {
        let floor = self.marks.last().copied().unwrap_or(0);
        let top = (self.stack.len() > floor)
            .then(|| self.stack.pop())
            .flatten();
        top.ok_or_else(|| "it is damaged: it takes more values than there are".to_owned())
    }

    fn top(&mut self) -> Result<Handle, String> {
        let top = self.pop()?;
        self.stack.push(top);
        Ok(top)
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Handle>, String> {
        let mark = self.marks.pop().ok_or("it is damaged: a mark is missing")?;
        Ok(self.stack.split_off(mark))
    }

    fn short_tuple(&mut self, count: usize) -> Result<(), String> {
        let items = (0..count).map(|_| self.pop());
        let mut items = items.collect::<Result<Vec<_>, _>>()?;
        items.reverse();
        self.push(Node::Tuple(items));
        Ok(())
    }

    /// Puts values behind those of the list below them; what else is filled in this way is not looked at.
    fn append(&mut self, items: Vec<Handle>) -> Result<(), String> {
        let top = self.top()?;
        if let Node::List(list) = &mut self.nodes[top] {
            list.extend(items);
        }
        Ok(())
    }

    /// Puts keys and values, one after the other, into the dictionary below them.
    fn set(&mut self, items: &[Handle]) -> Result<(), String> {
        let top = self.top()?;
        let (pairs, odd) = items.as_chunks();
        if !odd.is_empty() {
            return Err("it is damaged: a key has no value".to_owned());
        }
        if let Node::Dict(entries) = &mut self.nodes[top] {
            entries.extend(pairs.iter().map(|&[key, value]| (key, value)));
        }
        Ok(())
    }

    fn remember(&mut self, opcode: u8) -> Result<(), String> {
        let place = match opcode {
            b'q' => self.take::<1>()?[0].into(),
            b'r' => u32::from_le_bytes(self.take()?),
            // A pickle has fewer values than bytes, and its length is bounded.
            _ => self.memo.len() as u32,
        };
        let top = self.top()?;
        self.memo.insert(place, top);
        Ok(())
    }

    fn recall(&mut self, opcode: u8) -> Result<(), String> {
        let place = match opcode {
            b'h' => self.take::<1>()?[0].into(),
            _ => u32::from_le_bytes(self.take()?),
        };
        let remembered = self.memo.get(&place);
        let missing = "it is damaged: it recalls what was never there";
        self.stack.push(*remembered.ok_or(missing)?);
        Ok(())
    }
}
