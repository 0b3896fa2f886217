//! Where the state dict is in what `torch.save` wrote.
//!
//! The whole file may be one. Or it is a checkpoint, a dictionary that has the state dict under one of a few usual names
//! beside the optimiser's state, the epoch and whatever else its author wished to keep.

use std::collections::BTreeSet;

use super::pickle::{Handle, Node, Pickle};
use super::tensor::Tensor;

/// The keys under which checkpoints keep the network; the first that is there counts.
const USUAL: [&str; 9] = [
    "state_dict",
    "model_state_dict",
    "model_state",
    "model",
    "net",
    "network",
    "module",
    "weights",
    "params",
];

/// How deep a state dict may lie.
const DEEPEST: usize = 4;

/// A longer name is not a parameter's.
const LONGEST_NAME: usize = 500;

/// The tensors of a pickle's state dict by name, in its order.
///
/// # Errors
/// Where there is none, with the keys that there are.
pub(super) fn find(pickle: &Pickle) -> Result<Vec<(String, &Tensor)>, String> {
    if let Some(class) = pickle.class(pickle.root) {
        return Err(whole_object("it", class));
    }
    let found = match pickle.node(pickle.root) {
        Node::Dict(_) => search(pickle, pickle.root, 0, &mut BTreeSet::new())?,
        Node::List(_) | Node::Tuple(_) => {
            return Err("it holds a list, whose entries have no names".to_owned());
        }
        Node::Tensor(_) => return Err("it holds a single tensor without a name".to_owned()),
        _ => return Err("it holds no dictionary".to_owned()),
    };
    let mut names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(format!("{:?} is there twice", twice[0]));
    }
    if names.is_empty() {
        let keys = keys(pickle, pickle.root);
        return Err(match keys.is_empty() {
            true => "its dictionary is empty".to_owned(),
            false => format!("none of its keys holds tensors: {keys}"),
        });
    }
    Ok(found)
}

/// The tensors in a dictionary; none where it holds none, or was `seen` before.
fn search<'a>(
    pickle: &'a Pickle,
    dictionary: Handle,
    depth: usize,
    seen: &mut BTreeSet<Handle>,
) -> Result<Vec<(String, &'a Tensor)>, String> {
    let (Node::Dict(entries), true) = (pickle.node(dictionary), seen.insert(dictionary)) else {
        return Ok(Vec::new());
    };
    let named = || {
        entries
            .iter()
            .filter_map(|&(key, value)| match pickle.node(key) {
                Node::Text(name) if name.len() <= LONGEST_NAME => Some((name, value)),
                _ => None,
            })
    };
    if depth < DEEPEST {
        for usual in USUAL {
            for (_, value) in named().filter(|(name, _)| *name == usual) {
                if let Some(class) = pickle.class(value) {
                    return Err(whole_object(&format!("{usual:?}"), class));
                }
                let inside = search(pickle, value, depth + 1, seen)?;
                if !inside.is_empty() {
                    return Ok(inside);
                }
            }
        }
    }
    let tensors: Vec<(String, &Tensor)> = named()
        .filter_map(|(name, value)| match pickle.node(value) {
            Node::Tensor(tensor) => Some((name.clone(), &**tensor)),
            _ => None,
        })
        .collect();
    // A lone tensor beside other dictionaries is a loss or a generator's state, not a parameter.
    let is_state_dict = tensors.iter().any(|(name, _)| is_parameter(name));
    if is_state_dict || depth == DEEPEST {
        for (name, value) in named() {
            if let Some(class) = pickle.class(value) {
                return Err(format!("{name:?} is not a tensor but an object of {class}"));
            }
        }
        return Ok(tensors);
    }
    // Several modules side by side, each with a state dict of its own.
    let mut parts = Vec::new();
    for (name, value) in named().filter(|(name, _)| !name.contains("optim")) {
        let inside = search(pickle, value, depth + 1, seen)?;
        if !inside.is_empty() {
            parts.push((name, inside));
        }
    }
    match (parts.len(), tensors.is_empty()) {
        (0, false) => Ok(tensors),
        (1, _) => Ok(parts.remove(0).1),
        _ => Ok(parts
            .into_iter()
            .flat_map(|(part, inside)| {
                let named = inside.into_iter();
                named.map(move |(name, tensor)| (format!("{part}.{name}"), tensor))
            })
            .collect()),
    }
}

/// Whether the machine that wrote an old file says of itself that it is big-endian.
pub(super) fn is_big_endian(machine: &Pickle) -> bool {
    let Node::Dict(entries) = machine.node(machine.root) else {
        return false;
    };
    entries.iter().any(|&(key, value)| {
        matches!(machine.node(key), Node::Text(key) if key == "little_endian")
            && machine.is_false(value)
    })
}

/// Whether a name is one that PyTorch's modules give their parameters.
fn is_parameter(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    last.contains("weight") || last.contains("bias") || name.contains("parametrizations.")
}

fn whole_object(place: &str, class: &str) -> String {
    format!("{place} is an object of {class}, a whole module rather than its state dict")
}

/// A dictionary's keys for a message.
fn keys(pickle: &Pickle, dictionary: Handle) -> String {
    const SHOWN: usize = 8;
    let Node::Dict(entries) = pickle.node(dictionary) else {
        return String::new();
    };
    let shown = entries.iter().take(SHOWN);
    let mut shown: Vec<String> = shown
        .map(|&(key, _)| match pickle.node(key) {
            Node::Text(name) => name
                .chars()
                .take(60)
                .collect::<String>()
                .escape_debug()
                .to_string(),
            Node::Int(number) => number.to_string(),
            _ => "?".to_owned(),
        })
        .collect();
    if entries.len() > SHOWN {
        shown.push("...".to_owned());
    }
    shown.join(", ")
}
