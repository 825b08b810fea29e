//! Operands: the values that a running condition calculates with, borrowed wherever they can be.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::BuildHasher;
use std::ops::Deref;
use std::sync::Arc;

use crate::model::{
    CompareOp, Datum, DottedVersion, Duration, Literal, Object, ReadAs, SemanticVersion, Timestamp,
    Value, compare_numbers, hash_double, hash_items, hash_members,
};

/// The result of a condition: true, false, or `None` for unknown.
pub(crate) type Truth = Option<bool>;

/// A value while a condition is evaluated; `Null` is unknown.
#[derive(Clone, Debug)]
pub(crate) enum Operand<'a> {
    Null,
    Boolean(bool),
    Integer(i64),
    Double(f64),
    Text(Cow<'a, str>),
    List(&'a [Value]),
    Object(&'a Object),
    Timestamp(Timestamp),
    Duration(Duration),
    Semver(Held<'a, SemanticVersion>),
    Version(Held<'a, DottedVersion>),
}

/// A value that is borrowed, or was made in the evaluation; as large as a reference and a word.
#[derive(Clone, Debug)]
pub(crate) enum Held<'a, T> {
    Lent(&'a T),
    Own(Box<T>),
}

impl<T> Deref for Held<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Self::Lent(value) => value,
            Self::Own(value) => value,
        }
    }
}

/// Order of two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Ordered(Ordering),
    /// Lists and objects are equal or not, without an order.
    Unordered {
        same: bool,
    },
    /// One of them is `NULL`, or is no text of the version or time that it is compared with.
    Unknown,
    /// Their types cannot be compared.
    Alien,
}

impl<'a> From<&'a Value> for Operand<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Boolean(b) => Self::Boolean(*b),
            Value::Integer(n) => Self::Integer(*n),
            Value::Double(d) => Self::Double(*d),
            Value::String(text) => Self::Text(Cow::Borrowed(text)),
            Value::List(items) => Self::List(items),
            Value::Object(members) => Self::Object(members),
        }
    }
}

impl<'a> From<&'a Datum> for Operand<'a> {
    fn from(datum: &'a Datum) -> Self {
        match datum {
            Datum::Value(value) => Self::from(value),
            Datum::Time(at) => Self::Timestamp(*at),
        }
    }
}

/// Whether a datum is a given member of a list, as `IN` sees it.
pub(crate) fn is_member(datum: &Datum, member: &Datum) -> Truth {
    Operand::from(datum).is_member(&Operand::from(member))
}

/// A datum as the instant that it is beside one; `None` if it is none.
pub(crate) fn instant(datum: &Datum) -> Option<Timestamp> {
    Operand::from(datum).as_timestamp()
}

impl From<Truth> for Operand<'_> {
    fn from(truth: Truth) -> Self {
        truth.map_or(Self::Null, Self::Boolean)
    }
}

impl<'a> Operand<'a> {
    /// A double; `Null` unless it is finite.
    pub(crate) fn finite(value: f64) -> Self {
        if value.is_finite() { Self::Double(value) } else { Self::Null }
    }

    /// An integer; `Null` if there is none.
    pub(crate) fn integer(value: Option<i64>) -> Self {
        value.map_or(Self::Null, Self::Integer)
    }

    pub(crate) fn text(value: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(value.into())
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The value as a condition: what is no boolean is unknown.
    pub(crate) fn truth(&self) -> Truth {
        if let Self::Boolean(b) = self { Some(*b) } else { None }
    }

    /// The number as a double.
    #[expect(clippy::cast_precision_loss, reason = "a whole number is read as the nearest double")]
    pub(crate) fn as_double(&self) -> Option<f64> {
        match self {
            Self::Integer(n) => Some(*n as f64),
            Self::Double(d) => Some(*d),
            _ => None,
        }
    }

    /// The value as an instant: the text of one and epoch milliseconds are read as one.
    pub(crate) fn as_timestamp(&self) -> Option<Timestamp> {
        match self {
            Self::Timestamp(at) => Some(*at),
            Self::Text(text) => Timestamp::parse(text).ok(),
            _ => self.as_double().and_then(Timestamp::from_millis),
        }
    }

    /// The value read as an instant or a version; `Null` if it is none.
    pub(crate) fn read(self, what: ReadAs) -> Self {
        let read = match (what, &self) {
            (ReadAs::Timestamp, _) => self.as_timestamp().map(Self::Timestamp),
            (ReadAs::Semver, Self::Semver(_)) | (ReadAs::Version, Self::Version(_)) => Some(self),
            (ReadAs::Semver, Self::Text(text)) => {
                SemanticVersion::parse(text).map(|v| Self::Semver(Held::Own(Box::new(v))))
            }
            (ReadAs::Version, Self::Text(text)) => {
                DottedVersion::parse(text).map(|v| Self::Version(Held::Own(Box::new(v))))
            }
            _ => None,
        };
        read.unwrap_or(Self::Null)
    }

    /// What steps lead to inside an object; `None` if there is nothing.
    pub(crate) fn inside(self, steps: &[Arc<str>]) -> Option<Self> {
        match (self, steps.split_first()) {
            (operand, None) => Some(operand),
            (Self::Object(members), Some((first, rest))) => {
                members.get(first)?.dig(rest).map(Operand::from)
            }
            _ => None,
        }
    }

    /// The name of its type in JSON; `None` for times, durations and versions.
    pub(crate) fn type_name(&self) -> Option<&'static str> {
        Some(match self {
            Self::Null => "null",
            Self::Boolean(_) => "boolean",
            Self::Integer(_) | Self::Double(_) => "number",
            Self::Text(_) => "string",
            Self::List(_) => "list",
            Self::Object(_) => "object",
            _ => return None,
        })
    }

    /// The value where text is wanted: numbers and booleans in their JSON form, whole doubles below
    /// 2^63 without a fraction. Lists, objects, times and versions have none.
    pub(crate) fn into_text(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Text(text) => Some(text),
            Self::Boolean(b) => Some(Cow::Borrowed(if b { "true" } else { "false" })),
            Self::Integer(n) => Some(Cow::Owned(n.to_string())),
            Self::Double(d) => Some(Cow::Owned(
                whole(d).map_or_else(|| Value::Double(d).to_string(), |n| n.to_string()),
            )),
            _ => None,
        }
    }

    /// Looks at the value where text is wanted, as [`Self::into_text`] has it; whole numbers take no memory.
    pub(crate) fn with_text<T>(self, look: impl FnOnce(&str) -> T) -> Option<T> {
        let number = match self {
            Self::Integer(n) => Some(n),
            Self::Double(d) => whole(d),
            _ => None,
        };
        match number {
            Some(n) => Some(look(itoa::Buffer::new().format(n))),
            None => self.into_text().map(|text| look(&text)),
        }
    }

    /// Compares by value; unknown if the types cannot be compared.
    pub(crate) fn compare(&self, op: CompareOp, other: &Operand<'_>) -> Truth {
        match (relation(self, other), op) {
            (Relation::Ordered(order), _) => Some(op.holds(order)),
            (Relation::Unordered { same }, CompareOp::Equal) => Some(same),
            (Relation::Unordered { same }, CompareOp::NotEqual) => Some(!same),
            _ => None,
        }
    }

    /// Whether the value is a given member: one of another type is not, of `NULL` it is unknown.
    pub(crate) fn is_member(&self, member: &Operand<'_>) -> Truth {
        match relation(self, member) {
            Relation::Ordered(order) => Some(order == Ordering::Equal),
            Relation::Unordered { same } => Some(same),
            Relation::Unknown => None,
            Relation::Alien => Some(false),
        }
    }

    /// Whether a text has a text in it, or a list a member.
    pub(crate) fn contains(&self, item: &Operand<'_>) -> Truth {
        match (self, item) {
            (Self::Null, _) | (_, Operand::Null) => None,
            (Self::Text(text), Operand::Text(part)) => Some(text.contains(&**part)),
            (Self::Text(_), _) => Some(false),
            (Self::List(items), _) => {
                let member = |v: &Value| Operand::from(v).is_same(item);
                Some(items.iter().any(member))
            }
            _ => None,
        }
    }

    /// Equality of JSON values, without reading text as anything else.
    pub(super) fn is_same(&self, other: &Operand<'_>) -> bool {
        match (self, other) {
            (Self::Boolean(a), Operand::Boolean(b)) => a == b,
            (Self::Text(a), Operand::Text(b)) => a == b,
            (Self::List(a), Operand::List(b)) => same_lists(a, b),
            (Self::Object(a), Operand::Object(b)) => same_objects(a, b),
            _ => numbers(self, other) == Some(Ordering::Equal),
        }
    }

    /// A hash that is that of every operand that is the same; times, durations and versions are the same as none.
    pub(super) fn same_hash(&self, state: &impl BuildHasher) -> u64 {
        match self {
            Self::Boolean(b) => state.hash_one(b),
            Self::Integer(n) => state.hash_one(n),
            Self::Double(n) => hash_double(*n, state),
            Self::Text(text) => state.hash_one(&**text),
            Self::List(items) => hash_items(items, state),
            Self::Object(members) => hash_members(members, state),
            _ => state.hash_one(()),
        }
    }

    /// The value in a row of a query; durations and versions are none.
    pub(crate) fn into_datum(self) -> Datum {
        match self {
            Self::Timestamp(at) => Datum::Time(at),
            other => Datum::Value(other.to_value().unwrap_or_default()),
        }
    }

    /// The value as a value of a key; `None` for times, durations and versions.
    pub(crate) fn to_value(&self) -> Option<Value> {
        Some(match self {
            Self::Null => Value::Null,
            Self::Boolean(b) => Value::Boolean(*b),
            Self::Integer(n) => Value::Integer(*n),
            Self::Double(d) => Value::Double(*d),
            Self::Text(text) => Value::String((&**text).into()),
            Self::List(items) => Value::List((*items).into()),
            Self::Object(members) => Value::from((*members).clone()),
            _ => return None,
        })
    }
}

/// A double as the whole number that it is, if it is one of 64 bits; -0.0 is 0.
#[expect(clippy::cast_possible_truncation, reason = "it is whole and below 2^63 there")]
pub(crate) fn whole(value: f64) -> Option<i64> {
    const TWO_63: f64 = 9_223_372_036_854_775_808.0;
    (value.fract() == 0.0 && value.abs() < TWO_63).then_some(value as i64)
}

fn relation(a: &Operand<'_>, b: &Operand<'_>) -> Relation {
    use Operand as O;
    match (a, b) {
        (O::Null, _) | (_, O::Null) => Relation::Unknown,
        (O::Text(a), O::Text(b)) => Relation::Ordered(a.cmp(b)),
        (O::Boolean(a), O::Boolean(b)) => Relation::Ordered(a.cmp(b)),
        (O::Duration(a), O::Duration(b)) => Relation::Ordered(a.cmp(b)),
        (O::List(a), O::List(b)) => Relation::Unordered { same: same_lists(a, b) },
        (O::Object(a), O::Object(b)) => Relation::Unordered { same: same_objects(a, b) },
        (O::List(_), O::Object(_)) | (O::Object(_), O::List(_)) => {
            Relation::Unordered { same: false }
        }
        (O::Timestamp(_), _) | (_, O::Timestamp(_)) => times(a, b),
        (O::Semver(_) | O::Version(_), _) | (_, O::Semver(_) | O::Version(_)) => versions(a, b),
        _ => numbers(a, b).map_or(Relation::Alien, Relation::Ordered),
    }
}

fn numbers(a: &Operand<'_>, b: &Operand<'_>) -> Option<Ordering> {
    let number = |operand: &Operand<'_>| match operand {
        Operand::Integer(n) => Some(Value::Integer(*n)),
        Operand::Double(d) => Some(Value::Double(*d)),
        _ => None,
    };
    compare_numbers(&number(a)?, &number(b)?)
}

fn times(a: &Operand<'_>, b: &Operand<'_>) -> Relation {
    if let (Some(a), Some(b)) = (a.as_timestamp(), b.as_timestamp()) {
        return Relation::Ordered(a.cmp(&b));
    }
    unread(a, b, |o| {
        matches!(o, Operand::Timestamp(_) | Operand::Text(_)) || o.as_double().is_some()
    })
}

fn versions(a: &Operand<'_>, b: &Operand<'_>) -> Relation {
    use Operand as O;
    let order = match (a, b) {
        (O::Semver(a), O::Semver(b)) => Some((**a).cmp(b)),
        (O::Version(a), O::Version(b)) => Some((**a).cmp(b)),
        (O::Semver(a), O::Text(b)) => SemanticVersion::parse(b).map(|b| (**a).cmp(&b)),
        (O::Text(a), O::Semver(b)) => SemanticVersion::parse(a).map(|a| a.cmp(b)),
        (O::Version(a), O::Text(b)) => DottedVersion::parse(b).map(|b| (**a).cmp(&b)),
        (O::Text(a), O::Version(b)) => DottedVersion::parse(a).map(|a| a.cmp(b)),
        _ => return Relation::Alien,
    };
    order.map_or(Relation::Unknown, Relation::Ordered)
}

/// What could not be read is unknown; what is of no readable type is alien.
fn unread(a: &Operand<'_>, b: &Operand<'_>, readable: impl Fn(&Operand<'_>) -> bool) -> Relation {
    if readable(a) && readable(b) { Relation::Unknown } else { Relation::Alien }
}

fn same_lists(a: &[Value], b: &[Value]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b))
}

fn same_objects(a: &Object, b: &Object) -> bool {
    a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| a.same(b)))
}

/// Writes the value as a literal, for `EXPLAIN`.
impl fmt::Display for Operand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Boolean(b) => f.write_str(if *b { "TRUE" } else { "FALSE" }),
            Self::Text(text) => Literal::from(&**text).fmt(f),
            Self::Timestamp(at) => write!(f, "TIMESTAMP '{at}'"),
            Self::Duration(duration) => f.write_str(&duration.to_text()),
            Self::Semver(version) => write!(f, "SEMVER '{}'", **version),
            Self::Version(version) => write!(f, "VERSION '{}'", **version),
            _ => self.to_value().unwrap_or_default().fmt(f),
        }
    }
}
