//! Which module of a file is which of a network's, and where its batch norms stand.
//!
//! Names say it where they are the network's own, or differ in their numbers alone. Otherwise a `.pt` file's order
//! counts, which is the order in which the modules were made. A `.safetensors` file is sorted by name, which says nothing;
//! there the shapes have to leave only one order.

use std::collections::BTreeMap;

use super::state::{Module, key};

/// A module that a network has.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Expected {
    /// Its name here.
    pub(super) name: String,
    /// The shape of `weight`: two axes of a linear map, one of a batch norm.
    pub(super) shape: Vec<usize>,
    /// Whether there is a bias.
    pub(super) bias: bool,
    /// Whether the layer applies an activation to what this module, a batch norm, is to see.
    pub(super) bent: bool,
}

impl Expected {
    pub(super) fn is_norm(&self) -> bool {
        self.shape.len() == 1
    }

    /// Whether a module's kind and shapes are these.
    fn fits(&self, module: &Module) -> bool {
        let shape = |part: &str| module.arrays.get(part).map(|array| array.shape.as_slice());
        if self.is_norm() {
            return is_norm(module) && shape("running_mean") == Some(&self.shape);
        }
        shape("weight") == Some(&self.shape)
            && module.arrays.contains_key("bias") == self.bias
            && !is_norm(module)
    }
}

/// Whether a module is a batch norm.
pub(super) fn is_norm(module: &Module) -> bool {
    module.arrays.contains_key("running_mean") && module.arrays.contains_key("running_var")
}

/// The modules in the network's order. `in_order` says whether the file's order is the one in which they were made.
///
/// # Errors
/// What the file has and what the network has, where they differ or several orders would do.
pub(super) fn arrange(
    modules: Vec<Module>,
    expected: &[Expected],
    in_order: bool,
) -> Result<Vec<Module>, String> {
    if let Some(key) = modules.iter().find_map(foreign) {
        return Err(format!(
            "{key} belongs neither to a linear layer nor to a batch norm"
        ));
    }
    let ours = || {
        let names: Vec<&str> = expected.iter().map(|module| module.name.as_str()).collect();
        names.join(", ")
    };
    if modules.len() != expected.len() {
        return Err(format!(
            "its modules are {}, but the network's are {}, or as many of any names",
            listed(&modules),
            ours()
        ));
    }
    let place = |name: &str| modules.iter().position(|module| module.name == name);
    let named: Option<Vec<usize>> = expected.iter().map(|module| place(&module.name)).collect();
    if let Some(order) = named {
        return Ok(picked(modules, &order));
    }
    let fit = |order: &[usize]| {
        let mut pairs = order.iter().zip(expected);
        pairs.all(|(&place, expected)| expected.fits(&modules[place]))
    };
    let as_made: Vec<usize> = (0..modules.len()).collect();
    let mut by_number = as_made.clone();
    by_number.sort_by_key(|&place| natural(&modules[place].name));
    let numbered = numbered(&modules);
    if numbered && fit(&by_number) {
        return Ok(picked(modules, &by_number));
    }
    if in_order && fit(&as_made) {
        return Ok(modules);
    }
    if numbered {
        // Of the wrong shapes: whoever asks for the arrays says which.
        return Ok(picked(modules, &by_number));
    }
    match orders(&modules, expected) {
        Orders::One(order) => Ok(picked(modules, &order)),
        Orders::None if in_order => Ok(modules),
        Orders::None => Err(format!(
            "its modules are {}, whose shapes are not those of {}",
            listed(&modules),
            ours()
        )),
        Orders::Several => Err(format!(
            "its modules {} fit the network in more than one order{}; number their names in the network's",
            listed(&modules),
            match in_order {
                true => "",
                false =>
                    ", and a .safetensors file is sorted by name (a .pt file keeps the model's order)",
            }
        )),
    }
}

/// The name of an array that no module of a network of ours has.
fn foreign(module: &Module) -> Option<String> {
    const KNOWN: [&str; 4] = ["weight", "bias", "running_mean", "running_var"];
    let part = module
        .arrays
        .keys()
        .find(|part| !KNOWN.contains(&part.as_str()));
    part.map(|part| key(&module.name, part))
}

/// Names for a message, with the shapes of the weights.
fn listed(modules: &[Module]) -> String {
    const SHOWN: usize = 12;
    let mut names: Vec<String> = modules
        .iter()
        .take(SHOWN)
        .map(|module| match module.arrays.get("weight") {
            Some(array) if !is_norm(module) => format!("{} {:?}", title(module), array.shape),
            _ => title(module).to_owned(),
        })
        .collect();
    if modules.len() > SHOWN {
        names.push("...".to_owned());
    }
    names.join(", ")
}

/// What to call a module: its name, or that of its first array where it has none.
fn title(module: &Module) -> &str {
    match (module.name.as_str(), module.arrays.keys().next()) {
        ("", Some(part)) => part,
        (name, _) => name,
    }
}

fn picked(modules: Vec<Module>, order: &[usize]) -> Vec<Module> {
    let mut modules: Vec<Option<Module>> = modules.into_iter().map(Some).collect();
    order
        .iter()
        .filter_map(|&place| modules[place].take())
        .collect()
}

/// Whether all names differ in their numbers alone.
pub(super) fn numbered(modules: &[Module]) -> bool {
    let texts = |module: &Module| {
        let parts = natural(&module.name).into_iter();
        parts.map(|(text, _)| text).collect::<Vec<String>>()
    };
    modules
        .windows(2)
        .all(|pair| texts(&pair[0]) == texts(&pair[1]))
}

/// A name cut into texts and the numbers behind them, so that 10 comes after 9.
pub(super) fn natural(name: &str) -> Vec<(String, Option<u64>)> {
    let mut parts = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let text = rest
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(rest.len());
        let (text, behind) = rest.split_at(text);
        let digits = behind.find(|c: char| !c.is_ascii_digit());
        let (digits, behind) = behind.split_at(digits.unwrap_or(behind.len()));
        parts.push((text.to_owned(), digits.parse().ok()));
        rest = behind;
    }
    parts
}

enum Orders {
    None,
    One(Vec<usize>),
    Several,
}

/// The orders in which modules fit a network, where those whose names differ in numbers alone come in the numbers' order.
fn orders(modules: &[Module], expected: &[Expected]) -> Orders {
    let mut groups: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
    for (place, module) in modules.iter().enumerate() {
        let texts = natural(&module.name).into_iter().map(|(text, _)| text);
        groups.entry(texts.collect()).or_default().push(place);
    }
    let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
    for group in &mut groups {
        group.sort_by_key(|&place| natural(&modules[place].name));
    }
    let mut search = Search {
        modules,
        expected,
        taken: vec![0; groups.len()],
        groups,
        counts: BTreeMap::new(),
    };
    match search.count(0) {
        0 => Orders::None,
        1 => Orders::One(search.only()),
        _ => Orders::Several,
    }
}

/// How many orders there are, by how much of each group is taken.
struct Search<'a> {
    modules: &'a [Module],
    expected: &'a [Expected],
    groups: Vec<Vec<usize>>,
    taken: Vec<usize>,
    counts: BTreeMap<Vec<usize>, usize>,
}

/// Beyond this many states of the search, which takes dozens of names that have nothing in common, the answer is "several".
const MOST_STATES: usize = 1 << 14;

impl Search<'_> {
    /// The module that comes next in a group, if it fits.
    fn next(&self, group: usize, at: usize) -> Option<usize> {
        let place = *self.groups[group].get(self.taken[group])?;
        self.expected[at]
            .fits(&self.modules[place])
            .then_some(place)
    }

    /// 0, 1, or 2 for several.
    fn count(&mut self, at: usize) -> usize {
        if at == self.expected.len() {
            return 1;
        }
        if let Some(&count) = self.counts.get(&self.taken) {
            return count;
        }
        if self.counts.len() >= MOST_STATES {
            return 2;
        }
        let mut count = 0;
        for group in 0..self.groups.len() {
            if count < 2 && self.next(group, at).is_some() {
                self.taken[group] += 1;
                count += self.count(at + 1);
                self.taken[group] -= 1;
            }
        }
        let count = count.min(2);
        self.counts.insert(self.taken.clone(), count);
        count
    }

    /// The order, where there is one.
    fn only(&mut self) -> Vec<usize> {
        let mut order = Vec::new();
        for at in 0..self.expected.len() {
            for group in 0..self.groups.len() {
                let Some(place) = self.next(group, at) else {
                    continue;
                };
                self.taken[group] += 1;
                if self.count(at + 1) > 0 {
                    order.push(place);
                    break;
                }
                self.taken[group] -= 1;
            }
        }
        order
    }
}

/// Where a batch norm stands in its layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Directly behind the affine map.
    Before,
    /// Behind what has no parameters, such as an activation, and directly before the next affine map.
    After,
    /// There is something without parameters on either side, and the names do not say what.
    Between,
    /// The names say nothing: they are not positions in one `nn.Sequential`.
    Unknown,
}

/// Where the module at `place` stands, by its position in an `nn.Sequential` and its neighbours'.
pub(super) fn standing(modules: &[Module], place: usize) -> Standing {
    let position =
        |place: Option<usize>| place.and_then(|place| sequential(&modules.get(place)?.name));
    let Some((owner, here)) = position(Some(place)) else {
        return Standing::Unknown;
    };
    let (before, after) = (position(place.checked_sub(1)), position(Some(place + 1)));
    let before = match before {
        Some((other, before)) if other == owner && before < here => here - before,
        // Nothing with parameters stands before it: what comes in is the data, or an activation's output.
        None if place == 0 => 0,
        _ => return Standing::Unknown,
    };
    match (before, after) {
        (1, _) => Standing::Before,
        (_, Some((other, after))) if other == owner && after == here + 1 => Standing::After,
        _ => Standing::Between,
    }
}

/// The `nn.Sequential` that a name belongs to, and the position in it.
fn sequential(name: &str) -> Option<(&str, u64)> {
    let (owner, position) = name.rsplit_once('.').unwrap_or(("", name));
    Some((owner, position.parse().ok()?))
}

/// Refuses a batch norm that the network has before its activation and the file behind it.
pub(super) fn check_norms(modules: &[Module], expected: &[Expected]) -> Result<(), String> {
    for (place, expected) in expected.iter().enumerate() {
        if !expected.is_norm() || !expected.bent || !is_norm(&modules[place]) {
            continue;
        }
        let name = &modules[place].name;
        match standing(modules, place) {
            Standing::Before | Standing::Unknown => {}
            Standing::After => {
                return Err(format!(
                    "its batch norm {name} stands behind the activation, the network's before it; take batch_norm out of [model], \
                     and it is folded into the next layer's weights"
                ));
            }
            Standing::Between => {
                return Err(format!(
                    "its batch norm {name} stands between modules without parameters, of which either may be the activation; put it \
                     directly behind its nn.Linear or directly before the next one and save the model again"
                ));
            }
        }
    }
    Ok(())
}
