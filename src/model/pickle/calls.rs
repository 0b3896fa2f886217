//! What the names and calls in a pickle stand for: storages, tensors, dictionaries, and things that stay a name.

use super::{Handle, Machine, Node, OTHER};
use crate::model::tensor::{Number, Storage, Tensor};

/// The longest list of values that becomes a shape.
const MOST_AXES: usize = 32;

/// The longest name of a function or a class.
const LONGEST_NAME: usize = 500;

impl Machine<'_> {
    pub(super) fn stacked_global(&mut self) -> Result<(), String> {
        let (name, module) = (self.pop()?, self.pop()?);
        match (&self.nodes[module], &self.nodes[name]) {
            (Node::Text(module), Node::Text(name)) => {
                let (module, name) = (module.clone(), name.clone());
                self.global(&module, &name)
            }
            _ => Err("it is damaged: a name is not text".to_owned()),
        }
    }

    pub(super) fn global(&mut self, module: &str, name: &str) -> Result<(), String> {
        if module.len() + name.len() > LONGEST_NAME {
            return Err("it is damaged: a name is too long".to_owned());
        }
        let whole = format!("{module}.{name}").escape_debug().to_string();
        if could_run_something(module, name) {
            return Err(format!(
                "it asks for {whole}, which is not part of a state dict"
            ));
        }
        self.push(Node::Global(whole));
        Ok(())
    }

    /// What a call of the thing of this name makes, without calling anything.
    pub(super) fn call(&mut self, function: Handle, arguments: Handle) -> Result<(), String> {
        let Node::Global(name) = &self.nodes[function] else {
            self.stack.push(OTHER);
            return Ok(());
        };
        let name = name.clone();
        let Node::Tuple(arguments) = &self.nodes[arguments] else {
            self.push(Node::Object(function));
            return Ok(());
        };
        match (name.as_str(), &arguments[..]) {
            ("collections.OrderedDict", &[]) | ("collections.defaultdict", _) => {
                self.push(Node::Dict(Vec::new()));
            }
            ("collections.OrderedDict", &[pairs]) => {
                let pairs = self.pairs(pairs);
                self.push(Node::Dict(pairs));
            }
            // Parameters, and tensors of other classes, are the tensor in them.
            (
                "torch._utils._rebuild_parameter" | "torch._utils._rebuild_parameter_with_state",
                &[data, ..],
            ) => self.stack.push(data),
            ("torch._tensor._rebuild_from_type_v2", &[function, _class, arguments, ..])
                if self.is_rebuild(function) =>
            {
                self.call(function, arguments)?;
            }
            (
                "torch._utils._rebuild_tensor" | "torch._utils._rebuild_tensor_v2",
                &[storage, offset, shape, strides, ..],
            ) => {
                let tensor = self.tensor([storage, offset, shape, strides], None)?;
                self.push(Node::Tensor(Box::new(tensor)));
            }
            (
                "torch._utils._rebuild_tensor_v3",
                &[storage, offset, shape, strides, _, _, kind, ..],
            ) => {
                let kind = match &self.nodes[kind] {
                    Node::Global(name) => Number::of_type(name),
                    _ => None,
                };
                let kind = kind.unwrap_or(Number::Unknown);
                let tensor = self.tensor([storage, offset, shape, strides], Some(kind))?;
                self.push(Node::Tensor(Box::new(tensor)));
            }
            _ => self.push(Node::Object(function)),
        }
        Ok(())
    }

    /// Whether a function puts a plain tensor together, so that a call inside a call goes no deeper.
    fn is_rebuild(&self, function: Handle) -> bool {
        matches!(&self.nodes[function], Node::Global(name) if name.starts_with("torch._utils._rebuild_tensor"))
    }

    /// Keys and values of a list of pairs.
    fn pairs(&self, list: Handle) -> Vec<(Handle, Handle)> {
        let (Node::List(items) | Node::Tuple(items)) = &self.nodes[list] else {
            return Vec::new();
        };
        let pair = |&item: &Handle| match &self.nodes[item] {
            Node::List(pair) | Node::Tuple(pair) => match pair[..] {
                [key, value] => Some((key, value)),
                _ => None,
            },
            _ => None,
        };
        items.iter().filter_map(pair).collect()
    }

    fn size(&self, handle: Handle) -> Result<usize, String> {
        match self.nodes[handle] {
            Node::Int(number) => {
                usize::try_from(number).map_err(|_| format!("a size can't be {number}"))
            }
            _ => Err("it is damaged: a size is not a number".to_owned()),
        }
    }

    fn sizes(&self, handle: Handle) -> Result<Vec<usize>, String> {
        match &self.nodes[handle] {
            Node::Tuple(items) if items.len() <= MOST_AXES => {
                items.iter().map(|&item| self.size(item)).collect()
            }
            _ => Err("it is damaged: a tensor has no shape".to_owned()),
        }
    }

    fn tensor(&self, parts: [Handle; 4], kind: Option<Number>) -> Result<Tensor, String> {
        let [storage, offset, shape, strides] = parts;
        let Node::Storage(storage) = &self.nodes[storage] else {
            return Err("it is damaged: a tensor has no storage".to_owned());
        };
        let mut storage = storage.clone();
        if let Some(kind) = kind {
            // An untyped storage counts its bytes.
            storage.count /= kind.width();
            storage.kind = kind;
        }
        Ok(Tensor {
            storage,
            offset: self.size(offset)?,
            shape: self.sizes(shape)?,
            strides: self.sizes(strides)?,
        })
    }

    /// `('storage', torch.FloatStorage, '0', 'cpu', 300)`; the older format has one value more.
    pub(super) fn storage(&self, id: Handle) -> Result<Storage, String> {
        let damaged = || "it is damaged: this is not a storage".to_owned();
        let Node::Tuple(items) = &self.nodes[id] else {
            return Err(damaged());
        };
        let (&[tag, kind, key, _device, count] | &[tag, kind, key, _device, count, OTHER]) =
            &items[..]
        else {
            return Err(damaged());
        };
        match (&self.nodes[tag], &self.nodes[kind], &self.nodes[key]) {
            (Node::Text(tag), Node::Global(kind), Node::Text(key))
                if tag == "storage"
                    && (1..=20).contains(&key.len())
                    && key.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                Ok(Storage {
                    key: key.clone(),
                    kind: Number::of_storage(kind),
                    count: self.size(count)?,
                })
            }
            _ => Err(damaged()),
        }
    }
}

/// Whether a name is one of those with which a pickle takes over a machine: no checkpoint has a use for them.
fn could_run_something(module: &str, name: &str) -> bool {
    const MODULES: [&str; 30] = [
        "os",
        "posix",
        "nt",
        "ntpath",
        "posixpath",
        "subprocess",
        "sys",
        "shutil",
        "socket",
        "runpy",
        "importlib",
        "ctypes",
        "_ctypes",
        "pty",
        "commands",
        "webbrowser",
        "code",
        "codeop",
        "pdb",
        "bdb",
        "timeit",
        "cProfile",
        "profile",
        "multiprocessing",
        "threading",
        "asyncio",
        "operator",
        "_operator",
        "pickle",
        "marshal",
    ];
    let root = module.split('.').next().unwrap_or(module);
    match root {
        "builtins" | "__builtin__" => !matches!(
            name,
            "set"
                | "frozenset"
                | "dict"
                | "list"
                | "tuple"
                | "int"
                | "float"
                | "bool"
                | "str"
                | "bytes"
                | "bytearray"
                | "complex"
                | "slice"
                | "range"
                | "object"
        ),
        _ => MODULES.contains(&root),
    }
}
