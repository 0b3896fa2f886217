//! The embedded fonts: Inter (SIL Open Font License) and, for a few mathematical signs it lacks, DejaVu Sans.
//! Both are subsets; their licences lie beside the files. For other signs there are the [`system`]'s fonts.

pub(super) mod system;

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, GlyphId, OutlineCurve, point};

/// A cut of the typeface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Face {
    /// Labels.
    Regular,
    /// Titles.
    SemiBold,
    /// Variables in formulas.
    Italic,
    /// Variables in titles.
    SemiBoldItalic,
    /// Signs that the text face lacks.
    Math,
}

const FILES: [&[u8]; 5] = [
    include_bytes!("fonts/Inter-Regular.otf"),
    include_bytes!("fonts/Inter-SemiBold.otf"),
    include_bytes!("fonts/Inter-Italic.otf"),
    include_bytes!("fonts/Inter-SemiBoldItalic.otf"),
    include_bytes!("fonts/DejaVuSans-math.ttf"),
];

/// The text faces as files that a page can name, with their licence.
pub fn page_fonts() -> [(&'static str, &'static [u8]); 4] {
    [
        ("Inter-Regular.otf", FILES[0]),
        ("Inter-SemiBold.otf", FILES[1]),
        ("Inter-Italic.otf", FILES[2]),
        (
            "Inter-LICENSE.txt",
            include_bytes!("fonts/Inter-LICENSE.txt"),
        ),
    ]
}

static FACES: LazyLock<[FontRef<'static>; 5]> = LazyLock::new(|| {
    FILES.map(|bytes| FontRef::try_from_slice(bytes).expect("the embedded fonts are valid"))
});

/// One glyph of one face.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Glyph {
    /// From an embedded font.
    Embedded(Face, GlyphId),
    /// From a font of the system, by its place in the list of those found.
    System(usize, u16),
    /// An upright frame from the pen on, in units of the font size, y upwards.
    Frame {
        /// From side to side.
        width: f32,
        /// Its lower edge.
        low: f32,
        /// Its upper edge.
        high: f32,
    },
}

impl Glyph {
    /// The glyph for a character, from `face` or, failing that, from the mathematical one. Blanks that neither has are
    /// as wide as a space.
    pub fn embedded(character: char, face: Face) -> Option<Self> {
        let found = [face, Face::Math].into_iter().find_map(|face| {
            let id = face.font().glyph_id(character);
            (id.0 != 0).then_some(Self::Embedded(face, id))
        });
        match found {
            None if character.is_whitespace() => {
                Some(Self::Embedded(face, face.font().glyph_id(' ')))
            }
            found => found,
        }
    }

    /// How far the pen moves, in units of the font size.
    pub fn advance(self) -> f64 {
        match self {
            Self::Embedded(face, id) => {
                f64::from(face.font().h_advance_unscaled(id)) / face.units_per_em()
            }
            Self::System(font, id) => system::advance(font, id),
            Self::Frame { width, .. } => f64::from(width),
        }
    }

    /// The outline in font units, y upwards, and the number of those units per font size; `None` for blanks.
    pub fn outline(self) -> Option<(Vec<OutlineCurve>, f64)> {
        match self {
            Self::Embedded(face, id) => {
                let outline = face.font().outline(id)?;
                Some((outline.curves, face.units_per_em()))
            }
            Self::System(font, id) => system::outline(font, id),
            Self::Frame { width, low, high } => Some((frame(width, low, high), 1.0)),
        }
    }
}

/// An upright rectangle with a hole that leaves a thin rim.
fn frame(width: f32, low: f32, high: f32) -> Vec<OutlineCurve> {
    const RIM: f32 = 0.05;
    let ring = |corners: [(f32, f32); 4]| {
        let at = move |k: usize| point(corners[k % 4].0, corners[k % 4].1);
        (0..4).map(move |k| OutlineCurve::Line(at(k), at(k + 1)))
    };
    let outer = [(0.0, low), (width, low), (width, high), (0.0, high)];
    // The other way round, so that the winding rule leaves it open.
    let (left, right) = (RIM, width - RIM);
    let (bottom, top) = (low + RIM, high - RIM);
    let inner = [(left, bottom), (left, top), (right, top), (right, bottom)];
    ring(outer).chain(ring(inner)).collect()
}

impl Face {
    fn font(self) -> &'static FontRef<'static> {
        &FACES[self as usize]
    }

    fn bytes(self) -> &'static [u8] {
        FILES[self as usize]
    }

    fn units_per_em(self) -> f64 {
        f64::from(self.font().units_per_em().unwrap_or(1000.0))
    }
}
