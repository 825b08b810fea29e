//! Attributes of a context, and the names by which conditions ask for them.

use std::hash::BuildHasher as _;
use std::sync::{Arc, OnceLock};

use foldhash::quality::RandomState;

use super::place::NameNumber;
use crate::model::{DottedVersion, SemanticVersion, Short, Timestamp, Value};

/// The name of an attribute, hashed.
#[derive(Clone, Debug)]
pub(crate) struct AttributeName {
    pub(super) text: Arc<str>,
    pub(super) short: Option<Short>,
    pub(super) hash: u32,
    /// Its number among the names that the conditions of a store ask for, if it is one of the first of them.
    pub(super) number: Option<NameNumber>,
}

impl AttributeName {
    pub(crate) fn new(text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let label = Label::new(&text);
        let short = if let Label::Short(short) = label { Some(short) } else { None };
        Self { short, hash: label.hash(), text, number: None }
    }

    /// A name that has a number.
    pub(crate) fn numbered(text: impl Into<Arc<str>>, number: Option<NameNumber>) -> Self {
        Self { number, ..Self::new(text) }
    }

    pub(crate) fn text(&self) -> &Arc<str> {
        &self.text
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Its number in the numbering that it is of.
    #[inline]
    pub(crate) fn number(&self) -> Option<u8> {
        self.number.map(NameNumber::in_numbering)
    }
}

/// The name of an attribute as a context has it: almost all names are short, so that most have no text of their own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Label {
    Short(Short),
    /// One that is too long for that.
    Long(Arc<str>),
}

impl Label {
    #[inline]
    pub(crate) fn new(text: &Arc<str>) -> Self {
        Short::new(text).map_or_else(|| Self::Long(Arc::clone(text)), Self::Short)
    }

    /// The name.
    pub(super) fn text(&self) -> Arc<str> {
        match self {
            Self::Short(short) => short.text().into(),
            Self::Long(text) => Arc::clone(text),
        }
    }

    /// Whether it is the label of a name.
    #[inline]
    pub(super) fn is_of(&self, name: &AttributeName) -> bool {
        match (self, name.short) {
            (Self::Short(short), Some(sought)) => *short == sought,
            (Self::Long(text), None) => *text == name.text,
            _ => false,
        }
    }

    /// A hash of the name.
    pub(super) fn hash(&self) -> u32 {
        // names may come from outside: nobody can foresee which of them fall together
        static STATE: OnceLock<RandomState> = OnceLock::new();
        let state = STATE.get_or_init(RandomState::default);
        let hash = match self {
            Self::Short(short) => state.hash_one(short),
            Self::Long(text) => state.hash_one(&**text),
        };
        (hash >> 32) as u32
    }
}

/// An attribute as a context has it.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) label: Label,
    pub(super) value: Value,
    pub(super) reading: OnceLock<Reading>,
}

impl Slot {
    #[inline]
    pub(super) fn new(label: Label, value: Value) -> Self {
        Self { label, value, reading: OnceLock::new() }
    }
}

/// An attribute of a user, and what conditions made of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UserAttribute<'c> {
    pub(super) slot: &'c Slot,
    pub(super) short: Option<Short>,
}

/// A text as it was read first: almost every attribute is read as one thing only.
#[derive(Clone, Debug)]
pub(super) enum Reading {
    Semver(Option<SemanticVersion>),
    Version(Option<DottedVersion>),
    Timestamp(Option<Timestamp>),
}

/// An attribute read as something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum As<T> {
    This(T),
    /// It is a text, and none that can be read so.
    Nothing,
    /// It is no text, or was read as something else before: whoever asks has to read it.
    Unread,
}

impl<T> As<T> {
    #[inline]
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> As<U> {
        match self {
            Self::This(value) => As::This(change(value)),
            Self::Nothing => As::Nothing,
            Self::Unread => As::Unread,
        }
    }
}

impl<'c> UserAttribute<'c> {
    #[inline]
    pub(crate) fn value(self) -> &'c Value {
        &self.slot.value
    }

    /// The value, if it is a text of at most 15 bytes.
    #[inline]
    pub(crate) fn short(self) -> Option<Short> {
        self.short
    }

    /// The text as a semantic version.
    pub(crate) fn semver(self) -> As<&'c SemanticVersion> {
        match self.read(|text| Reading::Semver(SemanticVersion::parse(text))) {
            Some(Reading::Semver(version)) => version.as_ref().map_or(As::Nothing, As::This),
            _ => As::Unread,
        }
    }

    /// The numbers of the text as a semantic version, if it is one.
    #[inline]
    pub(crate) fn semver_numbers(self) -> Option<[u64; 3]> {
        match self.semver() {
            As::This(version) => Some(version.numbers()),
            As::Nothing | As::Unread => None,
        }
    }

    /// The text as a dotted version.
    pub(crate) fn version(self) -> As<&'c DottedVersion> {
        match self.read(|text| Reading::Version(DottedVersion::parse(text))) {
            Some(Reading::Version(version)) => version.as_ref().map_or(As::Nothing, As::This),
            _ => As::Unread,
        }
    }

    /// The text as an instant.
    pub(crate) fn timestamp(self) -> As<Timestamp> {
        match self.read(|text| Reading::Timestamp(Timestamp::parse(text).ok())) {
            Some(Reading::Timestamp(at)) => at.map_or(As::Nothing, As::This),
            _ => As::Unread,
        }
    }

    fn read(self, read: impl FnOnce(&str) -> Reading) -> Option<&'c Reading> {
        let text = self.slot.value.as_str()?;
        Some(self.slot.reading.get_or_init(|| read(text)))
    }
}
