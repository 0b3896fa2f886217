//! Which columns there are, and which are features, target and neither.

use std::path::Path;

use super::cell::Decimal;
use super::options::CsvOptions;
use super::table::Table;
use super::{LABEL, header};
use crate::error::{Error, Result};
use crate::suggest::closest;

/// The columns of a table by what they are for.
#[derive(Debug)]
pub(super) struct Schema {
    /// Every column's name.
    pub names: Vec<String>,
    /// The feature columns, in their order.
    pub features: Vec<usize>,
    pub target: usize,
    /// For each feature, whether its values become columns of their own.
    pub encoded: Vec<bool>,
}

/// Finds the columns and takes the header out of the table.
///
/// `comment` is what a line with a # before the table says, and `line` the first line's number.
pub(super) fn find(
    table: &mut Table,
    path: &Path,
    options: &CsvOptions,
    decimal: Decimal,
    comment: Option<Vec<String>>,
    notes: &mut Vec<String>,
) -> Result<Schema> {
    let lists = [&options.features, &options.drop, &options.encode];
    let asked = lists.into_iter().flatten().flatten();
    let mut wanted: Vec<&str> = asked.map(String::as_str).collect();
    wanted.push(&options.target);
    let head = name_columns(
        table,
        path,
        options.header,
        decimal,
        comment,
        &wanted,
        notes,
    )?;
    let Head {
        mut names,
        named,
        short,
        place,
    } = head;

    let target = find_target(&place, &mut names, options, named, notes)?;
    let mut index = None;
    if options.drop.is_none() && options.features.is_none() && target != 0 && names.len() > 2 {
        index = if short {
            Some("which the header leaves out: R writes row names so")
        } else {
            header::index_column(table, &names[0], named)
        };
    }
    if let Some(why) = index {
        let called = match names[0].as_str() {
            "" => "the first column".to_owned(),
            name => format!("column {name}"),
        };
        notes.push(format!(
            "{called} is left out, {why}; data.drop = [] keeps it"
        ));
        if names[0].is_empty() {
            names[0] = "row".into();
        }
    }
    // Lines may end in separators, with nothing after them.
    let is_blank = |column: usize| (0..table.rows()).all(|row| table.cell(row, column).is_empty());
    let empty: Vec<usize> = (0..names.len())
        .filter(|&column| names[column].is_empty() && column != target && is_blank(column))
        .collect();
    for (at, name) in names.iter_mut().enumerate() {
        if name.is_empty() && (at == 0 || empty.contains(&at)) {
            *name = format!("column {}", at + 1);
        }
    }
    check_names(&place, names.iter().map(String::as_str))?;

    let all = || {
        let left = (0..names.len()).filter(|column| *column != target && !empty.contains(column));
        left.filter(|&column| column != 0 || index.is_none())
    };
    let mut features = match &options.features {
        Some(wanted) => columns("data.features", wanted, &names)?,
        None => all().collect(),
    };
    if let Some(at) = features.iter().position(|&column| column == target) {
        return Err(Error::invalid(
            "data.features",
            format!("{} is the target", names[features[at]]),
            "take it out of the list, or name another data.target",
        ));
    }
    let dropped = options.drop.as_deref().unwrap_or_default();
    let dropped = columns("data.drop", dropped, &names)?;
    if dropped.contains(&target) {
        return Err(Error::invalid(
            "data.drop",
            format!("{} is the target", names[target]),
            "take it out of the list, or name another data.target",
        ));
    }
    features.retain(|column| !dropped.contains(column));
    if features.is_empty() {
        return Err(Error::invalid(
            place,
            format!("there is no feature beside the target {}", names[target]),
            "add at least one numeric column",
        ));
    }
    let encode = options.encode.as_deref().unwrap_or_default();
    let encode = columns("data.encode", encode, &names)?;
    Ok(Schema {
        encoded: features
            .iter()
            .map(|column| encode.contains(column))
            .collect(),
        names,
        features,
        target,
    })
}

/// The columns' names, and how they were found.
pub(super) struct Head {
    pub names: Vec<String>,
    /// Whether the file has them; else they are x1, x2, ...
    pub named: bool,
    /// Whether they stand one cell to the left of their columns.
    pub short: bool,
    /// The line that was looked at, for messages.
    pub place: String,
}

/// Takes the columns' names out of a table whose configuration says `header`, or finds out whether there are any; a line that
/// holds one of the `wanted` names is a header.
pub(super) fn name_columns(
    table: &mut Table,
    path: &Path,
    header: Option<bool>,
    decimal: Decimal,
    comment: Option<Vec<String>>,
    wanted: &[&str],
    notes: &mut Vec<String>,
) -> Result<Head> {
    if table.rows() == 0 {
        return Err(Error::invalid(
            format!("{}:1", path.display()),
            "the file is empty",
            "name the columns in the first line, such as x1,x2,label",
        ));
    }
    let place = format!("{}:{}", path.display(), table.line(0));
    let above = comment.filter(|names| names.len() == table.width(0) && header.is_none());
    let is_header =
        header.unwrap_or_else(|| above.is_none() && header::is_header(table, decimal, wanted));
    let named = is_header || above.is_some();
    let mut names: Vec<String> = if is_header {
        let names = table.row(0).map(String::from).collect();
        table.forget_first();
        names
    } else if let Some(names) = above {
        notes.push("the columns' names are those in the line that begins with #".into());
        names
    } else {
        (1..=table.width(0)).map(|k| format!("x{k}")).collect()
    };
    if table.rows() == 0 {
        return Err(Error::invalid(
            path.display().to_string(),
            "there are no samples below the header",
            "add one line per sample, or set data.header = false if the first line is one",
        ));
    }
    // Names that stand one cell to the left of their columns: R leaves the cell above the row names out.
    let one_more = |row| table.width(row) == names.len() + 1;
    let blank = |row| table.cell(row, table.width(row) - 1).is_empty();
    let short = named && (0..table.rows()).all(one_more) && !(0..table.rows()).all(blank);
    if short {
        names.insert(0, String::new());
    }
    even(table, path, &names)?;
    Ok(Head {
        names,
        named,
        short,
        place,
    })
}

/// Refuses rows that are too short or too long.
fn even(table: &Table, path: &Path, names: &[String]) -> Result<()> {
    for row in 0..table.rows() {
        let width = table.width(row);
        let beyond = names.len()..width;
        let trailing =
            width > names.len() && beyond.into_iter().all(|at| table.cell(row, at).is_empty());
        if width != names.len() && !trailing {
            return Err(Error::invalid(
                format!("{}:{}", path.display(), table.line(row)),
                format!(
                    "{width} cells, but the header names {} columns",
                    names.len()
                ),
                "give every line one cell per column, or name what separates them with data.separator",
            ));
        }
    }
    Ok(())
}

/// Where the target column stands. Without a header it is the last one, if no other is named.
fn find_target(
    place: &str,
    names: &mut [String],
    options: &CsvOptions,
    named: bool,
    notes: &mut Vec<String>,
) -> Result<usize> {
    let wanted = options.target.as_str();
    if let Some(at) = names.iter().position(|name| name == wanted) {
        if !named {
            notes.push(headless(names, &format!("{wanted} is the target")));
        }
        if names.len() == 1 {
            return Err(Error::invalid(
                place,
                format!("there is no feature beside the target {wanted}"),
                "add at least one numeric column",
            ));
        }
        return Ok(at);
    }
    if !named && wanted == LABEL && names.len() > 1 {
        let says = headless(
            names,
            "the last one is the target; data.target = \"x1\" takes another",
        );
        notes.push(says);
        let last = names.len() - 1;
        names[last] = LABEL.into();
        return Ok(last);
    }
    let suggestion = closest(wanted, names.iter().map(String::as_str)).unwrap_or_default();
    let others = crate::data::reading::some(names, 12);
    let lacking = if named {
        ""
    } else {
        " (the first line is taken for a sample; data.header = true makes it the names)"
    };
    Err(Error::invalid(
        place,
        format!("there is no target column {wanted}{lacking}"),
        format!(
            "name one of the columns, for example {suggestion}: data.target = \"...\"; there are {others}"
        ),
    ))
}

fn headless(names: &[String], target: &str) -> String {
    format!(
        "the first line is a sample, so the columns are called x1 to x{} and {target}; data.header = true makes it the \
         names",
        names.len()
    )
}

/// Refuses columns without a name or with the same name.
pub(super) fn check_names<'a>(place: &str, names: impl Iterator<Item = &'a str>) -> Result<()> {
    let mut seen = std::collections::BTreeSet::new();
    for (at, name) in names.enumerate() {
        if name.is_empty() {
            return Err(Error::invalid(
                place,
                format!("column {} has no name", at + 1),
                "name every column in the first line",
            ));
        }
        if !seen.insert(name) {
            return Err(Error::invalid(
                place,
                format!("column {name} is named twice"),
                "give every column its own name",
            ));
        }
    }
    Ok(())
}

/// Where the columns of these names stand.
fn columns(key: &str, wanted: &[String], names: &[String]) -> Result<Vec<usize>> {
    let mut found = Vec::new();
    for name in wanted {
        let Some(at) = names.iter().position(|other| other == name) else {
            let nearest = closest(name, names.iter().map(String::as_str)).unwrap_or_default();
            return Err(Error::invalid(
                key,
                format!("there is no column {name}"),
                format!("did you mean {nearest}?"),
            ));
        };
        if found.contains(&at) {
            return Err(Error::invalid(
                key,
                format!("column {name} is named twice"),
                "name it once",
            ));
        }
        found.push(at);
    }
    Ok(found)
}
