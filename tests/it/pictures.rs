//! Pictures of data that people really have: names in any script, numbers of any size, many classes, one feature.

use std::collections::BTreeSet;

use faer::Mat;
use foldspace::data::{Dataset, Standardiser, Target};
use foldspace::figures::{self, Flow, OneFeature, Stage, Training};
use foldspace::geometry::Bounds;
use foldspace::model::{Activation, Frozen, Layer};
use foldspace::plot::text::{distinct, literal, plain, set, shortened, spans, width};
use foldspace::plot::ticks::{linear, number, short};
use foldspace::plot::{
    Colour, Face, Figure, MOST_CLASSES, Panel, Point, Scale, Sign, Theme, class_shape,
};
use proptest::prelude::*;

mod process;

/// A layer with numbers in [-1, 1] that look random.
fn layer(inputs: usize, units: usize, activation: Activation, seed: usize) -> Layer {
    let number = |k: usize| ((k * 7919 + seed * 104_729) % 1009) as f64 / 504.5 - 1.0;
    Layer {
        name: format!("layer {seed} ($)"),
        weight: Mat::from_fn(units, inputs, |i, j| 2.0 * number(i * inputs + j + 1)),
        bias: (0..units).map(|i| 0.3 * number(1000 + i)).collect(),
        activation,
    }
}

fn classes(features: Mat<f64>, count: usize, names: &[&str]) -> Dataset {
    let labels: Vec<usize> = (0..features.nrows()).map(|i| i % count).collect();
    let feature_names = (0..features.ncols())
        .map(|j| format!("price $ {j}"))
        .collect();
    Dataset {
        name: "any".into(),
        features,
        feature_names,
        target: Target::Classes {
            labels,
            names: (0..count)
                .map(|k| {
                    names
                        .get(k)
                        .map_or_else(|| format!("kind {k}"), |name| (*name).to_owned())
                })
                .collect(),
        },
        target_scale: None,
    }
}

/// Any finite number with an exponent between -300 and 300, evenly by exponent.
fn any_size() -> impl Strategy<Value = f64> {
    (1.0_f64..10.0, -300_i32..=299, any::<bool>()).prop_map(|(mantissa, exponent, minus)| {
        let size: f64 = format!("{mantissa}e{exponent}").parse().unwrap();
        if minus { -size } else { size }
    })
}

/// What every axis must hold to: labels that differ, none of them -0, and that read back, with the unit, as their places.
fn check_axis(range: [f64; 2], count: usize) -> Result<(), TestCaseError> {
    let ticks = linear(range, count);
    let labels: Vec<&str> = ticks
        .ticks
        .iter()
        .map(|(_, label)| label.as_str())
        .collect();
    prop_assert!(
        !labels.is_empty() && labels.len() <= count.max(2) + 1,
        "{labels:?}"
    );
    let different: BTreeSet<&&str> = labels.iter().collect();
    prop_assert_eq!(different.len(), labels.len(), "{:?}", labels);
    let span = range[1] - range[0];
    for (place, label) in &ticks.ticks {
        prop_assert!(
            !(label.starts_with('−') && label.trim_matches(['−', '0', '.']).is_empty()),
            "{label}"
        );
        prop_assert!(label.chars().count() <= 12, "{label}");
        let read = read_back(label, &ticks.unit);
        prop_assert!(
            (read - place).abs() <= 1e-6 * span + 4.0 * f64::EPSILON * place.abs(),
            "{label} {} at {place}",
            ticks.unit
        );
    }
    Ok(())
}

/// The number that a label and its axis' unit say: `2.5` and `×10⁻⁹ + 3`.
fn read_back(label: &str, unit: &str) -> f64 {
    let ascii: String = format!("{label}|{unit}")
        .replace('−', "-")
        .chars()
        .map(|c| match "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().position(|d| d == c) {
            Some(digit) => char::from_digit(digit as u32, 10).unwrap(),
            None if c == '⁻' => '-',
            None => c,
        })
        .collect();
    let ascii = ascii.replace(' ', "");
    let (label, unit) = ascii.split_once('|').unwrap();
    let (power, offset) = match unit.strip_prefix("×10") {
        Some(rest) => {
            let end = rest[1..].find(['+', '-']).map_or(rest.len(), |k| k + 1);
            (rest[..end].to_owned(), rest[end..].to_owned())
        }
        None => ("0".to_owned(), unit.to_owned()),
    };
    let offset = offset
        .replace("×10", "e")
        .trim_start_matches('+')
        .to_owned();
    let offset: f64 = if offset.is_empty() {
        0.0
    } else {
        offset.parse().unwrap()
    };
    format!("{label}e{power}").parse::<f64>().unwrap() + offset
}

proptest! {
    #[test]
    fn an_axis_of_any_range_has_labels_that_differ(a in any_size(), b in any_size(), count in 3_usize..9) {
        prop_assume!(a != b);
        check_axis([a.min(b), a.max(b)], count)?;
    }

    #[test]
    fn an_axis_far_from_zero_has_labels_that_differ(
        offset in any_size(), share in -11.0_f64..0.0, count in 3_usize..9,
    ) {
        prop_assume!(offset.abs() > 1e-280);
        let span = offset.abs() * libm::pow(10.0, share);
        check_axis([offset, offset + span], count)?;
    }

    #[test]
    fn a_number_in_words_is_never_minus_nothing(value in any_size()) {
        for text in [number(value), short(value)] {
            prop_assert!(text.chars().count() < 18, "{text}");
            let read = match text.find('×') {
                Some(at) => read_back(&text[..at], &text[at..]),
                None => read_back(&text, ""),
            };
            let read = read.abs();
            prop_assert!((read / value.abs() - 1.0).abs() < 6e-3 , "{text} for {value}");
        }
    }

    #[test]
    fn data_are_text_whatever_they_hold(name in "[ -~éλ$\\\\{}_^\\[\\]0-9A-F]{0,24}") {
        let markup = literal(&name);
        prop_assert_eq!(plain(&markup), name.clone());
        let shown: String = spans(&markup, Face::Regular).into_iter().map(|span| span.text).collect();
        prop_assert_eq!(&shown, &name);
        // Alone or amid formulas: nothing of it is slanted, lowered or left out.
        let amid = format!("$x_1$ of {markup} and $y$");
        let shown: String = spans(&amid, Face::Regular).into_iter().map(|span| span.text).collect();
        prop_assert_eq!(shown, format!("x1 of {name} and y"));
    }

    #[test]
    fn two_names_never_look_alike(
        names in prop::collection::btree_set("[aаćeеσ \u{200B}x-–]{1,6}|(long common beginning ){2,4}[a-d]{1,3}", 2..8),
        limit in 60.0_f64..300.0,
    ) {
        let names: Vec<String> = names.iter().map(|name| literal(name)).collect();
        let shown = distinct(&names, 12.5, Face::Regular, limit);
        let mut drawn = BTreeSet::new();
        for name in &shown {
            prop_assert!(width(name, 12.5, Face::Regular) <= limit + 40.0, "{name}");
            let glyphs = set(name, 12.5, Face::Regular).glyphs;
            let look: Vec<String> = glyphs.iter().map(|g| format!("{:?} {:.2} {:.2}", g.glyph, g.x, g.y)).collect();
            prop_assert!(drawn.insert(look), "{shown:?} of {names:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_picture_of_data_of_any_size_is_drawn(
        x in any_size(), y in any_size(), shift in any_size(), kind in 0_usize..4, standardise: bool,
    ) {
        let shift = if kind == 0 { 0.0 } else { shift };
        let features = Mat::from_fn(24, 2, |i, j| {
            let t = ((i * 37 + j * 11 + i * i) % 101) as f64 / 50.0 - 1.0;
            let value = if j == 0 { x * t + shift } else { y * t };
            if kind == 3 && j == 1 { y } else { value }
        });
        let standardiser = standardise.then(|| Standardiser::fit(&features));
        let features = standardiser.as_ref().map_or(features.clone(), |s| s.transform(&features));
        pictures(features, standardiser.as_ref())?;
    }
}

/// Draws every kind of picture of some data; a picture that can't be made must say so.
fn pictures(features: Mat<f64>, standardiser: Option<&Standardiser>) -> Result<(), TestCaseError> {
    let dataset = classes(features.clone(), 2, &[]);
    let network = Frozen {
        layers: vec![
            layer(2, 6, Activation::Relu, 1),
            layer(6, 2, Activation::Identity, 2),
            layer(2, 1, Activation::Sigmoid, 3),
        ],
    };
    let mut figures: Vec<Figure> = Vec::new();
    let axes = figures::InputAxes::Automatic;
    let plane = figures::InputPlane::new(&dataset, standardiser, &axes);
    if let Ok(plane) = plane {
        let bounds = plane.bounds();
        prop_assert!(bounds.is_ok(), "{bounds:?}");
        let bounds = bounds.unwrap();
        figures.push(Figure::new("data").panel(figures::data(plane.data(), bounds)));
        if let Ok(network) = plane.network(&network) {
            if let Ok(panel) = figures::boundary(&network, plane.data(), bounds) {
                figures.push(Figure::new("boundary").panel(panel));
            }
            let head = network.split_at(2).0;
            let stage = Stage {
                epoch: 1,
                embedding: head.forward(plane.data().features.as_ref()),
                network: network.clone(),
                accuracy: Some(0.5),
            };
            if let Ok(views) = Training::new(plane.data().clone(), vec![stage])
                && let Ok(figure) = views.side_by_side(0)
            {
                figures.push(figure);
            }
            if let Ok(flow) = Flow::new(&network, plane.data()) {
                figures.push(Figure::new("flow").panels(3, flow.stills().unwrap_or_default()));
                let timeline = flow.timeline(5).unwrap();
                if let Some(shot) = timeline.shots().last()
                    && let Ok(figure) = flow.draw(&shot.moment)
                {
                    figures.push(figure);
                }
            }
        }
    }
    let single = Mat::from_fn(features.nrows(), 1, |i, _| features[(i, 0)]);
    let first = standardiser.map(|s| Standardiser {
        means: vec![s.means[0]],
        deviations: vec![s.deviations[0]],
    });
    let line = OneFeature::new(&classes(single.clone(), 2, &[]), first.as_ref()).unwrap();
    figures.push(line.samples());
    let network = Frozen {
        layers: vec![
            layer(1, 4, Activation::Tanh, 4),
            layer(4, 1, Activation::Sigmoid, 5),
        ],
    };
    figures.push(Figure::new("score").panels(1, line.score(&network).unwrap()));
    let numbers = Dataset {
        target: Target::Values {
            values: Mat::from_fn(features.nrows(), 1, |i, _| features[(i, 1)]),
            names: vec!["money ($)".into()],
        },
        ..classes(single, 2, &[])
    };
    let line = OneFeature::new(&numbers, first.as_ref()).unwrap();
    figures.push(line.samples());
    figures.push(Figure::new("fit").panels(1, line.score(&network).unwrap()));
    let weights = Mat::from_fn(4, 3, |i, j| features[(3 * i + j, 0)]);
    figures.push(Figure::new("weights").panel(figures::weight_matrix(weights.as_ref())));
    let losses = features.col(1).iter().map(|v| v.abs());
    let mut panel = figures::history(&[figures::Series::from_first("loss", losses)], "loss");
    figures.push(Figure::new("loss").panel(panel.clone()));
    panel.y.scale = Scale::Log;
    figures.push(Figure::new("loss").panel(panel));
    for figure in figures {
        let figure = figure.size(260, 220);
        let svg = figure.to_svg(&Theme::LIGHT).unwrap();
        prop_assert!(
            svg.len() < 8_000_000,
            "{}: {} bytes",
            figure.title,
            svg.len()
        );
        // What an image holds may spell anything.
        let mut drawn = svg.lines().filter(|line| !line.starts_with("<image"));
        let wrong = drawn.find(|line| line.contains("NaN") || line.contains("inf"));
        prop_assert!(wrong.is_none(), "{}: {wrong:?}", figure.title);
    }
    Ok(())
}

#[test]
fn axes_are_written_as_matplotlib_writes_them() {
    let written = |range: [f64; 2], count: usize| {
        let ticks = linear(range, count);
        let labels: Vec<String> = ticks.ticks.into_iter().map(|(_, label)| label).collect();
        (labels.join(" "), ticks.unit)
    };
    let is = |range: [f64; 2], labels: &str, unit: &str| {
        assert_eq!(written(range, 6), (labels.to_owned(), unit.to_owned()));
    };
    is([0.0, 1.0], "0.0 0.2 0.4 0.6 0.8 1.0", "");
    is([-2e-9, 2e-9], "−2 −1 0 1 2", "×10⁻⁹");
    is([0.0, 5e6], "0 1 2 3 4 5", "×10⁶");
    is([1990.0, 2020.0], "1990 2000 2010 2020", "");
    // matplotlib: offset 1e9, and 1e-3 above that.
    is(
        [1e9, 1e9 + 1e-3],
        "0.0000 0.0002 0.0004 0.0006 0.0008 0.0010",
        "+1×10⁹",
    );
    is([20000.1, 20000.5], "0.1 0.2 0.3 0.4 0.5", "+20000");
    is([-20000.5, -20000.1], "−0.5 −0.4 −0.3 −0.2 −0.1", "−20000");
    is([-1e300, 1e300], "−1.0 −0.5 0.0 0.5 1.0", "×10³⁰⁰");
}

#[test]
fn data_in_a_picture_keep_their_dollars() {
    let features = Mat::from_fn(12, 2, |i, j| (i * 5 + j * 7) as f64 % 11.0);
    let dataset = classes(features, 3, &["R&D <50", "$5_6$", "a\\b"]);
    let bounds = Bounds::around(dataset.features.as_ref(), 0.1).unwrap();
    let svg = Figure::new("data")
        .panel(figures::data(&dataset, bounds))
        .to_svg(&Theme::LIGHT)
        .unwrap();
    for name in ["R&amp;D &lt;50", "$5_6$", "a\\b", "price $ 0", "price $ 1"] {
        assert!(svg.contains(&format!("aria-label=\"{name}\"")), "{name}");
    }
}

#[test]
fn no_two_of_sixty_classes_look_the_same() {
    let mut looks = BTreeSet::new();
    for theme in [Theme::LIGHT, Theme::DARK] {
        looks.clear();
        for class in 0..MOST_CLASSES {
            let rgb = theme.rgb(Colour::class(class).role);
            let look = format!("{rgb:?} {:?}", class_shape(class));
            assert!(looks.insert(look), "class {class}");
        }
    }
    // And of their regions: a band of every class on a lattice of pixels.
    let band = |class: usize| {
        let classes = MOST_CLASSES;
        let probabilities = (0..classes)
            .map(|k| f64::from(u8::from(k == class)))
            .collect();
        let field = foldspace::plot::ClassField {
            columns: 1,
            rows: 1,
            classes,
            probabilities,
            strength: 1.0,
            logarithms: false,
        };
        let panel =
            Panel::diagram()
                .range([0.0, 1.0], [0.0, 1.0])
                .mark(foldspace::plot::Mark::Classes {
                    field,
                    low: [0.0, 0.0],
                    high: [1.0, 1.0],
                });
        let figure = Figure::new("").size(90, 90).panel(panel);
        figure.to_frame(&Theme::LIGHT, 1.0).unwrap().rgba
    };
    let bands: BTreeSet<Vec<u8>> = (0..MOST_CLASSES).map(band).collect();
    assert_eq!(bands.len(), MOST_CLASSES);
}

#[test]
fn more_classes_than_a_picture_tells_apart_are_refused_with_a_way_out() {
    let count = MOST_CLASSES + 1;
    let dataset = classes(
        Mat::from_fn(2 * count, 2, |i, j| (i + j) as f64),
        count,
        &[],
    );
    let error = figures::InputPlane::new(&dataset, None, &figures::InputAxes::Automatic)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("61 classes") && error.contains("merge"),
        "{error}"
    );
    let dataset = classes(Mat::from_fn(2 * count, 1, |i, _| i as f64), count, &[]);
    assert!(
        OneFeature::new(&dataset, None)
            .unwrap_err()
            .to_string()
            .contains("at most 60")
    );
}

#[test]
fn long_names_are_shortened_and_stay_apart() {
    let beginning = "Adenocarcinoma of the lung; stage IIIB; after chemotherapy, in the year ";
    let names: Vec<String> = (0..30)
        .map(|k| format!("{beginning}{}", 1990 + k))
        .collect();
    let shown = distinct(&names, 12.5, Face::Regular, 120.0);
    let different: BTreeSet<&String> = shown.iter().collect();
    assert_eq!(different.len(), 30, "{shown:?}");
    assert!(
        shown
            .iter()
            .all(|name| name.contains('…') && name.starts_with("Aden")),
        "{shown:?}"
    );
    // A cut formula is closed, a cut escape is whole.
    assert_eq!(shortened("short", 12.0, Face::Regular, 100.0), "short");
    for limit in 12..90 {
        let cut = shortened(
            "a $x_{12} + y$ b \\$ c",
            12.0,
            Face::Regular,
            f64::from(limit),
        );
        let dollars = cut.matches('$').count() - cut.matches("\\$").count();
        assert_eq!(dollars % 2, 0, "{cut}");
    }
}

#[test]
fn a_legend_of_many_long_names_leaves_room_for_the_plot() {
    for classes in [12, 20, 30] {
        let points: Vec<Point> = (0..classes)
            .map(|k| [k as f64, (k * 7 % classes) as f64])
            .collect();
        let labels: Vec<usize> = (0..classes).collect();
        let names: Vec<String> = (0..classes)
            .map(|k| format!("A class with a rather long name that ends in {k}"))
            .collect();
        let panel = Panel::plane("x", "y").classes(&points, &labels, &names);
        assert_eq!(
            panel
                .legend
                .iter()
                .filter(|key| matches!(key.sign, Sign::Point(..)))
                .count(),
            classes
        );
        let svg = Figure::new("t")
            .size(720, 540)
            .panel(panel)
            .to_svg(&Theme::LIGHT)
            .unwrap();
        let top = svg
            .lines()
            .filter_map(|line| line.strip_prefix("<polyline points=\""))
            .flat_map(|points| {
                points
                    .split([' ', '"'])
                    .filter_map(|p| p.split_once(',')?.1.parse::<f64>().ok())
                    .collect::<Vec<_>>()
            })
            .fold(f64::INFINITY, f64::min);
        assert!(
            top < 0.42 * 540.0,
            "the plot of {classes} classes begins at {top}"
        );
        for k in 0..classes {
            assert!(
                svg.contains(&format!(" {k}\"")) || svg.contains(&format!("{k}\"")),
                "{k}"
            );
        }
    }
}

#[test]
fn a_sign_without_a_font_is_a_box_of_its_own() {
    // Private use: no font has these, and each is drawn as its code point.
    let look = |name: &str| {
        let line = set(name, 12.0, Face::Regular);
        let look: Vec<String> = line
            .glyphs
            .iter()
            .map(|g| format!("{:?} {:.2}", g.glyph, g.x))
            .collect();
        (look, line.width)
    };
    let names = ["\u{E123}", "\u{E124}", "\u{F0001}", "\u{10FFFD}", "\u{1}"];
    let looks: BTreeSet<Vec<String>> = names.iter().map(|name| look(name).0).collect();
    assert_eq!(looks.len(), names.len());
    for name in names {
        assert!(look(name).1 > 8.0 && !look(name).0.is_empty());
    }
    let missing = foldspace::plot::text::take_missing();
    assert!(missing.contains(&'\u{E123}'), "{missing:?}");
}

#[test]
fn many_points_of_a_vector_picture_are_one_image() {
    let points: Vec<Point> = (0..50_000)
        .map(|i| {
            let t = f64::from(i) * 0.618_034;
            [libm::cos(t) * t.sqrt(), libm::sin(1.3 * t) * t.sqrt()]
        })
        .collect();
    let labels: Vec<usize> = (0..points.len()).map(|i| i % 3).collect();
    let figure = |n: usize| {
        let panel = Panel::plane("x", "y").classes(&points[..n], &labels[..n], &["a", "b", "c"]);
        Figure::new("many").size(720, 560).panel(panel)
    };
    let svg = figure(50_000).to_svg(&Theme::LIGHT).unwrap();
    assert_eq!(svg.matches("<image").count(), 1);
    assert!(svg.len() < 2_000_000, "{}", svg.len());
    assert_eq!(
        figure(4_000)
            .to_svg(&Theme::LIGHT)
            .unwrap()
            .matches("<image")
            .count(),
        0
    );
    let pdf = figure(50_000).to_pdf(&Theme::LIGHT).unwrap();
    assert!(pdf.len() < 2_000_000, "{}", pdf.len());
    assert_eq!(pdf, figure(50_000).to_pdf(&Theme::LIGHT).unwrap());
}

#[test]
fn a_pdf_is_a_whole_page_of_the_figures_size() {
    let figure = Figure::new("A title of $x_1$")
        .size(400, 300)
        .panel(Panel::plane("x", "y").points(vec![[0.0, 0.0], [1.0, 1.0]], Colour::class(0), 3.0));
    let pdf = figure.to_pdf(&Theme::LIGHT).unwrap();
    let text = String::from_utf8_lossy(&pdf);
    assert!(text.starts_with("%PDF-1.") && text.trim_end().ends_with("%%EOF"));
    assert!(
        text.contains("/MediaBox [0 0 300 225]"),
        "400 x 300 pixels are 300 x 225 points"
    );
    let title: String = "A title of x_1"
        .encode_utf16()
        .map(|unit| format!("{unit:04X}"))
        .collect();
    assert!(text.contains(&format!("/Title <FEFF{title}>")));
    // The table at the end says where each object begins.
    let start: usize = text
        .rsplit("startxref\n")
        .next()
        .unwrap()
        .lines()
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let table = std::str::from_utf8(&pdf[start..]).unwrap();
    for (number, line) in table
        .lines()
        .skip(3)
        .take_while(|line| line.ends_with("n "))
        .enumerate()
    {
        let offset: usize = line[..10].parse().unwrap();
        assert!(pdf[offset..].starts_with(format!("{} 0 obj\n", number + 1).as_bytes()));
    }
}

#[test]
fn real_text_in_an_svg_says_what_the_outlines_show() {
    let figure = Figure::new("Loss of $W_h x$ & more").size(400, 300).panel(
        Panel::plane("price ($)", "y").key(
            literal("a < $b"),
            Sign::Point(Colour::class(0), class_shape(0)),
        ),
    );
    let svg = figure.to_svg_with_text(&Theme::LIGHT).unwrap();
    assert!(!svg.contains("aria-label") && svg.contains("font-family=\"Inter"));
    assert!(svg.contains(">a &lt; $b</text>"), "{svg}");
    assert!(
        svg.contains("<tspan font-weight=\"600\" font-style=\"italic\">W</tspan>"),
        "{svg}"
    );
    assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
}

#[test]
fn films_have_even_sides_and_repeat_the_last_row_and_column() {
    use foldspace::anim::Sampling;
    use foldspace::plot::pixmap::Frame;
    let mut frame = Frame::filled(3, 3, [10, 20, 30]);
    frame.set_pixel(2, 2, [1, 2, 3]);
    frame.set_pixel(2, 0, [4, 5, 6]);
    assert_eq!(Sampling::default(), Sampling::Yuv420);
    assert_eq!(Sampling::Yuv420.size((3, 3)), (4, 4));
    assert_eq!(Sampling::Yuv444.size((3, 3)), (3, 3));
    let padded = Frame {
        width: 4,
        height: 4,
        rgba: Sampling::Yuv420.pixels(&frame).into_owned(),
    };
    for (x, y, colour) in [
        (3, 0, [4, 5, 6]),
        (3, 3, [1, 2, 3]),
        (2, 3, [1, 2, 3]),
        (0, 3, [10, 20, 30]),
    ] {
        assert_eq!(padded.pixel(x, y), colour, "{x} {y}");
    }
    assert_eq!(&*Sampling::Yuv444.pixels(&frame), &frame.rgba[..]);
}

#[cfg(unix)]
#[test]
fn ffmpeg_is_asked_for_what_every_player_plays() {
    use foldspace::anim::{Format, Options, Sampling, Timeline, write_animation};
    use foldspace::plot::pixmap::Frame;
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    // Stands in for ffmpeg: keeps what it is asked, and what it is fed is the film.
    let ffmpeg = folder.path().join("ffmpeg");
    let script = "#!/bin/sh\n[ \"$1\" = -version ] && exit 0\nfor last; do :; done\necho \"$@\" > \"${0%/*}/asked\"\ncat > \"$last\"\n";
    std::fs::write(&ffmpeg, script).unwrap();
    std::fs::set_permissions(&ffmpeg, std::fs::Permissions::from_mode(0o755)).unwrap();
    let timeline = Timeline::steps(2, 10, 0.1).unwrap();
    for (sampling, size, format, bytes) in [
        (Sampling::Yuv420, "32x22", "yuv420p", 32 * 22),
        (Sampling::Yuv444, "31x21", "yuv444p", 31 * 21),
    ] {
        let options = Options {
            ffmpeg: ffmpeg.clone(),
            sampling,
            ..Options::default()
        };
        let film = write_animation(
            &folder.path().join("film"),
            &[Format::Mp4],
            &options,
            &timeline,
            |_| Ok(Frame::filled(31, 21, [9, 9, 9])),
        )
        .unwrap();
        let asked = std::fs::read_to_string(folder.path().join("asked")).unwrap();
        assert!(
            asked.contains(&format!("-s {size}")) && asked.contains(&format!("-pix_fmt {format}")),
            "{asked}"
        );
        let length = std::fs::metadata(&film[0]).unwrap().len();
        assert_eq!(length % (4 * bytes), 0, "whole frames of {size}");
    }
}
