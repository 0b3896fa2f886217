//! The header of an array, a dictionary in Python's notation.

use super::Problem;

/// The most axes that NumPy allows.
const MOST_AXES: usize = 64;

/// The header's text, understood.
pub(super) struct Notation {
    pub descr: String,
    pub fortran_order: bool,
    pub shape: Vec<usize>,
}

impl Notation {
    /// Reads `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }`, keys in any order.
    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        let damaged = || super::damaged("the header is damaged");
        let inner = text
            .trim()
            .strip_prefix('{')
            .and_then(|text| text.strip_suffix('}'));
        let mut rest = inner.ok_or_else(damaged)?.trim();
        let (mut descr, mut order, mut shape) = (None, None, None);
        while !rest.is_empty() {
            let (key, value) = quoted(rest).ok_or_else(damaged)?;
            let value = value
                .trim_start()
                .strip_prefix(':')
                .ok_or_else(damaged)?
                .trim_start();
            rest = match key {
                "descr" if value.starts_with('[') => {
                    return Err(Problem::new(
                        "the array holds structures",
                        "save each field as an array of its own",
                    ));
                }
                "descr" => {
                    let (kind, rest) = quoted(value).ok_or_else(damaged)?;
                    descr = Some(kind.to_owned());
                    rest
                }
                "fortran_order" => {
                    let (word, rest) = ["True", "False"]
                        .into_iter()
                        .find_map(|word| Some((word, value.strip_prefix(word)?)))
                        .ok_or_else(damaged)?;
                    order = Some(word == "True");
                    rest
                }
                "shape" => {
                    let value = value.strip_prefix('(').ok_or_else(damaged)?;
                    let (axes, rest) = value.split_once(')').ok_or_else(damaged)?;
                    shape = Some(lengths(axes).ok_or_else(damaged)?);
                    rest
                }
                _ => return Err(damaged()),
            }
            .trim_start();
            rest = match rest.strip_prefix(',') {
                Some(rest) => rest.trim_start(),
                None if rest.is_empty() => rest,
                None => return Err(damaged()),
            };
        }
        match (descr, order, shape) {
            (Some(descr), Some(fortran_order), Some(shape)) => Ok(Self {
                descr,
                fortran_order,
                shape,
            }),
            _ => Err(damaged()),
        }
    }
}

/// A quoted word, and what follows it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text
        .chars()
        .next()
        .filter(|&quote| quote == '\'' || quote == '"')?;
    text[1..].split_once(quote)
}

/// The numbers of `3, 4` or `3,`.
fn lengths(text: &str) -> Option<Vec<usize>> {
    let text = text.trim();
    let text = text.strip_suffix(',').unwrap_or(text);
    if text.is_empty() {
        return Some(Vec::new());
    }
    let lengths: Vec<usize> = text
        .split(',')
        .map(|length| length.trim().parse().ok())
        .collect::<Option<_>>()?;
    (lengths.len() <= MOST_AXES).then_some(lengths)
}
