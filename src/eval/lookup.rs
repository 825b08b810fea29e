//! Attributes as they are looked up, and the tests of one against literals that conditions make most.

use std::sync::Arc;

use super::operand::{Held, Operand, Truth};
use crate::model::{
    As, CompareOp, DottedVersion, SemanticVersion, Short, Timestamp, UserAttribute, Value,
};

/// Result of looking an attribute up in an environment.
pub(crate) enum Lookup<'a> {
    /// Nothing.
    Missing,
    /// A value, of which nothing is prepared.
    Value(&'a Value),
    /// An attribute of a context.
    Attribute(UserAttribute<'a>),
    /// An instant, in a row of a query.
    Instant(Timestamp),
}

/// What is found of an attribute that is compared with short texts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Found {
    Short(Short),
    /// A longer text.
    Text,
    Other,
}

/// A literal that attributes are compared with, read.
#[derive(Clone, Debug)]
pub(super) enum Bound {
    Integer(i64),
    Timestamp(Timestamp),
    Semver(Arc<SemanticVersion>),
    Version(Arc<DottedVersion>),
}

impl<'a> Lookup<'a> {
    pub(crate) fn value(self) -> Option<&'a Value> {
        match self {
            Self::Missing | Self::Instant(_) => None,
            Self::Value(value) => Some(value),
            Self::Attribute(attribute) => Some(attribute.value()),
        }
    }

    /// What steps lead to inside the attribute; `None` if there is nothing.
    #[inline]
    pub(super) fn inside(self, steps: &[Arc<str>]) -> Option<Operand<'a>> {
        if let Self::Instant(at) = self {
            return steps.is_empty().then_some(Operand::Timestamp(at));
        }
        self.value()?.dig(steps).map(Operand::from)
    }

    /// What the attribute is; `None` if it is missing.
    #[inline]
    pub(super) fn found(self) -> Option<Found> {
        let (value, short) = match self {
            Self::Missing => return None,
            Self::Instant(_) => return Some(Found::Other),
            Self::Attribute(attribute) => match attribute.short() {
                Some(short) => return Some(Found::Short(short)),
                None => (attribute.value(), None),
            },
            Self::Value(value) => (value, value.as_str().and_then(Short::new)),
        };
        match (value, short) {
            (Value::Null, _) => None,
            (_, Some(short)) => Some(Found::Short(short)),
            (Value::String(_), None) => Some(Found::Text),
            _ => Some(Found::Other),
        }
    }

    /// How the attribute compares with a literal, as [`Operand::compare`] would say.
    #[inline]
    pub(super) fn compare(self, op: CompareOp, bound: &Bound) -> Truth {
        if let Self::Attribute(attribute) = &self {
            let order = match bound {
                Bound::Integer(bound) => match attribute.value() {
                    Value::Integer(number) => As::This(number.cmp(bound)),
                    _ => As::Unread,
                },
                Bound::Semver(bound) => attribute.semver().map(|version| version.cmp(bound)),
                Bound::Version(bound) => attribute.version().map(|version| version.cmp(bound)),
                Bound::Timestamp(bound) => attribute.timestamp().map(|at| at.cmp(bound)),
            };
            match order {
                As::This(order) => return Some(op.holds(order)),
                As::Nothing => return None,
                As::Unread => {}
            }
        }
        Operand::from(self.value()?).compare(op, &bound.operand())
    }
}

impl<'a> From<Option<&'a Value>> for Lookup<'a> {
    fn from(value: Option<&'a Value>) -> Self {
        value.map_or(Self::Missing, Self::Value)
    }
}

impl<'a> From<Option<UserAttribute<'a>>> for Lookup<'a> {
    fn from(attribute: Option<UserAttribute<'a>>) -> Self {
        attribute.map_or(Self::Missing, Self::Attribute)
    }
}

impl Found {
    /// Whether the attribute is a text, as [`Operand::compare`] would say.
    #[inline]
    pub(super) fn is(self, text: Short) -> Truth {
        match self {
            Self::Short(found) => Some(found == text),
            Self::Text => Some(false),
            Self::Other => None,
        }
    }

    /// Whether the attribute is one of sorted texts, as [`Operand::is_member`] would say.
    #[inline]
    pub(super) fn among(self, texts: &[Short]) -> bool {
        match self {
            Self::Short(found) => has(texts, found),
            Self::Text | Self::Other => false,
        }
    }
}

impl Bound {
    fn operand(&self) -> Operand<'_> {
        match self {
            Self::Integer(number) => Operand::Integer(*number),
            Self::Timestamp(at) => Operand::Timestamp(*at),
            Self::Semver(version) => Operand::Semver(Held::Lent(version)),
            Self::Version(version) => Operand::Version(Held::Lent(version)),
        }
    }
}

/// Length from which on a binary search is quicker than a scan.
const BISECT_FROM: usize = 16;

/// Whether a text is among sorted ones.
fn has(texts: &[Short], text: Short) -> bool {
    if texts.len() < BISECT_FROM {
        texts.contains(&text)
    } else {
        texts.binary_search(&text).is_ok()
    }
}
