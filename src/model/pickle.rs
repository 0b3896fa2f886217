//! The part of Python's pickle format in which PyTorch writes a state dict, read as data.
//!
//! A pickle is a program for a small stack machine, and Python's reader lets it call whatever it names. This one knows the
//! opcodes that `torch.save(model.state_dict(), ...)` writes (protocol 2) and the few names in it. Anything else is
//! refused by name; nothing is ever called.

use std::collections::BTreeMap;

/// A tensor in a state dict: a view of a storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tensor {
    pub(super) storage: Storage,
    /// Where it begins in the storage, in numbers.
    pub(super) offset: usize,
    pub(super) shape: Vec<usize>,
    /// How far apart neighbours along each axis are, in numbers.
    pub(super) strides: Vec<usize>,
}

/// Numbers in a file of their own, beside the pickle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Storage {
    /// The file's name in the folder `data`; digits only.
    pub(super) key: String,
    pub(super) kind: Number,
    pub(super) count: usize,
}

/// What a storage holds, little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    F32,
    F64,
    /// Batch norm counts its batches with it.
    I64,
}

/// Reads a state dict: its tensors by name.
///
/// # Errors
/// Where the pickle is cut, or holds anything but a dictionary of tensors.
pub(super) fn state_dict(pickle: &[u8]) -> Result<BTreeMap<String, Tensor>, String> {
    let mut machine = Machine {
        rest: pickle,
        ..Machine::default()
    };
    loop {
        let at = pickle.len() - machine.rest.len();
        let done = machine.step();
        match done.map_err(|problem| format!("{problem} (byte {at} of data.pkl)"))? {
            Some(result) => return machine.tensors(result),
            None => continue,
        }
    }
}

/// A value on the stack is the number of its node, so that what is used twice is the same thing, as in Python.
type Handle = usize;

enum Node {
    None,
    Bool,
    Int(i64),
    Text(String),
    Tuple(Vec<Handle>),
    Dict(Vec<(Handle, Handle)>),
    /// `collections.OrderedDict`, still to be called.
    OrderedDict,
    /// `torch._utils._rebuild_tensor_v2`, still to be called.
    RebuildTensor,
    /// `torch.FloatStorage` and its like.
    StorageType(Number),
    Storage(Storage),
    Tensor(Tensor),
}

#[derive(Default)]
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
            0x80 => match self.take()? {
                [2] => {}
                [protocol] => {
                    return Err(format!(
                        "it is of pickle protocol {protocol}; PyTorch's default is 2"
                    ));
                }
            },
            b'.' => return self.pop().map(Some),
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.push(global(&module, &name)?);
            }
            b'(' => self.marks.push(self.stack.len()),
            b')' => self.push(Node::Tuple(Vec::new())),
            b't' => {
                let items = self.pop_to_mark()?;
                self.push(Node::Tuple(items));
            }
            0x85..=0x87 => {
                let count = usize::from(opcode - 0x84);
                let mut items = (0..count)
                    .map(|_| self.pop())
                    .collect::<Result<Vec<_>, _>>()?;
                items.reverse();
                self.push(Node::Tuple(items));
            }
            b'X' => {
                let length = u32::from_le_bytes(self.take()?) as usize;
                let text = self.bytes(length)?;
                let text = str::from_utf8(text).map_err(|_| "a text is not UTF-8".to_owned())?;
                let text = text.to_owned();
                self.push(Node::Text(text));
            }
            b'J' => {
                let number = i32::from_le_bytes(self.take()?);
                self.push(Node::Int(number.into()));
            }
            b'K' => {
                let [number] = self.take()?;
                self.push(Node::Int(number.into()));
            }
            b'M' => {
                let number = u16::from_le_bytes(self.take()?);
                self.push(Node::Int(number.into()));
            }
            0x8a => self.long()?,
            b'N' => self.push(Node::None),
            0x88 | 0x89 => self.push(Node::Bool),
            b'}' => self.push(Node::Dict(Vec::new())),
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.set(&[key, value])?;
            }
            b'u' => {
                let items = self.pop_to_mark()?;
                self.set(&items)?;
            }
            b'q' => {
                let [place] = self.take()?;
                self.remember(place.into())?;
            }
            b'r' => {
                let place = u32::from_le_bytes(self.take()?);
                self.remember(place)?;
            }
            b'h' => {
                let [place] = self.take()?;
                self.recall(place.into())?;
            }
            b'j' => {
                let place = u32::from_le_bytes(self.take()?);
                self.recall(place)?;
            }
            b'Q' => {
                let id = self.pop()?;
                let storage = self.storage(id)?;
                self.push(Node::Storage(storage));
            }
            b'R' => {
                let (arguments, function) = (self.pop()?, self.pop()?);
                let result = self.call(function, arguments)?;
                self.push(result);
            }
            b'b' => {
                // The attributes of a dictionary: the modules' versions, which nothing here depends on.
                let (_attributes, object) = (self.pop()?, self.pop()?);
                if !matches!(self.nodes[object], Node::Dict(_)) {
                    return Err("it sets attributes of what is no dictionary".to_owned());
                }
                self.stack.push(object);
            }
            other => {
                return Err(format!(
                    "the opcode {other:#04x} is not part of a state dict"
                ));
            }
        }
        Ok(None)
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

    /// The text up to the end of the line.
    fn line(&mut self) -> Result<String, String> {
        let end = self.rest.iter().position(|&byte| byte == b'\n');
        let line = self.bytes(end.ok_or("it is cut off")?)?;
        let line = String::from_utf8_lossy(line).escape_debug().to_string();
        let [_newline] = self.take()?;
        Ok(line)
    }

    /// An integer of up to 8 bytes.
    fn long(&mut self) -> Result<(), String> {
        let [length] = self.take()?;
        let digits = self.bytes(length.into())?;
        let negative = digits.last().is_some_and(|byte| byte & 0x80 != 0);
        let mut whole = [if negative { 0xff } else { 0 }; 8];
        let place = whole
            .get_mut(..digits.len())
            .ok_or("a number is too large")?;
        place.copy_from_slice(digits);
        self.push(Node::Int(i64::from_le_bytes(whole)));
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
        top.ok_or_else(|| "it takes more values than there are".to_owned())
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Handle>, String> {
        let mark = self.marks.pop().ok_or("a mark is missing")?;
        Ok(self.stack.split_off(mark))
    }

    /// Puts keys and values, one after the other, into the dictionary on top.
    fn set(&mut self, items: &[Handle]) -> Result<(), String> {
        let top = self.pop()?;
        self.stack.push(top);
        let Node::Dict(entries) = &mut self.nodes[top] else {
            return Err("it adds items to what is no dictionary".to_owned());
        };
        let (pairs, odd) = items.as_chunks();
        if !odd.is_empty() {
            return Err("a key has no value".to_owned());
        }
        entries.extend(pairs.iter().map(|&[key, value]| (key, value)));
        Ok(())
    }

    fn remember(&mut self, place: u32) -> Result<(), String> {
        let top = self.pop()?;
        self.stack.push(top);
        self.memo.insert(place, top);
        Ok(())
    }

    fn recall(&mut self, place: u32) -> Result<(), String> {
        let remembered = self.memo.get(&place);
        self.stack
            .push(*remembered.ok_or("it recalls what was never there")?);
        Ok(())
    }

    fn tuple(&self, handle: Handle) -> Result<&[Handle], String> {
        match &self.nodes[handle] {
            Node::Tuple(items) => Ok(items),
            _ => Err("a tuple is expected".to_owned()),
        }
    }

    fn size(&self, handle: Handle) -> Result<usize, String> {
        match self.nodes[handle] {
            Node::Int(number) => {
                usize::try_from(number).map_err(|_| format!("a size can't be {number}"))
            }
            _ => Err("a size is expected".to_owned()),
        }
    }

    fn sizes(&self, handle: Handle) -> Result<Vec<usize>, String> {
        let items = self.tuple(handle)?.iter();
        items.map(|&item| self.size(item)).collect()
    }

    /// `('storage', torch.FloatStorage, '0', 'cpu', 300)`.
    fn storage(&self, id: Handle) -> Result<Storage, String> {
        let &[tag, kind, key, _device, count] = self.tuple(id)? else {
            return Err("a storage is described by five values".to_owned());
        };
        match (&self.nodes[tag], &self.nodes[kind], &self.nodes[key]) {
            (Node::Text(tag), Node::StorageType(kind), Node::Text(key))
                if tag == "storage"
                    && !key.is_empty()
                    && key.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                Ok(Storage {
                    key: key.clone(),
                    kind: *kind,
                    count: self.size(count)?,
                })
            }
            _ => Err("this is no storage".to_owned()),
        }
    }

    fn call(&self, function: Handle, arguments: Handle) -> Result<Node, String> {
        let arguments = self.tuple(arguments)?;
        match (&self.nodes[function], arguments) {
            (Node::OrderedDict, []) => Ok(Node::Dict(Vec::new())),
            (Node::RebuildTensor, &[storage, offset, shape, strides, _gradient, _hooks]) => {
                let Node::Storage(storage) = &self.nodes[storage] else {
                    return Err("a tensor has no storage".to_owned());
                };
                Ok(Node::Tensor(Tensor {
                    storage: storage.clone(),
                    offset: self.size(offset)?,
                    shape: self.sizes(shape)?,
                    strides: self.sizes(strides)?,
                }))
            }
            (Node::OrderedDict | Node::RebuildTensor, _) => {
                Err("a call has unexpected arguments".to_owned())
            }
            _ => Err("it calls what is no function".to_owned()),
        }
    }

    /// The state dict that the machine has left.
    fn tensors(self, result: Handle) -> Result<BTreeMap<String, Tensor>, String> {
        let Node::Dict(entries) = &self.nodes[result] else {
            return Err("it holds no dictionary".to_owned());
        };
        let mut tensors = BTreeMap::new();
        for &(key, value) in entries {
            let Node::Text(name) = &self.nodes[key] else {
                return Err("a key is no text".to_owned());
            };
            let Node::Tensor(tensor) = &self.nodes[value] else {
                return Err(format!("{name:?} is no tensor"));
            };
            if tensors.insert(name.clone(), tensor.clone()).is_some() {
                return Err(format!("{name:?} is there twice"));
            }
        }
        Ok(tensors)
    }
}

/// What a name stands for, if a state dict has use for it.
fn global(module: &str, name: &str) -> Result<Node, String> {
    match (module, name) {
        ("collections", "OrderedDict") => Ok(Node::OrderedDict),
        ("torch._utils", "_rebuild_tensor_v2") => Ok(Node::RebuildTensor),
        ("torch", "FloatStorage") => Ok(Node::StorageType(Number::F32)),
        ("torch", "DoubleStorage") => Ok(Node::StorageType(Number::F64)),
        ("torch", "LongStorage") => Ok(Node::StorageType(Number::I64)),
        ("torch", storage) if storage.ends_with("Storage") => Err(format!(
            "it holds a torch.{storage}, not numbers of 32 or 64 bits"
        )),
        _ => Err(format!(
            "it asks for {module}.{name}, which is not part of a state dict"
        )),
    }
}
