//! What an item of a post turns into: words, pictures, tables, checks.

use super::check::Check;
use std::fmt;

use crate::anim::{Moment, Timeline};
use crate::error::Result;
use crate::plot::Figure;

/// Draws one moment of an animation.
pub type DrawMoment = Box<dyn Fn(&Moment) -> Result<Figure> + Send + Sync>;

/// An animation, not yet drawn.
pub struct Animation {
    /// The file's name without the item's id, such as `embedding`.
    pub name: String,
    /// The text for screen readers.
    pub alt: String,
    /// How many moments there are, and how long each stays.
    pub timeline: Timeline,
    /// The same with fewer moments, for a GIF alone, where there is one: where the whole picture moves, files are large.
    pub gif: Option<Timeline>,
    /// The figure at each moment; all of the same size.
    pub draw: DrawMoment,
}

/// A page to play with beside an animation.
#[derive(Debug, Clone)]
pub struct Player {
    /// The file's name without the item's id, such as `explore`.
    pub name: String,
    /// The label of what opens it.
    pub title: String,
    /// Where it opens: the page's state, as in its address, such as `depth=4`.
    pub state: String,
    /// The whole page.
    pub html: String,
}

impl fmt::Debug for Animation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut animation = formatter.debug_struct("Animation");
        animation.field("name", &self.name);
        animation.field("timeline", &self.timeline);
        animation.finish_non_exhaustive()
    }
}

/// A printed table, as the posts' code would print it.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// What it shows.
    pub title: String,
    /// The names of the columns.
    pub header: Vec<String>,
    /// The cells, row by row.
    pub rows: Vec<Vec<String>>,
}

/// Everything that one item shows.
#[derive(Debug, Default)]
pub struct Exhibit {
    /// One or two paragraphs for the reader of the post; plain text with `$...$` formulas as in figures.
    pub text: String,
    /// Still pictures and their names (without the item's id), such as `boundary`.
    pub figures: Vec<(String, Figure)>,
    /// Moving pictures.
    pub animations: Vec<Animation>,
    /// Pages that show a network at every epoch and layer.
    pub players: Vec<Player>,
    /// Numbers.
    pub tables: Vec<Table>,
    /// Claims, checked.
    pub checks: Vec<Check>,
}

impl Exhibit {
    /// An exhibit that starts with words.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    /// Adds a still picture.
    #[must_use]
    pub fn figure(mut self, name: &str, figure: Figure) -> Self {
        self.figures.push((name.to_owned(), figure));
        self
    }

    /// Adds a moving picture.
    #[must_use]
    pub fn animation(
        mut self,
        name: &str,
        alt: &str,
        timeline: Timeline,
        draw: impl Fn(&Moment) -> Result<Figure> + Send + Sync + 'static,
    ) -> Self {
        self.animations.push(Animation {
            name: name.to_owned(),
            alt: alt.to_owned(),
            timeline,
            gif: None,
            draw: Box::new(draw),
        });
        self
    }

    /// Has the latest moving picture keep to this timeline where it becomes a GIF alone.
    #[must_use]
    pub fn as_gif(mut self, timeline: Timeline) -> Self {
        if let Some(animation) = self.animations.last_mut() {
            animation.gif = Some(timeline);
        }
        self
    }

    /// Adds a page to play with.
    #[must_use]
    pub fn player(mut self, title: &str, state: &str, html: String) -> Self {
        self.players.push(Player {
            name: "explore".to_owned(),
            title: title.to_owned(),
            state: state.to_owned(),
            html,
        });
        self
    }

    /// Adds a table.
    #[must_use]
    pub fn table(
        mut self,
        title: &str,
        header: &[&str],
        rows: impl IntoIterator<Item = Vec<String>>,
    ) -> Self {
        self.tables.push(Table {
            title: title.to_owned(),
            header: header.iter().map(|&name| name.to_owned()).collect(),
            rows: rows.into_iter().collect(),
        });
        self
    }

    /// Adds a checked claim.
    #[must_use]
    pub fn check(mut self, check: Check) -> Self {
        self.checks.push(check);
        self
    }
}
