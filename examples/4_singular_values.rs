//! A matrix as rotate, scale, rotate (item B8): its singular value decomposition in four pictures.
//!
//! `cargo run --release --example 4_singular_values`

use std::path::Path;

use faer::{Mat, mat};
use foldspace::error::Result;
use foldspace::figures;
use foldspace::geometry::{Bounds, Grid};
use foldspace::linalg::svd;
use foldspace::plot::{Colour, Figure, Frame, Panel, Theme};

fn main() -> Result<()> {
    let w = mat![[1.4, 0.8], [-0.3, 1.1]];
    let parts = svd(w.as_ref())?;
    println!("singular values: {:.4} and {:.4}", parts.s[0], parts.s[1]);
    let sigma = Mat::from_fn(2, 2, |i, j| if i == j { parts.s[i] } else { 0.0 });

    let window = Bounds::new((-2.4, 2.4), (-2.4, 2.4))?;
    let paper = Grid::new(Bounds::new((-4.0, 4.0), (-4.0, 4.0))?, 17, 17, 2)?;
    let scene = |map: &Mat<f64>, title: &str| -> Panel {
        let column = |j: usize| [map[(0, j)], map[(1, j)]];
        figures::plane(window, "", "")
            .frame(Frame::Cross)
            .title(title)
            .marks(figures::warped(&paper, 0.4, |points| {
                points * map.transpose()
            }))
            .arrow([0.0, 0.0], column(0), Colour::class(0))
            .arrow([0.0, 0.0], column(1), Colour::class(1))
    };
    let turned = parts.v.transpose().to_owned();
    let stretched = &sigma * &turned;
    let figure = Figure::new("$W = U S V^T$: rotate, scale, rotate")
        .caption("The plane, then under $V^T$, $S V^T$ and $U S V^T$. The arrows are the images of the basis vectors.")
        .size(1240, 400)
        .panels(
            4,
            [
                scene(&Mat::identity(2, 2), "as it is"),
                scene(&turned, "rotate: $V^T$"),
                scene(&stretched, "scale: $S$"),
                scene(&parts.reconstruct(), "rotate: $U$"),
            ],
        );
    let path = Path::new("artifacts/examples/singular-values.svg");
    figure.save(path, &Theme::LIGHT, 192.0)?;
    println!("{}", path.display());
    Ok(())
}
