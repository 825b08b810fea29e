//! Values of keys and attributes: JSON with whole numbers kept apart from doubles.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
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

/// Reason why a text is not a JSON value that pcq takes.
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
        let flaw = RefCell::new(None);
        let parsed = ValueVisitor { flaw: &flaw }.deserialize(&mut deserializer);
        let parsed = parsed.and_then(|value| deserializer.end().map(|()| value));
        parsed.map_err(|error| flaw.take().unwrap_or_else(|| json_error(text, &error)))
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

/// The bytes of a JSON text that are in none of its strings, each with its offset.
fn unquoted(text: &str) -> impl Iterator<Item = (usize, u8)> {
    let (mut quoted, mut escaped) = (false, false);
    text.bytes().enumerate().filter(move |(_, byte)| {
        let is_escaped = escaped;
        escaped = quoted && !is_escaped && *byte == b'\\';
        quoted ^= *byte == b'"' && !is_escaped;
        !quoted
    })
}

/// The depth of brackets in a JSON text, without recursion.
fn json_depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for (_, byte) in unquoted(text) {
        match byte {
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// What the parser found wrong with a text.
fn json_error(text: &str, error: &serde_json::Error) -> JsonError {
    if is_number_range(text, error) {
        return JsonError::NumberRange;
    }
    let message = error.to_string();
    let at = (error.line(), error.column());
    match message.strip_suffix(&JsonPlace(Some(at)).to_string()) {
        Some(what) => JsonError::Syntax { what: what.to_owned(), at: Some(at) },
        None => JsonError::Syntax { what: message, at: None },
    }
}

/// Whether a text is refused for a number past the range of doubles. The parser calls that bad syntax, but gets
/// past it where it need not read the numbers. It then gets past some escapes, too, which are in strings.
fn is_number_range(text: &str, error: &serde_json::Error) -> bool {
    let place = |error: &serde_json::Error| (error.line(), error.column());
    let gets_past = match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => true,
        Err(later) => later.is_eof() || place(&later) > place(error),
    };
    let lines = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    let end = lines.map(str::len).sum::<usize>() + error.column();
    error.is_syntax()
        && gets_past
        && unquoted(text).any(|(at, byte)| at + 1 == end && byte.is_ascii_digit())
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
        ValueVisitor { flaw: &RefCell::new(None) }.deserialize(deserializer)
    }
}

/// Maker of a value of what a parser reads.
#[derive(Clone, Copy)]
struct ValueVisitor<'f> {
    /// Why it refused what was read: the parser's error has no more than the words.
    flaw: &'f RefCell<Option<JsonError>>,
}

impl ValueVisitor<'_> {
    fn refuse<E: de::Error>(self, flaw: JsonError) -> E {
        let error = E::custom(&flaw);
        self.flaw.replace(Some(flaw));
        error
    }
}

impl<'de> DeserializeSeed<'de> for ValueVisitor<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueVisitor<'_> {
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
            Err(self.refuse(JsonError::NumberRange))
        }
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Value::List(items.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Object::new();
        while let Some(name) = map.next_key::<Arc<str>>()? {
            if members.contains_key(&name) {
                return Err(self.refuse(JsonError::Duplicate(name.as_ref().to_owned())));
            }
            members.insert(name, map.next_value_seed(self)?);
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
        let bracket_in_text = format!("\"\\\"{}\"", "[".repeat(200));
        assert!(Value::from_json(&bracket_in_text).is_ok());
        assert!(Value::from_json(&format!("{}{}", "[".repeat(128), "]".repeat(128))).is_ok());
    }

    #[test]
    fn numbers_out_of_range_are_told_from_bad_syntax() {
        let huge = format!("[{}]", "9".repeat(400));
        let ranges = [
            "1e999",
            "-1e999",
            "[1e999",
            "[1e999 x",
            "1e99999999999999999999]",
            "{\"a\\\"\":\n1.5E+999}",
            "[\"\\ud83d\\ude00\",1e999x",
            &huge,
        ];
        for text in ranges {
            assert_eq!(Value::from_json(text), Err(JsonError::NumberRange), "{text}");
        }
        let flaws = [
            "[1 1e999]",
            "01e999",
            "1.e999",
            "+1e999",
            "{1e999:1}",
            "\"\" 1e999",
            "[nope,1e999]",
            "\"1e999",
            "\"\\ud91e999\"",
            "[\"\\ud800\",1e999]",
            "\"\\udc00\"",
            "\"\n1e999\"",
            "\"1e999\\x\"",
            "",
            "1e",
        ];
        for text in flaws {
            let found = Value::from_json(text);
            let parsers = serde_json::from_str::<serde_json::Value>(text).unwrap_err().to_string();
            assert!(matches!(found, Err(JsonError::Syntax { .. })), "{text}: {found:?}");
            assert_eq!(found.unwrap_err().to_string(), format!("not JSON: {parsers}"));
        }
    }
}
