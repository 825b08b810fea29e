//! Canonical text: what the texts of statements have in common.

use std::fmt::{self, Display};

use super::SegmentRef;
use crate::model::{Name, ObjectKind, WrittenAttribute};

/// The longest statement that stands on one line, in characters.
const LINE_CHARS: usize = 100;

/// A statement's head and its clauses: on one line if they fit, else one line each.
#[derive(Debug)]
pub(super) struct Clauses {
    head: String,
    clauses: Vec<String>,
}

impl Clauses {
    pub(super) fn new(head: String) -> Self {
        Self { head, clauses: Vec::new() }
    }

    pub(super) fn push(&mut self, clause: String) {
        self.clauses.push(clause);
    }

    pub(super) fn extend(&mut self, clauses: impl Iterator<Item = String>) {
        self.clauses.extend(clauses);
    }

    /// Adds a clause of a word and a text, if there is one.
    pub(super) fn text<T: Display>(&mut self, word: &str, text: Option<&T>) {
        self.extend(text.into_iter().map(|text| format!("{word} {text}")));
    }

    /// Adds clauses with commas between them.
    pub(super) fn list(&mut self, items: impl Iterator<Item = String>) {
        let mut items = items.peekable();
        while let Some(item) = items.next() {
            let comma = if items.peek().is_some() { "," } else { "" };
            self.clauses.push(item + comma);
        }
    }
}

impl Display for Clauses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let chars = |text: &String| text.chars().count() + 1;
        let length = chars(&self.head) + self.clauses.iter().map(chars).sum::<usize>();
        let separator = if length <= LINE_CHARS { " " } else { "\n    " };
        f.write_str(&self.head)?;
        self.clauses.iter().try_for_each(|clause| write!(f, "{separator}{clause}"))
    }
}

/// Writes a word and what follows it, if there is something, with a blank before.
pub(super) fn optional<T: Display>(
    f: &mut fmt::Formatter<'_>,
    word: &str,
    value: Option<&T>,
) -> fmt::Result {
    value.into_iter().try_for_each(|value| write!(f, " {word} {value}"))
}

/// Things with commas between them.
pub(super) fn join<T: Display>(items: &[T]) -> String {
    let items: Vec<_> = items.iter().map(ToString::to_string).collect();
    items.join(", ")
}

/// A segment as it is written.
pub(super) fn segment(segment: &SegmentRef) -> String {
    segment.node.as_ref().map_or_else(|| "EVERYONE".to_owned(), ToString::to_string)
}

/// The keyword of a kind of object.
pub(super) fn kind(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Key => "KEY",
        ObjectKind::Segment => "SEGMENT",
        ObjectKind::Config => "CONFIG",
        ObjectKind::Attribute => "ATTRIBUTE",
    }
}

/// The name of an object as it is written: dots belong to that of an attribute, too.
pub(super) fn name(kind: ObjectKind, name: &Name) -> String {
    match kind {
        ObjectKind::Attribute => WrittenAttribute(name).to_string(),
        _ => name.to_string(),
    }
}

/// The keyword and the name of an object.
pub(super) fn object(of: ObjectKind, called: &Name) -> String {
    format!("{} {}", kind(of), name(of, called))
}

/// What stands before a table whose rows are only counted.
pub(super) fn count_of(count: bool) -> &'static str {
    if count { "COUNT OF " } else { "" }
}
