//! What a GIF leaves out by default, held against the exact one: how far off, and where not at all.

use super::read::read_gif;
use foldspace::anim::{Easing, Moment};
use foldspace::anim::{Format, Options, Segment, Timeline, write_animation};
use foldspace::plot::pixmap::Frame;
use proptest::prelude::*;
use std::fs;
use std::path::Path;

const SIZE: (u32, u32) = (120, 90);
const WHITE: [u8; 3] = [255; 3];
const NEAR_BLACK: [u8; 3] = [20, 23, 28];

/// What moves: a grid of slanted lines and discs, before a slow ramp, grey axes and a tinted area.
#[derive(Clone, Debug)]
struct Scene {
    page: [u8; 3],
    line: [u8; 3],
    discs: Vec<(f64, f64, [u8; 3])>,
    slope: f64,
    speed: f64,
}

impl Scene {
    fn draw(&self, step: f64) -> Frame {
        let mut frame = Frame::filled(SIZE.0, SIZE.1, self.page);
        for y in 4..SIZE.1 - 4 {
            for x in 4..SIZE.0 - 4 {
                frame.set_pixel(x, y, self.pixel(f64::from(x), f64::from(y), step));
            }
        }
        frame
    }

    fn pixel(&self, x: f64, y: f64, step: f64) -> [u8; 3] {
        if x < 24.0 {
            // A ramp of more colours than a palette holds.
            let shift = (step + y) as u8;
            return [
                30 + 6 * x as u8,
                255 - shift / 2,
                3 * (x as u8) / 2 + shift / 3,
            ];
        }
        let tinted = x + y > 130.0 + step;
        let mut colour = if tinted { [246, 187, 176] } else { self.page };
        if x == 40.0 || y == 60.0 {
            colour = [150, 153, 156];
        }
        let moved = self.speed * step;
        for distance in [
            (x + self.slope * y + moved).rem_euclid(17.0) - 8.0,
            (y - self.slope * x + 0.7 * moved).rem_euclid(13.0) - 6.0,
        ] {
            mix(&mut colour, self.line, 0.8 * (1.1 - distance.abs()));
        }
        for &(left, top, disc) in &self.discs {
            let (dx, dy) = (x - left - moved, y - top - 0.4 * moved);
            mix(&mut colour, disc, 3.5 - (dx * dx + dy * dy).sqrt());
        }
        colour
    }
}

/// Lays some of a colour over another.
fn mix(colour: &mut [u8; 3], over: [u8; 3], cover: f64) {
    let cover = cover.clamp(0.0, 1.0);
    for (below, over) in colour.iter_mut().zip(over) {
        *below = (cover * f64::from(over) + (1.0 - cover) * f64::from(*below)).round() as u8;
    }
}

fn scene() -> impl Strategy<Value = Scene> {
    let colour = prop_oneof![
        Just([232, 85, 58]),
        Just([90, 63, 168]),
        Just([0, 150, 136]),
        any::<[u8; 3]>(),
    ];
    (
        prop_oneof![Just(WHITE), Just(NEAR_BLACK)],
        any::<[u8; 3]>(),
        prop::collection::vec((20.0..110.0f64, 5.0..80.0f64, colour), 3..40),
        -0.6..0.6f64,
        0.05..3.0f64,
    )
        .prop_map(|(page, line, discs, slope, speed)| Scene {
            page,
            line,
            discs,
            slope,
            speed,
        })
}

/// The moments of a film, the true pictures, and what a GIF shows of them, exact and not.
struct Films {
    held: Vec<bool>,
    drawn: Vec<Frame>,
    exact: Vec<Frame>,
    near: Vec<Frame>,
    /// In bytes, exact and not.
    sizes: [u64; 2],
}

fn films(scene: &Scene, fps: u32) -> Films {
    let folder = tempfile::tempdir().unwrap();
    let timeline = Timeline::new(
        fps,
        vec![
            Segment::motion("there", 0.4, Easing::Smooth),
            Segment::pause(0.4),
            Segment::motion("on", 0.4, Easing::Linear),
        ],
    )
    .unwrap();
    let draw = |moment: &Moment| {
        let there = if moment.segment == 0 { 0.0 } else { 12.0 };
        Ok(scene.draw(there + 12.0 * moment.eased))
    };
    let write = |name: &str, exact_gif: bool| {
        let path = folder.path().join(name);
        let options = Options {
            exact_gif,
            ..Options::default()
        };
        let files = write_animation(&path, &[Format::Gif], &options, &timeline, draw).unwrap();
        let frames = read_gif(&files[0]);
        let frames = frames.into_iter().map(|(frame, _)| frame).collect();
        (frames, size_of(&files[0]))
    };
    let shots = timeline.shots();
    let ((exact, all), (near, less)) = (write("exact", true), write("near", false));
    Films {
        held: shots.iter().map(|shot| 4 * shot.frames >= fps).collect(),
        drawn: shots
            .iter()
            .map(|shot| draw(&shot.moment).unwrap())
            .collect(),
        exact,
        near,
        sizes: [all, less],
    }
}

fn size_of(path: &Path) -> u64 {
    fs::metadata(path).unwrap().len()
}

/// Is a pixel part of an area: equal to one beside it and one above or below it?
fn in_area(frame: &Frame, x: u32, y: u32) -> bool {
    let here = frame.pixel(x, y);
    let is = |x, y| frame.pixel(x, y) == here;
    (is(x - 1, y) || is(x + 1, y)) && (is(x, y - 1) || is(x, y + 1))
}

fn grey_and_not_pale([red, green, blue]: [u8; 3], page: [u8; 3]) -> bool {
    let grey = red.abs_diff(green) <= 4 && green.abs_diff(blue) <= 4;
    grey && red.abs_diff(page[0]) > 16 && green.abs_diff(page[1]) > 16
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn what_moves_is_near_and_the_rest_exact(scene in scene(), fps in 10u32..30) {
        let films = films(&scene, fps);
        let last = films.drawn.len() - 1;
        prop_assert_eq!((films.exact.len(), films.near.len()), (last + 1, last + 1));
        for (i, drawn) in films.drawn.iter().enumerate() {
            let (exact, near) = (&films.exact[i], &films.near[i]);
            if i == 0 || i == last || films.held[i] {
                prop_assert!(exact == near, "picture {} stands still", i);
                continue;
            }
            for y in 1..SIZE.1 - 1 {
                for x in 1..SIZE.0 - 1 {
                    let (shown, best, truth) = (near.pixel(x, y), exact.pixel(x, y), drawn.pixel(x, y));
                    if truth == scene.page || in_area(drawn, x, y) || grey_and_not_pale(truth, scene.page) {
                        prop_assert_eq!(shown, best, "picture {}, pixel {}, {}", i, x, y);
                    }
                    let [red, green, blue] = [0, 1, 2].map(|c| i32::from(shown[c]) - i32::from(best[c]));
                    prop_assert!([red, green, blue].iter().all(|off| off.abs() <= 30));
                    prop_assert!((2 * red + 5 * green + blue).abs() <= 8 * 20);
                }
            }
        }
    }
}

#[test]
fn a_film_of_moving_lines_and_discs_is_smaller_by_a_quarter() {
    let discs = (0..60)
        .map(|i| {
            let colour = [[232, 85, 58], [90, 63, 168]][i % 2];
            let (x, y) = (i * 37 % 90, i * 53 % 80);
            (24.0 + x as f64, 4.0 + y as f64, colour)
        })
        .collect();
    let films = films(
        &Scene {
            page: WHITE,
            line: [120, 170, 200],
            discs,
            slope: 0.23,
            speed: 1.3,
        },
        50,
    );
    let [exact, near] = films.sizes;
    assert!(4 * near < 3 * exact, "{near} of {exact} bytes");
    // Not all of it by way of what is left out.
    assert!(films.near.iter().zip(&films.exact).any(|(a, b)| a != b));
}

#[test]
fn a_slow_ramp_is_exact() {
    // Ramps alone: nothing is free in them, so both films are the same.
    let ramp = |moment: &Moment| {
        let mut frame = Frame::filled(64, 64, WHITE);
        for y in 0..64u32 {
            for x in 0..64u32 {
                let step = moment.step as u32;
                frame.set_pixel(
                    x,
                    y,
                    [(3 * x + step) as u8, (2 * y + step) as u8, (x + y) as u8],
                );
            }
        }
        Ok(frame)
    };
    let folder = tempfile::tempdir().unwrap();
    let timeline = Timeline::steps(20, 25, 0.0).unwrap();
    let bytes = [true, false].map(|exact_gif| {
        let options = Options {
            exact_gif,
            ..Options::default()
        };
        let path = folder.path().join(format!("ramp-{exact_gif}"));
        let files = write_animation(&path, &[Format::Gif], &options, &timeline, ramp).unwrap();
        fs::read(&files[0]).unwrap()
    });
    assert!(bytes[0] == bytes[1]);
}
