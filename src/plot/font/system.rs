//! The system's fonts, for signs that the embedded ones lack. They are looked for when the first such sign is drawn, and
//! a figure without one never touches them.
//!
//! Which font is taken depends only on what is installed: candidates are tried in an order of their own, upright sans-serif
//! cuts first, then by name and path. `FOLDSPACE_FONTS` names a directory to look in instead of the system's.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use ab_glyph::{OutlineCurve, Point, point};
use rustybuzz::ttf_parser::{self, GlyphId, OutlineBuilder};
use rustybuzz::{Direction, UnicodeBuffer};

use super::{Face, Glyph};
use crate::plot::invisible::is_invisible;

/// A glyph where the shaper puts it; lengths in units of the font size, y upwards.
pub(crate) struct Shaped {
    /// Which glyph.
    pub glyph: Glyph,
    /// From the pen to the right.
    pub x: f64,
    /// From the base line upwards.
    pub y: f64,
    /// How far the pen moves.
    pub advance: f64,
}

/// Signs of one direction.
pub(crate) struct Run<'a> {
    /// In the order they are read.
    pub text: &'a str,
    /// Which way they go.
    pub direction: Direction,
}

struct System {
    fonts: fontdb::Database,
    /// In the order they are tried, for regular and for bold text.
    order: [Vec<fontdb::ID>; 2],
}

static SYSTEM: LazyLock<System> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    match std::env::var_os("FOLDSPACE_FONTS") {
        Some(directory) => fonts.load_fonts_dir(directory),
        None => fonts.load_system_fonts(),
    }
    let order = [400, 600].map(|weight| {
        let mut faces: Vec<&fontdb::FaceInfo> = fonts.faces().collect();
        faces.sort_by_cached_key(|face| rank(face, weight));
        faces.into_iter().map(|face| face.id).collect()
    });
    System { fonts, order }
});

/// What is tried earlier is smaller.
fn rank(
    face: &fontdb::FaceInfo,
    weight: u16,
) -> (bool, bool, bool, bool, u16, String, String, u32) {
    let family = face.families.first().map_or("", |(name, _)| name.as_str());
    (
        face.style != fontdb::Style::Normal,
        face.stretch != fontdb::Stretch::Normal,
        face.monospaced,
        !family.contains("Sans"),
        face.weight.0.abs_diff(weight),
        family.to_owned(),
        path(&face.source),
        face.index,
    )
}

fn path(source: &fontdb::Source) -> String {
    match source {
        fontdb::Source::File(path) | fontdb::Source::SharedFile(path, _) => {
            path.display().to_string()
        }
        fontdb::Source::Binary(_) => String::new(),
    }
}

/// The fonts in use. These few stay in memory until the process ends.
static LOADED: Mutex<Vec<(fontdb::ID, &'static rustybuzz::Face<'static>)>> = Mutex::new(Vec::new());

/// Which font has a cluster: the answers so far.
static FOUND: Mutex<BTreeMap<(String, bool), Option<usize>>> = Mutex::new(BTreeMap::new());

/// The first of the system's fonts that can draw a cluster of signs, all of them, in outlines.
pub(crate) fn find(cluster: &str, bold: bool) -> Option<usize> {
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (cluster.to_owned(), bold);
    if let Some(&known) = found.get(&key) {
        return known;
    }
    let answer = SYSTEM.order[usize::from(bold)]
        .iter()
        .find(|&&id| draws(id, cluster))
        .and_then(|&id| load(id));
    found.insert(key, answer);
    answer
}

/// Whether a font has outlines for a cluster.
fn draws(id: fontdb::ID, cluster: &str) -> bool {
    let has = |data: &[u8], index: u32| {
        let parsed = ttf_parser::Face::parse(data, index).ok()?;
        // A quick look first: shaping every font would take long.
        let visible = |sign: &char| !is_invisible(*sign);
        let covered = cluster
            .chars()
            .filter(visible)
            .all(|sign| parsed.glyph_index(sign).is_some());
        let single = cluster.chars().filter(visible).count() == 1;
        if single && !covered {
            return None;
        }
        let face = rustybuzz::Face::from_slice(data, index)?;
        Some(is_drawn(&face, cluster))
    };
    SYSTEM.fonts.with_face_data(id, has).flatten() == Some(true)
}

/// Whether the shaper finds all signs, and something is seen of them.
fn is_drawn(face: &rustybuzz::Face<'_>, cluster: &str) -> bool {
    let shaped = rustybuzz::shape(
        face,
        &[],
        buffer(&Run {
            text: cluster,
            direction: Direction::LeftToRight,
        }),
    );
    let glyphs = shaped.glyph_infos();
    let outlined = |info: &rustybuzz::GlyphInfo| {
        face.outline_glyph(GlyphId(info.glyph_id as u16), &mut Curves::default())
            .is_some()
    };
    glyphs.iter().all(|info| info.glyph_id != 0) && glyphs.iter().any(outlined)
}

/// Reads a font for good; `None` if it can't be read.
fn load(id: fontdb::ID) -> Option<usize> {
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(position) = loaded.iter().position(|(known, _)| *known == id) {
        return Some(position);
    }
    let face = SYSTEM.fonts.with_face_data(id, |data, index| {
        let bytes: &'static [u8] = Box::leak(data.to_vec().into_boxed_slice());
        rustybuzz::Face::from_slice(bytes, index)
    })??;
    loaded.push((id, Box::leak(Box::new(face))));
    Some(loaded.len() - 1)
}

fn loaded(font: usize) -> Option<&'static rustybuzz::Face<'static>> {
    let loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    loaded.get(font).map(|(_, face)| *face)
}

/// Shapes a run in a font that [`find`] has found.
pub(crate) fn shape(font: usize, run: &Run<'_>) -> Vec<Shaped> {
    loaded(font).map_or_else(Vec::new, |face| {
        shaped(face, run, |id| Glyph::System(font, id))
    })
}

/// The embedded fonts for the shaper, which puts letters and their marks together.
static EMBEDDED: LazyLock<Vec<Option<rustybuzz::Face<'static>>>> = LazyLock::new(|| {
    let faces = [
        Face::Regular,
        Face::SemiBold,
        Face::Italic,
        Face::SemiBoldItalic,
        Face::Math,
    ];
    faces
        .map(|face| rustybuzz::Face::from_slice(face.bytes(), 0))
        .into()
});

/// Whether an embedded font can draw a cluster of several signs.
pub(crate) fn composes(face: Face, cluster: &str) -> bool {
    EMBEDDED[face as usize]
        .as_ref()
        .is_some_and(|face| is_drawn(face, cluster))
}

/// Shapes a run in an embedded font.
pub(crate) fn compose(face: Face, run: &Run<'_>) -> Vec<Shaped> {
    EMBEDDED[face as usize]
        .as_ref()
        .map_or_else(Vec::new, |buzz| {
            shaped(buzz, run, |id| Glyph::Embedded(face, ab_glyph::GlyphId(id)))
        })
}

fn shaped(face: &rustybuzz::Face<'_>, run: &Run<'_>, glyph: impl Fn(u16) -> Glyph) -> Vec<Shaped> {
    let units = f64::from(face.units_per_em());
    let output = rustybuzz::shape(face, &[], buffer(run));
    let pairs = output.glyph_infos().iter().zip(output.glyph_positions());
    pairs
        .map(|(info, position)| Shaped {
            glyph: glyph(info.glyph_id as u16),
            x: f64::from(position.x_offset) / units,
            y: f64::from(position.y_offset) / units,
            advance: f64::from(position.x_advance) / units,
        })
        .collect()
}

fn buffer(run: &Run<'_>) -> UnicodeBuffer {
    let mut buffer = UnicodeBuffer::new();
    buffer.push_str(run.text);
    buffer.set_direction(run.direction);
    // The direction stays; the script and the language are those of the signs.
    buffer.guess_segment_properties();
    buffer
}

/// How far the pen moves, in units of the font size.
pub(crate) fn advance(font: usize, id: u16) -> f64 {
    loaded(font).map_or(0.0, |face| {
        let advance = face.glyph_hor_advance(GlyphId(id)).unwrap_or(0);
        f64::from(advance) / f64::from(face.units_per_em())
    })
}

/// The outline in font units, and the number of those per font size.
pub(crate) fn outline(font: usize, id: u16) -> Option<(Vec<OutlineCurve>, f64)> {
    let face = loaded(font)?;
    let mut curves = Curves::default();
    face.outline_glyph(GlyphId(id), &mut curves)?;
    Some((curves.done, f64::from(face.units_per_em())))
}

/// Collects an outline.
#[derive(Default)]
struct Curves {
    done: Vec<OutlineCurve>,
    start: Point,
    pen: Point,
}

impl OutlineBuilder for Curves {
    fn move_to(&mut self, x: f32, y: f32) {
        self.pen = point(x, y);
        self.start = self.pen;
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let end = point(x, y);
        self.done.push(OutlineCurve::Line(self.pen, end));
        self.pen = end;
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let end = point(x, y);
        self.done
            .push(OutlineCurve::Quad(self.pen, point(x1, y1), end));
        self.pen = end;
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let end = point(x, y);
        self.done.push(OutlineCurve::Cubic(
            self.pen,
            point(x1, y1),
            point(x2, y2),
            end,
        ));
        self.pen = end;
    }

    fn close(&mut self) {
        if self.pen != self.start {
            self.done.push(OutlineCurve::Line(self.pen, self.start));
            self.pen = self.start;
        }
    }
}
