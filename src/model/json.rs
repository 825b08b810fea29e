//! JSON: texts read as values, values written as texts, and what is wrong with a text.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde::ser::{Serialize, Serializer};

use super::value::{Object, Value};
use crate::error::Short;
use crate::limits::NESTING;
use crate::stack;

/// Reason why a text is not a JSON value that pcq takes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// An object names a member twice.
    #[error("the member `{}` is there twice", Short(.0))]
    Duplicate(String),
    /// Arrays and objects nest deeper than 128.
    #[error("JSON nests at most {NESTING} deep")]
    TooDeep,
    /// A number is past the range of doubles.
    #[error("no double is that large")]
    NumberRange {
        /// The bytes of the text that it takes, if it stands in one.
        at: Option<(usize, usize)>,
    },
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
        self.flaw_inside(0)
    }

    /// The same of a value that stands in so many lists and objects.
    pub(crate) fn flaw_inside(&self, levels: usize) -> Option<JsonError> {
        let flat =
            |value: &Self| !matches!(value, Self::Double(_) | Self::List(_) | Self::Object(_));
        match self {
            Self::Object(members) if members.values().all(flat) => return None, // the usual case
            _ if flat(self) => return None,
            _ => {}
        }
        let mut todo = vec![(self, 1 + levels)];
        while let Some((value, depth)) = todo.pop() {
            match value {
                Self::Double(d) if !d.is_finite() => {
                    return Some(JsonError::NumberRange { at: None });
                }
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
    if let Some(at) = number_range(text, error) {
        return JsonError::NumberRange { at: Some(at) };
    }
    let (what, at) = json_words(error);
    JsonError::Syntax { what, at }
}

/// What the parser says, and the line and column that it says it of.
pub(crate) fn json_words(error: &serde_json::Error) -> (String, Option<(usize, usize)>) {
    let message = error.to_string();
    let at = (error.line(), error.column());
    match message.strip_suffix(&JsonPlace(Some(at)).to_string()) {
        Some(what) => (what.to_owned(), Some(at)),
        None => (message, None),
    }
}

/// Where a text has a number past the range of doubles, if it is refused for that. The parser calls that bad syntax,
/// but gets past it where it need not read the numbers. It then gets past some escapes, too, which are in strings.
fn number_range(text: &str, error: &serde_json::Error) -> Option<(usize, usize)> {
    let place = |error: &serde_json::Error| (error.line(), error.column());
    let gets_past = match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => true,
        Err(later) => later.is_eof() || place(&later) > place(error),
    };
    let lines = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    let end = lines.map(str::len).sum::<usize>() + error.column();
    let is_number = error.is_syntax()
        && gets_past
        && unquoted(text).any(|(at, byte)| at + 1 == end && byte.is_ascii_digit());
    is_number.then(|| number_around(text, end.saturating_sub(1)))
}

/// The bytes of the number that has a digit at a place.
fn number_around(text: &str, digit: usize) -> (usize, usize) {
    let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
    let (before, after) = text.as_bytes().split_at(digit.min(text.len()));
    let start = before.iter().rev().take_while(|byte| is_part(byte)).count();
    let end = after.iter().take_while(|byte| is_part(byte)).count();
    (before.len() - start, before.len() + end)
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
            Err(self.refuse(JsonError::NumberRange { at: None }))
        }
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = stack::step(|| seq.next_element_seed(self))? {
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
            members.insert(name, stack::step(|| map.next_value_seed(self))?);
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
            Self::List(items) => stack::step(|| serializer.collect_seq(items.iter())),
            Self::Object(members) => stack::step(|| serializer.collect_map(members.iter())),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Value {
        Value::from_json(text).unwrap()
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
        assert_eq!(Value::from_json("[1e999]"), Err(JsonError::NumberRange { at: Some((1, 6)) }));
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
            let error = Value::from_json(text).unwrap_err();
            let JsonError::NumberRange { at: Some((start, end)) } = error else { panic!("{text}") };
            let number: f64 = text[start..end].parse().unwrap();
            assert!(number.is_infinite(), "{text}: {}", &text[start..end]);
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
