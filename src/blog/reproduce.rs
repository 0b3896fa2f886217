//! From items to files: shows each, draws its pictures, writes the gallery.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use super::finished::{Finished, Moving, Still};
use super::{Animation, Check, Item, Lab, gallery, page_image};
use crate::anim::{Format, Moment, Options, write_animation};
use crate::error::{Error, Result};
use crate::plot::{Figure, Frame, Mark, Theme};
use crate::workers;

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

/// An SVG of more bytes is not shown on the page, only linked.
const HEAVY: usize = 75_000;
/// The width of figures for narrow screens.
const NARROW: u32 = 460;
/// How far into an animation its poster is taken, as a share.
const POSTER: f64 = 0.55;

/// Shows the items, writes pictures, `index.html` and `checks.json` into `settings.out`, and returns all checks in the order of
/// the items. `progress` is called with each finished item.
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
    let finished = workers::map(items, settings.jobs, &AtomicBool::new(false), |&item| {
        let finished = finish(lab, item, settings)?;
        progress(item, &finished.exhibit.checks);
        Ok(finished)
    })?;
    let checks: Vec<Check> = finished
        .iter()
        .flat_map(|finished| finished.exhibit.checks.clone())
        .collect();
    crate::file::write(
        &settings.out.join("index.html"),
        gallery::page(&finished, &lab.describe()).as_bytes(),
    )?;
    for (name, bytes) in crate::plot::page_fonts() {
        crate::file::write(&settings.out.join(name), bytes)?;
    }
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
    let figures = std::mem::take(&mut exhibit.figures);
    let on_sheet = sheet_picture(item, &figures, settings)?;
    let stills = figures
        .into_iter()
        .map(|(suffix, figure)| save_still(&figure, name(&suffix), settings))
        .collect::<Result<_>>()?;
    let moving = std::mem::take(&mut exhibit.animations)
        .iter()
        .map(|animation| save_animation(animation, &name(&animation.name), settings))
        .collect::<Result<_>>()?;
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
        on_sheet,
    })
}

/// The picture on the page's first sheet: one panel, without words.
fn sheet_picture(item: &Item, figures: &[(String, Figure)], settings: &Settings) -> Result<bool> {
    let chosen = gallery::SHEET.iter().find(|(id, _)| *id == item.id);
    let (Some((id, panel)), Some((_, figure))) = (chosen, figures.first()) else {
        return Ok(false);
    };
    let Some(mut panel) = figure
        .panels
        .get(*panel)
        .or_else(|| figure.panels.last())
        .cloned()
    else {
        return Ok(false);
    };
    panel.title.clear();
    panel.note.clear();
    panel.legend.clear();
    panel.colour_bar = None;
    panel
        .marks
        .retain(|mark| !matches!(mark, Mark::Text { .. }));
    for axis in [&mut panel.x, &mut panel.y] {
        axis.label.clear();
        axis.names = Some(Vec::new());
    }
    if panel.frame == Frame::Axes {
        panel.frame = Frame::Box;
    }
    let (width, height) = gallery::SHEET_SIZE;
    let figure = Figure::new("").size(width, height).panel(panel);
    for (theme, ending) in [(Theme::LIGHT, ""), (Theme::DARK, "-dark")] {
        let path = settings.out.join(format!("{id}-sheet{ending}.png"));
        page_image::save(&figure, &path, &theme)?;
    }
    Ok(true)
}

fn save_still(figure: &Figure, file: String, settings: &Settings) -> Result<Still> {
    let path = |ending: &str| settings.out.join(format!("{file}{ending}"));
    // On the page the caption is text; a file that is passed on contains it.
    let mut bare = figure.clone();
    bare.caption.clear();
    let narrow = (figure.columns > 1).then(|| bare.stacked(NARROW));
    let bare = bare.trimmed();
    let svg = bare.to_svg(&Theme::LIGHT)?;
    let heavy = svg.len() > HEAVY;
    crate::file::write(&path(".svg"), svg.as_bytes())?;
    bare.save(&path("-dark.svg"), &Theme::DARK, settings.dpi)?;
    if heavy {
        page_image::save(&bare, &path("-page.png"), &Theme::LIGHT)?;
        page_image::save(&bare, &path("-page-dark.png"), &Theme::DARK)?;
    }
    figure
        .trimmed()
        .save(&path(".png"), &Theme::LIGHT, settings.dpi)?;
    if let Some(narrow) = &narrow {
        narrow.save(&path("-narrow.svg"), &Theme::LIGHT, settings.dpi)?;
        narrow.save(&path("-narrow-dark.svg"), &Theme::DARK, settings.dpi)?;
    }
    Ok(Still {
        file,
        alt: crate::plot::text::plain(&figure.title),
        caption: figure.caption.clone(),
        size: (bare.width, bare.height),
        narrow: narrow.map(|figure| (figure.width, figure.height)),
        heavy,
    })
}

fn save_animation(animation: &Animation, file: &str, settings: &Settings) -> Result<Moving> {
    let gif_alone = settings.formats.iter().all(|&format| format == Format::Gif);
    let timeline = match &animation.gif {
        Some(timeline) if gif_alone => timeline,
        _ => &animation.timeline,
    };
    let frames = timeline.total_frames();
    let at = |share: f64| timeline.at(((share * frames as f64) as usize).min(frames - 1));
    // One canvas for all frames, as large as the largest of some of them needs.
    let mut size = (1, 1);
    for share in [0.0, 0.2, 0.4, 0.6, 0.8, 1.0] {
        let figure = (animation.draw)(&at(share))?.trimmed();
        size = (size.0.max(figure.width), size.1.max(figure.height));
    }
    let draw =
        |moment: &Moment| -> Result<Figure> { Ok((animation.draw)(moment)?.size(size.0, size.1)) };
    let paths = write_animation(
        &settings.out.join(file),
        &settings.formats,
        &Options::default(),
        timeline,
        |moment| draw(moment)?.to_frame(&Theme::LIGHT, 1.0),
    )?;
    let poster = format!("{file}-poster.png");
    page_image::save(
        &draw(&at(POSTER))?,
        &settings.out.join(&poster),
        &Theme::LIGHT,
    )?;
    let name = |path: &Path| path.file_name().map(|n| n.to_string_lossy().into_owned());
    let files = paths.iter().filter_map(|path| {
        let bytes = std::fs::metadata(path).map_or(0, |data| data.len());
        Some((name(path)?, bytes))
    });
    Ok(Moving {
        files: files.collect(),
        alt: animation.alt.clone(),
        poster,
        size,
    })
}
