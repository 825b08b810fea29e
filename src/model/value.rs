//! Values of keys and attributes: JSON with whole numbers kept apart from doubles.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::limits::NESTING;

/// The members of a JSON object, in the order in which they were written.
pub type Object = IndexMap<Arc<str>, Value>;

/// A value of a key, a cell or an attribute. Cheap to clone.
///
/// `==` tells `1` from `1.0` (they are stored and delivered as they were written);
/// [`Value::same`] compares by value, as the language does.
#[derive(Clone, Debug, Default, PartialEq)]
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

/// What kind of thing a value is, as errors name it.
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

/// Why a text is not a JSON value that pcq takes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// An object names a member twice.
    #[error("the member `{0}` is there twice")]
    Duplicate(String),
    /// Arrays and objects nest deeper than 128.
    #[error("JSON nests at most {NESTING} deep")]
    TooDeep,
    /// A number is past the range of doubles.
    #[error("no double is that large")]
    NumberRange,
    /// It is not JSON.
    #[error("not JSON: {what}{}", JsonPlace(*at))]
    Syntax {
        /// What the parser says of it.
        what: String,
        /// Line and column, from 1, if they are to be told.
        at: Option<(usize, usize)>,
    },
}

impl Value {
    /// Parses a JSON text. Whole numbers beyond 64 bits become doubles.
    pub fn from_json(text: &str) -> Result<Self, JsonError> {
        if json_depth(text) > NESTING {
            return Err(JsonError::TooDeep);
        }
        let mut deserializer = serde_json::Deserializer::from_str(text);
        deserializer.disable_recursion_limit(); // bounded above
        let value = Self::deserialize(&mut deserializer).map_err(|e| json_error(&e))?;
        deserializer.end().map_err(|e| json_error(&e))?;
        Ok(value)
    }

    /// What keeps the value from being stored, though the library could make it: a double that is not finite,
    /// or too deep nesting. Without recursion, which is what the latter would break.
    pub(crate) fn flaw(&self) -> Option<JsonError> {
        let flat =
            |value: &Self| !matches!(value, Self::Double(_) | Self::List(_) | Self::Object(_));
        match self {
            Self::Object(members) if members.values().all(flat) => return None, // the usual case
            _ if flat(self) => return None,
            _ => {}
        }
        let mut todo = vec![(self, 1_usize)];
        while let Some((value, depth)) = todo.pop() {
            match value {
                Self::Double(d) if !d.is_finite() => return Some(JsonError::NumberRange),
                Self::List(_) | Self::Object(_) if depth > NESTING => {
                    return Some(JsonError::TooDeep);
                }
                Self::List(items) => todo.extend(items.iter().map(|item| (item, depth + 1))),
                Self::Object(members) => todo.extend(members.values().map(|v| (v, depth + 1))),
                _ => {}
            }
        }
        None
    }

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
            (Self::List(a), Self::List(b)) => {
                a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| a.same(b))
            }
            (Self::Object(a), Self::Object(b)) => {
                a.len() == b.len()
                    && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| a.same(b)))
            }
            _ => compare_numbers(self, other) == Some(Ordering::Equal),
        }
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

/// The depth of brackets in a JSON text, without recursion.
fn json_depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut quoted, mut escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Begins the message by which the visitor below tells of a member that is there twice.
const DUPLICATE: &str = "duplicate member \u{0}";

fn json_error(error: &serde_json::Error) -> JsonError {
    let text = error.to_string();
    if let Some(rest) = text.strip_prefix(DUPLICATE) {
        let name = rest.rsplit_once('\u{0}').map_or(rest, |(name, _)| name);
        return JsonError::Duplicate(name.to_owned());
    }
    if text.starts_with("number out of range") {
        return JsonError::NumberRange;
    }
    let (line, column) = (error.line(), error.column());
    let what = text.strip_suffix(&JsonPlace(Some((line, column))).to_string()).unwrap_or(&text);
    let at = (what.len() < text.len()).then_some((line, column));
    JsonError::Syntax { what: what.to_owned(), at }
}

/// Writes line and column as the parser does behind its messages.
struct JsonPlace(Option<(usize, usize)>);

impl fmt::Display for JsonPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |(line, column)| write!(f, " at line {line} column {column}"))
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Integer(value))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "beyond 64 bits signed it is the nearest double"
    )]
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or(Value::Double(value as f64), Value::Integer))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        if value.is_finite() {
            Ok(Value::Double(value))
        } else {
            Err(E::custom("number out of range"))
        }
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Object::new();
        while let Some(name) = map.next_key::<Arc<str>>()? {
            if members.contains_key(&name) {
                return Err(de::Error::custom(format_args!("{DUPLICATE}{name}\u{0}")));
            }
            members.insert(name, map.next_value()?);
        }
        Ok(Value::Object(Arc::new(members)))
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Boolean(b) => serializer.serialize_bool(*b),
            Self::Integer(n) => serializer.serialize_i64(*n),
            Self::Double(d) => serializer.serialize_f64(*d),
            Self::String(s) => serializer.serialize_str(s),
            Self::List(items) => serializer.collect_seq(items.iter()),
            Self::Object(members) => serializer.collect_map(members.iter()),
        }
    }
}

/// Writes the value as compact JSON.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

/// Appends an object as compact JSON, which is UTF-8.
pub(crate) fn write_json(members: &Object, bytes: &mut Vec<u8>) -> fmt::Result {
    serde_json::to_writer(bytes, members).map_err(|_| fmt::Error)
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

    #[test]
    fn json_is_read_and_written_exactly() {
        for text in ["[1,1.0,-0.0,1e300,0.1,\"é\\n\"]", r#"{"z":1,"a":null}"#, "5e-324"] {
            assert_eq!(
                json(text).to_string(),
                text.replace("1e300", "1e+300").replace("1e+300", &json("1e300").to_string())
            );
        }
        assert_eq!(json("9223372036854775808"), Value::Double(9_223_372_036_854_775_808.0));
        let duplicate = Value::from_json(r#"{"a":{"b c":1,"b c":2}}"#);
        assert_eq!(duplicate, Err(JsonError::Duplicate("b c".into())));
        assert_eq!(Value::from_json("[1e999]"), Err(JsonError::NumberRange));
        assert_eq!(Value::from_json(&"[".repeat(100_000)), Err(JsonError::TooDeep));
        assert!(Value::from_json(&format!("{}{}", "[".repeat(128), "]".repeat(128))).is_ok());
    }
}
