//! What points become in every space of a network, and pictures of them there.

use faer::{Mat, MatRef};

use crate::geometry::View;
use crate::model::{Activation, Layer};

/// What points become: pictures of them in every space, their scores, and what some units say.
pub(super) struct Images<'a> {
    views: &'a [Option<View>],
    /// x and y of every point.
    pub pictures: Vec<Vec<f32>>,
    scores_at: usize,
    pub scores: Vec<f32>,
    /// Of each unit its space, its number there, and what it says.
    pub columns: Vec<(usize, usize, Vec<f32>)>,
}

impl<'a> Images<'a> {
    pub(super) fn new(
        n: usize,
        views: &'a [Option<View>],
        scores_at: usize,
        outputs: usize,
        units: impl IntoIterator<Item = (usize, usize)>,
    ) -> Self {
        let units = units.into_iter();
        Self {
            pictures: views.iter().map(|_| vec![0.0; 2 * n]).collect(),
            views,
            scores_at,
            scores: vec![0.0; n * outputs],
            columns: units
                .map(|(space, unit)| (space, unit, vec![0.0; n]))
                .collect(),
        }
    }

    /// Takes down the points at `places`.
    pub(super) fn put(&mut self, places: &[usize], spaces: &[Mat<f64>]) {
        for ((picture, view), space) in self.pictures.iter_mut().zip(self.views).zip(spaces) {
            let image = shown(space.as_ref(), view.as_ref());
            for (r, &i) in places.iter().enumerate() {
                picture[2 * i] = image[(r, 0)] as f32;
                picture[2 * i + 1] = image[(r, 1)] as f32;
            }
        }
        let scores = &spaces[self.scores_at];
        let outputs = scores.ncols();
        for (r, &i) in places.iter().enumerate() {
            for k in 0..outputs {
                self.scores[i * outputs + k] = scores[(r, k)] as f32;
            }
        }
        for (space, unit, column) in &mut self.columns {
            for (r, &i) in places.iter().enumerate() {
                column[i] = spaces[*space][(r, *unit)] as f32;
            }
        }
    }
}

/// What points are after the affine part of every layer, and after its activation where it has one.
pub(super) fn spaces(layers: &[&Layer], points: &Mat<f64>) -> Vec<Mat<f64>> {
    let mut spaces: Vec<Mat<f64>> = Vec::with_capacity(2 * layers.len());
    for layer in layers {
        let sums = layer.affine(spaces.last().unwrap_or(points).as_ref());
        if layer.activation == Activation::Identity {
            spaces.push(sums);
        } else {
            let answers = layer.activate(sums.clone());
            spaces.extend([sums, answers]);
        }
    }
    spaces
}

/// How each space is looked at, from the picture before the first; `None` for the plane and the line, as they are.
pub(super) fn views(start: Mat<f64>, spaces: &[Mat<f64>]) -> Vec<Option<View>> {
    let mut picture = start;
    let views = spaces.iter().map(|space| {
        let space = space.as_ref();
        let view = (space.ncols() > 2).then(|| View::continuing(picture.as_ref(), space));
        picture = shown(space, view.as_ref());
        view
    });
    views.collect()
}

fn shown(space: MatRef<'_, f64>, view: Option<&View>) -> Mat<f64> {
    view.map_or_else(|| flat(space), |view| view.project(space))
}

/// The plane as it is; a line lies on the first axis.
pub(super) fn flat(space: MatRef<'_, f64>) -> Mat<f64> {
    Mat::from_fn(space.nrows(), 2, |i, j| {
        if j < space.ncols() {
            space[(i, j)]
        } else {
            0.0
        }
    })
}
