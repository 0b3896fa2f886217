//! Figures: the same bytes each time, nothing outside its panel, sizes and formats as asked for.

use foldspace::plot::text::{plain, width, wrap};
use foldspace::plot::ticks::{linear, number};
use foldspace::plot::{Colour, Face, Figure, Mark, Panel, Point, Scale, Stroke, Theme, extent};
use proptest::prelude::*;

/// One of everything, small.
fn sample() -> Figure {
    let points: Vec<Point> = (0..12)
        .map(|i| [f64::from(i), f64::from(i * i % 7)])
        .collect();
    let labels: Vec<usize> = (0..12).map(|i| i % 2).collect();
    let plane = Panel::plane("$x_1$", "$x_2$")
        .title("A plane")
        .classes(&points, &labels, &["zero", "one"])
        .line(
            [[-5.0, 0.0], [30.0, 6.0]],
            Stroke::new(Colour::accent(0), 2.0),
        )
        .range([0.0, 12.0], [0.0, 7.0])
        .note("epoch 3");
    let mut curves = Panel::new().labels("epoch", "loss").curve(
        "training",
        [[1.0, 10.0], [2.0, 0.1]],
        Stroke::new(Colour::accent(1), 2.0),
    );
    curves.y.scale = Scale::Log;
    Figure::new("Sample: $‖W‖_2$ < 1 & more")
        .caption("What it shows, at a length that needs a second line in a figure as narrow as this one is.")
        .size(480, 300)
        .panels(2, [plane, curves])
}

#[test]
fn an_svg_is_the_same_each_time_and_as_the_snapshot_says() {
    let svg = sample().to_svg(&Theme::LIGHT).unwrap();
    assert_eq!(svg, sample().to_svg(&Theme::LIGHT).unwrap());
    insta::assert_snapshot!(crate::drawings::shortened(&svg));
}

#[test]
fn an_svg_is_well_formed_and_escapes_what_it_says() {
    let svg = sample().to_svg(&Theme::DARK).unwrap();
    assert!(svg.contains("‖W‖_2 &lt; 1 &amp; more"));
    assert_eq!(svg.matches("<g ").count(), svg.matches("</g>").count());
    assert!(svg.ends_with("</svg>\n"));
}

#[test]
fn a_picture_has_the_size_that_was_asked_for() {
    let figure = sample();
    for scale in [0.5, 1.0, 2.0] {
        let frame = figure.to_frame(&Theme::LIGHT, scale).unwrap();
        assert_eq!(f64::from(frame.width), 480.0 * scale);
        assert_eq!(frame.rgba.len(), 4 * (frame.width * frame.height) as usize);
    }
    assert_eq!(
        figure.to_frame(&Theme::LIGHT, 1.0).unwrap(),
        figure.to_frame(&Theme::LIGHT, 1.0).unwrap()
    );
}

#[test]
fn impossible_sizes_and_unknown_formats_are_refused() {
    for (width, height) in [(0, 10), (10, 0), (20_000, 10)] {
        let error = sample()
            .size(width, height)
            .to_svg(&Theme::LIGHT)
            .unwrap_err();
        assert!(error.to_string().contains("16384"), "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("picture.jpeg");
    let error = sample().save(&path, &Theme::LIGHT, 96.0).unwrap_err();
    assert!(error.to_string().contains(".svg, .pdf or .png"), "{error}");
    assert!(!path.exists());
}

#[test]
fn a_line_beyond_the_panel_is_cut_at_its_edge() {
    let red = Colour::fixed(foldspace::plot::Rgb(255, 0, 0));
    let panel = |line: Vec<Point>| {
        Panel::new()
            .range([0.0, 1.0], [0.0, 1.0])
            .line(line, Stroke::new(red, 2.0))
    };
    let is_red = |line: Vec<Point>| {
        let frame = Figure::new("")
            .size(200, 200)
            .panel(panel(line))
            .to_frame(&Theme::LIGHT, 1.0)
            .unwrap();
        let red: Vec<(u32, u32)> = (0..200)
            .flat_map(|y| (0..200).map(move |x| (x, y)))
            .filter(|&(x, y)| {
                let [r, g, b] = frame.pixel(x, y);
                r > 200 && g < 80 && b < 80
            })
            .collect();
        red
    };
    let inside = is_red(vec![[0.0, 0.5], [1.0, 0.5]]);
    let beyond = is_red(vec![[-50.0, 0.5], [70.0, 0.5]]);
    assert!(inside.len() > 100);
    let reach = |pixels: &[(u32, u32)]| {
        (
            pixels.iter().min().unwrap().0,
            pixels.iter().max().unwrap().0,
        )
    };
    let (a, b) = (reach(&inside), reach(&beyond));
    assert!(
        a.0.abs_diff(b.0) <= 1 && a.1.abs_diff(b.1) <= 1,
        "{a:?} {b:?}"
    );
    assert!(is_red(vec![[2.0, -3.0], [3.0, 9.0]]).is_empty());
    assert!(is_red(vec![[0.2, f64::NAN], [0.8, 0.5]]).is_empty());
}

#[test]
fn a_disc_covers_its_area() {
    // The sum of coverages is the area, wherever the centre falls between pixels.
    for shift in [0.0, 0.13, 0.5, 0.81] {
        let ink = Colour::fixed(foldspace::plot::Rgb(0, 0, 0));
        let panel = Panel::diagram()
            .range([0.0, 100.0], [0.0, 100.0])
            .mark(Mark::Points {
                points: vec![[50.0 + shift, 50.0 + shift]],
                colour: ink,
                radius: 6.0,
                shape: foldspace::plot::Shape::Circle,
                ring: false,
            });
        let frame = Figure::new("")
            .size(160, 160)
            .panel(panel)
            .to_frame(&Theme::LIGHT, 1.0)
            .unwrap();
        let darkness: f64 = frame
            .rgba
            .chunks_exact(4)
            .map(|p| 1.0 - f64::from(p[0]) / 255.0)
            .sum();
        let area = std::f64::consts::PI * 36.0;
        assert!(
            (darkness / area - 1.0).abs() < 0.02,
            "{darkness} against {area}"
        );
    }
}

#[test]
fn class_colours_stay_apart_in_every_theme() {
    for theme in [Theme::LIGHT, Theme::DARK] {
        for (i, a) in theme.classes.iter().enumerate() {
            for b in &theme.classes[i + 1..] {
                let distance = (f64::from(a.0) - f64::from(b.0)).abs()
                    + (f64::from(a.1) - f64::from(b.1)).abs()
                    + (f64::from(a.2) - f64::from(b.2)).abs();
                assert!(distance > 60.0, "{}: {a:?} and {b:?}", theme.name);
            }
        }
        // The first two, the pair of every two-class figure, differ in lightness too.
        let [first, second] = [theme.classes[0].luminance(), theme.classes[1].luminance()];
        assert!(
            (first - second).abs() > 0.05,
            "{} {first} {second}",
            theme.name
        );
    }
}

/// What a reader with a full deficiency sees of a linear RGB colour: protan, deutan, tritan (Machado, Oliveira and
/// Fernandes, 2009, severity 1.0).
const DEFICIENCIES: [[[f64; 3]; 3]; 3] = [
    [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
];

fn product(matrix: [[f64; 3]; 3], v: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2])
}

/// CIE L*a*b* (D65) of a linear RGB colour.
fn lab(linear: [f64; 3]) -> [f64; 3] {
    let to_xyz = [
        [0.4124, 0.3576, 0.1805],
        [0.2126, 0.7152, 0.0722],
        [0.0193, 0.1192, 0.9505],
    ];
    let [x, y, z] = product(to_xyz, linear.map(|c| c.clamp(0.0, 1.0)));
    let f = |t: f64| {
        if t > 0.008856 {
            libm::cbrt(t)
        } else {
            7.787 * t + 16.0 / 116.0
        }
    };
    let [x, y, z] = [f(x / 0.9505), f(y), f(z / 1.089)];
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

#[test]
fn ten_class_colours_stay_apart_for_colour_blind_readers() {
    let identity = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    for theme in [Theme::LIGHT, Theme::DARK] {
        let linear = theme.classes.map(|rgb| {
            [rgb.0, rgb.1, rgb.2].map(|channel| {
                let c = f64::from(channel) / 255.0;
                if c <= 0.04045 {
                    c / 12.92
                } else {
                    libm::pow((c + 0.055) / 1.055, 2.4)
                }
            })
        });
        for eyes in DEFICIENCIES.into_iter().chain([identity]) {
            let seen = linear.map(|colour| lab(product(eyes, colour)));
            for (i, a) in seen.iter().enumerate() {
                for (j, b) in seen.iter().enumerate().skip(i + 1) {
                    let squares: f64 = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum();
                    // A difference of 2 is just noticed; the first version of this palette had pairs at 3.
                    assert!(squares.sqrt() > 23.0, "{}: {i} and {j}", theme.name);
                }
            }
        }
    }
}

#[test]
fn a_long_legend_stays_inside_the_picture() {
    // A tall, narrow plot in a wide figure: its ten keys need more room than the plot has.
    let points: Vec<[f64; 2]> = (0..10).map(|k| [0.0, f64::from(k)]).collect();
    let labels: Vec<usize> = (0..10).collect();
    let names: Vec<String> = (0..10).map(|k| format!("class {k}")).collect();
    let panel = Panel::plane("", "")
        .range([-1.0, 1.0], [0.0, 9.0])
        .classes(&points, &labels, &names);
    let figure = Figure::new("").size(700, 400).panel(panel);
    let frame = figure.to_frame(&Theme::LIGHT, 1.0).unwrap();
    // Nothing is drawn in the margins at both sides.
    for (row, line) in frame.rgba.chunks_exact(4 * 700).enumerate() {
        for column in (0..8).chain(692..700) {
            assert_eq!(
                line[4 * column..4 * column + 3],
                [255; 3],
                "{column}, {row}"
            );
        }
    }
}

#[test]
fn numbers_are_written_as_people_do() {
    assert_eq!(number(-1.5), "−1.5");
    assert_eq!(number(0.1 + 0.2), "0.3");
    let labels: Vec<String> = linear([-1.0, 1.0], 5)
        .ticks
        .into_iter()
        .map(|(_, label)| label)
        .collect();
    assert!(
        labels.contains(&"−0.5".to_owned()) && labels.contains(&"0.0".to_owned()),
        "{labels:?}"
    );
}

#[test]
fn markup_is_wrapped_at_blanks_but_never_inside_a_formula() {
    let text = "one two $a + b + c$ three";
    let lines = wrap(text, 12.0, Face::Regular, 40.0);
    assert!(lines.contains(&"$a + b + c$".to_owned()), "{lines:?}");
    assert_eq!(lines.join(" "), text);
    assert_eq!(plain("$W_{ij}$ x"), "W_ij x");
}

proptest! {
    #[test]
    fn any_figure_of_finite_numbers_is_drawn(
        points in prop::collection::vec((-1e6_f64..1e6, -1e6_f64..1e6), 0..40),
        square: bool,
    ) {
        let points: Vec<Point> = points.into_iter().map(|(x, y)| [x, y]).collect();
        let mut panel = Panel::new()
            .line(points.clone(), Stroke::new(Colour::TEXT, 1.0))
            .polygon(points.clone(), Colour::GRID)
            .points(points.clone(), Colour::class(0), 2.0);
        panel.square = square;
        let figure = Figure::new("any").size(240, 200).panel(panel);
        prop_assert!(figure.to_frame(&Theme::LIGHT, 1.0).is_ok());
        prop_assert!(figure.to_svg(&Theme::LIGHT).unwrap().find("NaN").is_none());
        if let Some([low, high]) = extent(&points) {
            prop_assert!(points.iter().all(|p| p[0] >= low[0] && p[1] <= high[1]));
        }
    }

    #[test]
    fn width_grows_with_the_text(text in "[a-z ]{1,30}", more in "[a-z]{1,5}") {
        let longer = format!("{text}{more}");
        prop_assert!(width(&longer, 12.0, Face::Regular) > width(&text, 12.0, Face::Regular));
    }

    #[test]
    fn ticks_lie_within_their_range(low in -1e5_f64..1e5, span in 1e-3_f64..1e5, count in 2_usize..9) {
        let range = [low, low + span];
        for (place, _) in linear(range, count).ticks {
            prop_assert!(place >= range[0] - 1e-6 * span && place <= range[1] + 1e-6 * span);
        }
    }
}
