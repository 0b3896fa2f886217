//! The decision boundary of a piecewise linear network, exactly: the edges of its complex on which the decision changes.

use super::Polyline;
use super::complex::Decided;

/// A piece of the boundary: polyline through the complex's vertices, and the cells that its edges lie along, an entry per
/// edge.
#[derive(Debug, Clone, PartialEq)]
pub struct BorderPath {
    /// The vertices; a closed path does not repeat the first.
    pub line: Polyline,
    /// For each edge of the path, a cell beside it: on it, the network is the cell's affine map.
    pub cells: Vec<usize>,
}

/// The border between the classes of `decided`, chained into paths. Where more than two edges meet, paths end.
pub fn border_paths(decided: &Decided) -> Vec<BorderPath> {
    let complex = &decided.complex;
    // (ends, cell beside).
    let mut edges: Vec<([usize; 2], usize)> = Vec::new();
    for edge in (0..complex.edges()).map(|edge| complex.edge(edge)) {
        if let [Some(a), Some(b)] = edge.sides
            && decided.class[a] != decided.class[b]
        {
            // The higher class on the left.
            let [from, to] = edge.ends;
            let forward = decided.class[a] > decided.class[b];
            edges.push((if forward { [from, to] } else { [to, from] }, a));
        }
    }
    let mut at: Vec<Vec<usize>> = vec![Vec::new(); complex.vertices().len()];
    for (number, (ends, _)) in edges.iter().enumerate() {
        ends.iter().for_each(|&vertex| at[vertex].push(number));
    }
    let mut used = vec![false; edges.len()];
    let mut paths = Vec::new();
    let starts: Vec<usize> = (0..edges.len())
        .filter(|&number| {
            let own = &at[edges[number].0[0]];
            // A vertex that is not a plain passage.
            own.len() != 2
                || own
                    .iter()
                    .all(|&other| edges[other].0[0] == edges[number].0[0])
        })
        .chain(0..edges.len())
        .collect();
    for start in starts {
        if used[start] {
            continue;
        }
        let first = edges[start].0[0];
        let (mut vertices, mut cells) = (vec![first], Vec::new());
        let mut here = Some(start);
        while let Some(number) = here {
            used[number] = true;
            let ([_, to], cell) = edges[number];
            vertices.push(to);
            cells.push(cell);
            here = match at[to][..] {
                [a, b] => [a, b]
                    .into_iter()
                    .find(|&next| !used[next] && edges[next].0[0] == to),
                _ => None,
            };
        }
        let closed = vertices[vertices.len() - 1] == first;
        if closed {
            vertices.pop();
        }
        paths.push(BorderPath {
            line: Polyline {
                points: vertices.iter().map(|&v| complex.vertices()[v]).collect(),
                closed,
            },
            cells,
        });
    }
    paths
}
