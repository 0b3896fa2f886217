//! Choosing the few colours that stand for many.
//!
//! Flat colours that cover much of a figure (background, axes, classes) are kept exactly. The
//! others are divided into boxes: of all boxes the one with the largest sum of squared errors is
//! cut in two, where the cut leaves the least error, until there are boxes enough (Wan, Wong and
//! Prusinkiewicz, "An algorithm for multidimensional data clustering", 1988). A few rounds of
//! k-means then move each mean to where its pixels are. Everything is computed in a fixed order,
//! so the result does not depend on the number of threads.

use rayon::prelude::*;

/// A colour with the number of pixels that have it.
pub(super) type Counted = ([u8; 3], u64);

/// How much an error in red, green and blue counts, roughly as the eye sees it.
const CHANNEL_WEIGHTS: [i32; 3] = [2, 4, 3];

/// At most this many colours are kept exactly, and only if they cover this share of the pixels.
const EXACT_COLOURS: usize = 48;
const EXACT_SHARE: f64 = 5e-4;

const KMEANS_ROUNDS: usize = 4;

/// The squared distance between two colours, channels weighted.
pub(super) fn distance(a: [u8; 3], b: [u8; 3]) -> i32 {
    let mut sum = 0;
    for channel in 0..3 {
        let difference = i32::from(a[channel]) - i32::from(b[channel]);
        sum += CHANNEL_WEIGHTS[channel] * difference * difference;
    }
    sum
}

/// Colours to be compared with, all at once.
#[derive(Debug)]
pub(super) struct Colours {
    /// Red, green and blue; what is not a colour is further away than any.
    channels: Box<[[f32; 256]; 3]>,
}

impl Colours {
    /// At most 256 colours.
    pub(super) fn new(colours: &[[u8; 3]]) -> Self {
        let mut channels = Box::new([[1e6; 256]; 3]);
        for (index, colour) in colours.iter().enumerate() {
            for (channel, &value) in colour.iter().enumerate() {
                channels[channel][index] = f32::from(value);
            }
        }
        Self { channels }
    }

    /// The index of the closest colour; the first of several.
    pub(super) fn nearest(&self, colour: [u8; 3]) -> usize {
        let [red, green, blue] = &*self.channels;
        let ([r, g, b], [wr, wg, wb]) = (colour.map(f32::from), CHANNEL_WEIGHTS.map(|w| w as f32));
        // Whole numbers below 2^24: exact.
        let distances: [f32; 256] = std::array::from_fn(|i| {
            let [r, g, b] = [red[i] - r, green[i] - g, blue[i] - b];
            wr * r * r + wg * g * g + wb * b * b
        });
        let mut least = [f32::INFINITY; 8];
        for eight in distances.as_chunks::<8>().0 {
            for (least, &distance) in least.iter_mut().zip(eight) {
                *least = if distance < *least { distance } else { *least };
            }
        }
        let least = least.into_iter().fold(f32::INFINITY, f32::min);
        distances.iter().position(|&d| d == least).unwrap_or(0)
    }
}

/// At most `size` colours that stand for the given ones (each listed once). Up to `size` different
/// colours are returned as they are.
pub(super) fn choose_colours(mut colours: Vec<Counted>, size: usize) -> Vec<[u8; 3]> {
    // The commonest first; the colour itself decides between equals.
    colours.sort_unstable_by_key(|&(colour, count)| (std::cmp::Reverse(count), colour));
    if colours.len() <= size {
        return colours.into_iter().map(|(colour, _)| colour).collect();
    }
    let total: u64 = colours.iter().map(|&(_, count)| count).sum();
    let enough = total as f64 * EXACT_SHARE;
    let exact = colours
        .iter()
        .take(EXACT_COLOURS.min(size / 2))
        .take_while(|&&(_, count)| count as f64 >= enough)
        .count();

    let points: Vec<Point> = colours[exact..].iter().map(Point::new).collect();
    let mut palette: Vec<[u8; 3]> = colours[..exact].iter().map(|&(colour, _)| colour).collect();
    palette.extend(divide(&points, size - exact));
    refine(&mut palette, exact, &points);
    palette.sort_unstable();
    palette.dedup();
    palette
}

/// A colour to divide.
#[derive(Clone, Copy)]
struct Point {
    colour: [u8; 3],
    /// The number of pixels to the power 3/4: colour ramps cover most pixels and show bands first,
    /// but anti-aliased edges, rare as they are, are plain to see too.
    weight: f64,
}

impl Point {
    fn new(&(colour, count): &Counted) -> Self {
        let root = (count as f64).sqrt();
        Self {
            colour,
            weight: root * root.sqrt(),
        }
    }
}

/// Weighted sums over points: what means and squared errors are made of.
#[derive(Clone, Copy, Default)]
struct Sums {
    weight: f64,
    first: [f64; 3],
    second: [f64; 3],
}

impl Sums {
    fn of(points: &[Point]) -> Self {
        let mut sums = Self::default();
        for point in points {
            sums.add(point);
        }
        sums
    }

    fn add(&mut self, point: &Point) {
        self.weight += point.weight;
        for channel in 0..3 {
            let value = f64::from(point.colour[channel]);
            self.first[channel] += point.weight * value;
            self.second[channel] += point.weight * value * value;
        }
    }

    fn minus(&self, other: &Self) -> Self {
        let mut rest = *self;
        rest.weight -= other.weight;
        for channel in 0..3 {
            rest.first[channel] -= other.first[channel];
            rest.second[channel] -= other.second[channel];
        }
        rest
    }

    /// The sum of squared distances from the mean in one channel.
    fn error_in(&self, channel: usize) -> f64 {
        let error = self.second[channel] - self.first[channel] * self.first[channel] / self.weight;
        f64::from(CHANNEL_WEIGHTS[channel]) * error.max(0.0)
    }

    fn error(&self) -> f64 {
        if self.weight <= 0.0 {
            return 0.0;
        }
        (0..3).map(|channel| self.error_in(channel)).sum()
    }

    fn mean(&self) -> [u8; 3] {
        self.first
            .map(|sum| (sum / self.weight).round().clamp(0.0, 255.0) as u8)
    }
}

/// The means of `boxes` boxes that the points are cut into.
fn divide(points: &[Point], boxes: usize) -> Vec<[u8; 3]> {
    let mut done = vec![(points.to_vec(), Sums::of(points))];
    while done.len() < boxes {
        let Some(worst) = (0..done.len())
            .filter(|&index| done[index].0.len() > 1)
            .max_by(|&a, &b| done[a].1.error().total_cmp(&done[b].1.error()))
        else {
            break;
        };
        let (members, sums) = done.swap_remove(worst);
        let (low, high) = cut(members, &sums);
        done.push((low.to_vec(), Sums::of(&low)));
        done.push((high.to_vec(), Sums::of(&high)));
    }
    done.iter().map(|(_, sums)| sums.mean()).collect()
}

/// Cuts a box of at least two points across its longest channel where the least error remains.
fn cut(mut members: Vec<Point>, sums: &Sums) -> (Vec<Point>, Vec<Point>) {
    let axis = (0..3)
        .max_by(|&a, &b| sums.error_in(a).total_cmp(&sums.error_in(b)))
        .unwrap_or(0);
    members.sort_unstable_by_key(|point| (point.colour[axis], point.colour));
    let mut below = Sums::default();
    let mut best = (f64::INFINITY, 1);
    for (index, pair) in members.windows(2).enumerate() {
        below.add(&pair[0]);
        let error = below.error() + sums.minus(&below).error();
        if error < best.0 {
            best = (error, index + 1);
        }
    }
    let high = members.split_off(best.1);
    (members, high)
}

/// k-means on the palette from `exact` on; the colours before that stay.
fn refine(palette: &mut [[u8; 3]], exact: usize, points: &[Point]) {
    for _ in 0..KMEANS_ROUNDS {
        let colours = Colours::new(palette);
        let owners: Vec<usize> = points
            .par_iter()
            .map(|point| colours.nearest(point.colour))
            .collect();
        let mut sums = vec![Sums::default(); palette.len()];
        for (point, owner) in points.iter().zip(owners) {
            sums[owner].add(point);
        }
        for (colour, sums) in palette.iter_mut().zip(&sums).skip(exact) {
            if sums.weight > 0.0 {
                *colour = sums.mean();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_separates_two_clusters() {
        let points: Vec<Point> = [[0, 0, 0], [250, 5, 9], [4, 2, 0], [255, 0, 0], [2, 9, 1]]
            .iter()
            .map(|&colour| Point::new(&(colour, 4)))
            .collect();
        let (low, high) = cut(points.clone(), &Sums::of(&points));
        assert_eq!(low.len(), 3);
        assert!(high.iter().all(|point| point.colour[0] >= 250));
    }

    #[test]
    fn the_nearest_is_the_first_of_the_nearest() {
        let palette: Vec<[u8; 3]> = (0..255u32)
            .map(|i| [i * 37, i * i, i * 101].map(|value| (value % 64 * 4) as u8))
            .collect();
        let colours = Colours::new(&palette);
        for i in 0..4096u32 {
            let colour = [i * 7, i * 11, i * 13].map(|value| value as u8);
            let distances = palette.iter().map(|&other| distance(other, colour));
            let first = (0..).zip(distances).min_by_key(|&(_, distance)| distance);
            assert_eq!(Some(colours.nearest(colour)), first.map(|(index, _)| index));
        }
    }

    #[test]
    fn flat_colours_survive_a_thousand_others() {
        let ramp =
            (0..1000u32).map(|i| ([(i / 4) as u8, (i % 7) as u8 * 9, 255 - (i / 4) as u8], 30));
        let mut colours: Vec<Counted> = ramp.collect();
        colours.push(([255, 255, 255], 1_000_000));
        colours.push(([0, 0, 0], 4_000));
        let palette = choose_colours(colours, 255);
        assert!(palette.len() <= 255 && palette.len() > 200);
        assert!(palette.contains(&[255, 255, 255]) && palette.contains(&[0, 0, 0]));
    }
}
