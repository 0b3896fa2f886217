//! Easing functions and timelines.

use foldspace::anim::{Easing, Segment, Timeline};
use proptest::prelude::*;

const EASINGS: [Easing; 4] = [
    Easing::Linear,
    Easing::Smoothstep,
    Easing::CubicInOut,
    Easing::Smooth,
];

proptest! {
    #[test]
    fn easings_rise_from_0_to_1_and_are_symmetric(a in 0.0..=1.0f64, b in 0.0..=1.0f64) {
        for easing in EASINGS {
            prop_assert_eq!((easing.at(0.0), easing.at(1.0)), (0.0, 1.0));
            prop_assert_eq!((easing.at(-a), easing.at(1.0 + a)), (0.0, 1.0));
            prop_assert!(easing.at(a.min(b)) <= easing.at(a.max(b)) + 1e-15);
            prop_assert!((easing.at(1.0 - a) - (1.0 - easing.at(a))).abs() < 1e-14);
        }
    }

    #[test]
    fn timelines_cover_their_time_without_drift(
        fps in 1u32..=100,
        pieces in prop::collection::vec((1.0..3.0f64, any::<bool>()), 1..12),
    ) {
        let mut segments = vec![Segment::motion("first", 1.0, Easing::Smooth)];
        segments.extend(pieces.iter().map(|&(seconds, moves)| match moves {
            true => Segment::motion("next", seconds, Easing::Linear),
            false => Segment::pause(seconds),
        }));
        let seconds = 1.0 + pieces.iter().map(|piece| piece.0).sum::<f64>();
        let timeline = Timeline::new(fps, segments.clone()).unwrap();
        let total = timeline.total_frames();
        prop_assert!((total as f64 / f64::from(fps) - seconds).abs() <= 0.5 / f64::from(fps) + 1e-9);
        let shots = timeline.shots();
        prop_assert_eq!(shots.iter().map(|shot| shot.frames as usize).sum::<usize>(), total);
        for pair in shots.windows(2) {
            let (old, new) = (pair[0].moment, pair[1].moment);
            if old.segment == new.segment {
                prop_assert!(new.t > old.t && new.step == old.step + 1);
            } else {
                prop_assert!(new.segment > old.segment);
                prop_assert!(old.t == 1.0);
                // A movement of one frame shows its end.
                prop_assert!(new.step == 0 && (new.t == 0.0 || fps == 1));
            }
        }
    }
}

#[test]
fn a_pause_at_the_beginning_shows_the_start_of_the_movement() {
    let segments = vec![
        Segment::pause(0.5),
        Segment::motion("turn", 1.0, Easing::Smooth),
    ];
    let timeline = Timeline::new(10, segments).unwrap();
    let first = timeline.shots()[0];
    assert_eq!(
        (first.moment.segment, first.moment.t, first.frames),
        (1, 0.0, 6)
    );
    assert_eq!(timeline.caption(&first.moment), "turn");
}

#[test]
fn impossible_timelines_are_refused() {
    let motion = |seconds| vec![Segment::motion("m", seconds, Easing::Smooth)];
    for fps in [0, 101] {
        assert!(Timeline::new(fps, motion(1.0)).is_err());
        assert!(Timeline::steps(5, fps, 0.0).is_err());
    }
    for seconds in [0.0, -1.0, 0.01, f64::NAN, f64::INFINITY, 601.0] {
        assert!(Timeline::new(25, motion(seconds)).is_err(), "{seconds}");
    }
    assert!(Timeline::new(25, vec![]).is_err());
    assert!(Timeline::new(25, vec![Segment::pause(1.0)]).is_err());
    assert!(Timeline::steps(0, 25, 1.0).is_err());
    assert!(Timeline::steps(usize::MAX, 25, 1.0).is_err());
}
