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

/// Writes which config each key belongs to.
pub(super) struct OwnedKeys<'a>(pub(super) &'a [(Name, Name)]);

impl fmt::Display for OwnedKeys<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (key, owner)) in self.0.iter().enumerate() {
            let separator = if i > 0 { "; " } else { "" };
            let (key, owner) = (key.as_str(), owner.as_str());
            write!(f, "{separator}key `{key}` belongs to config `{owner}`")?;
        }
        Ok(())
    }
}

/// Writes which keys have no cell; without a key, that there is none.
pub(super) struct NoCell<'a>(pub(super) &'a [Name]);

impl fmt::Display for NoCell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("it has no key");
        }
        let names: Vec<_> = self.0.iter().map(|n| format!("`{}`", n.as_str())).collect();
        write!(f, "no segment gives {} a value", names.join(", "))
    }
}
