//! What a row of a query has in a column: a value, or an instant; all of them have an order and an equality.

use std::cmp::Ordering;
use std::fmt::Write as _;
use std::hash::{Hash, Hasher};
use std::sync::LazyLock;

use super::{Object, Timestamp, Value, compare_numbers};
use crate::stack;

/// A value or an instant. They are equal if they are the same: `NULL` like `NULL`, 1 like 1.0, JSON by value.
#[derive(Clone, Debug)]
pub(crate) enum Datum {
    /// A value.
    Value(Value),
    /// An instant.
    Time(Timestamp),
}

/// The hashes of this process differ from those of others, so that nobody can choose data that have the same.
static STATE: LazyLock<foldhash::fast::RandomState> = LazyLock::new(Default::default);

impl Datum {
    pub(crate) const NULL: Self = Self::Value(Value::Null);

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Value(Value::Null))
    }

    /// The value as others see it: an instant is its text.
    pub(crate) fn into_value(self) -> Value {
        match self {
            Self::Value(value) => value,
            Self::Time(at) => Value::from(at.to_string()),
        }
    }

    /// About how many bytes of memory it takes.
    pub(crate) fn weight(&self) -> usize {
        size_of::<Self>() + if let Self::Value(value) = self { weight(value) } else { 0 }
    }

    /// Where it stands among data of other kinds.
    fn rank(&self) -> u8 {
        match self {
            Self::Value(value) => rank(value),
            Self::Time(_) => TIME,
        }
    }
}

/// How many bytes of memory a value takes besides its own size, about.
pub(crate) fn weight(value: &Value) -> usize {
    const POINTER: usize = 16;
    stack::step(|| match value {
        Value::Null | Value::Boolean(_) | Value::Integer(_) | Value::Double(_) => 0,
        Value::String(text) => POINTER + text.len(),
        Value::List(items) => items.iter().map(|item| size_of::<Value>() + weight(item)).sum(),
        Value::Object(members) => {
            let member = |(name, value): (&std::sync::Arc<str>, &Value)| {
                4 * POINTER + name.len() + size_of::<Value>() + weight(value)
            };
            members.iter().map(member).sum()
        }
    })
}

const NUMBER: u8 = 3;
const TIME: u8 = 4;

/// Where a value stands among values of other kinds.
fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Boolean(false) => 1,
        Value::Boolean(true) => 2,
        Value::Integer(_) | Value::Double(_) => NUMBER,
        Value::String(_) => 5,
        Value::List(_) => 6,
        Value::Object(_) => 7,
    }
}

/// The order of values: by kind, then numbers by value, texts by their bytes, lists element by element, objects by
/// their canonical text.
pub(crate) fn order_values(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::List(a), Value::List(b)) => stack::step(|| {
            let unlike =
                a.iter().zip(b.iter()).map(|(a, b)| order_values(a, b)).find(|order| order.is_ne());
            unlike.unwrap_or_else(|| a.len().cmp(&b.len()))
        }),
        (Value::Object(a), Value::Object(b)) => canonical_object(a).cmp(&canonical_object(b)),
        _ => compare_numbers(a, b).unwrap_or_else(|| rank(a).cmp(&rank(b))),
    }
}

fn canonical_object(members: &Object) -> String {
    let mut text = String::new();
    write_object(&mut text, members);
    text
}

/// Writes JSON that is the same for equal values: members by name, whole numbers without a fraction.
fn write_canonical(text: &mut String, value: &Value) {
    stack::step(|| match value {
        Value::List(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index > 0 { "," } else { "" });
                write_canonical(text, item);
            }
            text.push(']');
        }
        Value::Object(members) => write_object(text, members),
        Value::Double(number) if number.fract() == 0.0 => {
            let _ = write!(text, "{:.0}", number + 0.0); // a text takes whatever is written
        }
        _ => {
            let _ = write!(text, "{value}");
        }
    });
}

fn write_object(text: &mut String, members: &Object) {
    let mut members: Vec<_> = members.iter().collect();
    members.sort_by_key(|(name, _)| *name);
    text.push('{');
    for (index, (name, value)) in members.into_iter().enumerate() {
        text.push_str(if index > 0 { "," } else { "" });
        write_canonical(text, &Value::String(name.clone()));
        text.push(':');
        write_canonical(text, value);
    }
    text.push('}');
}

impl From<Value> for Datum {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

impl From<Timestamp> for Datum {
    fn from(at: Timestamp) -> Self {
        Self::Time(at)
    }
}

impl Ord for Datum {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Value(a), Self::Value(b)) => order_values(a, b),
            (Self::Time(a), Self::Time(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Datum {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Datum {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Value(a), Self::Value(b)) => a.same(b),
            (Self::Time(a), Self::Time(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Datum {}

impl Hash for Datum {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Value(value) => state.write_u64(value.same_hash(&*STATE)),
            Self::Time(at) => at.hash(state),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Datum {
        Value::from_json(text).unwrap().into()
    }

    #[test]
    fn all_data_have_an_order() {
        let time = Datum::Time(Timestamp::parse("2026-03-01T09:00:00Z").unwrap());
        let sorted = [
            Datum::NULL,
            json("false"),
            json("true"),
            json("-1.5"),
            json("2"),
            json("10"),
            time,
            json(r#""B""#),
            json(r#""a""#),
            json("[1]"),
            json("[1, null]"),
            json("[2]"),
            json(r#"{"a": 1}"#),
            json(r#"{"b": 0}"#),
        ];
        for (index, a) in sorted.iter().enumerate() {
            for (other, b) in sorted.iter().enumerate() {
                assert_eq!(a.cmp(b), index.cmp(&other), "{a:?} {b:?}");
                assert_eq!(a == b, index == other, "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn what_is_equal_has_one_hash_and_no_order() {
        for (a, b) in [
            ("1", "1.0"),
            ("0", "-0.0"),
            (r#"{"a": 1, "b": [2.0]}"#, r#"{"b": [2], "a": 1.0}"#),
            (r#"{"a": -0.0}"#, r#"{"a": 0}"#),
        ] {
            let (a, b) = (json(a), json(b));
            let hash = |datum: &Datum| std::hash::BuildHasher::hash_one(&*STATE, datum);
            assert!(a == b && a.cmp(&b).is_eq() && hash(&a) == hash(&b), "{a:?} {b:?}");
        }
    }
}
