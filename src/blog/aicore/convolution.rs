//! B13: a convolution as patch matrix x filter matrix, as one sparse matrix, and by Fourier transform.

use faer::{Mat, MatRef, mat};

use super::plane::{FIRST, SECOND};
use super::sample::{greatest, normal, rows};
use crate::blog::{Check, Exhibit, Lab};
use crate::error::Result;
use crate::layers::{Conv2d, Image, by_burn, fourier};
use crate::plot::{Anchor, Colormap, Colour, Figure, Mark, MatrixStyle, Panel, Point, Stroke};
use crate::random::RandomState;

/// A bright square's corner on dark ground, and a filter that answers to vertical edges.
fn example() -> Result<(Image, Conv2d)> {
    let image = Image::from_fn(1, 5, 5, |_, row, column| f64::from(row > 0 && column > 1));
    let filter = mat![[-1.0, 0.0, 1.0, -1.0, 0.0, 1.0, -1.0, 0.0, 1.0]];
    Ok((image, Conv2d::new(filter, vec![0.0], 1, [3, 3])?))
}

/// Channels, size, filters, kernel, stride, padding.
type Setting = (usize, [usize; 2], usize, [usize; 2], [usize; 2], [usize; 2]);

const SETTINGS: [Setting; 6] = [
    (1, [5, 5], 1, [3, 3], [1, 1], [0, 0]),
    (1, [8, 8], 2, [3, 3], [1, 1], [1, 1]),
    (3, [16, 16], 4, [3, 3], [2, 2], [1, 1]),
    (2, [12, 9], 3, [5, 3], [1, 2], [2, 0]),
    (4, [7, 10], 5, [1, 1], [1, 1], [0, 0]),
    (3, [28, 28], 8, [7, 7], [3, 3], [3, 3]),
];

pub(super) fn show(lab: &Lab) -> Result<Exhibit> {
    let (image, layer) = example()?;
    let mut random = RandomState::new(13);
    let (mut table, mut burn, mut spectra, mut sparse) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (channels, [height, width], count, kernel, stride, padding) in SETTINGS {
        let filters = normal(&mut random, count, channels * kernel[0] * kernel[1]);
        let layer = Conv2d::new(filters, random.randn(count), channels, kernel)?
            .with_stride(stride)?
            .with_padding(padding);
        let images: Vec<Image> = (0..2)
            .map(|_| Image::from_fn(channels, height, width, |_, _, _| random.standard_normal()))
            .collect();
        let patches = layer.patch_matrix(&images[0])?;
        let burns = by_burn::conv2d(&layer, &images, lab.device())?;
        for (image, burns) in images.iter().zip(&burns) {
            let own = layer.forward(image)?;
            burn.push(own.max_difference(burns));
            spectra.push(own.max_difference(&fourier::forward(&layer, image)?));
            sparse.push(own.max_difference(&by_one_matrix(&layer, image)?));
        }
        let pair = |[a, b]: [usize; 2]| format!("{a} × {b}");
        let [out_height, out_width] = layer.output_size(&images[0])?;
        table.push(vec![
            format!("{channels} × {height} × {width}"),
            format!("{count} of {}", pair(kernel)),
            pair(stride),
            pair(padding),
            format!("{} × {}", patches.nrows(), patches.ncols()),
            format!("{} × {count}", patches.ncols()),
            format!("{count} × {out_height} × {out_width}"),
        ]);
    }
    Ok(Exhibit::new(
        "A convolutional layer slides each filter over the picture and takes a dot product at every place. Written with \
         matrices: lay each patch under the filter flat as a row of the patch matrix $P$, lay each filter flat as a row of \
         $W$, and all dot products at once are $P W^T$ (this layout is known as im2col). Seen from the whole picture it is \
         still one linear map, with a large matrix in which the few weights repeat along diagonals and everything else is \
         0. And because Fourier transforms turn convolutions into products, the spectra of picture and filter, multiplied \
         entry by entry, lead to the same answer. Networks do not turn the filter over as mathematicians do: what they \
         call convolution is a cross-correlation, so the filter's spectrum enters conjugated.",
    )
    .figure("patches", patch_picture(&image, &layer)?)
    .figure("matrix", whole_matrix(&image, &layer)?)
    .table(
        "Layers checked, two random pictures each",
        &["picture", "filters", "stride", "padding", "patch matrix", "filter matrix Wᵀ", "output"],
        table,
    )
    .check(Check::zero("P Wᵀ + b is Burn's conv2d, at most off by", greatest(burn), 1e-4))
    .check(Check::zero("the Fourier route is P Wᵀ + b, at most off by", greatest(spectra), 1e-11))
    .check(Check::zero("the one large matrix gives P Wᵀ + b, at most off by", greatest(sparse), 1e-11)))
}

/// The layer's output through [`Conv2d::as_matrix`].
fn by_one_matrix(layer: &Conv2d, image: &Image) -> Result<Image> {
    let [height, width] = layer.output_size(image)?;
    let x = Mat::from_fn(image.values.len(), 1, |i, _| image.values[i]);
    let y = layer.as_matrix(image)? * x;
    Ok(Image::from_fn(
        layer.bias().len(),
        height,
        width,
        |filter, row, column| {
            y[((filter * height + row) * width + column, 0)] + layer.bias()[filter]
        },
    ))
}

fn patch_picture(image: &Image, layer: &Conv2d) -> Result<Figure> {
    let picture: Vec<Vec<f64>> = (0..5)
        .map(|i| (0..5).map(|j| image.at(0, i, j)).collect())
        .collect();
    let patches = layer.patch_matrix(image)?;
    let output = layer.forward(image)?;
    let column: Vec<Vec<f64>> = output.values.iter().map(|&y| vec![y]).collect();
    let map: Vec<Vec<f64>> = output.values.chunks(3).map(<[f64]>::to_vec).collect();
    let scores = MatrixStyle::diverging(&map).decimals(0);
    let grey = MatrixStyle {
        colormap: Colormap::Grey,
        range: [-0.15, 3.2],
        decimals: Some(0),
    };
    let weights = MatrixStyle {
        range: [-1.6, 1.6],
        ..scores
    };
    let name = |panel: Panel, x: f64, top: f64, text: &str| {
        panel.label([x, top + 0.35], Anchor::Bottom, text, Colour::TEXT)
    };
    let shape = |panel: Panel, x: f64, bottom: f64, text: &str| {
        panel.label([x, bottom - 0.35], Anchor::Top, text, Colour::MUTED)
    };
    let mut panel = Panel::diagram()
        .range([-0.5, 26.0], [-1.2, 10.3])
        .matrix(&picture, [0.0, 7.0], 1.0, grey)
        .matrix(&rows(patches.as_ref()), [7.4, 9.0], 1.0, grey)
        .matrix(
            &rows(layer.filters().transpose()),
            [17.8, 9.0],
            1.0,
            weights,
        )
        .matrix(&column, [20.2, 9.0], 1.0, scores)
        .matrix(&map, [22.6, 6.0], 1.0, scores);
    for (at, text) in [(6.2, "→"), (17.1, "×"), (19.5, "="), (21.9, "→")] {
        panel = panel.label([at, 4.5], Anchor::Centre, text, Colour::TEXT);
    }
    for (x, top, bottom, text, below) in [
        (2.5, 7.0, 2.0, "picture", "5 × 5"),
        (11.9, 9.0, 0.0, "patch matrix $P$", "9 places × 9 pixels"),
        (18.3, 9.0, 0.0, "$W^T$", "9 × 1"),
        (20.7, 9.0, 0.0, "$P W^T$", "9 × 1"),
        (24.1, 6.0, 3.0, "score map", "3 × 3"),
    ] {
        panel = shape(name(panel, x, top, text), x, bottom, below);
    }
    // Two patches, followed through.
    for (place, colour) in [(1, SECOND), (5, FIRST)] {
        let (row, col) = ((place / 3) as f64, (place % 3) as f64);
        panel = panel
            .mark(outline([col, 7.0 - row], [3.0, 3.0], colour))
            .mark(outline([7.4, 9.0 - place as f64], [9.0, 1.0], colour))
            .mark(outline([20.2, 9.0 - place as f64], [1.0, 1.0], colour))
            .mark(outline([22.6 + col, 6.0 - row], [1.0, 1.0], colour));
    }
    Ok(Figure::new("A convolution is a matrix product")
        .caption(
            "Each row of the patch matrix is one patch of the picture, read line by line; two are framed. The filter, \
             (−1, 0, 1) in each of its three rows, answers where 0 turns to 1 from left to right.",
        )
        .size(1100, 540)
        .panel(panel))
}

/// A frame around a box with its upper left corner at `corner`.
fn outline([left, top]: Point, [width, height]: [f64; 2], colour: Colour) -> Mark {
    let (right, bottom) = (left + width, top - height);
    Mark::Line {
        points: vec![
            [left, top],
            [right, top],
            [right, bottom],
            [left, bottom],
            [left, top],
            [right, top],
        ],
        stroke: Stroke::new(colour, 2.6),
    }
}

fn whole_matrix(image: &Image, layer: &Conv2d) -> Result<Figure> {
    let wide = layer.as_matrix(image)?;
    let padded = layer.clone().with_padding([1, 1]).as_matrix(image)?;
    let share = |m: MatRef<'_, f64>| {
        let filled = m
            .col_iter()
            .map(|column| column.iter().filter(|x| **x != 0.0).count());
        100.0 * filled.sum::<usize>() as f64 / (m.nrows() * m.ncols()) as f64
    };
    let panel = |title: &str, m: &Mat<f64>| {
        let style = MatrixStyle {
            decimals: None,
            ..MatrixStyle::diverging(&rows(m.as_ref()))
        };
        let height = m.nrows() as f64;
        let mut panel = Panel::diagram()
            .title(title)
            .range([-1.0, 26.0], [-1.6, 26.0])
            .matrix(&rows(m.as_ref()), [0.0, (25.0 + height) / 2.0], 1.0, style);
        // Faint lines after each row of pixels and of places.
        let line = |from, to| Mark::Line {
            points: vec![from, to],
            stroke: Stroke::new(Colour::GRID, 1.0),
        };
        let (low, high) = ((25.0 - height) / 2.0, (25.0 + height) / 2.0);
        let step = if m.nrows() == 9 { 3 } else { 5 };
        for k in (0..=25).step_by(5) {
            panel = panel.mark(line([f64::from(k), low], [f64::from(k), high]));
        }
        for k in (0..=m.nrows()).step_by(step) {
            panel = panel.mark(line([0.0, high - k as f64], [25.0, high - k as f64]));
        }
        let below = format!("{} places × 25 pixels", m.nrows());
        panel.label([12.5, low - 0.4], Anchor::Top, below, Colour::MUTED)
    };
    Ok(Figure::new("The same layer as one matrix")
        .caption(format!(
            "The matrix that takes all 25 pixels to all places at once, brown −1 and blue-green +1: the same weights in every row, \
             shifted. Left without padding, {:.0} % of it is not 0; right with a border of zeros around the picture, {:.0} %.",
            share(wide.as_ref()),
            share(padded.as_ref())
        ))
        .size(1000, 560)
        .panels(2, [panel("Without padding", &wide), panel("With padding 1", &padded)]))
}
