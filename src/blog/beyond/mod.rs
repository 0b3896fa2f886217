//! Beyond the posts: data that people know.

mod digits;

use super::{Post, item};

/// The section and its items.
pub const POST: Post = Post {
    letter: 'E',
    author: "data that people know, seen as the posts see theirs",
    title: "Beyond the posts",
    address: None,
    items: &[item(
        "E1",
        "Handwritten digits in two dimensions",
        digits::e1,
    )],
};
