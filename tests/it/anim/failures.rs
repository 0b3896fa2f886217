//! What goes wrong leaves nothing behind and says what to do.

use super::read::names;
use super::{flat, smooth};
use foldspace::anim::{Format, Moment, Options, Timeline, write_animation};
use foldspace::error::{Error, Result};
use foldspace::plot::pixmap::Frame;
use std::fs;

#[test]
fn a_failing_render_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    fs::write(path.with_extension("gif"), "old").unwrap();
    let timeline = Timeline::steps(60, 25, 0.0).unwrap();
    let formats = [Format::Gif, Format::Apng, Format::PngFrames];
    for bad in [0, 35] {
        let result = write_animation(&path, &formats, &Options::default(), &timeline, |moment| {
            if moment.step == bad {
                return Err(Error::invalid("epoch 36", "it is missing", "train again"));
            }
            Ok(flat(moment.step))
        });
        assert_eq!(
            result.unwrap_err().to_string(),
            "epoch 36: it is missing; train again"
        );
        assert_eq!(names(folder.path()), ["a.gif"]);
        assert_eq!(fs::read(path.with_extension("gif")).unwrap(), b"old");
    }
}

#[test]
fn places_that_cannot_be_written_are_refused_before_drawing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "in the way").unwrap();
    let timeline = Timeline::steps(3, 25, 0.0).unwrap();
    let never = |_: &Moment| -> Result<Frame> { panic!("drawn in vain") };
    for format in [Format::Gif, Format::Apng, Format::PngFrames] {
        let path = file.join("below");
        let error = write_animation(&path, &[format], &Options::default(), &timeline, never);
        assert!(error.unwrap_err().to_string().contains("file"));
    }
    // A directory with something else than frames is not thrown away.
    let frames = folder.path().join("mine-frames");
    fs::create_dir(&frames).unwrap();
    fs::write(frames.join("thesis.txt"), "precious").unwrap();
    let path = folder.path().join("mine");
    let formats = [Format::Gif, Format::PngFrames];
    let error =
        write_animation(&path, &formats, &Options::default(), &timeline, never).unwrap_err();
    assert!(error.to_string().contains("thesis.txt"), "{error}");
    assert_eq!(names(folder.path()), ["file", "mine-frames"]);

    let none = write_animation(&path, &[], &Options::default(), &timeline, never).unwrap_err();
    assert!(
        none.to_string().contains("gif, apng, mp4, png-frames"),
        "{none}"
    );
    let fast = Timeline::steps(3, 60, 0.0).unwrap();
    let error = write_animation(&path, &[Format::Gif], &Options::default(), &fast, never);
    assert!(error.unwrap_err().to_string().contains("50"));
}

#[test]
fn a_missing_ffmpeg_is_named_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        ffmpeg: folder.path().join("no-such-ffmpeg"),
        ..Options::default()
    };
    let timeline = Timeline::steps(3, 25, 0.0).unwrap();
    let formats = [Format::Gif, Format::Mp4];
    let error = write_animation(
        &folder.path().join("a"),
        &formats,
        &options,
        &timeline,
        |_| panic!("drawn in vain"),
    );
    let message = error.unwrap_err().to_string();
    assert!(
        message.contains("no-such-ffmpeg") && message.contains("install"),
        "{message}"
    );
    assert!(message.contains("gif or apng"), "{message}");
    assert_eq!(names(folder.path()), [""; 0]);
}

#[cfg(unix)]
#[test]
fn an_ffmpeg_that_fails_is_quoted() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("ffmpeg");
    let script = "#!/bin/sh\n[ \"$1\" = -version ] && exit 0\necho 'Unknown encoder' >&2\nexit 3\n";
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let options = Options {
        ffmpeg: program,
        ..Options::default()
    };
    let timeline = Timeline::steps(30, 25, 0.0).unwrap();
    let path = folder.path().join("a");
    let error = write_animation(&path, &[Format::Mp4], &options, &timeline, |_| {
        Ok(smooth(1))
    });
    let message = error.unwrap_err().to_string();
    assert!(message.contains("Unknown encoder"), "{message}");
    assert_eq!(names(folder.path()), ["ffmpeg"]);
}
