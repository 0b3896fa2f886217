//! Names side by side: shortened where they are long, and never two that look alike.

use std::collections::{BTreeMap, BTreeSet};

use super::markup::tokens;
use super::{Face, set, spans, width};

const ELLIPSIS: char = '…';

/// `markup`, cut to at most `limit` pixels; what is cut ends in an ellipsis.
pub fn shortened(markup: &str, size: f64, face: Face, limit: f64) -> String {
    if width(markup, size, face) <= limit {
        return markup.to_owned();
    }
    let cuts = ends(markup);
    let fits = |&count: &usize| width(&head(markup, &cuts, count), size, face) <= limit;
    // Wider with every sign, or nearly: the last that fits of a bisection is good enough.
    let (mut low, mut high) = (0, cuts.len());
    while low + 1 < high {
        let middle = usize::midpoint(low, high);
        if fits(&middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    head(markup, &cuts, low)
}

/// Where each sign of the markup ends, in bytes, and whether a formula is open there.
fn ends(markup: &str) -> Vec<(usize, bool)> {
    let mut formula = false;
    let ends = tokens(markup).into_iter().map(|token| {
        if token.sign == '$' && !token.literal {
            formula = !formula;
        }
        (token.end, formula)
    });
    ends.collect()
}

/// The first `count` signs and an ellipsis.
fn head(markup: &str, cuts: &[(usize, bool)], count: usize) -> String {
    let (end, formula) = count
        .checked_sub(1)
        .and_then(|last| cuts.get(last))
        .copied()
        .unwrap_or((0, false));
    let close = if formula { "$" } else { "" };
    format!("{}{close}{ELLIPSIS}", markup[..end].trim_end())
}

/// Names (markup) for one legend: each at most `limit` pixels wide, no two alike. Where two would look the same, for letters
/// of other scripts that look like Latin ones, or for signs that are not seen, those signs are shown by their code points;
/// where two are cut to the same, the part in which they differ is shown; what is then still the same is numbered.
pub fn distinct(names: &[String], size: f64, face: Face, limit: f64) -> Vec<String> {
    let told_apart = tell_apart(names);
    let mut short: Vec<String> = told_apart
        .iter()
        .map(|name| shortened(name, size, face, limit))
        .collect();
    for group in groups(&short) {
        let cut: Vec<usize> = group
            .iter()
            .copied()
            .filter(|&k| short[k] != told_apart[k])
            .collect();
        for k in cut {
            short[k] = with_difference(&told_apart, &group, k, size, face, limit);
        }
    }
    // Counted in the end, so that nothing that was cut can be taken for anything else.
    for group in groups(&short) {
        for (count, &k) in group.iter().enumerate() {
            let number = format!(" ({})", count + 1);
            let room = limit - width(&number, size, face);
            short[k] = shortened(&short[k], size, face, room) + &number;
        }
    }
    short
}

/// The positions of names that are the same, where there are several.
fn groups(names: &[String]) -> Vec<Vec<usize>> {
    grouped(names.iter().map(|name| look(name)))
}

fn grouped(keys: impl Iterator<Item = String>) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (k, key) in keys.enumerate() {
        groups.entry(key).or_default().push(k);
    }
    groups
        .into_values()
        .filter(|group| group.len() > 1)
        .collect()
}

/// Shows by their code points the signs that make different names look alike.
fn tell_apart(names: &[String]) -> Vec<String> {
    let mut told: Vec<String> = names.to_vec();
    for boxed in [
        (|sign: char| !(sign.is_ascii_graphic() || sign == ' ')) as fn(char) -> bool,
        |sign: char| sign.is_whitespace() || !sign.is_ascii(),
    ] {
        for group in groups(&told) {
            let different: BTreeSet<&String> = group.iter().map(|&k| &names[k]).collect();
            if different.len() > 1 {
                for k in group {
                    told[k] = boxing(&names[k], boxed);
                }
            }
        }
    }
    told
}

/// The markup with some of its signs as code points.
fn boxing(markup: &str, boxed: fn(char) -> bool) -> String {
    let mut start = 0;
    let mut result = String::new();
    for token in tokens(markup) {
        let part = &markup[start..token.end];
        start = token.end;
        let isolates = super::ISOLATE.contains(&token.sign);
        if boxed(token.sign) && !token.boxed && !isolates {
            result += &format!("\\[{:X}]", u32::from(token.sign));
        } else {
            result += part;
        }
    }
    result
}

/// Name `k` of a group that begins alike: its beginning, and where it first differs from the others.
fn with_difference(
    names: &[String],
    group: &[usize],
    k: usize,
    size: f64,
    face: Face,
    limit: f64,
) -> String {
    let signs = |name: &str| -> Vec<(usize, char)> {
        tokens(name).iter().map(|t| (t.end, t.sign)).collect()
    };
    let own = signs(&names[k]);
    let same = |other: &[(usize, char)]| {
        let pairs = own.iter().zip(other);
        pairs.take_while(|(a, b)| a.1 == b.1).count()
    };
    let others = group.iter().filter(|&&other| other != k);
    let first = others.map(|&other| same(&signs(&names[other]))).min();
    let from = first.unwrap_or(0).saturating_sub(1);
    let start = from.checked_sub(1).map_or(0, |last| own[last].0);
    let tail = format!("{ELLIPSIS}{}", &names[k][start..]);
    // A formula's dollar signs would be torn apart.
    if names[k].contains('$') && !names[k].contains("\\$") {
        return shortened(&names[k], size, face, limit);
    }
    let tail = shortened(&tail, size, face, 0.6 * limit);
    let room = limit - width(&tail, size, face);
    let head = shortened(&names[k], size, face, room);
    format!("{}{tail}", head.trim_end_matches(ELLIPSIS))
}

/// What a reader sees of a name: two names with the same look can't be told apart.
fn look(markup: &str) -> String {
    let mut look = String::new();
    for span in spans(markup, Face::Regular) {
        if span.face != Face::Regular || span.size < 1.0 {
            look += &format!("<{:?} {}>", span.face, span.drop);
        }
        for sign in span.text.chars() {
            if span.boxed {
                look += &format!("[{:X}]", u32::from(sign));
            } else if sign.is_whitespace() {
                if !look.ends_with(' ') {
                    look.push(' ');
                }
            } else if !crate::plot::invisible::is_invisible(sign) {
                look.push(lookalike(sign));
            }
        }
    }
    let look = look.trim().to_owned();
    if look.is_ascii() {
        return look;
    }
    // Composed and decomposed letters are drawn the same: compare the drawing where there is more to it.
    let drawn = set(markup, 1.0, Face::Regular);
    let combining =
        |sign: char| ('\u{300}'..='\u{36F}').contains(&sign) || ('À'..='ʯ').contains(&sign);
    if look.chars().any(combining) {
        let glyphs = drawn.glyphs.iter();
        return glyphs
            .map(|g| format!("{:?} {:.3} {:.3};", g.glyph, g.x, g.y))
            .collect();
    }
    look
}

/// The Latin letter, digit or stroke that a sign is drawn as.
fn lookalike(sign: char) -> char {
    const FROM: &str = "аеорсухіјѕһԁԛԝАВЕКМНОРСТУХІЈЅΑΒΕΖΗΙΚΜΝΟΡΤΥΧονϲ‐‑‒–—−’‘‚“”„µꞏ•";
    const TO: &str = "aeopcyxijshdqwABEKMHOPCTYXIJSABEZHIKMNOPTYXovc------'''\"\"\"μ··";
    if ('\u{FF01}'..='\u{FF5E}').contains(&sign) {
        return char::from_u32(u32::from(sign) - 0xFEE0).unwrap_or(sign);
    }
    match FROM.chars().position(|from| from == sign) {
        Some(k) => TO.chars().nth(k).unwrap_or(sign),
        None => sign,
    }
}
