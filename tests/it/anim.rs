//! Animations: what is written is read back with the `gif` and `png` crates and compared with
//! what was drawn.

mod failures;
mod leeway;
mod read;
mod timeline;

use foldspace::anim::{Format, Moment, Options, Palette, Timeline, write_animation};
use foldspace::plot::pixmap::{Frame, encode_png};
use rayon::ThreadPoolBuilder;
use read::{names, read_apng, read_gif, read_png};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A flat figure: a white page, a black frame, and a square of one of five colours that moves.
fn flat(step: usize) -> Frame {
    let mut frame = Frame::filled(61, 37, [255, 255, 255]);
    for x in 0..61 {
        frame.set_pixel(x, 0, [0, 0, 0]);
        frame.set_pixel(x, 36, [0, 0, 0]);
    }
    let colours = [
        [31, 119, 180],
        [255, 127, 14],
        [44, 160, 44],
        [214, 39, 40],
        [1, 2, 3],
    ];
    let left = (3 * step % 50) as u32;
    for y in 5..15 {
        for x in left..left + 10 {
            frame.set_pixel(x, y, colours[step / 4 % 5]);
        }
    }
    frame
}

/// Two smooth heat maps with moving anti-aliased discs on white: far more than 255 colours.
fn smooth(step: usize) -> Frame {
    let mut frame = Frame::filled(96, 48, [255, 255, 255]);
    for y in 4..44 {
        for x in 4..44u32 {
            let ramp = (f64::from(x) + f64::from(y) + step as f64) / 110.0;
            let blue = [(255.0 * ramp) as u8, (120.0 + 100.0 * ramp) as u8, 255];
            let green = [
                (200.0 * ramp) as u8,
                220 - (90.0 * ramp) as u8,
                (90.0 * ramp) as u8,
            ];
            frame.set_pixel(x, y, blue);
            frame.set_pixel(x + 48, y, green);
            let (dx, dy) = (f64::from(x) - 20.0 - step as f64, f64::from(y) - 24.0);
            let cover = (6.0 - (dx * dx + dy * dy).sqrt()).clamp(0.0, 1.0);
            for (column, below) in [(x, blue), (x + 48, green)] {
                let disc = [214.0, 39.0, 40.0];
                let mixed = [0, 1, 2].map(|channel| {
                    (cover * disc[channel] + (1.0 - cover) * f64::from(below[channel])) as u8
                });
                frame.set_pixel(column, y, mixed);
            }
        }
    }
    frame
}

fn write(path: &Path, formats: &[Format], timeline: &Timeline, draw: fn(usize) -> Frame) {
    write_animation(path, formats, &Options::default(), timeline, |moment| {
        Ok(draw(moment.step))
    })
    .unwrap();
}

#[test]
fn gif_and_apng_of_few_colours_are_exact() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flat");
    // More steps than a batch, so that changes are carried over.
    let timeline = Timeline::steps(45, 25, 1.0).unwrap();
    write(&path, &[Format::Gif, Format::Apng], &timeline, flat);
    let gif = read_gif(&path.with_extension("gif"));
    let (apng, plays) = read_apng(&path.with_extension("apng"));
    assert_eq!((gif.len(), apng.len(), plays), (45, 45, 0));
    for step in 0..45 {
        assert!(gif[step].0 == flat(step), "GIF, frame {step}");
        assert!(apng[step].0 == flat(step), "APNG, frame {step}");
    }
    // The last frame is held for a second.
    assert_eq!(gif[44].1, 104);
    assert!((apng[44].1 - 1.04).abs() < 1e-12);
}

#[test]
fn many_colours_come_out_close() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("smooth");
    let timeline = Timeline::steps(20, 25, 0.0).unwrap();
    let formats = [Format::Gif, Format::Apng];
    let options = Options {
        exact_gif: true,
        ..Options::default()
    };
    write_animation(&path, &formats, &options, &timeline, |moment| {
        Ok(smooth(moment.step))
    })
    .unwrap();
    let gif = read_gif(&path.with_extension("gif"));
    let (apng, _) = read_apng(&path.with_extension("apng"));
    for step in 0..20 {
        let drawn = smooth(step);
        assert!(gif[step].0 == apng[step].0, "the formats show the same");
        let errors = drawn.rgba.iter().zip(&gif[step].0.rgba);
        let errors: Vec<f64> = errors
            .map(|(&a, &b)| (f64::from(a) - f64::from(b)).abs())
            .collect();
        let worst = errors.iter().copied().fold(0.0, f64::max);
        let rms = (errors.iter().map(|e| e * e).sum::<f64>() / errors.len() as f64).sqrt();
        assert!(
            worst <= 32.0 && rms < 4.0,
            "frame {step}: worst {worst}, rms {rms}"
        );
        assert_eq!(
            gif[step].0.pixel(1, 1),
            [255, 255, 255],
            "the page stays white"
        );
        assert_eq!(
            gif[step].0.pixel(20 + step as u32, 24),
            [214, 39, 40],
            "the disc is exact"
        );
    }
}

#[test]
fn delays_add_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("timing");
    for fps in [7, 24, 30, 50] {
        let timeline = Timeline::steps(31, fps, 0.5).unwrap();
        write(&path, &[Format::Gif, Format::Apng], &timeline, flat);
        let seconds = timeline.total_frames() as f64 / f64::from(fps);
        let gif = read_gif(&path.with_extension("gif"));
        let total: u64 = gif.iter().map(|frame| frame.1).sum();
        assert_eq!(total, (100.0 * seconds).round() as u64, "{fps} fps");
        let usual = 100.0 / f64::from(fps);
        assert!(
            gif[..30]
                .iter()
                .all(|frame| (frame.1 as f64 - usual).abs() < 1.0)
        );
        let apng: f64 = read_apng(&path.with_extension("apng"))
            .0
            .iter()
            .map(|f| f.1)
            .sum();
        assert!((apng - seconds).abs() < 1e-9, "{fps} fps");
    }
}

#[test]
fn plays_are_counted_as_viewers_count_them() {
    let folder = tempfile::tempdir().unwrap();
    let timeline = Timeline::steps(3, 10, 0.0).unwrap();
    let draw = |moment: &Moment| Ok(flat(moment.step));
    for (plays, repeat) in [
        (0, Some(gif::Repeat::Infinite)),
        (1, None),
        (3, Some(gif::Repeat::Finite(2))),
    ] {
        let options = Options {
            plays,
            ..Options::default()
        };
        let formats = [Format::Gif, Format::Apng];
        let files = write_animation(
            &folder.path().join("p"),
            &formats,
            &options,
            &timeline,
            draw,
        );
        let files = files.unwrap();
        let mut decoder = gif::DecodeOptions::new()
            .read_info(fs::File::open(&files[0]).unwrap())
            .unwrap();
        decoder.read_next_frame().unwrap();
        let found = decoder.repeat();
        assert_eq!(
            found,
            repeat.unwrap_or(gif::Repeat::Finite(0)),
            "{plays} plays"
        );
        assert_eq!(read_apng(&files[1]).1, u32::from(plays));
    }
}

#[test]
fn a_picture_that_stands_still_is_drawn_once() {
    let folder = tempfile::tempdir().unwrap();
    let calls = AtomicUsize::new(0);
    let timeline = Timeline::steps(40, 25, 2.0).unwrap();
    let formats = [Format::PngFrames, Format::Gif, Format::Gif, Format::Apng];
    let files = write_animation(
        &folder.path().join("new/still.gif"),
        &formats,
        &Options::default(),
        &timeline,
        |moment| {
            calls.fetch_add(1, Ordering::Relaxed);
            Ok(flat(moment.step))
        },
    )
    .unwrap();
    assert_eq!(calls.into_inner(), 40);
    let folder = folder.path().join("new");
    let expected = ["still-frames", "still.gif", "still.apng"].map(|name| folder.join(name));
    assert_eq!(files, expected);
    assert_eq!(names(&folder).len(), 3, "nothing else is left behind");
    let frames = names(&files[0]);
    assert_eq!(frames.len(), timeline.total_frames());
    for (number, name) in frames.iter().enumerate() {
        assert_eq!(*name, format!("frame-{number:05}.png"));
        let (frame, _) = read_png(fs::read(files[0].join(name)).unwrap());
        assert!(frame == flat(number.min(39)), "{name}");
    }
}

#[test]
fn files_do_not_depend_on_the_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let timeline = Timeline::steps(40, 30, 0.3).unwrap();
    let bytes = [1, 2, 9].map(|threads| {
        let path = folder.path().join(format!("with-{threads}"));
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| write(&path, &[Format::Gif, Format::Apng], &timeline, smooth));
        ["gif", "apng"].map(|extension| fs::read(path.with_extension(extension)).unwrap())
    });
    assert!(bytes[0] == bytes[1] && bytes[1] == bytes[2]);
}

#[test]
fn frames_of_an_older_animation_are_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("again");
    write(
        &path,
        &[Format::PngFrames],
        &Timeline::steps(5, 25, 0.0).unwrap(),
        flat,
    );
    write(
        &path,
        &[Format::PngFrames],
        &Timeline::steps(3, 25, 0.0).unwrap(),
        flat,
    );
    assert_eq!(names(folder.path()), ["again-frames"]);
    assert_eq!(names(&folder.path().join("again-frames")).len(), 3);
}

#[test]
fn mp4_is_made_where_ffmpeg_is_there() {
    let found = std::process::Command::new("ffmpeg")
        .arg("-version")
        .output();
    if !found.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: no ffmpeg here");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film");
    // Odd sizes (61 x 37) are possible in 4:4:4.
    write(
        &path,
        &[Format::Mp4],
        &Timeline::steps(20, 25, 0.4).unwrap(),
        flat,
    );
    let bytes = fs::read(path.with_extension("mp4")).unwrap();
    assert_eq!(&bytes[4..8], b"ftyp");
    assert_eq!(names(folder.path()), ["film.mp4"]);
}

#[test]
fn formats_are_named_as_on_the_command_line() {
    for format in Format::ALL {
        assert_eq!(format.to_string().parse::<Format>().unwrap(), format);
    }
    let error = "webm".parse::<Format>().unwrap_err().to_string();
    assert_eq!(
        error,
        "--format: \"webm\" is not an animation format; choose among gif, apng, mp4, png-frames"
    );
}

#[test]
fn a_palette_finds_the_nearest_colour() {
    let palette = Palette::from_frames(&[smooth(0), smooth(19)]);
    let colours = palette.colours();
    assert!(colours.len() <= Palette::MOST && colours.len() > 200);
    for (index, &colour) in colours.iter().enumerate() {
        assert_eq!(usize::from(palette.index_of(colour)), index);
    }
    let distance = |a: [u8; 3], b: [u8; 3]| -> i32 {
        [2, 4, 3]
            .iter()
            .zip(a.iter().zip(&b))
            .map(|(weight, (&a, &b))| weight * (i32::from(a) - i32::from(b)).pow(2))
            .sum()
    };
    for i in 0..2000u32 {
        let colour = [(i * 7) as u8, (i * 13 / 3) as u8, (i * i / 5) as u8];
        let found = colours[usize::from(palette.index_of(colour))];
        let least = colours.iter().map(|&c| distance(c, colour)).min().unwrap();
        assert_eq!(distance(found, colour), least);
    }
}

#[test]
fn a_still_png_keeps_pixels_and_resolution() {
    let (frame, dims) = read_png(encode_png(&smooth(3), 300.0).unwrap());
    assert!(frame == smooth(3));
    let dims = dims.unwrap();
    assert_eq!((dims.xppu, dims.yppu), (11811, 11811)); // 300 / 0.0254
    assert!(matches!(dims.unit, png::Unit::Meter));
    for dpi in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(encode_png(&smooth(3), dpi).is_err());
    }
    assert!(encode_png(&Frame::filled(0, 5, [0, 0, 0]), 96.0).is_err());
}
