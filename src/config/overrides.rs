//! `--set key=value`: values that replace or complete the file's. Errors name them as the user wrote them.

use toml::{Table, Value};

use super::{split_message, with_line};
use crate::error::{Error, Result};

/// Sets one `key=value` in a table. A number in a key counts into an array: `model.layers.0.units=8`.
pub(super) fn apply(table: &mut Table, assignment: &str) -> Result<()> {
    let refuse = |problem: &str| {
        Error::invalid(
            format!("--set {assignment}"),
            problem,
            "write it as --set train.optimizer.lr=0.05",
        )
    };
    let (path, value) = assignment
        .split_once('=')
        .ok_or_else(|| refuse("there is no = in it"))?;
    // Bare words are strings, so that they need not be quoted twice.
    let value = format!("value = {}", value.trim())
        .parse::<Table>()
        .ok()
        .and_then(|mut table| table.remove("value"))
        .unwrap_or_else(|| Value::String(value.trim().to_owned()));

    let mut keys: Vec<&str> = path.trim().split('.').collect();
    let last = keys.pop().filter(|key| !key.is_empty());
    let last = last.ok_or_else(|| refuse("there is no key before the ="))?;
    let Some((first, middle)) = keys.split_first() else {
        table.insert(last.to_owned(), value);
        return Ok(());
    };
    let mut here = table
        .entry(first.to_owned())
        .or_insert_with(|| Value::Table(Table::new()));
    for key in middle {
        here = match here {
            Value::Table(table) => table
                .entry(key.to_owned())
                .or_insert_with(|| Value::Table(Table::new())),
            Value::Array(items) => key
                .parse::<usize>()
                .ok()
                .and_then(|index| items.get_mut(index))
                .ok_or_else(|| refuse(&format!("there is no item {key}")))?,
            _ => return Err(refuse(&format!("{key} is not inside a table"))),
        };
    }
    match here {
        Value::Table(table) => {
            table.insert(last.to_owned(), value);
            Ok(())
        }
        _ => Err(refuse(&format!("{last} is not inside a table"))),
    }
}

/// An error of the table that the overrides made. The parser does not say which of them, so it names them all.
pub(super) fn fault(error: &toml::de::Error, overrides: &[String]) -> Error {
    let (problem, remedy) = split_message(error.message());
    Error::invalid(
        format!("--set {}", overrides.join(" --set ")),
        problem,
        remedy,
    )
}

/// Gives an error whose place is a key the override that set it, or else the file's line.
pub(super) fn or_line(error: Error, overrides: &[String], text: &str, name: &str) -> Error {
    let Error::Invalid {
        place,
        problem,
        remedy,
    } = &error
    else {
        return error;
    };
    let at = place.replace('[', ".").replace(']', "");
    let key = |assignment: &String| -> String {
        let key = assignment.split('=').next().unwrap_or_default();
        key.trim().to_owned()
    };
    let sets = |assignment: &&String| {
        let key = key(assignment);
        is_within(&at, &key) || is_within(&key, &at)
    };
    match overrides.iter().rfind(sets) {
        Some(assignment) if key(assignment) == *place => {
            Error::invalid(format!("--set {assignment}"), problem, remedy)
        }
        Some(assignment) => {
            Error::invalid(format!("--set {assignment}, key {place}"), problem, remedy)
        }
        None => with_line(error, text, name),
    }
}

/// Whether `key` is `outer` or stands in it.
fn is_within(key: &str, outer: &str) -> bool {
    key.strip_prefix(outer)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
