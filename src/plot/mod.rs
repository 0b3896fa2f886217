//! Figures: described once as plain data, drawn with plotters into SVG and PNG.
//!
//! ```text
//! Figure { panels: [Panel { marks: [Mark] }] }  --layout-->  pixels  --render (plotters)-->  Svg | Raster
//! ```
//!
//! Nothing here knows of networks or training: a figure can be drawn again from files, with no device. Colours are
//! [roles](Role), which a [`Theme`] turns into light or dark ink. Strings are [markup](text); a name from data is made so with
//! [`text::literal`].

mod axes;
mod backend;
mod clip;
mod colormap;
mod colour;
pub mod diagram;
mod field;
mod figure;
mod flatten;
mod font;
mod image;
mod invisible;
mod layout;
mod least;
mod legend;
mod mark;
mod marks;
mod matrix;
mod output;
mod painter;
mod panel;
pub mod pixmap;
mod render;
mod rgb;
mod scatter;
mod shape;
mod size;
pub mod space;
pub mod text;
mod theme;
pub mod ticks;
mod trim;

pub use colormap::{Colormap, HEIGHTS};
pub use colour::{Colour, Role};
pub use figure::Figure;
pub use font::{Face, Glyph, page_fonts};
pub use mark::{Anchor, ClassField, Dash, Field, Mark, Point, Shape, Stroke, extent};
pub use matrix::MatrixStyle;
pub use output::PIXELS_PER_INCH;
pub use panel::{Axis, ColourBar, Frame, Key, Panel, Scale, Sign};
pub use rgb::Rgb;
pub use scatter::{MOST_CLASSES, class_shape, radius};
pub use theme::Theme;
