//! From items to files: shows each, draws its pictures, writes the gallery.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Animation, Check, Exhibit, Item, Lab, gallery};
use crate::anim::{Format, Options, write_animation};
use crate::error::{Error, Result};
use crate::plot::{Figure, Theme};

/// How to reproduce.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the gallery goes.
    pub out: PathBuf,
    /// How animations are stored.
    pub formats: Vec<Format>,
    /// Dots per inch of the PNG files.
    pub dpi: f64,
    /// How many items are worked on at once.
    pub jobs: usize,
}

/// An item with everything that became of it.
pub struct Finished {
    /// Which item.
    pub item: &'static Item,
    /// Its words, tables and checks (pictures are files by now).
    pub exhibit: Exhibit,
    /// File names of still pictures, without extension, with the figures' titles and captions.
    pub stills: Vec<Still>,
    /// Moving pictures.
    pub moving: Vec<Moving>,
    /// Pages to play with: the file's name, what opens it, and its state.
    pub players: Vec<[String; 3]>,
}

/// An animation on disk.
pub struct Moving {
    /// The name, with extension.
    pub file: String,
    /// For those who cannot see it.
    pub alt: String,
    /// The file's length.
    pub bytes: u64,
}

/// A still picture on disk: `NAME.svg` and `NAME.png`, and the same for dark pages with `-dark`.
pub struct Still {
    /// The name without extension.
    pub file: String,
    /// Title and caption, for those who cannot see it.
    pub alt: String,
    /// Width and height in pixels of 1/96 inch.
    pub size: (u32, u32),
    /// The length of the larger PNG.
    pub bytes: u64,
}

/// Shows the items, writes pictures, `index.html` and `checks.json` into `settings.out`, and returns all checks in the
/// order of the items. `progress` hears of each finished item.
///
/// # Errors
/// Whatever an item or a file refuses; the gallery is then not written, finished pictures stay.
pub fn reproduce(
    lab: &Lab,
    items: &[&'static Item],
    settings: &Settings,
    progress: &(dyn Fn(&Item, &[Check]) + Sync),
) -> Result<Vec<Check>> {
    std::fs::create_dir_all(&settings.out)
        .map_err(Error::io(&settings.out, "create the directory"))?;
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<Option<Result<Finished>>>> =
        Mutex::new(items.iter().map(|_| None).collect());
    // Plain threads, not rayon's: an item may wait for another's training, and a waiting rayon worker could be handed
    // the very task it waits for.
    std::thread::scope(|scope| {
        for _ in 0..settings.jobs.clamp(1, items.len().max(1)) {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let finished = finish(lab, item, settings);
                    let failed = finished.is_err();
                    if let Ok(finished) = &finished {
                        progress(item, &finished.exhibit.checks);
                    }
                    let position = items.iter().position(|other| other.id == item.id);
                    if let (Some(position), Ok(mut done)) = (position, done.lock()) {
                        done[position] = Some(finished);
                    }
                    if failed {
                        // Let the others stop after what they are at.
                        next.store(items.len(), Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let finished: Vec<Finished> = done
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .into_iter()
        .flatten()
        .collect::<Result<_>>()?;
    let checks: Vec<Check> = finished
        .iter()
        .flat_map(|finished| finished.exhibit.checks.clone())
        .collect();
    crate::file::write(
        &settings.out.join("index.html"),
        gallery::page(&finished, &lab.describe()).as_bytes(),
    )?;
    let mut json = serde_json::to_vec_pretty(&checks)
        .map_err(|error| Error::io("checks.json", "encode")(error.into()))?;
    json.push(b'\n');
    crate::file::write(&settings.out.join("checks.json"), &json)?;
    Ok(checks)
}

fn finish(lab: &Lab, item: &'static Item, settings: &Settings) -> Result<Finished> {
    let mut exhibit = (item.show)(lab)?;
    for check in &mut exhibit.checks {
        item.id.clone_into(&mut check.id);
    }
    let name = |name: &str| format!("{}-{name}", item.id);
    let stills = std::mem::take(&mut exhibit.figures)
        .into_iter()
        .map(|(suffix, figure)| save_still(&figure, name(&suffix), settings))
        .collect::<Result<_>>()?;
    let mut moving = Vec::new();
    for animation in std::mem::take(&mut exhibit.animations) {
        moving.extend(save_animation(
            &animation,
            &name(&animation.name),
            settings,
        )?);
    }
    let mut players = Vec::new();
    for player in std::mem::take(&mut exhibit.players) {
        let file = format!("{}.html", name(&player.name));
        crate::file::write(&settings.out.join(&file), player.html.as_bytes())?;
        players.push([file, player.title, player.state]);
    }
    Ok(Finished {
        item,
        exhibit,
        stills,
        moving,
        players,
    })
}

fn save_still(figure: &Figure, file: String, settings: &Settings) -> Result<Still> {
    let path = |ending: &str| settings.out.join(format!("{file}{ending}"));
    figure.save(&path(".svg"), &Theme::LIGHT, settings.dpi)?;
    figure.save(&path("-dark.svg"), &Theme::DARK, settings.dpi)?;
    figure.save(&path(".png"), &Theme::LIGHT, settings.dpi)?;
    figure.save(&path("-dark.png"), &Theme::DARK, settings.dpi)?;
    let length = |ending| std::fs::metadata(path(ending)).map_or(0, |file| file.len());
    let bytes = length(".png").max(length("-dark.png"));
    Ok(Still {
        file,
        alt: crate::plot::text::plain(&format!("{}. {}", figure.title, figure.caption)),
        size: (figure.width, figure.height),
        bytes,
    })
}

fn save_animation(animation: &Animation, file: &str, settings: &Settings) -> Result<Vec<Moving>> {
    let paths = write_animation(
        &settings.out.join(file),
        &settings.formats,
        &Options::default(),
        &animation.timeline,
        |moment| (animation.draw)(moment)?.to_frame(&Theme::LIGHT, 1.0),
    )?;
    let name = |path: &Path| path.file_name().map(|n| n.to_string_lossy().into_owned());
    Ok(paths
        .iter()
        .filter_map(|path| Some((name(path)?, path)))
        .map(|(file, path)| Moving {
            file,
            alt: animation.alt.clone(),
            bytes: std::fs::metadata(path).map_or(0, |file| file.len()),
        })
        .collect())
}
