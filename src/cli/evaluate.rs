//! `foldspace evaluate`: how good a trained network is.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::sweep_report::aligned;
use super::{Outcome, output};
use crate::data::{Dataset, Missing, Target, fresh};
use crate::error::Result;
use crate::evaluate::{Confusion, NumberScores, Scores, mean_loss};
use crate::figures;
use crate::model::Frozen;
use crate::plot::Theme;
use crate::run::Run;

/// Up to this many classes, the confusion matrix is printed; with more, it is only in the figure and in JSON.
const MOST_PRINTED: usize = 20;

/// Judge a trained network: on the samples that it was trained on and that were held out, or on a file.
///
/// For classes: accuracy, precision, recall and F1 of each, and the confusion matrix (a row per true class). For numbers: R²,
/// root mean squared and mean absolute error, in the target's unit. The loss is that of the one network over all samples.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  foldspace evaluate artifacts/runs/iris\n  \
    foldspace evaluate artifacts/runs/iris --data new.csv --json\n  \
    foldspace evaluate artifacts/runs/iris --data new.csv --out figures")]
pub(super) struct Arguments {
    /// The run directory.
    run: PathBuf,
    /// Samples with their targets, in place of the run's own: a CSV file, or NumPy's .npz or .npy.
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// After which captured epoch; by default the last.
    #[arg(long, value_name = "N")]
    epoch: Option<usize>,
    /// What to do where a value of --data is missing: error, drop or mean (of the training part); by default as in training.
    #[arg(long, value_name = "WHAT", value_parser = super::predict::missing)]
    missing: Option<Missing>,
    /// Also draw it, into this directory: confusion, or residuals, as SVG and PNG.
    #[arg(short, long, value_name = "DIRECTORY")]
    out: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// A part of the data, judged.
#[derive(Serialize)]
pub(super) struct Judged {
    /// What it is: `training`, `held out`, or the file.
    pub part: String,
    /// The loss over all its samples.
    pub loss: Option<f64>,
    #[serde(flatten)]
    pub scores: Scores,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, quiet: bool) -> Outcome {
    let run = super::opened(&arguments.run, quiet)?;
    let epoch = super::captured_epoch(&run, arguments.epoch)?;
    let network = run.frozen(epoch)?;
    let parts = parts(&run, arguments, quiet)?;
    let mut judged = Vec::new();
    for (name, data) in &parts {
        judged.push(judge(&run, &network, name, data)?);
    }
    if arguments.json {
        let report =
            serde_json::json!({ "run": run.paths.root(), "epoch": epoch, "parts": judged });
        output::say(format_args!("{report:#}"))?;
    } else {
        output::say(format_args!(
            "{} after epoch {epoch}",
            run.paths.root().display()
        ))?;
        for part in &judged {
            output::raw(describe(part).as_bytes())?;
        }
    }
    if let Some(out) = &arguments.out {
        draw(&run, &network, epoch, arguments, &parts, out, quiet)?;
    }
    Ok(())
}

fn parts(run: &Run, arguments: &Arguments, quiet: bool) -> Result<Vec<(String, Dataset)>> {
    let split = run.split()?;
    let Some(file) = &arguments.data else {
        let mut parts = vec![("training".to_owned(), split.train)];
        if split.test.samples() > 0 {
            parts.push(("held out".to_owned(), split.test));
        }
        return Ok(parts);
    };
    let trained_with = super::predict::trained_with(&run.config.data);
    let missing = arguments.missing.unwrap_or(trained_with);
    let samples = fresh::read(file, &run.config.data, &split, missing)?;
    super::notes(&samples.notes, quiet);
    let (data, notes) = samples.labelled(&split.train)?;
    super::notes(&notes, quiet);
    Ok(vec![(file.display().to_string(), data)])
}

/// Judges a network on a part of the data.
pub(super) fn judge(run: &Run, network: &Frozen, part: &str, data: &Dataset) -> Result<Judged> {
    Ok(Judged {
        part: part.to_owned(),
        loss: mean_loss(network, run.config.train.loss, data),
        scores: Scores::of(network, data)?,
    })
}

fn describe(judged: &Judged) -> String {
    let loss = judged
        .loss
        .map_or_else(String::new, |loss| format!(", loss {}", short(loss)));
    match &judged.scores {
        Scores::Classes(confusion) => {
            let head = format!(
                "\n{}: {} samples, {:.1} % right{loss}\n",
                judged.part,
                confusion.samples(),
                100.0 * confusion.accuracy()
            );
            head + &classes(confusion)
        }
        Scores::Numbers(numbers) => {
            let samples = numbers.first().map_or(0, |scores| scores.samples);
            format!("\n{}: {samples} samples{loss}\n", judged.part) + &targets(numbers)
        }
    }
}

fn classes(confusion: &Confusion) -> String {
    let mut rows = vec![
        ["class", "precision", "recall", "F1", "samples"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for class in confusion.classes() {
        let scores = [class.precision, class.recall, class.f1].map(|score| format!("{score:.3}"));
        rows.push([&[class.name][..], &scores, &[class.support.to_string()]].concat());
    }
    let mut text = aligned(&rows);
    if confusion.names.len() <= MOST_PRINTED {
        let mut rows = vec![[&["truth \\ said".to_owned()][..], &confusion.names].concat()];
        for (name, counts) in confusion.names.iter().zip(&confusion.counts) {
            let counts: Vec<String> = counts.iter().map(usize::to_string).collect();
            rows.push([&[name.clone()][..], &counts].concat());
        }
        text += &aligned(&rows);
    }
    text
}

fn targets(numbers: &[NumberScores]) -> String {
    let mut rows = vec![["target", "R2", "RMSE", "MAE"].map(str::to_owned).to_vec()];
    for scores in numbers {
        rows.push(vec![
            scores.name.clone(),
            scores
                .r2
                .map_or_else(|| "-".to_owned(), |r2| format!("{r2:.4}")),
            short(scores.rmse),
            short(scores.mae),
        ]);
    }
    aligned(&rows)
}

/// A number in about five digits.
pub(super) fn short(number: f64) -> String {
    match number.abs() {
        size if size != 0.0 && !(1e-3..1e6).contains(&size) => format!("{number:.4e}"),
        size if size >= 100.0 => format!("{number:.2}"),
        _ => format!("{number:.4}"),
    }
}

fn draw(
    run: &Run,
    network: &Frozen,
    epoch: usize,
    arguments: &Arguments,
    parts: &[(String, Dataset)],
    out: &Path,
    quiet: bool,
) -> Outcome {
    const DPI: f64 = 192.0;
    let classes = parts
        .iter()
        .all(|(_, data)| matches!(data.target, Target::Classes { .. }));
    let name = if classes {
        figures::Name::Confusion
    } else {
        figures::Name::Residuals
    };
    let figure = match (&arguments.data, parts) {
        (Some(file), [(_, data)]) => {
            let file = file
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .replace('$', "");
            let source = format!("After epoch {epoch}, on {file}");
            match classes {
                true => figures::confusion(network, data, &source)?,
                false => figures::residuals_of(network, data, &source)?,
            }
        }
        _ => name.draw(run, epoch, &figures::InputAxes::Automatic)?,
    };
    // An epoch that was asked for stands in the name, as `figure` has it.
    let suffix = arguments
        .epoch
        .map_or_else(String::new, |epoch| format!("-epoch-{epoch}"));
    for format in ["svg", "png"] {
        let path = out.join(format!("{}{suffix}.{format}", name.name()));
        figure.save(&path, &Theme::LIGHT, DPI)?;
        if !quiet {
            output::wrote(&path)?;
        }
    }
    Ok(())
}
