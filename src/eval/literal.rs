//! Types of expressions, and literals that are read when a condition is stored.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use jiff::tz::TimeZone;

use super::hash::Algorithm;
use crate::error::{Error, ErrorKind, Result, Short};
use crate::model::{
    Aggregate, AttributeType, DottedVersion, Expr, ExprKind, KeyType, Literal, ReadAs,
    SemanticVersion, Span, Timestamp, Unit, Value,
};

/// The type of an expression, where it is known before any user is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Null,
    Boolean,
    Number,
    String,
    Json,
    Timestamp,
    Duration,
    Semver,
    Version,
    /// What comes as it is, and is read as something where it is compared: a declared attribute.
    Declared(ReadAs),
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.compared() {
            Self::Null => "NULL",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Json => "a list or object",
            Self::Timestamp => "a timestamp",
            Self::Duration => "a duration",
            Self::Semver => "a semantic version",
            Self::Version | Self::Declared(_) => "a dotted version",
        })
    }
}

impl Type {
    pub(super) fn of_key(kind: KeyType) -> Option<Self> {
        match kind {
            KeyType::Boolean => Some(Self::Boolean),
            KeyType::Integer | KeyType::Double => Some(Self::Number),
            KeyType::String => Some(Self::String),
            KeyType::Json => None,
        }
    }

    /// The type of a declared attribute; `None` if it may be anything.
    pub(crate) fn of_attribute(kind: AttributeType) -> Option<Self> {
        Some(match kind {
            AttributeType::Boolean => Self::Boolean,
            AttributeType::Integer | AttributeType::Double => Self::Number,
            AttributeType::String => Self::String,
            AttributeType::Timestamp => Self::Declared(ReadAs::Timestamp),
            AttributeType::Semver => Self::Declared(ReadAs::Semver),
            AttributeType::Version => Self::Declared(ReadAs::Version),
            AttributeType::Json => return None,
        })
    }

    pub(super) fn of_reading(what: ReadAs) -> Self {
        match what {
            ReadAs::Timestamp => Self::Timestamp,
            ReadAs::Semver => Self::Semver,
            ReadAs::Version => Self::Version,
        }
    }

    pub(super) fn of_aggregate(aggregate: Aggregate) -> Option<Self> {
        match aggregate {
            Aggregate::Did => Some(Self::Boolean),
            Aggregate::First | Aggregate::Last => Some(Self::Timestamp),
            Aggregate::Favorite => None,
            _ => Some(Self::Number),
        }
    }

    pub(super) fn of_value(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Boolean(_) => Self::Boolean,
            Value::Integer(_) | Value::Double(_) => Self::Number,
            Value::String(_) => Self::String,
            Value::List(_) | Value::Object(_) => Self::Json,
        }
    }

    /// The type that it has where it is compared.
    pub(super) fn compared(self) -> Self {
        match self {
            Self::Declared(what) => Self::of_reading(what),
            other => other,
        }
    }

    /// Whether it is text where text is wanted.
    pub(super) fn is_text(self) -> bool {
        matches!(self, Self::String | Self::Declared(_))
    }

    /// Whether a value of another type is read as one of this type.
    pub(super) fn reads(self, other: Self) -> bool {
        let (made, other) = (self.compared(), other.compared());
        made == other
            || match made {
                Self::Timestamp => matches!(other, Self::String | Self::Number),
                Self::Semver | Self::Version => other == Self::String,
                _ => false,
            }
    }
}

/// What an expression is read as by its form, so that a text beside it is read as that, too.
pub(super) fn reading(expr: &Expr) -> Option<ReadAs> {
    match &expr.node {
        ExprKind::Read { what, .. } => Some(*what),
        _ => None,
    }
}

/// Reads the text of a literal.
pub(super) fn timestamp(text: &str, span: Span) -> Result<Timestamp> {
    Timestamp::parse(text).map_err(|error| Error::from(error).at(span))
}

pub(super) fn semver(text: &str, span: Span) -> Result<SemanticVersion> {
    let why = "it has the form '5.2.0', '5.2' or '5.2.0-beta.1'";
    SemanticVersion::parse(text).ok_or_else(|| bad_literal("semantic version", text, why, span))
}

pub(super) fn version(text: &str, span: Span) -> Result<DottedVersion> {
    let why = "it has one to eight whole numbers with dots between them";
    DottedVersion::parse(text).ok_or_else(|| bad_literal("version", text, why, span))
}

pub(super) fn bad_literal(
    what: &'static str,
    text: &str,
    why: impl Into<String>,
    span: Span,
) -> Error {
    let text = text.to_owned();
    Error::new(ErrorKind::BadLiteral { what, text, why: why.into() }).at(span)
}

pub(super) fn mismatch(
    place: impl Into<String>,
    wanted: impl Into<String>,
    found: impl fmt::Display,
    span: Span,
) -> Error {
    let (place, wanted, found) = (place.into(), wanted.into(), found.to_string());
    Error::new(ErrorKind::Type { place, wanted, found }).at(span)
}

/// The error for a parameter that was given no value.
pub(crate) fn unknown_parameter(name: &str) -> Error {
    let error = Error::new(ErrorKind::UnknownParameter { name: name.to_owned() });
    let name = Short(name);
    error.hint(format!("give it one with `-v {name}=…`, or when the prepared statement is run"))
}

/// What stands where a literal is wanted.
pub(super) fn found(expr: &Expr) -> String {
    literal(expr).map_or_else(|| "no literal".to_owned(), |_| expr.to_string())
}

/// The literal text that an expression is, if it is one.
pub(super) fn literal_text(expr: &Expr) -> Option<&str> {
    literal(expr).and_then(Value::as_str)
}

/// The literal that an expression is, if it is one.
pub(super) fn literal(expr: &Expr) -> Option<&Value> {
    match &expr.node {
        ExprKind::Literal(Literal::Value(value)) => Some(value),
        _ => None,
    }
}

pub(super) fn zone(text: &str, span: Span) -> Result<TimeZone> {
    let why = "the names are those of the IANA, such as 'Europe/Paris'";
    TimeZone::get(text).map_err(|_| bad_literal("time zone", text, why, span))
}

pub(super) fn unit(text: &str, span: Span) -> Result<Unit> {
    let names = Unit::ALL.map(Unit::name);
    let found = Unit::ALL.into_iter().find(|unit| unit.name() == text);
    found.ok_or_else(|| {
        let why = format!("the units are {}", names.join(", "));
        bad_literal("unit", text, why, span).suggest(text, names)
    })
}

/// Reads `address[/bits]`; host bits are ignored, and a bare address is a range of itself.
pub(super) fn cidr(text: &str, expr: &Expr) -> Result<IpNet> {
    let read = || {
        let Some((address, bits)) = text.split_once('/') else {
            return text.parse::<IpAddr>().ok().map(IpNet::from);
        };
        let digits = (1..=3).contains(&bits.len()) && bits.bytes().all(|b| b.is_ascii_digit());
        let bits = if digits {
            bits.parse().ok()?
        } else {
            return None;
        };
        IpNet::new(address.parse().ok()?, bits).ok()
    };
    let why = "it has the form '10.0.0.0/8' or '2001:db8::/32'";
    read().map(unmapped).ok_or_else(|| bad_literal("range of addresses", text, why, expr.span))
}

/// A range within the IPv6 addresses that stand for those of IPv4, as the range of IPv4 that it is.
fn unmapped(range: IpNet) -> IpNet {
    let IpNet::V6(mapped) = range else { return range };
    let address = mapped.network().to_ipv4_mapped();
    let bits = mapped.prefix_len().checked_sub(96);
    let ipv4 = address.zip(bits).and_then(|(address, bits)| IpNet::new(address.into(), bits).ok());
    ipv4.unwrap_or(range)
}

pub(super) fn algorithm(text: &str, expr: &Expr) -> Result<Algorithm> {
    let names = Algorithm::ALL.map(Algorithm::name);
    Algorithm::named(text).ok_or_else(|| {
        let why = format!("the hashes are {}", names.join(", "));
        bad_literal("hash algorithm", text, why, expr.span).suggest(text, names)
    })
}

/// Reads the seed of a hash, which must be one that it takes.
pub(super) fn seed(algorithm: Option<Algorithm>, expr: &Expr) -> Result<u64> {
    let Some(largest) = algorithm.and_then(Algorithm::largest_seed) else {
        let error = mismatch("this hash", "no seed", "one", expr.span);
        return Err(error.hint("`murmur3`, `murmur3-cbor` and `xxh3` take one"));
    };
    let number = literal(expr).and_then(Value::as_integer).filter(|n| *n <= largest);
    let seed = number.and_then(|n| u64::try_from(n).ok());
    seed.ok_or_else(|| {
        let wanted = format!("an integer from 0 to {largest}");
        mismatch("the seed", wanted, found(expr), expr.span).hint("write a number such as `42`")
    })
}
