//! The same matrix without and with a bias (item A6): no training, just graph paper.
//!
//! `cargo run --release --example 3_linear_and_affine`

use std::path::Path;

use faer::mat;
use foldspace::error::Result;
use foldspace::figures;
use foldspace::geometry::{Bounds, Grid};
use foldspace::model::{Activation, Layer};
use foldspace::plot::{Colour, Figure, Frame, Panel, Theme};

fn main() -> Result<()> {
    let layer = |bias: [f64; 2]| Layer {
        name: String::from("layer"),
        weight: mat![[1.15, -0.55], [0.5, 1.05]],
        bias: bias.to_vec(),
        activation: Activation::Identity,
    };
    let window = Bounds::new((-3.0, 3.0), (-2.5, 2.5))?;
    let paper = Grid::new(Bounds::new((-5.0, 5.0), (-5.0, 5.0))?, 21, 21, 2)?;
    let scene = |layer: &Layer| -> Panel {
        let images = layer.forward(mat![[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]].as_ref());
        let at = |i: usize| [images[(i, 0)], images[(i, 1)]];
        figures::plane(window, "", "")
            .frame(Frame::Cross)
            .marks(figures::warped(&paper, 0.4, |points| layer.forward(points)))
            .arrow(at(0), at(1), Colour::class(0))
            .arrow(at(0), at(2), Colour::class(1))
    };
    let figure = Figure::new("Linear and affine")
        .caption("The arrows are the images of the basis vectors: the columns of the matrix. Only a bias moves the origin.")
        .size(1000, 460)
        .panels(
            2,
            [
                scene(&layer([0.0, 0.0])).title("linear: $Wx$"),
                scene(&layer([1.1, 0.9])).title("affine: $Wx + b$"),
            ],
        );
    let path = Path::new("artifacts/examples/linear-and-affine.svg");
    figure.save(path, &Theme::LIGHT, 192.0)?;
    println!("{}", path.display());
    Ok(())
}
