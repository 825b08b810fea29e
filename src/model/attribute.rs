//! Attributes of users that are declared: their types, and what their values must meet.

use std::fmt;
use std::sync::{Arc, LazyLock};

use super::name::write_step;
use super::{AttributeId, Condition, KeyType, Name};

/// A declared attribute as it stands at one revision.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// Its number.
    pub id: AttributeId,
    /// Its name, which never changes: one step of a path, dots and all.
    pub name: Name,
    /// Its type, which never changes.
    pub kind: AttributeType,
    /// What every value must make true.
    pub check: Option<Condition>,
    /// Whether its values are shown to nobody but apps.
    pub sensitive: bool,
    /// What it says of a user.
    pub description: Option<Arc<str>>,
    /// Whether it is archived: then it counts as not declared.
    pub archived: bool,
    /// How often it was declared or altered: 1, 2, …
    pub version: u32,
}

impl Attribute {
    /// The built-in one, the id of the user: it is declared from the start, and no version of it is made.
    pub(crate) fn user_id() -> &'static Arc<Self> {
        static USER_ID: LazyLock<Arc<Attribute>> = LazyLock::new(|| {
            Arc::new(Attribute {
                id: AttributeId(0),
                name: Name::user_id(),
                kind: AttributeType::String,
                check: None,
                sensitive: false,
                description: Some("the id of the user".into()),
                archived: false,
                version: 0,
            })
        });
        &USER_ID
    }

    /// Whether it is the built-in one.
    pub(crate) fn is_built_in(&self) -> bool {
        self.version == 0
    }

    /// Whether it forbids nothing, as if it were not declared.
    pub(crate) fn is_free(&self) -> bool {
        self.archived || (self.kind == AttributeType::Json && self.check.is_none())
    }

    /// Whether the same values are allowed by another state of it.
    pub(crate) fn allows_as(&self, other: &Self) -> bool {
        let is_same = (self.kind, &self.check) == (other.kind, &other.check);
        if self.is_free() || other.is_free() { self.is_free() == other.is_free() } else { is_same }
    }
}

/// The type of an attribute, which never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttributeType {
    /// `TRUE` or `FALSE`.
    Boolean,
    /// A 64-bit whole number.
    Integer,
    /// A finite double.
    Double,
    /// Text.
    String,
    /// Any JSON value.
    Json,
    /// An instant: RFC 3339 text, or epoch milliseconds.
    Timestamp,
    /// Text that is a semantic version.
    Semver,
    /// Text of dotted whole numbers.
    Version,
}

impl AttributeType {
    /// Every type, in the order of the language reference.
    pub const ALL: [Self; 8] = [
        Self::Boolean,
        Self::Integer,
        Self::Double,
        Self::String,
        Self::Json,
        Self::Timestamp,
        Self::Semver,
        Self::Version,
    ];

    /// The keyword of the type.
    #[must_use]
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Boolean => "BOOLEAN",
            Self::Integer => "INTEGER",
            Self::Double => "DOUBLE",
            Self::String => "STRING",
            Self::Json => "JSON",
            Self::Timestamp => "TIMESTAMP",
            Self::Semver => "SEMVER",
            Self::Version => "VERSION",
        }
    }
}

impl From<KeyType> for AttributeType {
    fn from(kind: KeyType) -> Self {
        match kind {
            KeyType::Boolean => Self::Boolean,
            KeyType::Integer => Self::Integer,
            KeyType::Double => Self::Double,
            KeyType::String => Self::String,
            KeyType::Json => Self::Json,
        }
    }
}

impl fmt::Display for AttributeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.keyword())
    }
}

/// The name of an attribute as it is written: its dots are no steps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WrittenAttribute<'n>(pub(crate) &'n Name);

impl fmt::Display for WrittenAttribute<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_step(f, self.0.as_str(), true)
    }
}
