//! Canonical text: what the texts of statements have in common.

use std::fmt::{self, Display};

use super::SegmentRef;
use crate::model::{Name, ObjectKind, WrittenAttribute};

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
