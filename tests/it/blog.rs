//! The registry holds every item of the posts, in order, and the checks compare as they say.

use foldspace::blog::{self, Check, POSTS};

/// How many items each post has, by its letter.
const ITEMS: [(char, usize); 5] = [('A', 16), ('B', 16), ('C', 10), ('D', 8), ('E', 9)];

#[test]
fn no_item_of_the_posts_is_missing() {
    assert_eq!(POSTS.len(), ITEMS.len());
    for (post, (letter, count)) in POSTS.iter().zip(ITEMS) {
        assert_eq!(post.letter, letter);
        let ids: Vec<&str> = post.items.iter().map(|item| item.id).collect();
        let expected: Vec<String> = (1..=count).map(|n| format!("{letter}{n}")).collect();
        assert_eq!(ids, expected);
        assert!(post.items.iter().all(|item| !item.title.is_empty()));
    }
}

#[test]
fn items_are_selected_by_letter_and_by_id() {
    let ids = |names: &[&str]| -> Vec<&str> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        blog::select(&names)
            .unwrap()
            .iter()
            .map(|item| item.id)
            .collect()
    };
    assert_eq!(ids(&[]).len(), 59);
    assert_eq!(ids(&["a12", "A12"]), ["A12"]);
    assert_eq!(ids(&["D1", "A2"]), ["A2", "D1"]);
    assert_eq!(ids(&["c"]).len(), 10);
    let error = blog::select(&["A17".to_owned()]).err().unwrap();
    assert!(error.to_string().contains("--list"), "{error}");
}

#[test]
fn checks_compare_as_they_say() {
    assert!(Check::equal("", 1.0, 1.05, 0.1).pass);
    assert!(!Check::equal("", 1.0, 1.2, 0.1).pass);
    assert!(Check::zero("", -1e-9, 1e-8).pass);
    assert!(!Check::zero("", 1e-7, 1e-8).pass);
    assert!(Check::at_least("", 0.99, 0.99).pass);
    assert!(!Check::at_least("", 0.98, 0.99).pass);
    assert!(!Check::at_most("", 0.98, 0.97).pass);
    assert!(!Check::holds("", false).pass);
    for check in [
        Check::equal("", f64::NAN, 0.0, 1.0),
        Check::at_least("", f64::NAN, 0.0),
        Check::at_most("", f64::NAN, 0.0),
    ] {
        assert!(!check.pass, "NaN passes nothing");
    }
}
