//! Data that come from the page: tables and points, kept as files of a folder of the program's own.

use std::path::{Path, PathBuf};

use faer::Mat;

use super::change::Point;
use super::{MOST_BYTES, MOST_SAMPLES};
use crate::data::csv::{self, CsvOptions};
use crate::data::file_options::FileOptions;
use crate::data::targets::Task;
use crate::data::{DataConfig, Dataset, Source, Target};
use crate::error::{Error, Result};

/// The most classes that are drawn: as many as there are signs and colours.
const MOST_CLASSES: usize = 10;

/// A table's text as a file in `folder`, and the `[data]` table that reads it.
pub(super) fn csv(
    folder: &Path,
    number: usize,
    name: &str,
    text: &str,
    target: Option<&str>,
) -> Result<DataConfig> {
    if text.len() > MOST_BYTES {
        return Err(Error::invalid(
            name,
            format!(
                "{} bytes; a page hands over {MOST_BYTES} at most",
                text.len()
            ),
            "name the file in a configuration: foldspace play CONFIG",
        ));
    }
    let path = place(folder, number, name);
    crate::file::write(&path, text.as_bytes())?;
    let target = target.map_or_else(|| usual_target(text), str::to_owned);
    let options = CsvOptions {
        target,
        ..CsvOptions::default()
    };
    Ok(from_file(path, options))
}

fn from_file(path: PathBuf, options: CsvOptions) -> DataConfig {
    DataConfig::new(Source::File {
        path,
        options: FileOptions::Csv(options),
    })
}

/// Where a table lies: under a number, since a name may come again, and what is left of the name.
fn place(folder: &Path, number: usize, name: &str) -> PathBuf {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let plain: String = stem
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        })
        .take(40)
        .collect();
    let plain = if plain.is_empty() { "table" } else { &plain };
    folder.join(number.to_string()).join(format!("{plain}.csv"))
}

/// The column that is most likely meant: one with a usual name, or the last.
fn usual_target(text: &str) -> String {
    let first = text
        .trim_start_matches('\u{feff}')
        .lines()
        .next()
        .unwrap_or_default();
    let names: Vec<&str> = first
        .split([',', ';', '\t', '|'])
        .map(|name| name.trim().trim_matches('"'))
        .collect();
    let usual = ["label", "class", "target", "species", "y"];
    let found = usual
        .iter()
        .find_map(|usual| names.iter().find(|name| name.eq_ignore_ascii_case(usual)));
    found
        .or(names.last())
        .map_or_else(|| "label".to_owned(), |name| (*name).to_owned())
}

/// The samples and the points that were drawn, as a file in `folder`, and the `[data]` table that reads it as `before` was read.
pub(super) fn drawn(
    folder: &Path,
    number: usize,
    before: &DataConfig,
    whole: &Dataset,
    points: &[Point],
    replace: bool,
) -> Result<DataConfig> {
    let refuse = |problem: String, remedy: &str| Err(Error::invalid("the points", problem, remedy));
    let d = whole.dimensions();
    if d > 2 {
        return refuse(
            format!("the data has {d} features, and a point drawn on a plane has 2"),
            "choose data with one or two features",
        );
    }
    if points.is_empty() {
        return refuse("none was drawn".into(), "draw some on input space");
    }
    let kept = if replace { 0 } else { whole.samples() };
    if kept + points.len() > MOST_SAMPLES {
        return refuse(
            format!(
                "{} samples; there is room for {MOST_SAMPLES}",
                kept + points.len()
            ),
            "draw fewer, or in place of the samples that are there",
        );
    }
    if let Some(point) = points.iter().find(|p| {
        p.at.len() != d
            || p.at
                .iter()
                .chain(&p.value)
                .any(|x| !x.is_finite() || x.abs() > 1e30)
    }) {
        return refuse(
            format!("{:?} is not a point with {d} finite features", point.at),
            "draw it again",
        );
    }
    let features = Mat::from_fn(kept + points.len(), d, |i, j| {
        if i < kept {
            whole.features[(i, j)]
        } else {
            points[i - kept].at[j]
        }
    });
    let (target, task) = match &whole.target {
        Target::Classes { labels, names } => {
            let mut names = if replace { Vec::new() } else { names.clone() };
            let mut labels = labels[..kept].to_vec();
            for point in points {
                let Some(class) = point.class.as_deref().filter(|class| is_name(class)) else {
                    return refuse("a point has no class".into(), "choose one before drawing");
                };
                let known = names.iter().position(|name| name == class);
                labels.push(known.unwrap_or(names.len()));
                if known.is_none() {
                    names.push(class.to_owned());
                }
            }
            if names.len() > MOST_CLASSES {
                return refuse(
                    format!(
                        "{} classes; there are signs for {MOST_CLASSES}",
                        names.len()
                    ),
                    "draw points of fewer",
                );
            }
            (Target::Classes { labels, names }, Task::Classification)
        }
        Target::Values { values, names } if values.ncols() == 1 => {
            let mut column: Vec<f64> = (0..kept).map(|i| values[(i, 0)]).collect();
            for point in points {
                let Some(value) = point.value else {
                    return refuse("a point has no target".into(), "draw it again");
                };
                column.push(value);
            }
            let values = Mat::from_fn(column.len(), 1, |i, _| column[i]);
            let names = names.clone();
            (Target::Values { values, names }, Task::Regression)
        }
        Target::Values { .. } => {
            return refuse(
                "the data has several targets, and a point is drawn with one".into(),
                "choose other data",
            );
        }
    };
    let column = match &target {
        Target::Classes { .. } => csv::LABEL.to_owned(),
        Target::Values { names, .. } => names[0].clone(),
    };
    let set = Dataset::new("drawn", features, whole.feature_names.clone(), target)?;
    let path = place(folder, number, "drawn");
    csv::write(&path, &set)?;
    let options = CsvOptions {
        target: column,
        task,
        drop: Some(Vec::new()),
        header: Some(true),
        ..CsvOptions::default()
    };
    Ok(DataConfig {
        seed: before.seed,
        test_fraction: before.test_fraction,
        standardise: before.standardise,
        standardise_targets: before.standardise_targets,
        ..from_file(path, options)
    })
}

/// A class's name as a cell of a table can hold it.
fn is_name(class: &str) -> bool {
    !class.trim().is_empty() && class.len() <= 100 && !class.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_out_of_the_folder() {
        for name in [
            "../../etc/passwd",
            "/etc/passwd",
            "..",
            "",
            "a/b\\c.csv",
            "C:\\x",
            "\u{202e}x\0",
            ".csv",
        ] {
            let path = place(Path::new("f"), 3, name);
            assert_eq!(path.parent(), Some(Path::new("f/3")), "{name:?}");
            let file = path.file_name().unwrap().to_str().unwrap();
            assert!(
                file.is_ascii() && file.ends_with(".csv") && file.len() > 4,
                "{file}"
            );
            assert!(
                !file.contains(['/', '\\', '\0']) && !file.starts_with('.'),
                "{file}"
            );
        }
    }

    #[test]
    fn the_target_is_a_usual_name_or_the_last() {
        assert_eq!(usual_target("a,Class,b\n1,2,3"), "Class");
        assert_eq!(usual_target("\u{feff}a;b;\"c d\"\n"), "c d");
        assert_eq!(usual_target("y\tlabel\n"), "label");
        assert_eq!(usual_target(""), "");
    }
}
