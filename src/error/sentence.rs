//! Parts of sentences about errors that take more than a format string.

use std::fmt;

use crate::limits::ECHO_CHARS;
use crate::model::{Literal, Name};

/// Writes alternatives: `a`, `b` or `c`.
pub(super) struct OrList<'a>(pub(super) &'a [String]);

impl fmt::Display for OrList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => f.write_str("something else"),
            [one] => f.write_str(one),
            [init @ .., last] => write!(f, "{} or {last}", init.join(", ")),
        }
    }
}

/// Writes a text that somebody typed, cut off if it is long, so that a message can be read.
///
/// ```
/// let wrong = "9".repeat(1_000_000);
/// let message = format!("`{}` is no port", pcq::Short(&wrong));
/// assert_eq!(message, format!("`{}…` is no port", "9".repeat(pcq::limits::ECHO_CHARS)));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Short<'t>(pub &'t str);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        cut(f, self.0, ECHO_CHARS)
    }
}

/// Writes a reason in which texts of others may be, cut off if it is very long.
pub(super) struct Brief<'t>(pub(super) &'t str);

impl fmt::Display for Brief<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        cut(f, self.0, 4 * ECHO_CHARS)
    }
}

fn cut(f: &mut fmt::Formatter<'_>, text: &str, chars: usize) -> fmt::Result {
    match text.char_indices().nth(chars).and_then(|(end, _)| text.get(..end)) {
        Some(head) => write!(f, "{head}…"),
        None => f.write_str(text),
    }
}

/// Writes a value as the language does, cut off if it is long.
pub(super) struct Abridged<'a>(pub(super) &'a Literal);

impl fmt::Display for Abridged<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Short(&self.0.to_string()).fmt(f)
    }
}

/// Writes the first of what may be many texts, with a separator between them, and how many more there are.
pub(super) struct Few<'a>(pub(super) &'a [String], pub(super) &'static str);

impl fmt::Display for Few<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        few(f, self.0.len(), self.0.iter().map(|text| Brief(text)), self.1)
    }
}

/// Writes the first of what may be many names, and how many more there are.
pub(crate) struct Names<'a>(pub(crate) &'a [&'a str]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        few(f, self.0.len(), self.0.iter().map(|name| Short(name)), ", ")
    }
}

/// Writes the first of what may be many things, each by a function, and how many more there are.
pub(super) struct Each<'a, T, F>(pub(super) &'a [T], pub(super) F);

impl<T, F: Fn(&T) -> String> fmt::Display for Each<'_, T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        few(f, self.0.len(), self.0.iter().map(&self.1), ", ")
    }
}

/// Writes how many cells of a config.
pub(super) struct Cells(pub(super) usize);

impl fmt::Display for Cells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 1 { f.write_str("1 cell") } else { write!(f, "{} cells", self.0) }
    }
}

/// Writes as many of so many items as one can read, at least one.
fn few(
    f: &mut fmt::Formatter<'_>,
    count: usize,
    items: impl Iterator<Item: fmt::Display>,
    separator: &str,
) -> fmt::Result {
    let mut room = 4 * ECHO_CHARS;
    for (i, item) in items.enumerate() {
        let item = item.to_string();
        if i > 0 && item.chars().nth(room).is_some() {
            return write!(f, "{separator}and {} more", count - i);
        }
        room = room.saturating_sub(item.chars().count());
        write!(f, "{}{item}", if i > 0 { separator } else { "" })?;
    }
    Ok(())
}

/// Writes which config each key belongs to.
pub(super) struct OwnedKeys<'a>(pub(super) &'a [(Name, Name)]);

impl fmt::Display for OwnedKeys<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let owned = |(key, owner): &(Name, Name)| {
            format!("key `{}` belongs to config `{}`", key.as_str(), owner.as_str())
        };
        few(f, self.0.len(), self.0.iter().map(owned), "; ")
    }
}

/// Writes which keys have no cell; without a key, that there is none.
pub(super) struct NoCell<'a>(pub(super) &'a [Name]);

impl fmt::Display for NoCell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("it has no key");
        }
        f.write_str("no segment gives ")?;
        few(f, self.0.len(), self.0.iter().map(|name| format!("`{}`", name.as_str())), ", ")?;
        f.write_str(" a value")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_texts_the_first_are_written() {
        let texts = |count: usize, chars| vec!["é".repeat(chars); count];
        let written = |texts: &[String]| Few(texts, "; ").to_string();
        assert_eq!(written(&["a".into(), "b".into()]), "a; b");
        assert_eq!(written(&texts(4, ECHO_CHARS)).chars().count(), 4 * ECHO_CHARS + 6);
        assert!(written(&texts(5, ECHO_CHARS)).ends_with("é; and 1 more"));
        let of_long = written(&texts(1_000, 1_000));
        assert_eq!(of_long, "é".repeat(4 * ECHO_CHARS) + "…; and 999 more");
    }
}
