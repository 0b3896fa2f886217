//! How a CSV file is to be read, where this is not to be inferred.

use serde::{Deserialize, Deserializer, Serialize};

use super::LABEL;
use crate::data::missing::Missing;
use crate::data::targets::Task;

/// The keys of a CSV file in `[data]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CsvOptions {
    /// The target column's name.
    pub target: String,
    /// Classification, regression, or whichever fits the loss and the column.
    pub task: Task,
    /// What happens to missing values.
    pub missing: Missing,
    /// The feature columns, in this order; absent: every column but the target and a row index.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "some_names"
    )]
    pub features: Option<Vec<String>>,
    /// Columns that are not features; an empty list keeps a row index too.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "some_names"
    )]
    pub drop: Option<Vec<String>>,
    /// Columns of which every distinct value becomes a feature of zeros and ones.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "some_names"
    )]
    pub encode: Option<Vec<String>>,
    /// Whether the first line names the columns; absent: what it looks like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// What stands between cells: `","`, `";"`, `"tab"`, `"|"`, `"space"`; absent: what it looks like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub separator: Option<String>,
    /// `"."` or `","` before fractions; absent: what it looks like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimal: Option<String>,
    /// The encoding by its name on the web, such as `"windows-1251"`; absent: what it looks like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
}

/// The keys whose absence means that the value is inferred.
pub(in crate::data) const OPTIONAL: [&str; 7] = [
    "features",
    "drop",
    "encode",
    "header",
    "separator",
    "decimal",
    "encoding",
];

impl Default for CsvOptions {
    fn default() -> Self {
        Self {
            target: LABEL.into(),
            task: Task::Auto,
            missing: Missing::Error,
            features: None,
            drop: None,
            encode: None,
            header: None,
            separator: None,
            decimal: None,
            encoding: None,
        }
    }
}

/// A name or a list of names.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a column's name, or a list of names")]
enum Names {
    One(String),
    Many(Vec<String>),
}

fn some_names<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<String>>, D::Error> {
    Ok(Some(match Names::deserialize(from)? {
        Names::One(name) => vec![name],
        Names::Many(names) => names,
    }))
}
