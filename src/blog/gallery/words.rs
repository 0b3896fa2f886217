//! Words and numbers of the page.

use std::fmt::Write;

use crate::plot::ticks::number;

/// A number in few digits.
pub(super) fn short(value: f64) -> String {
    if value == 0.0 || (1e-3..1e6).contains(&value.abs()) {
        let digits = if value.fract() == 0.0 { 0 } else { 5 };
        let rounded: f64 = format!("{value:.digits$}").parse().unwrap_or(value);
        number(rounded)
    } else {
        number(format!("{value:.1e}").parse().unwrap_or(value))
    }
}

/// Text with `$...$` formulas and code between backticks as HTML: letters slanted, `_` and `^` as sub- and superscripts.
pub(super) fn markup(text: &str) -> String {
    let mut html = String::new();
    for (part, piece) in text.split('$').enumerate() {
        if part % 2 == 0 {
            for (k, words) in piece.split('`').enumerate() {
                if k % 2 == 0 {
                    html.push_str(&escape(words));
                } else {
                    let _ = write!(html, "<code>{}</code>", escape(words));
                }
            }
        } else {
            formula(&mut html, piece);
        }
    }
    html
}

fn formula(html: &mut String, formula: &str) {
    html.push_str("<span class=\"math\">");
    let mut rest = formula.chars();
    while let Some(character) = rest.next() {
        let tag = match character {
            '_' => "sub",
            '^' => "sup",
            _ => {
                symbol(html, character);
                continue;
            }
        };
        let _ = write!(html, "<{tag}>");
        match rest.next() {
            Some('{') => rest
                .by_ref()
                .take_while(|&c| c != '}')
                .for_each(|c| symbol(html, c)),
            Some(single) => symbol(html, single),
            None => {}
        }
        let _ = write!(html, "</{tag}>");
    }
    html.push_str("</span>");
}

fn symbol(html: &mut String, character: char) {
    let _ = match character {
        c if c.is_alphabetic() => write!(html, "<i>{c}</i>"),
        '-' => write!(html, "−"),
        c => write!(html, "{}", escape(&c.to_string())),
    };
}

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
