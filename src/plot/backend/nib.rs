//! How dark a line leaves a pixel, by how far off the pixel's middle it passes: exact areas in a table.

/// So many shades does the rim of a line have. More are not told apart, and make larger files.
pub(super) const LEVELS: u8 = 16;

/// How many distances to a pixel are told apart.
const FINE: f32 = 32.0;

/// How many directions between level and diagonal are told apart, less one.
const DIRECTIONS: usize = 8;

/// How dark a line of one width leaves a pixel.
pub(super) struct Nib {
    pub(super) half: f64,
    /// How far off the line's middle it leaves anything.
    pub(super) reach: f64,
    /// How far off it covers every pixel wholly.
    inner: f32,
    /// For some directions, by tan φ / [`DIRECTIONS`], and for distances from `inner` on in steps of 1 / [`FINE`]: how many steps
    /// of 1 / [`LEVELS`] of a pixel at that distance are covered.
    covered: [Vec<u8>; DIRECTIONS + 1],
}

impl Nib {
    pub(super) fn new(width: f64) -> Self {
        let half = width / 2.0;
        let reach = half + std::f64::consts::FRAC_1_SQRT_2;
        let inner = (half - std::f64::consts::FRAC_1_SQRT_2).max(0.0) * f64::from(FINE);
        let steps = inner as u32..(reach * f64::from(FINE)) as u32 + 1;
        let covered = std::array::from_fn(|direction| {
            let pixel = Pixel::across(direction as f64 / DIRECTIONS as f64);
            let covered = |distance: u32| {
                let distance = (f64::from(distance) + 0.5) / f64::from(FINE);
                let share = pixel.area(distance + half) - pixel.area(distance - half);
                (f64::from(LEVELS) * share + 0.5) as u8
            };
            steps.clone().map(covered).collect()
        });
        Self {
            half,
            reach,
            inner: inner.floor() as f32 / FINE,
            covered,
        }
    }

    /// For lines of a direction, or across them: both see the same square.
    pub(super) fn across(&self, [x, y]: [f64; 2]) -> Rim<'_> {
        let (short, long) = (x.abs().min(y.abs()), x.abs().max(y.abs()));
        // Of no direction, 0/0, any will do: a cast of NaN is 0.
        let direction = (DIRECTIONS as f64 * short / long + 0.5) as usize;
        Rim {
            inner: self.inner,
            covered: &self.covered[direction],
        }
    }
}

/// What a nib leaves along lines of one direction.
#[derive(Clone, Copy)]
pub(super) struct Rim<'a> {
    inner: f32,
    covered: &'a [u8],
}

impl Rim<'_> {
    /// How many steps of 1 / [`LEVELS`] at a distance.
    pub(super) fn at(self, distance: f32) -> u8 {
        // Casts saturate: nearer than `inner` is as at it.
        let place = (FINE * (distance - self.inner)) as u16;
        self.covered.get(usize::from(place)).copied().unwrap_or(0)
    }
}

/// A pixel as the lines of one direction see it: of a strip across it, `long` in the middle, from `flat` to `end` off the middle
/// the shorter the farther.
struct Pixel {
    flat: f64,
    end: f64,
    long: f64,
}

impl Pixel {
    /// As lines of this slope, from 0 to 1, see it.
    fn across(slope: f64) -> Self {
        let long = (1.0 + slope * slope).sqrt();
        Self {
            flat: 0.5 * (1.0 - slope) / long,
            end: 0.5 * (1.0 + slope) / long,
            long,
        }
    }

    /// The area between the middle and a line at the distance `t` from it, negative on the other side: at most 1/2.
    fn area(&self, t: f64) -> f64 {
        let off = t.abs().min(self.end);
        // Of the triangle from `flat` to `end`, which is empty for level lines.
        let (narrow, rest) = (self.end - self.flat, self.end - off.max(self.flat));
        let ramp = if narrow > 0.0 {
            0.5 * self.long * (narrow - rest * rest / narrow)
        } else {
            0.0
        };
        (off.min(self.flat) * self.long + ramp).copysign(t)
    }
}
