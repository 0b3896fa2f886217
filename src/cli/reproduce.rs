//! `foldspace reproduce`: the main job.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use super::{Failure, Outcome, output, progress};
use crate::anim::{self, Format};
use crate::blog::{self, Check, Lab, POSTS, Settings};
use crate::device::Backend;

/// Reproduce the four posts: every figure, example, exercise and claim, with its checks; and show what lies beyond them.
///
/// Writes pictures, index.html and checks.json. A failed check is named at the end and gives exit code 1.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  foldspace reproduce              everything\n  \
    foldspace reproduce A D3         post A, and one item of post D\n  foldspace reproduce --list       what there is"
)]
pub(super) struct Arguments {
    /// Posts (A, B, C, D, and E, beyond them) or items (A12); everything where none is named.
    names: Vec<String>,
    /// List all items and leave.
    #[arg(long)]
    list: bool,
    /// Where to compute: auto, flex, ndarray, wgpu, or another that `foldspace devices` lists.
    #[arg(long, default_value = "auto", value_name = "NAME")]
    backend: Backend,
    /// How to store animations: gif, apng, mp4, png-frames; several with commas. By default mp4 where `ffmpeg` is
    /// installed, else gif.
    #[arg(long = "format", value_delimiter = ',', value_name = "FORMAT")]
    formats: Vec<Format>,
    /// How many items to work on at once; by default one per processor.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Where the gallery goes.
    #[arg(
        short,
        long,
        default_value = "artifacts/blog",
        value_name = "DIRECTORY"
    )]
    out: PathBuf,
    /// Dots per inch of PNG files.
    #[arg(long, default_value_t = 192.0, value_name = "NUMBER")]
    dpi: f64,
    /// Look at fewer seeds in surveys; every picture and every other check stays.
    #[arg(long)]
    quick: bool,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, quiet: bool) -> Outcome {
    if arguments.list {
        return list();
    }
    let items = blog::select(&arguments.names)?;
    let start = Instant::now();
    let lab = Lab::new(arguments.backend, arguments.quick)?;
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let settings = Settings {
        out: arguments.out.clone(),
        formats: if !arguments.formats.is_empty() {
            arguments.formats.clone()
        } else if anim::is_at_hand(&anim::Options::default().ffmpeg) {
            vec![Format::Mp4]
        } else {
            vec![Format::Gif]
        },
        dpi: arguments.dpi,
        jobs: arguments.jobs.map_or(processors, usize::from),
    };
    if !quiet {
        output::note(announcement(items.len(), &settings));
    }
    let bar = progress::bar(items.len() as u64, quiet, "items");
    let checks = blog::reproduce(&lab, &items, &settings, &|item, checks| {
        bar.inc(1);
        bar.set_message(item.id);
        for check in checks.iter().filter(|check| !check.pass) {
            bar.suspend(|| output::note(describe(check)));
        }
    })?;
    bar.finish_and_clear();

    let failed: Vec<&Check> = checks.iter().filter(|check| !check.pass).collect();
    if !quiet {
        output::say(format_args!(
            "{} items, {} of {} checks hold, {:.1} s: {}",
            items.len(),
            checks.len() - failed.len(),
            checks.len(),
            start.elapsed().as_secs_f64(),
            settings.out.join("index.html").display()
        ))?;
    }
    if failed.is_empty() {
        return Ok(());
    }
    output::note("failed checks:");
    for check in failed {
        output::note(format_args!("  {}", describe(check)));
    }
    Err(Failure::Reported)
}

/// What all items take together on one processor of a cloud machine, films included, in seconds.
const WORK: f64 = 28.0;

/// What is going to be done, and for how long.
fn announcement(items: usize, settings: &Settings) -> String {
    let all: usize = POSTS.iter().map(|post| post.items.len()).sum();
    let seconds = WORK * items as f64 / all as f64 / settings.jobs.max(1) as f64;
    let pace = match cfg!(debug_assertions) {
        true => "; built without --release, several times as long",
        false => "",
    };
    format!(
        "reproducing {items} of {all} items into {}, {} at a time: about {:.0} s{pace}",
        settings.out.display(),
        settings.jobs,
        seconds.max(1.0)
    )
}

fn list() -> Outcome {
    for post in &POSTS {
        output::say(format_args!(
            "{}  {}: {}",
            post.letter, post.title, post.author
        ))?;
        for item in post.items {
            output::say(format_args!(
                "  {:<4} {}",
                item.id,
                crate::plot::text::plain(item.title)
            ))?;
        }
    }
    Ok(())
}

fn describe(check: &Check) -> String {
    format!(
        "{}: {}: measured {}, expected {}{} (tolerance {})",
        check.id,
        crate::plot::text::plain(&check.statement),
        check.measured,
        match check.relation {
            blog::Relation::Equal => "",
            blog::Relation::AtLeast => "at least ",
            blog::Relation::AtMost => "at most ",
        },
        check.expected,
        check.tolerance
    )
}
