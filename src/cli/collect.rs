//! `foldspace collect`: tables and pictures of a sweep, from what its shards have done.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::{Failure, Outcome, output, sweep_report};
use crate::error::Error;
use crate::figures;
use crate::plot::Theme;
use crate::sweep::collect::{write_runs, write_tables};
use crate::sweep::gather::Gathered;
use crate::sweep::{Directory, Identity};

/// Dots per inch of the PNG files.
const DPI: f64 = 192.0;

/// Make the tables and pictures of a sweep from what its shards have done.
///
/// Whichever shards there were, on how many machines and in which order: the files are those of a sweep on one machine, byte for
/// byte. Where runs are missing it writes nothing, prints the shards to be run again (as `sbatch --array=` takes them) and ends
/// with exit code 1.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    foldspace collect /shared/moons\n  \
    foldspace collect /shared/moons --partial\n  \
    sbatch --array=$(foldspace collect /shared/moons) examples/cluster/slurm.sh")]
pub(super) struct Arguments {
    /// The sweep's directory: its --out.
    directory: PathBuf,
    /// Make them from the runs that are there, even where some are missing.
    #[arg(long)]
    partial: bool,
    /// Print the summary, or what is missing, as JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, quiet: bool) -> Outcome {
    let mut directory = Directory::open(&arguments.directory)?;
    let place = directory.path().display().to_string();
    let Some(identity) = Identity::read(directory.path())? else {
        return Err(Error::invalid(
            place,
            "there is no sweep here: sweep.toml is missing",
            "give the --out of a sweep of which a shard has begun",
        )
        .into());
    };
    let gathered = Gathered::read(directory.path(), &identity)?;
    remarks(&gathered, quiet);
    let missing = identity.grid().runs() - gathered.ended();
    if missing > 0 && !arguments.partial {
        return refuse(&directory, &identity, &gathered, arguments.json);
    }
    if gathered.ended() == 0 {
        return Err(Error::invalid(
            place,
            "no run has ended yet",
            "wait for the first, or see why the shards fail",
        )
        .into());
    }
    if missing > 0 && !quiet {
        output::note(format_args!(
            "partial: {missing} of {} runs are missing",
            identity.grid().runs()
        ));
    }
    finish(&mut directory, &identity, gathered, arguments.json, quiet)
}

/// What to note about rows files that could be read.
pub(super) fn remarks(gathered: &Gathered, quiet: bool) {
    if quiet {
        return;
    }
    if let Some((lines, file)) = &gathered.torn {
        let (lines, are) = match lines {
            1 => ("a line".to_owned(), "is not a run: it was"),
            lines => (format!("{lines} lines"), "are not runs: they were"),
        };
        output::note(format_args!(
            "note: {lines} in {} {are} not written whole",
            file.display()
        ));
    }
    if gathered.vectors.len() > 1 {
        let levels: Vec<&str> = gathered.vectors.iter().map(String::as_str).collect();
        let equal = match levels.contains(&"plain") {
            true => {
                "those without fused multiply-add (plain) agree with the others within rounding only"
            }
            false => "all of them multiply and add in one step, which gives the same bits",
        };
        output::note(format_args!(
            "note: runs were computed with {} vectors; {equal}",
            levels.join(" and ")
        ));
    }
}

/// Says which runs are missing.
pub(super) fn refuse(
    directory: &Directory,
    identity: &Identity,
    gathered: &Gathered,
    json: bool,
) -> Outcome {
    #[derive(Serialize)]
    struct Report {
        runs: usize,
        missing: usize,
        shards: Option<usize>,
        missing_shards: Vec<usize>,
    }
    let runs = identity.grid().runs();
    let missing = runs - gathered.ended();
    let cut = gathered.cut().filter(|&count| count > 1);
    let lacking = cut.map_or_else(Vec::new, |count| gathered.lacking(identity, count));
    let list = ranges(&lacking);
    if json {
        output::json(&Report {
            runs,
            missing,
            shards: cut,
            missing_shards: lacking,
        })?;
    } else if cut.is_some() {
        output::say(&list)?;
    }
    let (problem, remedy) = match cut {
        Some(count) => (
            format!("{missing} of {runs} runs are missing, in shards {list} of {count}"),
            format!("run these (sbatch --array={list}), or collect what there is with --partial"),
        ),
        None => (
            format!("{missing} of {runs} runs are missing"),
            "run the same `foldspace sweep` again, which goes on, or collect what there is with --partial"
                .to_owned(),
        ),
    };
    Err(Failure::Error(Error::invalid(
        directory.path().display().to_string(),
        problem,
        remedy,
    )))
}

/// Numbers that ascend as Slurm's `--array` takes them: `3,17-20`.
fn ranges(numbers: &[usize]) -> String {
    let groups = numbers.chunk_by(|a, b| a + 1 == *b);
    let texts = groups.map(|group| match group {
        [first, .., last] => format!("{first}-{last}"),
        _ => group.iter().map(usize::to_string).collect(),
    });
    texts.collect::<Vec<_>>().join(",")
}

/// Tables, pictures, and what is printed.
pub(super) fn finish(
    directory: &mut Directory,
    identity: &Identity,
    gathered: Gathered,
    json: bool,
    quiet: bool,
) -> Outcome {
    let results = write_tables(directory, identity, gathered)?;
    for (name, figure) in figures::sweep(&results) {
        for format in ["svg", "png"] {
            let path = directory.path().join(format!("{name}.{format}"));
            figure.save(&path, &Theme::LIGHT, DPI)?;
        }
    }
    write_runs(directory, &results)?;
    if json {
        sweep_report::json(&results, directory.path())
    } else if quiet {
        Ok(())
    } else {
        output::raw(sweep_report::table(&results).as_bytes())?;
        output::say(directory.path().display())?;
        output::say(sweep_report::best(&results))
    }
}

#[cfg(test)]
mod tests {
    use super::ranges;

    #[test]
    fn slurm_takes_ranges() {
        assert_eq!(ranges(&[3, 17, 18, 19, 20, 22]), "3,17-20,22");
        assert_eq!(ranges(&[]), "");
    }
}
