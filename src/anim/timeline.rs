//! What an animation shows when: movements and pauses, laid out over frames.

use super::Easing;
use crate::error::{Error, Result};

/// The longest animation accepted, in seconds. Ten minutes fit the 16-bit delays of GIF and APNG.
const LONGEST: f64 = 600.0;

/// One piece of a [`Timeline`]: a movement or a pause.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    caption: String,
    seconds: f64,
    /// `None` for a pause.
    easing: Option<Easing>,
}

impl Segment {
    /// A movement of some seconds, with a caption to show meanwhile (may be empty).
    pub fn motion(caption: impl Into<String>, seconds: f64, easing: Easing) -> Self {
        Self {
            caption: caption.into(),
            seconds,
            easing: Some(easing),
        }
    }

    /// A pause of some seconds: the end of the movement before it stands still, its caption too.
    /// At the very beginning it is the start of the movement after it that stands still.
    pub fn pause(seconds: f64) -> Self {
        Self {
            caption: String::new(),
            seconds,
            easing: None,
        }
    }
}

/// What a frame shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// The movement, as an index into the timeline's segments (never that of a pause).
    pub segment: usize,
    /// The frame's number within its movement, from 0; in [`Timeline::steps`], the step.
    pub step: usize,
    /// Time within the movement: 0 in its first frame, 1 in its last.
    pub t: f64,
    /// Progress: the movement's easing function of `t`.
    pub eased: f64,
}

/// A moment and for how many frames it is to be seen, so that a picture that stands still is
/// drawn and stored once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shot {
    /// What to draw.
    pub moment: Moment,
    /// The duration, in frames of `1 / fps` seconds; at least 1.
    pub frames: u32,
}

/// Movements and pauses, at a number of frames per second.
///
/// Boundaries between segments are rounded to whole frames from the start of the animation, so
/// that roundings never add up.
///
/// ```
/// use foldspace::anim::{Easing, Segment, Timeline};
/// let flow = Timeline::new(
///     25,
///     vec![
///         Segment::motion("rotate", 1.0, Easing::Smooth),
///         Segment::pause(0.4),
///         Segment::motion("scale", 1.0, Easing::Smooth),
///     ],
/// )?;
/// assert_eq!(flow.total_frames(), 60);
/// assert_eq!(flow.at(0).eased, 0.0);
/// assert_eq!(flow.at(30), flow.at(24)); // the pause holds the end of the rotation
/// assert_eq!(flow.at(30).eased, 1.0);
/// assert_eq!(flow.caption(&flow.at(59)), "scale");
/// # Ok::<(), foldspace::error::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    fps: u32,
    segments: Vec<Segment>,
    /// The frame after the last one of each segment.
    ends: Vec<usize>,
}

impl Timeline {
    /// Lays out segments at `fps` frames per second (1 to 100).
    ///
    /// # Errors
    /// `fps` out of range; no movement at all; a duration that is not finite, or below one frame;
    /// more than ten minutes in all.
    pub fn new(fps: u32, segments: Vec<Segment>) -> Result<Self> {
        check_fps(fps)?;
        if segments.iter().all(|segment| segment.easing.is_none()) {
            return Err(Error::invalid(
                "animation",
                "nothing moves in it",
                "give at least one movement",
            ));
        }
        let mut seconds = 0.0;
        let mut ends = Vec::with_capacity(segments.len());
        for (index, segment) in segments.iter().enumerate() {
            if segment.seconds.is_nan() || segment.seconds * f64::from(fps) < 1.0 - 1e-9 {
                return Err(Error::invalid(
                    format!("animation, segment {} {:?}", index + 1, segment.caption),
                    format!("{} s is less than one frame", segment.seconds),
                    format!("give at least 1/{fps} s"),
                ));
            }
            seconds += segment.seconds;
            ends.push((seconds * f64::from(fps)).round() as usize);
        }
        check_length(seconds)?;
        Ok(Self {
            fps,
            segments,
            ends,
        })
    }

    /// One frame per step (an epoch, say), then the last step again for `hold` seconds (0: not).
    /// [`Moment::step`] is the step to draw, from 0 to `steps - 1`.
    ///
    /// # Errors
    /// As [`Timeline::new`].
    ///
    /// ```
    /// use foldspace::anim::Timeline;
    /// let training = Timeline::steps(150, 30, 2.0)?;
    /// assert_eq!(training.total_frames(), 150 + 60);
    /// assert_eq!(training.at(149).step, 149);
    /// assert_eq!(training.at(209).step, 149);
    /// # Ok::<(), foldspace::error::Error>(())
    /// ```
    pub fn steps(steps: usize, fps: u32, hold: f64) -> Result<Self> {
        check_fps(fps)?;
        if steps == 0 {
            return Err(Error::invalid(
                "animation",
                "0 steps make no animation",
                "give at least one",
            ));
        }
        let seconds = steps as f64 / f64::from(fps);
        check_length(seconds)?;
        let mut segments = vec![Segment::motion("", seconds, Easing::Linear)];
        if hold > 0.0 {
            segments.push(Segment::pause(hold));
        }
        Self::new(fps, segments)
    }

    /// Frames per second.
    pub fn fps(&self) -> u32 {
        self.fps
    }

    /// The number of frames, those of pauses included.
    pub fn total_frames(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    /// What a frame shows.
    ///
    /// # Panics
    /// When `frame` is not below [`Timeline::total_frames`].
    pub fn at(&self, frame: usize) -> Moment {
        assert!(
            frame < self.total_frames(),
            "frame {frame} of {}",
            self.total_frames()
        );
        let shown = self.ends.partition_point(|&end| end <= frame);
        if self.segments[shown].easing.is_some() {
            return self.within(shown, frame - self.start(shown));
        }
        let moves = |&index: &usize| self.segments[index].easing.is_some();
        match (0..shown).rev().find(moves) {
            Some(before) => self.within(before, self.length(before) - 1),
            // `new` made sure that something moves.
            None => self.within((shown..).find(moves).unwrap_or(shown), 0),
        }
    }

    /// The moments to draw, in order, each once, with their durations in frames. The durations
    /// add up to [`Timeline::total_frames`].
    pub fn shots(&self) -> Vec<Shot> {
        let mut shots: Vec<Shot> = Vec::new();
        for moment in (0..self.total_frames()).map(|frame| self.at(frame)) {
            match shots.last_mut() {
                Some(last) if last.moment == moment => last.frames += 1,
                _ => shots.push(Shot { moment, frames: 1 }),
            }
        }
        shots
    }

    /// The caption to show with a moment of this timeline.
    pub fn caption(&self, moment: &Moment) -> &str {
        &self.segments[moment.segment].caption
    }

    /// The moment at the given frame of a movement.
    fn within(&self, segment: usize, step: usize) -> Moment {
        let last = self.length(segment) - 1;
        // A movement of one frame is its end.
        let t = if last == 0 {
            1.0
        } else {
            step as f64 / last as f64
        };
        let easing = self.segments[segment].easing.unwrap_or(Easing::Linear);
        Moment {
            segment,
            step,
            t,
            eased: easing.at(t),
        }
    }

    /// The first frame of a segment.
    fn start(&self, segment: usize) -> usize {
        if segment == 0 {
            0
        } else {
            self.ends[segment - 1]
        }
    }

    /// The number of frames of a segment.
    fn length(&self, segment: usize) -> usize {
        self.ends[segment] - self.start(segment)
    }
}

fn check_fps(fps: u32) -> Result<()> {
    if (1..=100).contains(&fps) {
        return Ok(());
    }
    Err(Error::invalid(
        format!("--fps {fps}"),
        "out of range",
        "choose 1 to 100 frames per second",
    ))
}

fn check_length(seconds: f64) -> Result<()> {
    if seconds <= LONGEST {
        return Ok(());
    }
    Err(Error::invalid(
        "animation",
        format!("it would last {seconds:.0} s, and {LONGEST} s is the most"),
        "show fewer steps (every tenth epoch, say) or more frames per second",
    ))
}
