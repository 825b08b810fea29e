//! Names of keys, segments, configs and attributes, and how they are written.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::limits::NAME_BYTES;

/// The name of a key, segment or config: 1 to 256 bytes of UTF-8 without control characters.
///
/// `Display` writes it as the language reads it back: bare if it can stand bare, else in double quotes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(Arc<str>);

/// Reason why a text is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It has no bytes.
    #[error("a name cannot be empty")]
    Empty,
    /// It has more than 256 bytes.
    #[error("a name has at most {NAME_BYTES} bytes, this one has {0}")]
    TooLong(usize),
    /// It has a control character.
    #[error("a name cannot have a control character (U+{:04X})", u32::from(*.0))]
    Control(char),
}

impl Name {
    /// Checks a text and makes it a name.
    pub fn new(text: impl AsRef<str>) -> Result<Self, NameError> {
        let text = text.as_ref();
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if text.len() > NAME_BYTES {
            return Err(NameError::TooLong(text.len()));
        }
        match text.chars().find(|c| c.is_control()) {
            Some(c) => Err(NameError::Control(c)),
            None => Ok(Self(text.into())),
        }
    }

    /// Makes a name of any text, for showing it: what a name cannot have is left out.
    pub(crate) fn lossy(text: &str) -> Self {
        let mut kept: String = text.chars().filter(|c| !c.is_control()).collect();
        while kept.len() > NAME_BYTES {
            kept.pop();
        }
        if kept.is_empty() { Self("?".into()) } else { Self(kept.into()) }
    }

    /// The name of the built-in segment.
    #[must_use]
    pub fn everyone() -> Self {
        Self("EVERYONE".into())
    }

    /// The name of the built-in attribute.
    pub(crate) fn user_id() -> Self {
        Self("user_id".into())
    }

    /// The text of the name, without quotes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text of the name, shared.
    #[must_use]
    pub fn to_arc(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }

    /// Whether it is written without quotes: identifiers joined by dots, the first of them no word that
    /// the language might take for something else.
    fn stands_bare(&self) -> bool {
        let first = self.0.split('.').next().unwrap_or_default();
        self.0.split('.').all(is_identifier) && !is_reserved(first) && !is_clause_word(first)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.stands_bare() { f.write_str(&self.0) } else { write_quoted(f, &self.0) }
    }
}

impl TryFrom<&str> for Name {
    type Error = NameError;

    fn try_from(text: &str) -> Result<Self, NameError> {
        Self::new(text)
    }
}

impl TryFrom<String> for Name {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        Self::new(text)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.as_str().to_owned()
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

/// The steps of an attribute: `address.city` has two.
pub type Path = Arc<[Arc<str>]>;

/// Writes a path of attribute names: `address."zip code"`.
pub(crate) fn write_path(f: &mut fmt::Formatter<'_>, steps: &[Arc<str>]) -> fmt::Result {
    for (i, step) in steps.iter().enumerate() {
        if i > 0 {
            f.write_str(".")?;
        }
        write_step(f, step, i == 0)?;
    }
    Ok(())
}

/// Writes one step of a path; only the first must not be a reserved word.
pub(crate) fn write_step(f: &mut fmt::Formatter<'_>, step: &str, first: bool) -> fmt::Result {
    if is_identifier(step) && !(first && is_reserved(step)) {
        f.write_str(step)
    } else {
        write_quoted(f, step)
    }
}

/// Writes the name of a column or a source as a query has it, where the words of its clauses are no names.
pub(super) fn write_column(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    if QUERY_WORDS.iter().any(|word| word.eq_ignore_ascii_case(name)) {
        return write_quoted(f, name);
    }
    write_step(f, name, true)
}

/// The words of a query that are no names in it, unless they stand in quotes.
pub(crate) const QUERY_WORDS: [&str; 30] = [
    "SELECT",
    "FROM",
    "GROUP",
    "HAVING",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "UNION",
    "EXCEPT",
    "INTERSECT",
    "AS",
    "ON",
    "JOIN",
    "INNER",
    "LEFT",
    "RIGHT",
    "FULL",
    "OUTER",
    "NATURAL",
    "USING",
    "CROSS",
    "UNDER",
    "FOR",
    "ASC",
    "DESC",
    "NULLS",
    "WHEN",
    "THEN",
    "ELSE",
    "END",
];

fn write_quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    write!(f, "\"{}\"", text.replace('"', "\"\""))
}

/// Whether a text is `[A-Za-z_][A-Za-z0-9_]*`.
pub(crate) fn is_identifier(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The words that must be quoted to be names, wherever they stand.
const RESERVED: [&str; 17] = [
    "AND", "OR", "NOT", "IN", "IS", "NULL", "TRUE", "FALSE", "BETWEEN", "CONTAINS", "STARTS",
    "ENDS", "MATCHES", "DID", "EVERYONE", "VALUE", "WHERE",
];

/// The words that begin a clause: a name may be one of them, but reads better in quotes.
const CLAUSE_WORDS: [&str; 37] = [
    "ADD",
    "AFTER",
    "ALL",
    "AS",
    "AT",
    "BEFORE",
    "BY",
    "CHECK",
    "COMMENT",
    "CONFIG",
    "DEFAULT",
    "DESCRIPTION",
    "DROP",
    "FIRST",
    "FOR",
    "FROM",
    "IF",
    "KEY",
    "LAST",
    "LIMIT",
    "MOVE",
    "OF",
    "ORDER",
    "REASON",
    "RENAME",
    "ROLLOUT",
    "SALT",
    "SEGMENT",
    "SEGMENTS",
    "SET",
    "SPLIT",
    "TO",
    "UNDER",
    "UNTIL",
    "VALUES",
    "VARIANT",
    "WITH",
];

fn is_reserved(word: &str) -> bool {
    RESERVED.iter().any(|r| r.eq_ignore_ascii_case(word))
}

fn is_clause_word(word: &str) -> bool {
    let more = ["VERSION", "BLANK"];
    CLAUSE_WORDS.iter().chain(&more).any(|r| r.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_they_are_read() {
        let written = |text: &str| Name::new(text).unwrap().to_string();
        assert_eq!(written("Dark_Key"), "Dark_Key");
        assert_eq!(written("checkout.banner"), "checkout.banner");
        assert_eq!(written("iPhone users"), "\"iPhone users\"");
        assert_eq!(written("say \"hi\""), "\"say \"\"hi\"\"\"");
        assert_eq!(written("where"), "\"where\"");
        assert_eq!(written("a..b"), "\"a..b\"");
        assert_eq!(written("9lives"), "\"9lives\"");
    }

    #[test]
    fn names_have_bounds() {
        assert_eq!(Name::new(""), Err(NameError::Empty));
        assert!(Name::new("é".repeat(128)).is_ok());
        assert_eq!(Name::new("é".repeat(129)), Err(NameError::TooLong(258)));
        assert_eq!(Name::new("a\u{85}"), Err(NameError::Control('\u{85}')));
    }
}
