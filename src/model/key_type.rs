//! Types of keys.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Value;

/// The type of a key, which never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum KeyType {
    /// `TRUE` or `FALSE`.
    Boolean,
    /// A 64-bit whole number.
    Integer,
    /// A finite double.
    Double,
    /// Text.
    String,
    /// Any JSON value, `null` too.
    Json,
}

impl KeyType {
    /// Every type, in the order of the language reference.
    pub const ALL: [Self; 5] =
        [Self::Boolean, Self::Integer, Self::Double, Self::String, Self::Json];

    /// The keyword of the type.
    #[must_use]
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Boolean => "BOOLEAN",
            Self::Integer => "INTEGER",
            Self::Double => "DOUBLE",
            Self::String => "STRING",
            Self::Json => "JSON",
        }
    }

    /// Makes a value one of this type, or gives `None`: an integer may become a double, nothing else
    /// is converted.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "the language says so for DOUBLE keys")]
    pub fn admit(self, value: Value) -> Option<Value> {
        match (self, value) {
            (Self::Double, Value::Integer(n)) => Some(Value::Double(n as f64)),
            (Self::Json, value)
            | (Self::Boolean, value @ Value::Boolean(_))
            | (Self::Integer, value @ Value::Integer(_))
            | (Self::Double, value @ Value::Double(_))
            | (Self::String, value @ Value::String(_)) => Some(value),
            _ => None,
        }
    }
}

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.keyword())
    }
}
