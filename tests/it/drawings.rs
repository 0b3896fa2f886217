//! Every kind of drawing as SVG, as its snapshot has it. A snapshot is looked at as a picture before it is accepted
//! (`FOLDSPACE_PICTURES=DIRECTORY` writes them as PNG).

use base64::Engine;
use foldspace::plot::diagram::Column;
use foldspace::plot::space::Camera;
use foldspace::plot::{
    Anchor, ClassField, Colormap, Colour, Dash, Field, Figure, Frame, Mark, MatrixStyle, Panel,
    Point, Rgb, Scale, Shape, Sign, Stroke, Theme,
};

/// An SVG without what is long and tested elsewhere: of a glyph's outlines only where they begin, of a picture's bytes its size
/// and the checksum of its pixels.
pub fn shortened(svg: &str) -> String {
    let mut short = String::new();
    for line in svg.lines() {
        if let Some((head, path)) = line.split_once(" d=\"")
            && line.contains("aria-label")
        {
            let start = path.split(['L', 'C']).next().unwrap();
            short += &format!("{head} at {start}\n");
        } else if let Some((head, rest)) = line.split_once("data:image/png;base64,") {
            let (encoded, tail) = rest.split_once('"').unwrap();
            let bytes = base64::engine::general_purpose::STANDARD
                .decode(encoded)
                .unwrap();
            let mut reader = png::Decoder::new(std::io::Cursor::new(bytes))
                .read_info()
                .unwrap();
            let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
            let info = reader.next_frame(&mut pixels).unwrap();
            let (width, height) = (info.width, info.height);
            let sum = crc32fast::hash(&pixels);
            short += &format!("{head}{width} x {height} pixels, CRC {sum:08x}\"{tail}\n");
        } else {
            short += &format!("{line}\n");
        }
    }
    short
}

/// The drawing in both themes the same each time; the light one is returned for its snapshot.
fn drawn(name: &str, figure: &Figure) -> String {
    let svg = figure.to_svg(&Theme::LIGHT).unwrap();
    assert_eq!(svg, figure.to_svg(&Theme::LIGHT).unwrap());
    assert_ne!(svg, figure.to_svg(&Theme::DARK).unwrap());
    if let Ok(directory) = std::env::var("FOLDSPACE_PICTURES") {
        let path = std::path::Path::new(&directory).join(format!("{name}.png"));
        figure.save(&path, &Theme::LIGHT, 144.0).unwrap();
    }
    shortened(&svg)
}

fn figure(panel: Panel) -> Figure {
    Figure::new("").size(320, 240).panel(panel)
}

#[test]
fn axes_with_ticks_on_both_scales_and_a_legend() {
    let curve = |slope: f64| -> Vec<Point> {
        (1..=5)
            .map(|k| [f64::from(k), libm::exp10(-slope * f64::from(k))])
            .collect()
    };
    let dashed = Stroke::new(Colour::accent(1), 1.5).dash(Dash::Dashed);
    let dotted = Stroke::new(Colour::accent(2), 1.5).dash(Dash::Dotted);
    let mut panel = Panel::new()
        .title("Losses")
        .labels("epoch", "loss $L$")
        .curve("training", curve(0.5), Stroke::new(Colour::accent(0), 2.0))
        .curve("held out", curve(0.4), dashed)
        .curve("bound", curve(0.3), dotted)
        .range([0.0, 6.0], [1e-3, 1.0])
        .horizon(0.01)
        .note("epoch 5");
    panel.y.scale = Scale::Log;
    insta::assert_snapshot!(drawn("axes", &figure(panel)));
}

#[test]
fn points_of_every_shape_by_class() {
    let points: Vec<Point> = (0..10).map(|k| [f64::from(k), f64::from(k % 3)]).collect();
    let labels: Vec<usize> = (0..10).collect();
    let names: Vec<String> = (0..10).map(|k| format!("class {k}")).collect();
    let panel = Panel::plane("$x_1$", "$x_2$").classes(&points, &labels, &names);
    insta::assert_snapshot!(drawn("classes", &figure(panel)));
}

#[test]
fn fields_smooth_and_in_cells_with_a_colour_bar() {
    let field = |smooth| Field {
        columns: 3,
        rows: 2,
        values: vec![-1.0, 0.0, 1.0, 0.5, -0.5, 0.25],
        range: [-1.0, 1.0],
        colormap: Colormap::Diverging,
        smooth,
    };
    let panels = [true, false].map(|smooth| {
        Panel::plane("x", "y")
            .field(field(smooth), [0.0, 0.0], [3.0, 2.0])
            .colour_bar(Colormap::Diverging, [-1.0, 1.0], "weight")
    });
    let figure = Figure::new("").size(600, 220).panels(2, panels);
    insta::assert_snapshot!(drawn("fields", &figure));
}

#[test]
fn regions_of_several_classes() {
    let share = |likely: usize| (0..3).map(move |class| if class == likely { 0.8 } else { 0.1 });
    let field = ClassField {
        columns: 3,
        rows: 2,
        classes: 3,
        probabilities: [0, 1, 2, 2, 0, 1].into_iter().flat_map(share).collect(),
        strength: 1.0,
        logarithms: false,
    };
    let panel = Panel::plane("x", "y").mark(Mark::Classes {
        field,
        low: [0.0, 0.0],
        high: [3.0, 2.0],
    });
    insta::assert_snapshot!(drawn("regions", &figure(panel)));
}

#[test]
fn an_image_in_grey() {
    let panel = Panel::diagram()
        .range([0.0, 4.0], [0.0, 4.0])
        .frame(Frame::Box)
        .field(
            Field {
                columns: 4,
                rows: 4,
                values: (0..16).map(|k| f64::from(k * 7 % 16)).collect(),
                range: [0.0, 15.0],
                colormap: Colormap::Grey,
                smooth: false,
            },
            [0.0, 0.0],
            [4.0, 4.0],
        );
    insta::assert_snapshot!(drawn("image", &figure(panel)));
}

#[test]
fn arrows_and_labels() {
    let panel = Panel::plane("", "")
        .range([-2.0, 2.0], [-1.0, 2.0])
        .arrow([0.0, 0.0], [1.5, 0.5], Colour::accent(0))
        .arrow([0.0, 0.0], [-1.0, 1.5], Colour::accent(1))
        .arrow([0.0, 0.0], [0.001, 0.0], Colour::accent(2)) // shorter than its head
        .label([1.5, 0.5], Anchor::Bottom, "$W e_1$", Colour::accent(0))
        .label([-1.0, 1.5], Anchor::Left, "$W e_2$", Colour::accent(1));
    insta::assert_snapshot!(drawn("arrows", &figure(panel)));
}

#[test]
fn polygons_cut_at_the_rim() {
    let panel = Panel::plane("$x_1$", "$x_2$")
        .range([0.0, 4.0], [0.0, 3.0])
        .polygon([[0.5, 0.5], [2.0, 0.5], [1.0, 2.0]], Colour::class(0))
        .polygon(
            [[2.0, 0.5], [6.0, 1.0], [6.0, 5.0], [1.0, 2.0]],
            Colour::class(1).fade(0.5),
        )
        .line([[-1.0, 3.5], [5.0, 0.0]], Stroke::new(Colour::TEXT, 2.0));
    insta::assert_snapshot!(drawn("polygons", &figure(panel)));
}

#[test]
fn a_surface_in_space() {
    let camera = Camera {
        azimuth: 30.0,
        elevation: 25.0,
    };
    // The paraboloid z = (x² + y²) / 2 by its grid lines, and four points on it.
    let height = |x: f64, y: f64| (x * x + y * y) / 2.0;
    let steps = [-1.0, -0.5, 0.0, 0.5, 1.0];
    let mut panel = Panel::diagram().marks(camera.axes(1.4, ["$x$", "$y$", "$z$"]));
    for at in steps {
        let along = steps.map(|s| [s, at, height(s, at)]);
        let across = steps.map(|s| [at, s, height(at, s)]);
        for line in [along, across] {
            panel = panel.mark(camera.line(&line, Stroke::new(Colour::GRID, 1.0)));
        }
    }
    let corners = [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]];
    let points = corners.map(|[x, y]| [x, y, height(x, y)]);
    let colours = [0, 1, 0, 1].map(Colour::class);
    panel = panel.marks(camera.points(&points, &colours, 5.0));
    insta::assert_snapshot!(drawn("space", &figure(panel)));
}

#[test]
fn a_network_diagram() {
    let column = |nodes: usize, label: &str, muted| Column {
        nodes,
        fill: Colour::fixed(Rgb(200, 220, 240)),
        label: label.to_owned(),
        names: (1..=nodes).map(|k| format!("$x_{k}$")).collect(),
        muted,
    };
    let columns = [
        column(2, "input", false),
        column(3, "hidden", false),
        column(1, "output", true),
    ];
    let panel = Panel::diagram().network(&columns, |c, from, to| {
        Stroke::new(Colour::class((from + to) % 2), 1.0 + c as f64)
    });
    insta::assert_snapshot!(drawn("network", &figure(panel)));
}

#[test]
fn a_matrix_with_its_entries() {
    let rows = [vec![1.0, -2.0, 0.5], vec![0.0, 3.0, -0.25]];
    let style = MatrixStyle::diverging(&rows).decimals(2);
    let panel = Panel::diagram()
        .matrix(&rows, [0.0, 2.0], 1.0, style)
        .key("positive", Sign::Point(Colour::class(1), Shape::Square));
    insta::assert_snapshot!(drawn("matrix", &figure(panel)));
}

#[test]
fn a_table_of_panels() {
    let panel = |k: u32, square: bool| {
        let points: Vec<Point> = (0..4)
            .map(|i| [f64::from(i), f64::from(i * k % 3)])
            .collect();
        let mut panel = Panel::new()
            .title(format!("panel {k}"))
            .labels("a", "b")
            .mark(Mark::Points {
                points,
                colour: Colour::class(k as usize),
                radius: 3.0,
                shape: Shape::Circle,
                ring: true,
            });
        panel.square = square;
        panel
    };
    let figure = Figure::new("Five panels in rows of three")
        .caption("The last row is not full.")
        .size(520, 360)
        .panels(3, (1..=5).map(|k| panel(k, k == 2)));
    insta::assert_snapshot!(drawn("table", &figure));
}
