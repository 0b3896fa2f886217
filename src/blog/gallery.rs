//! `index.html`: the gallery, one page with a line of script and nothing from elsewhere. First a sheet of small pictures, then item
//! by item with a table of contents beside them.
//!
//! Until something is opened the page loads little: pictures come as they are reached, films when they are started, and a GIF
//! stands behind a click.

use std::fmt::Write;

use super::finished::{Finished, Moving, Still};
use super::{POSTS, Post};

mod tables;
mod words;

use tables::{print_checks, print_table};
use words::{escape, markup};

const STYLE: &str = include_str!("gallery.css");

/// The items of the sheet, and the panel of their first picture that stands for them.
pub(super) const SHEET: [(&str, usize); 15] = [
    ("D6", 3),
    ("A13", 2),
    ("A15", 1),
    ("E9", 1),
    ("D5", 1),
    ("D3", 1),
    ("A3", 1),
    ("A11", 2),
    ("A6", 1),
    ("B7", 0),
    ("B8", 1),
    ("B9", 0),
    ("B13", 1),
    ("B16", 0),
    ("B2", 1),
];

/// The size of the sheet's pictures in pixels of 1/96 inch.
pub(super) const SHEET_SIZE: (u32, u32) = (260, 200);
/// Loads a player when it is opened. Without scripts there is the link beside it.
const OPEN: &str = "for (const player of document.querySelectorAll('.player')) player.addEventListener('toggle', () => { \
    const frame = player.querySelector('iframe'); if (player.open && !frame.src) frame.src = frame.dataset.src; });";

/// The page for these items; `setting` says how they were made.
pub(super) fn page(finished: &[Finished], setting: &str) -> String {
    let checks = || finished.iter().flat_map(|f| &f.exhibit.checks);
    let (passed, total) = (
        checks().filter(|check| check.pass).count(),
        checks().count(),
    );
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>foldspace: four posts, reproduced</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>Four posts on networks and linear algebra, reproduced</h1>\n\
         <p>Every figure, example, exercise and claim of the four texts, made by <code>foldspace reproduce</code>. \
         {passed} of {total} checked claims hold. {}</p>\n",
        escape(setting)
    );
    sheet(&mut html, finished);
    html.push_str("</header>\n<div class=\"columns\">\n");
    contents(&mut html, finished);
    html.push_str("<main>\n");
    for (post, items) in posts(finished) {
        let title = escape(post.title);
        let title = match post.address {
            Some(address) => format!("<a href=\"{}\">{title}</a>", escape(address)),
            None => title,
        };
        let _ = writeln!(
            html,
            "<h2 id=\"{0}\">{0}. {title} <small>{1}</small></h2>",
            post.letter,
            escape(post.author)
        );
        for item in items {
            article(&mut html, item);
        }
    }
    let _ = write!(
        html,
        "</main>\n</div>\n<script>{OPEN}</script>\n</body>\n</html>\n"
    );
    html
}

/// The posts that have items here, with these.
fn posts(finished: &[Finished]) -> Vec<(&'static Post, Vec<&Finished>)> {
    POSTS
        .iter()
        .map(|post| {
            let own = |f: &&Finished| f.item.id.starts_with(post.letter);
            (post, finished.iter().filter(own).collect::<Vec<_>>())
        })
        .filter(|(_, items)| !items.is_empty())
        .collect()
}

/// Small titled pictures of some items.
fn sheet(html: &mut String, finished: &[Finished]) {
    let (width, height) = SHEET_SIZE;
    html.push_str("<ul class=\"sheet\">\n");
    for (id, _) in SHEET {
        let Some(item) = finished.iter().find(|f| f.item.id == id && f.on_sheet) else {
            continue;
        };
        let _ = writeln!(
            html,
            "<li><a href=\"#{id}\"><picture><source srcset=\"{id}-sheet-dark.png\" media=\"(prefers-color-scheme: dark)\">\
             <img src=\"{id}-sheet.png\" width=\"{width}\" height=\"{height}\" alt=\"\"></picture>{}</a></li>",
            markup(item.item.title)
        );
    }
    html.push_str("</ul>\n");
}

fn contents(html: &mut String, finished: &[Finished]) {
    html.push_str("<nav aria-label=\"Contents\"><details open><summary>Contents</summary>\n");
    for (post, items) in posts(finished) {
        let _ = writeln!(
            html,
            "<details><summary><a href=\"#{0}\">{0}. {1}</a></summary><ol>",
            post.letter,
            escape(post.title)
        );
        for item in items {
            let _ = writeln!(
                html,
                "<li><a href=\"#{0}\"><b>{0}</b> {1}</a></li>",
                item.item.id,
                markup(item.item.title)
            );
        }
        html.push_str("</ol></details>\n");
    }
    html.push_str("</details></nav>\n");
}

fn article(html: &mut String, finished: &Finished) {
    let item = finished.item;
    let _ = writeln!(
        html,
        "<article id=\"{0}\">\n<h3><a href=\"#{0}\">{0}</a> {1}</h3>",
        item.id,
        markup(item.title)
    );
    for paragraph in finished.exhibit.text.split("\n\n") {
        let _ = writeln!(html, "<p>{}</p>", markup(paragraph));
    }
    for film in &finished.moving {
        moving(html, film);
    }
    for [file, title, state] in &finished.players {
        // A lazy image in a closed element waits until it is seen; an iframe does not, so that it gets its address later.
        let _ = writeln!(
            html,
            "<details class=\"player\"><summary>{0}</summary>\n<iframe data-src=\"{file}#{1}\" title=\"{0}\"></iframe>\n\
             <p><a href=\"{file}#{1}\">On a page of its own</a></p></details>",
            escape(title),
            escape(state)
        );
    }
    for still in &finished.stills {
        picture(html, still);
    }
    for table in &finished.exhibit.tables {
        print_table(html, table);
    }
    if !finished.exhibit.checks.is_empty() {
        print_checks(html, &finished.exhibit.checks);
    }
    html.push_str("</article>\n");
}

fn picture(html: &mut String, still: &Still) {
    let (width, height) = still.size;
    html.push_str("<figure><picture>");
    if let Some((width, height)) = still.narrow {
        let _ = write!(
            html,
            "<source srcset=\"{0}-narrow-dark.svg\" media=\"(max-width: 34rem) and (prefers-color-scheme: dark)\" \
             width=\"{width}\" height=\"{height}\"><source srcset=\"{0}-narrow.svg\" media=\"(max-width: 34rem)\" \
             width=\"{width}\" height=\"{height}\">",
            still.file
        );
    }
    let _ = writeln!(
        html,
        "<source srcset=\"{0}{4}-dark.{2}\" media=\"(prefers-color-scheme: dark)\">\
         <img src=\"{0}{4}.{2}\" width=\"{width}\" height=\"{height}\" alt=\"{1}\" loading=\"lazy\"></picture>\n\
         <figcaption>{3} <span class=\"files\"><a href=\"{0}.svg\">SVG</a> <a href=\"{0}-dark.svg\">dark</a> \
         <a href=\"{0}.png\">PNG</a></span></figcaption></figure>",
        still.file,
        escape(&still.alt),
        if still.heavy { "png" } else { "svg" },
        markup(&still.caption),
        if still.heavy { "-page" } else { "" }
    );
}

/// A film with controls; else the GIF behind a click; both have a still picture in their place until then.
fn moving(html: &mut String, film: &Moving) {
    let (width, height) = film.size;
    let alt = escape(&film.alt);
    let ending = |ending: &str| film.files.iter().find(|(file, _)| file.ends_with(ending));
    html.push_str("<figure>");
    if let Some((file, _)) = ending(".mp4") {
        let _ = write!(
            html,
            "<video src=\"{file}\" poster=\"{}\" width=\"{width}\" height=\"{height}\" preload=\"none\" controls muted \
             playsinline loop aria-label=\"{alt}\"></video>",
            film.poster
        );
    } else if let Some((file, bytes)) = ending(".gif").or_else(|| ending(".apng")) {
        let _ = write!(
            html,
            "<details class=\"film\"><summary><img src=\"{}\" width=\"{width}\" height=\"{height}\" alt=\"{alt}\" \
             loading=\"lazy\"><span>Play ({} MB)</span></summary><img src=\"{file}\" width=\"{width}\" \
             height=\"{height}\" alt=\"{alt}\" loading=\"lazy\"></details>",
            film.poster,
            megabytes(*bytes)
        );
    }
    let links: Vec<String> = film
        .files
        .iter()
        .map(|(file, bytes)| match file.rsplit_once('.') {
            Some((_, ending)) => format!(
                "<a href=\"{file}\">{}</a> {} MB",
                ending.to_uppercase(),
                megabytes(*bytes)
            ),
            None => format!("frames in <code>{file}/</code>"),
        })
        .collect();
    let _ = writeln!(
        html,
        "<figcaption>{alt}. <span class=\"files\">{}</span></figcaption></figure>",
        links.join(" ")
    );
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1e6)
}
