//! The shape of few points in any dimension: components, holes and cavities of Vietoris-Rips complexes.
//!
//! A simplex enters as soon as all its points are within a distance of each other. Persistence pairs each one that closes
//! something with the one that fills it: columns of the boundary matrix over the field of two elements, reduced from the
//! highest dimension down, so that what is known to close needs no column (clearing).
//!
//! Source: Edelsbrunner and Harer, *Computational Topology* (2010), VII.1; C. Chen and M. Kerber (2011) for the clearing.

use std::collections::BTreeMap;

use faer::MatRef;

use super::alpha::Bar;
use super::stretch::power_of_two;

/// The bars of dimensions 0 to `dimension` of the rows of `points` (n x d), at distances up to `reach`: birth and death are
/// distances of points, infinite where nothing within `reach` ends a bar; those of no length are left out. Ascending by birth,
/// then death.
///
/// ```
/// use foldspace::geometry::rips;
/// let square = faer::mat![[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
/// let bars = rips(square.as_ref(), 1, 2.0);
/// assert_eq!((bars[0].len(), bars[1].len()), (4, 1));
/// assert_eq!((bars[1][0].birth, bars[1][0].death), (1.0, 2.0_f64.sqrt()));
/// ```
pub fn rips(points: MatRef<'_, f64>, dimension: usize, reach: f64) -> Vec<Vec<Bar>> {
    let simplices = simplices(points, dimension + 1, reach);
    let number: BTreeMap<&[usize], usize> = simplices
        .iter()
        .enumerate()
        .map(|(k, (_, corners))| (corners.as_slice(), k))
        .collect();
    let boundary = |k: usize| -> Vec<usize> {
        let corners = &simplices[k].1;
        if corners.len() < 2 {
            return Vec::new();
        }
        let mut faces: Vec<usize> = (0..corners.len())
            .filter_map(|left_out| {
                let mut face = corners.clone();
                face.remove(left_out);
                number.get(face.as_slice()).copied()
            })
            .collect();
        faces.sort_unstable();
        faces
    };
    let mut filled_by: Vec<Option<usize>> = vec![None; simplices.len()];
    let mut columns: Vec<Vec<usize>> = vec![Vec::new(); simplices.len()];
    let mut closes = vec![true; simplices.len()];
    for size in (2..=dimension + 2).rev() {
        for k in 0..simplices.len() {
            // A simplex that something fills closes a cycle: its column vanishes.
            if simplices[k].1.len() != size || filled_by[k].is_some() {
                continue;
            }
            let mut column = boundary(k);
            while let Some(&pivot) = column.last() {
                match filled_by[pivot] {
                    Some(other) => column = sum(&column, &columns[other]),
                    None => {
                        filled_by[pivot] = Some(k);
                        closes[k] = false;
                        break;
                    }
                }
            }
            columns[k] = column;
        }
    }
    let mut bars: Vec<Vec<Bar>> = vec![Vec::new(); dimension + 1];
    for (k, (birth, corners)) in simplices.iter().enumerate() {
        let death = filled_by[k].map_or(f64::INFINITY, |by| simplices[by].0);
        if corners.len() <= dimension + 1 && closes[k] && death > *birth {
            bars[corners.len() - 1].push(Bar {
                birth: *birth,
                death,
            });
        }
    }
    for list in &mut bars {
        list.sort_by(|a, b| {
            a.birth
                .total_cmp(&b.birth)
                .then(a.death.total_cmp(&b.death))
        });
    }
    bars
}

/// How many bars there are at a distance: the Betti number.
pub fn betti(bars: &[Bar], at: f64) -> usize {
    let there = |bar: &&Bar| bar.birth <= at && at < bar.death;
    bars.iter().filter(there).count()
}

/// All simplices up to a dimension with their largest distances, faces before what they bound.
fn simplices(points: MatRef<'_, f64>, dimension: usize, reach: f64) -> Vec<(f64, Vec<usize>)> {
    let n = points.nrows();
    let mut far = vec![0.0; n * n];
    // By a power of two, so that squares stay within f64 and nothing rounds.
    let scale = power_of_two(points.norm_max());
    for i in 0..n {
        for j in 0..n {
            let squares = (0..points.ncols()).map(|k| {
                let difference = points[(i, k)] / scale - points[(j, k)] / scale;
                difference * difference
            });
            far[i * n + j] = squares.sum::<f64>().sqrt() * scale;
        }
    }
    let mut found: Vec<(f64, Vec<usize>)> = (0..n).map(|i| (0.0, vec![i])).collect();
    let mut from = 0;
    for _ in 0..dimension {
        let to = found.len();
        for k in from..to {
            let (value, corners) = found[k].clone();
            let last = corners[corners.len() - 1];
            for next in last + 1..n {
                let distances = corners.iter().map(|&corner| far[corner * n + next]);
                let most = distances.fold(value, f64::max);
                if most <= reach {
                    let mut larger = corners.clone();
                    larger.push(next);
                    found.push((most, larger));
                }
            }
        }
        from = to;
    }
    found.sort_by(|a, b| {
        let sizes = a.1.len().cmp(&b.1.len());
        a.0.total_cmp(&b.0).then(sizes).then(a.1.cmp(&b.1))
    });
    found
}

/// Of two ascending lists, what is in one but not in both.
fn sum(a: &[usize], b: &[usize]) -> Vec<usize> {
    let mut sum = Vec::with_capacity(a.len() + b.len());
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => {
                sum.push(a[i]);
                i += 1;
            }
            std::cmp::Ordering::Greater => {
                sum.push(b[j]);
                j += 1;
            }
            std::cmp::Ordering::Equal => {
                i += 1;
                j += 1;
            }
        }
    }
    sum.extend(&a[i..]);
    sum.extend(&b[j..]);
    sum
}
