//! A state dict as PyTorch's modules see it: wrappers' names taken off, normed weights multiplied out, counters left
//! out, and the arrays sorted by the module that they belong to.

use std::collections::BTreeMap;

use super::store::Array;

/// A module with parameters, such as an `nn.Linear`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Module {
    /// Its name, such as `encoder.0`.
    pub(super) name: String,
    /// Its arrays by their names, such as `weight`.
    pub(super) arrays: BTreeMap<String, Array>,
}

/// What modules that wrap another one put into the middle of its parameters' names.
const WRAPPERS: [&str; 4] = [
    "_orig_mod",
    "_fsdp_wrapped_module",
    "_checkpoint_wrapped_module",
    "_forward_module",
];

/// Attributes that hold the whole network and nothing beside it: a name in front of all others says nothing.
const HOLDERS: [&str; 5] = ["module", "model", "net", "network", "_model"];

/// Counters, which change no output: of batches in batch norm (unless its momentum is None), of networks in an average.
const COUNTERS: [&str; 2] = ["num_batches_tracked", "n_averaged"];

/// The modules of a state dict, in its order.
///
/// # Errors
/// Where two arrays end up with one name, or a weight is parametrised in an unknown way, by the key.
pub(super) fn modules(arrays: Vec<(String, Array)>) -> Result<Vec<Module>, String> {
    let mut named: Vec<(String, Array)> = arrays
        .into_iter()
        .filter(|(name, _)| !COUNTERS.contains(&last(name)))
        .map(|(name, array)| (unwrapped(&name), array))
        .collect();
    while let Some(holder) = common_holder(&named) {
        let length = holder.len() + 1;
        for (name, _) in &mut named {
            name.drain(..length);
        }
    }
    let mut modules: Vec<Module> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (name, array) in named {
        let (module, part) = divided(&name);
        let place = *places.entry(module.to_owned()).or_insert_with(|| {
            modules.push(Module {
                name: module.to_owned(),
                arrays: BTreeMap::new(),
            });
            modules.len() - 1
        });
        let arrays = &mut modules[place].arrays;
        if arrays.insert(part.to_owned(), array).is_some() {
            return Err(format!("two arrays are called {name}"));
        }
    }
    modules.iter_mut().try_for_each(multiply_out)?;
    Ok(modules)
}

/// The whole name of one of a module's arrays.
pub(super) fn key(module: &str, part: &str) -> String {
    match module {
        "" => part.to_owned(),
        module => format!("{module}.{part}"),
    }
}

fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// A name without the wrappers in it.
fn unwrapped(name: &str) -> String {
    let parts: Vec<&str> = name
        .split('.')
        .filter(|part| !WRAPPERS.contains(part))
        .collect();
    parts.join(".")
}

/// The holder that all names begin with.
fn common_holder(named: &[(String, Array)]) -> Option<&'static str> {
    HOLDERS.into_iter().find(|holder| {
        let held = |name: &str| {
            name.strip_prefix(holder)
                .is_some_and(|rest| rest.starts_with('.'))
        };
        !named.is_empty() && named.iter().all(|(name, _)| held(name))
    })
}

/// The module's name and the array's in it, which `torch.nn.utils.parametrize` puts two levels further down.
fn divided(name: &str) -> (&str, &str) {
    const MARK: &str = "parametrizations.";
    match name.find(MARK) {
        Some(0) => ("", name),
        Some(at) if name[..at].ends_with('.') => (&name[..at - 1], &name[at..]),
        _ => name.rsplit_once('.').unwrap_or(("", name)),
    }
}

/// Puts `weight` in the place of what it is computed from.
fn multiply_out(module: &mut Module) -> Result<(), String> {
    let mut take = |names: &[&str]| {
        let there = names.iter().all(|&name| module.arrays.contains_key(name));
        there.then(|| {
            let taken = names.iter().filter_map(|&name| module.arrays.remove(name));
            taken.collect::<Vec<Array>>()
        })
    };
    let weight = if let Some(parts) = take(&["weight_g", "weight_v"]).or_else(|| {
        take(&[
            "parametrizations.weight.original0",
            "parametrizations.weight.original1",
        ])
    }) {
        Some(weight_norm(&parts[0], &parts[1]))
    } else if let Some(parts) = take(&["weight_orig", "weight_mask"]) {
        Some(masked(&parts[0], &parts[1]))
    } else {
        let parts = take(&["weight_orig", "weight_u", "weight_v"]).or_else(|| {
            take(&[
                "parametrizations.weight.original",
                "parametrizations.weight.0._u",
                "parametrizations.weight.0._v",
            ])
        });
        parts.map(|parts| spectral_norm(&parts[0], &parts[1], &parts[2]))
    };
    let name = &module.name;
    if let Some(weight) = weight {
        let weight = weight.ok_or_else(|| {
            format!(
                "the factors of {} do not fit each other",
                key(name, "weight")
            )
        })?;
        module.arrays.insert("weight".to_owned(), weight);
    }
    match module
        .arrays
        .keys()
        .find(|part| part.contains("parametrizations."))
    {
        Some(part) => Err(format!(
            "{} is of a parametrisation other than weight_norm and spectral_norm; remove it with \
             torch.nn.utils.parametrize.remove_parametrizations",
            key(name, part)
        )),
        None => Ok(()),
    }
}

/// `weight_norm`: g v / |v|, where the lengths are of rows (`dim=0`), of columns (1) or of the whole, as the shape of g says.
fn weight_norm(g: &Array, v: &Array) -> Option<Array> {
    let &[rows, columns] = v.shape.as_slice() else {
        return None;
    };
    let group = |i: usize, j: usize| match *g.shape.as_slice() {
        [n, 1] if n == rows => Some(i),
        [1, n] if n == columns => Some(j),
        [] | [1] => Some(0),
        _ => None,
    };
    let places = || (0..rows).flat_map(|i| (0..columns).map(move |j| (i, j)));
    let mut squares = vec![0.0_f64; g.values.len()];
    // The values come first: 10^18 rows without columns take no room in a file, but a loop over them would not end.
    for (&value, (i, j)) in v.values.iter().zip(places()) {
        *squares.get_mut(group(i, j)?)? += f64::from(value) * f64::from(value);
    }
    let scaled = v.values.iter().zip(places()).map(|(&value, (i, j))| {
        let group = group(i, j)?;
        Some((f64::from(g.values[group]) * f64::from(value) / squares[group].sqrt()) as f32)
    });
    Some(Array {
        shape: v.shape.clone(),
        values: scaled.collect::<Option<_>>()?,
    })
}

/// Pruning: the weights that are left.
fn masked(weight: &Array, mask: &Array) -> Option<Array> {
    let product = weight.values.iter().zip(&mask.values).map(|(w, m)| w * m);
    (weight.shape == mask.shape).then(|| Array {
        shape: weight.shape.clone(),
        values: product.collect(),
    })
}

/// `spectral_norm` in evaluation: W / (u W v).
fn spectral_norm(weight: &Array, u: &Array, v: &Array) -> Option<Array> {
    let &[rows, columns] = weight.shape.as_slice() else {
        return None;
    };
    if u.values.len() != rows || v.values.len() != columns || columns == 0 {
        return None;
    }
    let images = weight.values.chunks(columns).map(|row| {
        let products = row.iter().zip(&v.values);
        products
            .map(|(w, v)| f64::from(*w) * f64::from(*v))
            .sum::<f64>()
    });
    let sigma: f64 = images
        .zip(&u.values)
        .map(|(image, u)| image * f64::from(*u))
        .sum();
    let scaled = weight.values.iter().map(|&w| (f64::from(w) / sigma) as f32);
    Some(Array {
        shape: weight.shape.clone(),
        values: scaled.collect(),
    })
}
