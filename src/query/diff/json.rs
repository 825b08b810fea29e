//! Parts of values of JSON that differ.

use std::fmt;
use std::sync::Arc;

use crate::model::{Value, write_step};
use crate::stack;

/// How many parts are told apart; of more than that the whole is told.
const MOST: usize = 20;

/// A part that differs: its path, such as `.font.size` or `.icons[2]`, elements counted from 1.
#[derive(Debug, PartialEq)]
pub(super) struct Changed<'v> {
    pub(super) path: String,
    /// What it was; `None` if there was no such part.
    pub(super) from: Option<&'v Value>,
    pub(super) to: Option<&'v Value>,
}

/// The parts in which two values differ, in order; `None` if they are told better as wholes.
pub(super) fn changes<'v>(old: &'v Value, new: &'v Value) -> Option<Vec<Changed<'v>>> {
    if !have_parts(old, new) {
        return None;
    }
    let mut found = Vec::new();
    walk("", old, new, &mut found);
    (found.len() <= MOST).then_some(found)
}

fn walk<'v>(path: &str, old: &'v Value, new: &'v Value, found: &mut Vec<Changed<'v>>) {
    if found.len() > MOST || old == new {
        return;
    }
    if !have_parts(old, new) {
        return found.push(Changed { path: path.to_owned(), from: Some(old), to: Some(new) });
    }
    stack::step(|| {
        for (step, old, new) in parts(old, new) {
            let path = format!("{path}{step}");
            match (old, new) {
                (Some(old), Some(new)) => walk(&path, old, new, found),
                (from, to) => found.push(Changed { path, from, to }),
            }
        }
    });
}

/// Whether two values are told apart by their parts: objects, and lists of which one goes on after the other, or in which each element
/// has its like.
fn have_parts(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Object(_), Value::Object(_)) => true,
        (Value::List(old), Value::List(new)) => {
            let common = old.len().min(new.len());
            old.len() == new.len() || old.get(..common) == new.get(..common)
        }
        _ => false,
    }
}

type Part<'v> = (Step<'v>, Option<&'v Value>, Option<&'v Value>);

/// The parts of both, those of the new one in its order, then those that went.
fn parts<'v>(old: &'v Value, new: &'v Value) -> Vec<Part<'v>> {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            let gone = old.iter().filter(|(name, _)| !new.contains_key(*name));
            let gone = gone.map(|(name, old)| (Step::Member(name), Some(old), None));
            let there = new.iter();
            let there = there.map(|(name, new)| (Step::Member(name), old.get(name), Some(new)));
            there.chain(gone).collect()
        }
        (Value::List(old), Value::List(new)) => {
            let all = 0..old.len().max(new.len());
            all.map(|at| (Step::Element(at + 1), old.get(at), new.get(at))).collect()
        }
        _ => Vec::new(),
    }
}

/// Step of a path.
enum Step<'v> {
    Member(&'v Arc<str>),
    Element(usize),
}

impl fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member(name) => {
                f.write_str(".")?;
                write_step(f, name, false)
            }
            Self::Element(number) => write!(f, "[{number}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts in which two texts of JSON differ, as `path: from → to`.
    fn told(old: &str, new: &str) -> Option<Vec<String>> {
        let [old, new] = [old, new].map(|text| Value::from_json(text).unwrap());
        let side = |side: Option<&Value>| side.map_or_else(|| "-".to_owned(), Value::to_string);
        let told = |c: &Changed<'_>| format!("{}: {} → {}", c.path, side(c.from), side(c.to));
        changes(&old, &new).map(|found| found.iter().map(told).collect())
    }

    #[test]
    fn what_differs_is_told_by_its_path() {
        let old = r##"{"primary": "#111", "font": {"size": 15, "family": "x"}, "old": null, "icons": ["a", "b"]}"##;
        let new = r##"{"icons": ["a", "c"], "font": {"family": "x", "size": 16}, "primary": "#111", "a b": 1}"##;
        let found = [
            ".icons[2]: \"b\" → \"c\"",
            ".font.size: 15 → 16",
            ".\"a b\": - → 1",
            ".old: null → -",
        ];
        assert_eq!(told(old, new).unwrap(), found);
    }

    #[test]
    fn lists_that_shift_are_told_whole() {
        assert_eq!(told("[1, 2]", "[1, 2, 3]").unwrap(), ["[3]: - → 3"]);
        assert_eq!(told("[1, [2, 3]]", "[1, [2]]").unwrap(), ["[2][2]: 3 → -"]);
        assert_eq!(told("[1, 2, 3]", "[2, 3]"), None);
        assert_eq!(
            told(r#"{"a": [1, 2, 3]}"#, r#"{"a": [2, 3]}"#).unwrap(),
            [".a: [1,2,3] → [2,3]"]
        );
    }

    #[test]
    fn what_has_no_parts_is_told_whole() {
        assert_eq!(told("1", "2"), None);
        assert_eq!(told("{}", "[]"), None);
        let many = |n: u32| {
            format!("[{}]", (0..21).map(|i| (i * n).to_string()).collect::<Vec<_>>().join(","))
        };
        assert_eq!(told(&many(1), &many(2)).map(|found| found.len()), Some(20));
        assert_eq!(told(&many(1).replace("[0", "[7"), &many(2)), None);
    }
}
