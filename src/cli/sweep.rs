//! `foldspace sweep`: many runs at once, compared.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use clap::{Args, ValueEnum};

use super::{Failure, Outcome, collect, interrupt, output, progress};
use crate::device::Backend;
use crate::error::{Error, Result as Done};
use crate::sweep::gather::Gathered;
use crate::sweep::{Directory, Identity, Recorder, Setting, Shard, Sweep, Task, parse_seeds};

/// With more runs than this, `--curves auto` keeps no curves: they are a hundred times as large as the rest.
const MOST_RUNS_WITH_CURVES: usize = 10_000;

/// Train a configuration with every combination of some settings and several seeds, several runs at once.
///
/// Writes runs.csv (a row per run), summary.csv (a row per combination), curves.csv (losses over the epochs), sweep.toml
/// (what was run), and pictures: curves, accuracy (loss for a regression) and, where two settings differ, heat. A run is the same as that of
/// `foldspace train` with these settings and this seed; on wgpu, where the seeds of a combination are trained as one network,
/// within rounding. One that diverges is a row that says so.
///
/// Every run that ends is a line in shards/ at once: after Ctrl-C, SIGTERM (exit code 75), a crash or a power failure the same
/// command goes on with what is left. With --shard many machines share the work through one folder, see examples/cluster/README.md;
/// `foldspace collect` then makes the tables and pictures.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    foldspace sweep configs/moons.toml --set train.optimizer.lr=0.01,0.1,1 --seeds 0..20\n  \
    foldspace sweep configs/moons.toml --set train.optimizer.lr=0.01,0.1 --set model.layers.0.units=4,16,64 --seeds 0..5\n  \
    foldspace sweep configs/iris.toml --set train.optimizer.lr=0.005,0.02 --folds 5\n  \
    foldspace sweep configs/moons.toml --seeds 0..100000 --out /shared/moons --shard $SLURM_ARRAY_TASK_ID/100 --jobs 1")]
pub(super) struct Arguments {
    /// The configuration (TOML).
    config: PathBuf,
    /// Values of the configuration, such as train.optimizer.lr=0.01,0.1; every combination of all of them is run.
    #[arg(long = "set", value_name = "KEY=VALUE,...")]
    set: Vec<String>,
    /// The seeds: 0..20 (without 20), 0..=19 or 1,2,3; by default the configuration's own.
    #[arg(long, value_name = "SEEDS")]
    seeds: Option<String>,
    /// Cross-validation: divide the samples into this many parts and hold each out once, for every combination and seed.
    #[arg(long, value_name = "K")]
    folds: Option<usize>,
    /// Where to compute: auto, flex, ndarray, wgpu, or another that `foldspace devices` lists.
    #[arg(long, default_value = "auto", value_name = "NAME")]
    backend: Backend,
    /// How many runs at once, seeds that are trained as one network counting as one; by default one per processor.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Where tables and pictures go; by default artifacts/sweeps/ and the configuration's name.
    #[arg(short, long, value_name = "DIRECTORY")]
    out: Option<PathBuf>,
    /// Do part K of N, K from 0, and leave tables and pictures to `foldspace collect`.
    #[arg(long, value_name = "K/N", conflicts_with_all = ["missing", "overwrite", "json"])]
    shard: Option<String>,
    /// Do here what no shard has done yet, then make tables and pictures.
    #[arg(long, conflicts_with = "overwrite")]
    missing: bool,
    /// Whether the losses of every epoch are kept: auto keeps those of up to 10000 runs.
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    curves: Curves,
    /// Replace a sweep that already exists.
    #[arg(long)]
    overwrite: bool,
    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,
}

/// When curves are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Curves {
    Auto,
    Always,
    Never,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, quiet: bool) -> Outcome {
    let settings = arguments
        .set
        .iter()
        .map(|text| text.parse())
        .collect::<Done<Vec<Setting>>>()?;
    let seeds = arguments.seeds.as_deref().map(parse_seeds).transpose()?;
    let shard: Option<Shard> = arguments.shard.as_deref().map(str::parse).transpose()?;
    let mut sweep = Sweep::new(&arguments.config, settings, seeds, arguments.backend)?;
    if let Some(folds) = arguments.folds {
        sweep = sweep.with_folds(folds)?;
    }
    let name = arguments
        .config
        .file_stem()
        .unwrap_or(arguments.config.as_os_str());
    let curves = match arguments.curves {
        Curves::Auto => sweep.grid().runs() <= MOST_RUNS_WITH_CURVES,
        when => when == Curves::Always,
    };
    let identity = Identity::new(&sweep, &name.to_string_lossy(), curves)?;
    let out = arguments
        .out
        .clone()
        .unwrap_or_else(|| Path::new("artifacts/sweeps").join(name));
    let mut directory = Directory::create(out)?;
    let there = match shard {
        Some(_) => {
            if !directory.has_identity() && directory.has_results() {
                let problem =
                    "there are the tables of a sweep here, and no sweep.toml says of which";
                let remedy = "sweep into another directory with --out, or move them away";
                return Err(Error::invalid(
                    directory.path().display().to_string(),
                    problem,
                    remedy,
                )
                .into());
            }
            directory.keep();
            identity.settle(directory.path())?;
            Some(Gathered::read(directory.path(), &identity)?)
        }
        None => before(arguments, &directory, &identity)?,
    };

    super::notes(&sweep.notes(), quiet);
    let jobs = arguments.jobs.map(usize::from);
    let whole = shard.unwrap_or(Shard::WHOLE);
    let mut work = Work {
        sweep: &sweep,
        identity: &identity,
        shard: whole,
        clears: arguments.overwrite,
        tasks: identity.deal().of_shard(identity.grid(), whole),
        there,
    };
    if shard.is_some() {
        let (all, left) = work.perform(&mut directory, jobs, quiet, true)?;
        if !quiet {
            output::say(format_args!(
                "shard {whole}: {all} runs, {left} of them now; `foldspace collect {}` when all shards are done",
                directory.path().display()
            ))?;
        }
        return Ok(());
    }
    work.perform(&mut directory, jobs, quiet, false)?;
    directory.keep();
    let gathered = Gathered::read(directory.path(), &identity)?;
    collect::remarks(&gathered, quiet);
    if gathered.ended() < identity.grid().runs() {
        return collect::refuse(&directory, &identity, &gathered, arguments.json);
    }
    collect::finish(&mut directory, &identity, gathered, arguments.json, quiet)
}

/// What a sweep that is not one of several shards finds in its directory: the runs of the same sweep, to go on from; `None` where
/// it begins anew.
fn before(
    arguments: &Arguments,
    directory: &Directory,
    identity: &Identity,
) -> Done<Option<Gathered>> {
    let path = directory.path();
    let place = path.display().to_string();
    let refuse = |problem: String, remedy: &str| Err(Error::invalid(&place, problem, remedy));
    const REPLACE: &str = "replace it with --overwrite, or choose another directory with --out";
    if arguments.overwrite {
        return Ok(None);
    }
    // Shards that have begun but ended no run yet are at work here as well.
    if !directory.has_runs()? && !directory.has_identity() {
        return Ok(None);
    }
    if let Some(difference) = identity.differs(path)? {
        return refuse(
            format!("there is a sweep here already, another one: {difference}"),
            REPLACE,
        );
    }
    let gathered = Gathered::read(path, identity)?;
    let missing = identity.grid().runs() - gathered.ended();
    if missing == 0 && directory.has_results() && !arguments.missing {
        return refuse(
            "there is a sweep here already, this very one".to_owned(),
            REPLACE,
        );
    }
    if !arguments.missing && missing > 0 && gathered.cut().is_some_and(|count| count > 1) {
        return refuse(
            format!("shards of this sweep are here, and {missing} runs are missing"),
            "do these here too with --missing, or run the shards that are missing and `foldspace collect`",
        );
    }
    Ok(Some(gathered))
}

/// What a process has to do.
struct Work<'a> {
    sweep: &'a Sweep,
    identity: &'a Identity,
    shard: Shard,
    tasks: Vec<Task>,
    /// What is there already; `None` where the sweep begins anew.
    there: Option<Gathered>,
    /// Whether an earlier sweep is removed (--overwrite), which happens only when the first run has ended.
    clears: bool,
}

impl Work<'_> {
    /// Trains what is not there yet and returns how many runs there were to do, and how many of them were done now.
    fn perform(
        &mut self,
        directory: &mut Directory,
        jobs: Option<usize>,
        quiet: bool,
        at_once: bool,
    ) -> Result<(usize, usize), Failure> {
        let grid = self.identity.grid();
        let runs = |tasks: &[Task]| tasks.iter().map(|task| task.seeds.len()).sum::<usize>();
        let all = runs(&self.tasks);
        let tasks = std::mem::take(&mut self.tasks);
        let tasks = match &self.there {
            Some(there) => there.left(tasks, self.identity),
            None => tasks,
        };
        let there = |run: usize| self.there.as_ref().is_some_and(|there| there.has(run));
        let wanted = (tasks.iter().flat_map(|task| task.runs(grid)))
            .filter(|&run| !there(run))
            .count();
        let place = directory.path().to_path_buf();
        let create = || Recorder::create(&place, self.identity, self.shard).map(Arc::new);
        // A shard leaves a sign that it began: how a sweep was cut is read from the names.
        let first = if at_once { Some(create()?) } else { None };
        let recorder = Mutex::new((first, directory));
        let begun = || -> Done<Arc<Recorder>> {
            let mut guard = recorder.lock().unwrap_or_else(PoisonError::into_inner);
            let (recorder, directory) = &mut *guard;
            if let Some(recorder) = recorder {
                return Ok(Arc::clone(recorder));
            }
            if self.clears {
                directory.clear()?;
            }
            directory.keep();
            self.identity.settle(&place)?;
            Ok(Arc::clone(recorder.insert(create()?)))
        };
        let bar = progress::bar(wanted as u64, quiet, "runs");
        let stop = interrupt::listen();
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let numbers = grid.numbers();
        let done = std::sync::atomic::AtomicUsize::new(0);
        let ended = self
            .sweep
            .perform_all(&tasks, jobs.unwrap_or(processors), stop, &|trial| {
                let Some(run) = numbers.of(trial).filter(|&run| !there(run)) else {
                    return Ok(());
                };
                let backend = self.sweep.backend_of(trial.combination).name();
                begun()?.record(run, trial, backend)?;
                done.fetch_add(1, Ordering::Relaxed);
                bar.set_message(grid.label(trial.combination));
                bar.inc(1);
                Ok(())
            });
        bar.finish_and_clear();
        ended?;
        let (recorder, directory) = recorder
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(recorder) = recorder.and_then(Arc::into_inner) {
            recorder.finish()?;
        }
        let done = done.into_inner();
        if stop.load(Ordering::Relaxed) && done < wanted {
            let kept = if done > 0 || at_once {
                format!(
                    "; the same command goes on from here, `foldspace collect {} --partial` shows what there is",
                    directory.path().display()
                )
            } else {
                String::new()
            };
            output::note(format_args!(
                "stopped: {} of {all} runs have ended{kept}",
                all - wanted + done
            ));
            return Err(Failure::Stopped);
        }
        Ok((all, done))
    }
}
