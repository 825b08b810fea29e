//! Values in the model: which a key takes, and how conditions see them.

use std::cmp::Ordering;

use crate::operation::{Check, Type, Val};

impl Type {
    /// The value as a key of this type keeps it; `None` if it does not take it.
    pub(crate) fn admit(self, value: Val) -> Option<Val> {
        match (self, value) {
            #[expect(clippy::cast_precision_loss, reason = "the numbers of histories are small")]
            (Self::Double, Val::Int(n)) => Some(Val::Double(n as f64)),
            (Self::Json, _)
            | (Self::Boolean, Val::Bool(_))
            | (Self::Integer, Val::Int(_))
            | (Self::Double, Val::Double(_))
            | (Self::String, Val::Text(_)) => Some(value),
            _ => None,
        }
    }

    /// Whether values of this type can be compared with a literal.
    pub(crate) fn compares_with(self, value: Val) -> bool {
        match self {
            Self::Json => true,
            Self::Boolean => matches!(value, Val::Bool(_)),
            Self::Integer | Self::Double => matches!(value, Val::Int(_) | Val::Double(_)),
            Self::String => matches!(value, Val::Text(_)),
        }
    }
}

impl Check {
    /// Whether a `CHECK` makes sense for a type.
    pub(crate) fn suits(self, kind: Type) -> bool {
        match self {
            Self::Below(_) => kind.compares_with(Val::Int(0)),
            Self::OneOf(_) => kind.compares_with(Val::Text("")),
        }
    }

    /// Whether a value makes it true.
    pub(crate) fn passes(self, value: Val) -> bool {
        match self {
            Self::Below(bound) => compare(value, Val::Int(bound)) == Some(Ordering::Less),
            Self::OneOf(items) => matches!(value, Val::Text(text) if items.contains(&text)),
        }
    }
}

/// Compares two values as conditions do; `None` is unknown.
pub(crate) fn compare(a: Val, b: Val) -> Option<Ordering> {
    match (a, b) {
        (Val::Bool(a), Val::Bool(b)) => Some(a.cmp(&b)),
        (Val::Text(a), Val::Text(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
        _ => number(a)?.partial_cmp(&number(b)?),
    }
}

#[expect(clippy::cast_precision_loss, reason = "the numbers of histories are small")]
fn number(value: Val) -> Option<f64> {
    match value {
        Val::Int(n) => Some(n as f64),
        Val::Double(n) => Some(n),
        _ => None,
    }
}

/// The text by which a value is hashed; `None` if it has none.
pub(crate) fn identity(value: Val) -> Option<String> {
    match value {
        Val::Text(text) => Some(text.to_owned()),
        Val::Bool(b) => Some(b.to_string()),
        Val::Int(n) => Some(n.to_string()),
        Val::Double(n) => Some(n.to_string()),
        Val::Null | Val::Json(_) => None,
    }
}
