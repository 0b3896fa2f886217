//! The four posts, item by item: the registry behind `foldspace reproduce`.
//!
//! Each item is a small function from the [`Lab`] to an [`Exhibit`]: words, pictures, tables and checked claims. The
//! letters are those of the posts:
//!
//! | post | author | module |
//! | --- | --- | --- |
//! | A | Khalid Saifullah, *Neural Networks From Linear Algebraic Perspective* | [`saifullah`] |
//! | B | AICore, *How Linear Algebra Powers Neural Networks* | [`aicore`] |
//! | C | Artintellica, *Part 16: Neural Networks as Matrix Functions* | [`artintellica`] |
//! | D | Joseph, *Neural Networks - a linear algebra perspective* | [`joseph`] |
//! | E | no post: *Beyond the posts*, geometry that is rarely shown, and well-known data | [`beyond`] |

pub mod aicore;
pub mod artintellica;
pub mod beyond;
mod check;
mod exhibit;
mod finished;
mod gallery;
pub mod joseph;
mod lab;
mod page_image;
mod reproduce;
pub mod saifullah;

pub use check::{Check, Relation};
pub use exhibit::{Animation, DrawMoment, Exhibit, Player, Table};
pub use lab::{Lab, Snapshot, Trained};
pub use reproduce::{Settings, reproduce};

use crate::error::{Error, Result};

/// A post.
#[derive(Debug)]
pub struct Post {
    /// Its letter.
    pub letter: char,
    /// Who wrote it.
    pub author: &'static str,
    /// Its title.
    pub title: &'static str,
    /// Where it can be read, where that is known.
    pub address: Option<&'static str>,
    /// Its items, in the order of the text.
    pub items: &'static [Item],
}

/// One figure, example, exercise or claim of a post.
#[derive(Debug)]
pub struct Item {
    /// The letter of the post and a number, such as `A12`.
    pub id: &'static str,
    /// What it is about.
    pub title: &'static str,
    /// Makes it.
    pub show: fn(&Lab) -> Result<Exhibit>,
}

/// All posts, and the section after them.
pub static POSTS: [Post; 5] = [
    saifullah::POST,
    aicore::POST,
    artintellica::POST,
    joseph::POST,
    beyond::POST,
];

/// The items that ids (`A12`) and letters of posts (`A`) select, in the order of the posts, each once; all of them where `names`
/// is empty.
///
/// # Errors
/// If a name is neither.
///
/// ```
/// let ids: Vec<_> = foldspace::blog::select(&["b".into(), "A3".into()])?.iter().map(|item| item.id).collect();
/// assert_eq!(ids[..2], ["A3", "B1"]);
/// # Ok::<(), foldspace::error::Error>(())
/// ```
pub fn select(names: &[String]) -> Result<Vec<&'static Item>> {
    let wanted: Vec<String> = names.iter().map(|name| name.to_uppercase()).collect();
    let known = |name: &String| {
        POSTS.iter().any(|post| {
            *name == post.letter.to_string() || post.items.iter().any(|item| item.id == name)
        })
    };
    if let Some(unknown) = wanted.iter().find(|name| !known(name)) {
        return Err(Error::invalid(
            unknown,
            "there is no such item or post",
            "give a letter from A to E or an id such as A12; `foldspace reproduce --list` shows all",
        ));
    }
    Ok(POSTS
        .iter()
        .flat_map(|post| post.items.iter().map(move |item| (post, item)))
        .filter(|(post, item)| {
            wanted.is_empty()
                || wanted
                    .iter()
                    .any(|name| *name == post.letter.to_string() || name == item.id)
        })
        .map(|(_, item)| item)
        .collect())
}

/// An entry of a registry.
const fn item(id: &'static str, title: &'static str, show: fn(&Lab) -> Result<Exhibit>) -> Item {
    Item { id, title, show }
}
