//! Values of keys, read as types of Rust.

use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::model::{Name, Object, ObjectKind, Value};

/// Reads the value of a key as a type of Rust.
pub(crate) fn read<T: FromValue>(key: &str, value: &Value) -> Result<T> {
    T::from_value(value).ok_or_else(|| {
        let kind = ErrorKind::Type {
            place: format!("key `{key}`"),
            wanted: T::WANTED.into(),
            found: format!("a {}", value.kind()),
        };
        kind.into()
    })
}

/// The error about a key that does not exist.
pub(crate) fn unknown_key(key: &str) -> Error {
    Name::new(key)
        .map_or_else(Error::from, |name| ErrorKind::Unknown { kind: ObjectKind::Key, name }.into())
}

/// A type of Rust that a value of a key can be read as.
pub trait FromValue: Sized {
    /// What is wanted, as an error says it.
    const WANTED: &'static str;

    /// Reads a value; `None` if it is of another type.
    fn from_value(value: &Value) -> Option<Self>;
}

macro_rules! from_value {
    ($($type:ty, $wanted:literal, |$v:ident| $read:expr;)*) => {
        $(impl FromValue for $type {
            const WANTED: &'static str = $wanted;

            fn from_value($v: &Value) -> Option<Self> {
                $read
            }
        })*
    };
}

from_value! {
    bool, "a boolean", |v| v.as_bool();
    i64, "an integer", |v| v.as_integer();
    f64, "a number", |v| v.as_double();
    String, "a string", |v| v.as_str().map(str::to_owned);
    Arc<str>, "a string", |v| if let Value::String(text) = v { Some(Arc::clone(text)) } else { None };
    Arc<Object>, "an object", |v| if let Value::Object(o) = v { Some(Arc::clone(o)) } else { None };
    Value, "a value", |v| Some(v.clone());
}
