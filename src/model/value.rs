//! Values of keys and attributes: JSON with whole numbers kept apart from doubles.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::stack;

/// The members of a JSON object, in the order in which they were written.
pub type Object = IndexMap<Arc<str>, Value>;

/// A value of a key, a cell or an attribute. Cheap to clone.
///
/// `==` tells `1` from `1.0` (they are stored and delivered as they were written);
/// [`Value::same`] compares by value, as the language does.
#[derive(Clone, Default)]
pub enum Value {
    /// JSON `null`: for an attribute the same as missing.
    #[default]
    Null,
    /// `TRUE` or `FALSE`.
    Boolean(bool),
    /// A 64-bit whole number.
    Integer(i64),
    /// A finite double.
    Double(f64),
    /// Text.
    String(Arc<str>),
    /// A JSON array.
    List(Arc<[Value]>),
    /// A JSON object.
    Object(Arc<Object>),
}

/// Kind of a value, as errors name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueKind {
    /// `NULL`.
    Null,
    /// `TRUE` or `FALSE`.
    Boolean,
    /// An integer or a double: they compare with each other.
    Number,
    /// Text.
    String,
    /// A list.
    List,
    /// An object.
    Object,
}

impl ValueKind {
    /// A value of the kind, in a sentence.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::List => "a list",
            Self::Object => "an object",
        }
    }
}

impl fmt::Display for ValueKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "NULL",
            Self::Boolean => "boolean",
            Self::Number => "number",
            Self::String => "string",
            Self::List => "list",
            Self::Object => "object",
        })
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Boolean(a), Self::Boolean(b)) => a == b,
            (Self::Integer(a), Self::Integer(b)) => a == b,
            (Self::Double(a), Self::Double(b)) => a == b,
            (Self::String(a), Self::String(b)) => a == b,
            _ => self.has_parts_of(other, Self::eq),
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tuple = |f: &mut fmt::Formatter<'_>, name, value: &dyn fmt::Debug| {
            stack::step(|| f.debug_tuple(name).field(value).finish())
        };
        match self {
            Self::Null => f.write_str("Null"),
            Self::Boolean(value) => tuple(f, "Boolean", value),
            Self::Integer(value) => tuple(f, "Integer", value),
            Self::Double(value) => tuple(f, "Double", value),
            Self::String(value) => tuple(f, "String", value),
            Self::List(items) => tuple(f, "List", items),
            Self::Object(members) => tuple(f, "Object", members),
        }
    }
}

impl Value {
    /// The kind of the value.
    #[must_use]
    pub fn kind(&self) -> ValueKind {
        match self {
            Self::Null => ValueKind::Null,
            Self::Boolean(_) => ValueKind::Boolean,
            Self::Integer(_) | Self::Double(_) => ValueKind::Number,
            Self::String(_) => ValueKind::String,
            Self::List(_) => ValueKind::List,
            Self::Object(_) => ValueKind::Object,
        }
    }

    /// Whether two values are equal as the language sees it: numbers by value, objects whatever the
    /// order of their members.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Boolean(a), Self::Boolean(b)) => a == b,
            (Self::String(a), Self::String(b)) => a == b,
            (Self::List(_), Self::List(_)) | (Self::Object(_), Self::Object(_)) => {
                self.has_parts_of(other, Self::same)
            }
            _ => compare_numbers(self, other) == Some(Ordering::Equal),
        }
    }

    /// Whether two lists or objects have parts that are alike.
    fn has_parts_of(&self, other: &Self, alike: impl Fn(&Self, &Self) -> bool) -> bool {
        stack::step(|| match (self, other) {
            (Self::List(a), Self::List(b)) => {
                a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| alike(a, b))
            }
            (Self::Object(a), Self::Object(b)) => {
                a.len() == b.len()
                    && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| alike(a, b)))
            }
            _ => false,
        })
    }

    /// The text, if it is text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The truth value, if it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Boolean(b) = self { Some(*b) } else { None }
    }

    /// The whole number, if it is one.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        if let Self::Integer(n) = self { Some(*n) } else { None }
    }

    /// The number as a double, if it is a number.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a whole number is read as the nearest double")]
    pub fn as_double(&self) -> Option<f64> {
        match self {
            Self::Integer(n) => Some(*n as f64),
            Self::Double(d) => Some(*d),
            _ => None,
        }
    }

    /// Looks inside objects, step by step; what is missing is `None`.
    #[must_use]
    pub fn dig<S: AsRef<str>>(&self, steps: &[S]) -> Option<&Self> {
        steps.iter().try_fold(self, |value, step| match value {
            Self::Object(members) => members.get(step.as_ref()),
            _ => None,
        })
    }
}

/// Compares two numbers exactly, whatever their types; `None` if either is no number.
#[must_use]
pub(crate) fn compare_numbers(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Integer(a), Value::Integer(b)) => Some(a.cmp(b)),
        (Value::Double(a), Value::Double(b)) => a.partial_cmp(b),
        (Value::Integer(a), Value::Double(b)) => compare_integer(*a, *b),
        (Value::Double(a), Value::Integer(b)) => compare_integer(*b, *a).map(Ordering::reverse),
        _ => None,
    }
}

/// Compares without rounding: beyond ±2^63 the double decides, within it its whole part and fraction do.
#[expect(clippy::cast_possible_truncation, reason = "the whole part is within ±2^63 there")]
fn compare_integer(a: i64, b: f64) -> Option<Ordering> {
    const TWO_63: f64 = 9_223_372_036_854_775_808.0;
    if b.is_nan() {
        return None;
    }
    if b >= TWO_63 {
        return Some(Ordering::Less);
    }
    if b < -TWO_63 {
        return Some(Ordering::Greater);
    }
    let whole = b.trunc();
    a.cmp(&(whole as i64)).then(0.0_f64.partial_cmp(&(b - whole))?).into()
}

macro_rules! from {
    ($($type:ty => |$v:ident| $make:expr;)*) => {
        $(impl From<$type> for Value {
            fn from($v: $type) -> Self {
                $make
            }
        })*
    };
}

from! {
    bool => |v| Self::Boolean(v);
    i64 => |v| Self::Integer(v);
    i32 => |v| Self::Integer(v.into());
    u32 => |v| Self::Integer(v.into());
    &str => |v| Self::String(v.into());
    String => |v| Self::String(v.into());
    Arc<str> => |v| Self::String(v);
    Vec<Value> => |v| Self::List(v.into());
    Object => |v| Self::Object(Arc::new(v));
}

/// A double that is not finite becomes `NULL`: JSON has no text for it.
impl From<f64> for Value {
    fn from(value: f64) -> Self {
        if value.is_finite() { Self::Double(value) } else { Self::Null }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Value {
        Value::from_json(text).unwrap()
    }

    #[test]
    fn integers_and_doubles_compare_exactly() {
        let order = |a: &str, b: &str| compare_numbers(&json(a), &json(b)).unwrap();
        assert_eq!(order("9007199254740993", "9007199254740992.0"), Ordering::Greater);
        assert_eq!(order("9223372036854775807", "9223372036854775808.0"), Ordering::Less);
        assert_eq!(order("-9223372036854775808", "-9223372036854775808.0"), Ordering::Equal);
        assert_eq!(order("-1", "-1.5"), Ordering::Greater);
        assert_eq!(order("1", "1.5"), Ordering::Less);
        assert_eq!(order("0", "-0.0"), Ordering::Equal);
    }

    #[test]
    fn equality_is_by_value() {
        assert!(json(r#"{"a":1,"b":[2.0]}"#).same(&json(r#"{"b":[2],"a":1.0}"#)));
        assert!(!json(r#"{"a":null}"#).same(&json("{}")));
        assert!(!json("true").same(&json("1")));
    }
}
