//! What surrounds the marks: grid, axes, ticks, labels, title, note, colour bar.

use plotters::style::FontTransform;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters_backend::DrawingBackend;

use super::backend::Never;
use super::clip::Rect;
use super::colour::Colour;
use super::font::Face;
use super::layout::{BAR_GAP, BAR_WIDTH, PanelLayout, TICK_GAP};
use super::mark::{Field, Stroke};
use super::painter::Painter;
use super::panel::{ColourBar, Frame, Panel};
use super::size;
use super::{field, text, ticks};

/// Grid lines are drawn behind the marks.
pub(super) fn behind<B: DrawingBackend<ErrorType = Never>>(
    painter: &Painter<'_, B>,
    panel: &Panel,
    layout: &PanelLayout,
) {
    let view = &layout.view;
    let Rect {
        left,
        top,
        right,
        bottom,
    } = view.rect;
    match panel.frame {
        Frame::Axes => {
            let stroke = Stroke::new(Colour::GRID, 1.0);
            for (place, _) in &layout.x_ticks {
                let x = crisp(view.pixel([*place, view.y[0]])[0]);
                painter.line(&[[x, top], [x, bottom]], &stroke);
            }
            for (place, _) in &layout.y_ticks {
                let y = crisp(view.pixel([view.x[0], *place])[1]);
                painter.line(&[[left, y], [right, y]], &stroke);
            }
        }
        Frame::Cross => {
            let stroke = Stroke::new(Colour::AXIS, 1.0);
            let [x, y] = view.pixel([0.0, 0.0]);
            let (x, y) = (crisp(x), crisp(y));
            if (left..=right).contains(&x) {
                painter.line(&[[x, top], [x, bottom]], &stroke);
            }
            if (top..=bottom).contains(&y) {
                painter.line(&[[left, y], [right, y]], &stroke);
            }
        }
        Frame::Box | Frame::Bare => {}
    }
}

/// Axes, numbers and words are drawn in front.
pub(super) fn in_front<B: DrawingBackend<ErrorType = Never>>(
    painter: &Painter<'_, B>,
    panel: &Panel,
    layout: &PanelLayout,
) {
    spines(painter, panel.frame, &layout.view.rect);
    if numbered(panel.frame) {
        numbers(painter, layout);
    }
    labels(painter, panel, layout);
    if !panel.note.is_empty() {
        painter.text(
            layout.note_at,
            &layout.note,
            size::LABEL,
            Face::Regular,
            Colour::MUTED,
            Pos::new(HPos::Left, VPos::Bottom),
        );
    }
    if let Some(bar) = &panel.colour_bar {
        colour_bar(painter, bar, &layout.bar_label, &layout.view.rect);
    }
}

fn spines<B: DrawingBackend<ErrorType = Never>>(
    painter: &Painter<'_, B>,
    frame: Frame,
    rect: &Rect,
) {
    let stroke = Stroke::new(Colour::AXIS, 1.0);
    let (left, top) = (crisp(rect.left), crisp(rect.top));
    let (right, bottom) = (crisp(rect.right), crisp(rect.bottom));
    match frame {
        Frame::Axes => painter.line(&[[left, top], [left, bottom], [right, bottom]], &stroke),
        Frame::Box => {
            let ring = [
                [left, top],
                [right, top],
                [right, bottom],
                [left, bottom],
                [left, top],
            ];
            painter.line(&ring, &stroke);
        }
        Frame::Cross | Frame::Bare => {}
    }
}

fn numbers<B: DrawingBackend<ErrorType = Never>>(painter: &Painter<'_, B>, layout: &PanelLayout) {
    let view = &layout.view;
    let rect = &view.rect;
    let mark = Stroke::new(Colour::AXIS, 1.0);
    let write = |at, label: &str, anchor| {
        painter.text(at, label, size::TICK, Face::Regular, Colour::MUTED, anchor);
    };
    for (place, label) in &layout.x_ticks {
        let x = view.pixel([*place, view.y[0]])[0];
        if (rect.left - 0.5..=rect.right + 0.5).contains(&x) {
            let x = crisp(x);
            painter.line(&[[x, rect.bottom], [x, rect.bottom + 3.5]], &mark);
            let at = [x, rect.bottom + TICK_GAP];
            write(at, label, Pos::new(HPos::Center, VPos::Top));
        }
    }
    for (place, label) in &layout.y_ticks {
        let y = view.pixel([view.x[0], *place])[1];
        if (rect.top - 0.5..=rect.bottom + 0.5).contains(&y) {
            let y = crisp(y);
            painter.line(&[[rect.left - 3.5, y], [rect.left, y]], &mark);
            let at = [rect.left - TICK_GAP, y];
            write(at, label, Pos::new(HPos::Right, VPos::Center));
        }
    }
}

fn labels<B: DrawingBackend<ErrorType = Never>>(
    painter: &Painter<'_, B>,
    panel: &Panel,
    layout: &PanelLayout,
) {
    let rect = &layout.view.rect;
    let (middle_x, middle_y) = (
        (rect.left + rect.right) / 2.0,
        (rect.top + rect.bottom) / 2.0,
    );
    let below = if numbered(panel.frame) {
        size::TICK + TICK_GAP
    } else {
        0.0
    };
    let centred = Pos::new(HPos::Center, VPos::Center);
    painter.text(
        [middle_x, rect.bottom + below + size::LABEL * 0.85],
        &layout.labels[0],
        size::LABEL,
        Face::Regular,
        Colour::TEXT,
        centred,
    );
    painter.turned_text(
        [rect.left - layout.y_label_gap, middle_y],
        &layout.labels[1],
        size::LABEL,
        Face::Regular,
        Colour::TEXT,
        centred,
        FontTransform::Rotate270,
    );
    painter.text(
        layout.title,
        &layout.heading,
        size::PANEL_TITLE,
        Face::SemiBold,
        Colour::TEXT,
        Pos::new(HPos::Left, VPos::Bottom),
    );
}

fn colour_bar<B: DrawingBackend<ErrorType = Never>>(
    painter: &Painter<'_, B>,
    bar: &ColourBar,
    bar_label: &str,
    rect: &Rect,
) {
    let strip = Rect {
        left: rect.right + BAR_GAP,
        right: rect.right + BAR_GAP + BAR_WIDTH,
        ..*rect
    };
    let [low, high] = bar.range;
    let ramp = Field {
        columns: 1,
        rows: 256,
        values: (0..256)
            .map(|i| {
                let t = f64::from(i) / 255.0;
                low * (1.0 - t) + high * t
            })
            .collect(),
        range: bar.range,
        colormap: bar.colormap,
        smooth: true,
    };
    field::draw_into(painter, &ramp, &strip, &strip);
    let mut widest: f64 = 0.0;
    for (place, label) in ticks::linear(bar.range, 5).ticks {
        let share = (0.5 * place - 0.5 * low) / (0.5 * high - 0.5 * low);
        let y = strip.bottom - share * strip.height();
        let at = [strip.right + TICK_GAP, y];
        let anchor = Pos::new(HPos::Left, VPos::Center);
        painter.line(
            &[[strip.right, y], [strip.right + 3.0, y]],
            &Stroke::new(Colour::AXIS, 1.0),
        );
        painter.text(at, &label, size::TICK, Face::Regular, Colour::MUTED, anchor);
        widest = widest.max(text::width(&label, size::TICK, Face::Regular));
    }
    let at = [
        strip.right + TICK_GAP + widest + size::LABEL * 0.8,
        (strip.top + strip.bottom) / 2.0,
    ];
    painter.turned_text(
        at,
        bar_label,
        size::LABEL,
        Face::Regular,
        Colour::TEXT,
        Pos::new(HPos::Center, VPos::Center),
        FontTransform::Rotate90,
    );
}

/// The middle of a pixel: a line of one pixel's width is sharp there.
fn crisp(pixel: f64) -> f64 {
    pixel.floor() + 0.5
}

/// Does this frame carry numbers?
fn numbered(frame: Frame) -> bool {
    matches!(frame, Frame::Axes | Frame::Box)
}
