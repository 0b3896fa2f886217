//! Fields of numbers as images, resampled to the pixels of the picture.

use plotters_backend::DrawingBackend;

use super::backend::Never;
use super::clip::Rect;
use super::layout::View;
use super::mark::{ClassField, Field, Point};
use super::painter::Painter;
use super::rgb::Rgb;
use super::theme::Theme;

/// How much of a class's colour the most certain point of its region takes; the rest is paper.
const STRONGEST_TINT: f64 = 0.62;

/// Where a pixel falls between the cells along one axis: two cells, and the share of the second.
type Place = (usize, usize, f64);

/// The place of a coordinate counted in cells, so that the first cell's centre is 0.5: between two neighbours where the
/// field is smooth, else in the cell itself.
fn place(coordinate: f64, cells: usize, smooth: bool) -> Place {
    let cell = |index: f64| index.clamp(0.0, (cells - 1) as f64) as usize;
    if !smooth {
        let own = cell(coordinate.floor());
        return (own, own, 0.0);
    }
    let lower = (coordinate - 0.5).floor();
    (cell(lower), cell(lower + 1.0), coordinate - 0.5 - lower)
}

/// The numbers of the columns between two rows of a lattice; `width` of them per row.
fn between_rows(values: &[f64], width: usize, (j, next_j, t): Place) -> Vec<f64> {
    let row = |j: usize| &values[j * width..(j + 1) * width];
    let pairs = row(j).iter().zip(row(next_j));
    pairs
        .map(|(lower, upper)| lower * (1.0 - t) + upper * t)
        .collect()
}

/// Draws a field between two data points, clipped to the panel.
pub(super) fn draw<B: DrawingBackend<ErrorType = Never>>(
    painter: &Painter<'_, B>,
    field: &Field,
    low: Point,
    high: Point,
    view: &View,
) {
    draw_into(painter, field, &between(low, high, view), &view.rect);
}

/// Draws a field that fills `whole`, where that lies inside `window`; both in figure pixels.
pub(super) fn draw_into<B: DrawingBackend<ErrorType = Never>>(
    painter: &Painter<'_, B>,
    field: &Field,
    whole: &Rect,
    window: &Rect,
) {
    if field.values.len() != field.columns * field.rows || field.values.is_empty() {
        return;
    }
    let table = field.colormap.table(painter.theme);
    let mut shades = Shades::of(field);
    let cells = [field.columns, field.rows];
    paint(
        painter,
        cells,
        field.smooth,
        whole,
        window,
        |across, places, pixels, _| {
            for (pixel, &shade) in pixels.iter_mut().zip(shades.row(across, places)) {
                let Rgb(red, green, blue) = table[usize::from(shade)];
                *pixel = [red, green, blue];
            }
        },
    );
}

/// The numbers of a field as places in a table of 256 colours, not yet rounded.
struct Shades {
    columns: usize,
    cells: Vec<f64>,
    /// The rows of cells that a row of pixels lies between, stretched to its pixels: an even one and an odd one, and which these are.
    stretched: [(usize, Vec<f32>); 2],
    /// A row of pixels.
    row: Vec<u8>,
}

impl Shades {
    fn of(field: &Field) -> Self {
        let [low, high] = field.range;
        // So that a pixel takes no division. Halves, so that no difference overflows; a quotient that does is still on its side of
        // the range.
        let shade = |value: &f64| (0.5 * value - 0.5 * low) / (0.5 * high - 0.5 * low) * 255.0;
        let shades = field.values.iter().map(shade);
        Self {
            columns: field.columns,
            cells: shades.map(|shade| shade.clamp(-1e30, 1e30)).collect(),
            stretched: [(usize::MAX, Vec::new()), (usize::MAX, Vec::new())],
            row: Vec::new(),
        }
    }

    /// The nearest places in the table of a row of pixels, the next of the picture or any other of the same `places`. NaN is the first.
    #[expect(clippy::manual_clamp, reason = "NaN becomes 0, not NaN")]
    fn row(&mut self, (j, next_j, t): Place, places: &[Place]) -> &[u8] {
        for j in [j, next_j] {
            let (known, stretched) = &mut self.stretched[j % 2];
            if *known != j {
                let cells = &self.cells[j * self.columns..][..self.columns];
                let between = places
                    .iter()
                    .map(|&(i, next_i, s)| (cells[i] * (1.0 - s) + cells[next_i] * s) as f32);
                stretched.clear();
                stretched.extend(between);
                *known = j;
            }
        }
        let [lower, upper] = [j, next_j].map(|j| &self.stretched[j % 2].1);
        let t = t as f32;
        let between = lower.iter().zip(upper).map(|(lower, upper)| {
            let shade = (lower * (1.0 - t) + upper * t).max(0.0).min(255.0);
            // Of this sum, the lowest bits are the nearest whole number: of two, with the nudge, the greater.
            (shade + 3e-5 + (1u32 << 23) as f32).to_bits() as u8
        });
        self.row.clear();
        self.row.extend(between);
        &self.row
    }
}

/// Draws the regions of several classes between two data points, clipped to the panel.
pub(super) fn draw_classes<B: DrawingBackend<ErrorType = Never>>(
    painter: &Painter<'_, B>,
    field: &ClassField,
    low: Point,
    high: Point,
    view: &View,
) {
    let (classes, cells) = (field.classes, field.columns * field.rows);
    if classes == 0 || cells == 0 || field.probabilities.len() != cells * classes {
        return;
    }
    let theme = painter.theme;
    let whole = between(low, high, view);
    // A probability of 0 is a very small one.
    let logarithm = |p: &f64| libm::log(p.max(1e-300));
    let logarithms: Vec<f64> = match field.logarithms {
        true => field.probabilities.iter().map(logarithm).collect(),
        false => Vec::new(),
    };
    let corners = match field.logarithms {
        true => &logarithms,
        false => &field.probabilities,
    };
    let size = [field.columns, field.rows];
    paint(
        painter,
        size,
        true,
        &whole,
        &view.rect,
        |across, places, pixels, position| {
            let values = between_rows(corners, field.columns * classes, across);
            for (column, &(i, next_i, s)) in places.iter().enumerate() {
                let (mut best, mut first, mut second) = (0, f64::NEG_INFINITY, f64::NEG_INFINITY);
                for class in 0..classes {
                    let (left, right) = (
                        values[i * classes + class],
                        values[next_i * classes + class],
                    );
                    let probability = left * (1.0 - s) + right * s;
                    if probability > first {
                        (best, first, second) = (class, probability, first);
                    } else {
                        second = second.max(probability);
                    }
                }
                let lead = if field.logarithms {
                    let mut sum = 0.0;
                    for class in 0..classes {
                        let (left, right) = (
                            values[i * classes + class],
                            values[next_i * classes + class],
                        );
                        let score = left * (1.0 - s) + right * s - first;
                        // Anything below makes no visible shade.
                        if score > -20.0 {
                            sum += libm::exp(score);
                        }
                    }
                    (1.0 - libm::exp(second - first)) / sum
                } else {
                    first - second.max(0.0)
                };
                let lead = lead.clamp(0.0, 1.0);
                let Rgb(red, green, blue) =
                    region(theme, best, field.strength * lead, position(column));
                pixels[column] = [red, green, blue];
            }
        },
    );
}

/// The colour of a class's region at a pixel. From the eleventh class on, where colours repeat, each ten have a
/// pattern of their own, made of darker and paler tint.
fn region(theme: &Theme, class: usize, strength: f64, [x, y]: Point) -> Rgb {
    const PERIOD: f64 = 12.0;
    let colours = theme.classes.len();
    let half = |along: f64| along.rem_euclid(PERIOD) < 0.5 * PERIOD;
    let is_pale = match (class / colours) % 6 {
        0 => false,
        1 => half(x + y),
        2 => half(x - y),
        3 => half(y),
        4 => half(x),
        _ => half(x) != half(y),
    };
    let tint = if is_pale { 0.25 } else { 1.0 } * STRONGEST_TINT * strength;
    theme.background.mix(theme.classes[class % colours], tint)
}

/// A patch of a class's region, for the legend.
pub(super) fn swatch<B: DrawingBackend<ErrorType = Never>>(
    painter: &Painter<'_, B>,
    class: usize,
    patch: &Rect,
) {
    paint(
        painter,
        [1, 1],
        false,
        patch,
        patch,
        |_, _, pixels, position| {
            for (column, pixel) in pixels.iter_mut().enumerate() {
                let Rgb(red, green, blue) = region(painter.theme, class, 0.55, position(column));
                *pixel = [red, green, blue];
            }
        },
    );
}

/// The rectangle between two data points, in figure pixels.
fn between(low: Point, high: Point, view: &View) -> Rect {
    let ([left, bottom], [right, top]) = (view.pixel(low), view.pixel(high));
    Rect {
        left,
        top,
        right,
        bottom,
    }
}

/// Paints columns x rows of cells that fill `whole`, where that lies inside `window`. `row` is given a row's place, its
/// pixels' places along it and the pixels, to be coloured; its last argument says where the pixel of a column is.
fn paint<B: DrawingBackend<ErrorType = Never>>(
    painter: &Painter<'_, B>,
    [columns, rows]: [usize; 2],
    smooth: bool,
    whole: &Rect,
    window: &Rect,
    mut row: impl FnMut(Place, &[Place], &mut [[u8; 3]], &dyn Fn(usize) -> Point),
) {
    let scale = painter.image_scale;
    // Whole device pixels, so that image and frame meet without a seam.
    let snap = |pixel: f64| (pixel * scale).round() / scale;
    let left = snap(whole.left.max(window.left));
    let right = snap(whole.right.min(window.right));
    let top = snap(whole.top.max(window.top));
    let bottom = snap(whole.bottom.min(window.bottom));
    let width = ((right - left) * scale).round();
    let height = ((bottom - top) * scale).round();
    if width < 1.0 || height < 1.0 {
        return;
    }
    let places: Vec<Place> = (0..width as u32)
        .map(|column| {
            let x = left + (f64::from(column) + 0.5) / scale;
            let u = (x - whole.left) / whole.width() * columns as f64;
            place(u, columns, smooth)
        })
        .collect();
    let mut rgb = vec![[0; 3]; (width * height) as usize];
    for (line, pixels) in rgb.chunks_exact_mut(width as usize).enumerate() {
        let y = top + (line as f64 + 0.5) / scale;
        let v = (whole.bottom - y) / whole.height() * rows as f64;
        let position = |column: usize| [left + (column as f64 + 0.5) / scale, y];
        row(place(v, rows, smooth), &places, pixels, &position);
    }
    painter.image(
        [left, top],
        width as u32,
        height as u32,
        rgb.into_flattened(),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::colormap::Colormap;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn shades_lie_between_those_of_the_cells(
            (columns, rows, cells) in (1usize..6, 1usize..6).prop_flat_map(|(columns, rows)| {
                let cell = prop_oneof![
                    8 => -0.3f64..1.3,
                    1 => Just(f64::NAN),
                    1 => prop::sample::select(vec![1e300, -1e300, f64::INFINITY]),
                ];
                (Just(columns), Just(rows), prop::collection::vec(cell, columns * rows))
            }),
            pixels in (1usize..30, 1usize..30),
            smooth in any::<bool>(),
            range in prop::sample::select(vec![[0.0, 1.0], [1.0, -1.0], [-1e308, 1e308], [0.0, 1e-300]]),
        ) {
            let [low, high] = range;
            let value = |&cell: &f64| if cell.is_finite() { (1.0 - cell) * low + cell * high } else { cell };
            let values = cells.iter().map(value);
            let field = Field { values: values.collect(), columns, rows, range, colormap: Colormap::Diverging, smooth };
            let along = |pixels: usize, cells: usize| -> Vec<Place> {
                let to_cells = cells as f64 / pixels as f64;
                (0..pixels).map(|pixel| place((pixel as f64 + 0.5) * to_cells, cells, smooth)).collect()
            };
            let (places, across) = (along(pixels.0, columns), along(pixels.1, rows));
            let mut shades = Shades::of(&field);
            let expected = |(j, next_j, t): Place, (i, next_i, s): Place| {
                let cell = |i: usize, j: usize| {
                    let value = field.values[j * columns + i];
                    let share = (0.5 * value - 0.5 * low) / (0.5 * high - 0.5 * low);
                    (255.0 * share).clamp(-1e30, 1e30)
                };
                let between = |j: usize| cell(i, j) * (1.0 - s) + cell(next_i, j) * s;
                between(j) * (1.0 - t) + between(next_j) * t
            };
            // In any order.
            for &across in across.iter().chain(across.iter().rev().step_by(3)) {
                let row = shades.row(across, &places).to_vec();
                prop_assert_eq!(row.len(), places.len());
                for (&shade, &along) in row.iter().zip(&places) {
                    let expected = expected(across, along);
                    let nearest = if expected.is_nan() { 0.0 } else { expected.clamp(0.0, 255.0) };
                    // Where the largest of both signs cancel nearly, an f32 is either.
                    if (400.0..1e24).contains(&expected.abs()) {
                        continue;
                    }
                    // Five roundings of an f32 below 400, and the nudge; of large ones the sign is enough.
                    let near = if expected.abs() < 400.0 { 0.5 + 2e-4 } else { 0.0 };
                    prop_assert!((f64::from(shade) - nearest).abs() <= near, "{} for {}", shade, expected);
                }
            }
        }
    }
}
