//! Draws a figure: panels with their marks between their axes, legends, title and caption.

use plotters::drawing::IntoDrawingArea;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters_backend::DrawingBackend;

use super::backend::Never;
use super::clip;
use super::colour::{Colour, Role};
use super::font::Face;
use super::layout::{self, Layout, PanelLayout};
use super::mark::{Mark, Point};
use super::painter::Painter;
use super::panel::{Key, Panel, Sign};
use super::size::{self, SIGN_WIDTH};
use super::theme::Theme;
use super::{Figure, axes, field};

/// What is drawn on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Medium {
    /// Shapes, and images with this many pixels per figure pixel.
    Vector(f64),
    /// This many device pixels per figure pixel.
    Pixels(f64),
}

/// Draws the whole figure.
pub(super) fn draw<B: DrawingBackend<ErrorType = Never>>(
    figure: &Figure,
    theme: &Theme,
    medium: Medium,
    backend: B,
) {
    let area = backend.into_drawing_area();
    let (Medium::Vector(image_scale) | Medium::Pixels(image_scale)) = medium;
    let painter = Painter {
        area: &area,
        theme,
        image_scale,
        is_vector: matches!(medium, Medium::Vector(_)),
    };
    let Layout {
        heading,
        title,
        caption,
        legend,
        panels,
        ..
    } = layout::layout(figure);
    painter.text(
        title,
        &heading,
        size::TITLE,
        Face::SemiBold,
        Colour::TEXT,
        Pos::new(HPos::Left, VPos::Bottom),
    );
    for (line, at) in &caption {
        painter.text(
            *at,
            line,
            size::CAPTION,
            Face::Regular,
            Colour::MUTED,
            Pos::new(HPos::Left, VPos::Bottom),
        );
    }
    for (panel, layout) in figure.panels.iter().zip(&panels) {
        painter.panel(panel, layout);
    }
    painter.legend(
        &legend,
        figure.panels.iter().any(|panel| painter.patterned(panel)),
    );
}

impl<B: DrawingBackend<ErrorType = Never>> Painter<'_, B> {
    fn panel(&self, panel: &Panel, layout: &PanelLayout) {
        let view = &layout.view;
        axes::behind(self, panel, layout);
        let mut marks = &panel.marks[..];
        while !marks.is_empty() {
            let points = |mark: &&Mark| matches!(mark, Mark::Points { .. });
            let length = marks.iter().take_while(points).count().max(1);
            let (now, rest) = marks.split_at(length);
            self.marks(now, view);
            marks = rest;
        }
        axes::in_front(self, panel, layout);
        self.legend(&layout.legend, self.patterned(panel));
    }

    /// Whether the panel's regions differ by pattern as well as by colour.
    fn patterned(&self, panel: &Panel) -> bool {
        panel.marks.iter().any(|mark| {
            matches!(mark, Mark::Classes { field, .. } if field.classes > self.theme.classes.len())
        })
    }

    /// Entries of a legend; those of classes on a patch of their region where `regions` are patterned.
    fn legend(&self, entries: &[(Key, Point)], regions: bool) {
        for (key, at) in entries {
            if regions
                && let Sign::Point(colour, _) = key.sign
                && let Role::Class(class) = colour.role
            {
                let [x, y] = *at;
                let patch = clip::Rect {
                    left: x - 1.0,
                    top: y - 8.0,
                    right: x + 21.0,
                    bottom: y + 8.0,
                };
                field::swatch(self, class, &patch);
            }
            self.sign(key.sign, *at);
            let start = [at[0] + SIGN_WIDTH, at[1]];
            let anchor = Pos::new(HPos::Left, VPos::Center);
            self.text(
                start,
                &key.label,
                size::LABEL,
                Face::Regular,
                Colour::TEXT,
                anchor,
            );
        }
    }
}
