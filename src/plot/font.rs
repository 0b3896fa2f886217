//! The embedded fonts: Inter (SIL Open Font License) and, for a few mathematical signs it lacks, DejaVu Sans.
//! Both are subsets; their licences lie beside the files. Nothing is read from the system.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, GlyphId, Outline};

/// A cut of the typeface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

static FACES: LazyLock<[FontRef<'static>; 5]> = LazyLock::new(|| {
    [
        include_bytes!("fonts/Inter-Regular.otf").as_slice(),
        include_bytes!("fonts/Inter-SemiBold.otf"),
        include_bytes!("fonts/Inter-Italic.otf"),
        include_bytes!("fonts/Inter-SemiBoldItalic.otf"),
        include_bytes!("fonts/DejaVuSans-math.ttf"),
    ]
    .map(|bytes| FontRef::try_from_slice(bytes).expect("the embedded fonts are valid"))
});

/// One glyph of one face.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Glyph {
    face: Face,
    id: GlyphId,
}

impl Glyph {
    /// The glyph for a character, from `face` or, failing that, from the mathematical one.
    pub fn new(character: char, face: Face) -> Self {
        let id = face.font().glyph_id(character);
        if id.0 != 0 {
            return Self { face, id };
        }
        let id = Face::Math.font().glyph_id(character);
        if id.0 != 0 {
            let face = Face::Math;
            return Self { face, id };
        }
        let id = face.font().glyph_id('?');
        Self { face, id }
    }

    /// How far the pen moves, in units of the font size.
    pub fn advance(self) -> f64 {
        let font = self.face.font();
        f64::from(font.h_advance_unscaled(self.id)) / self.face.units_per_em()
    }

    /// The outline in font units, y upwards, and the number of those units per font size; `None` for blanks.
    pub fn outline(self) -> Option<(Outline, f64)> {
        let outline = self.face.font().outline(self.id)?;
        Some((outline, self.face.units_per_em()))
    }
}

impl Face {
    fn font(self) -> &'static FontRef<'static> {
        &FACES[self as usize]
    }

    fn units_per_em(self) -> f64 {
        f64::from(self.font().units_per_em().unwrap_or(1000.0))
    }
}
