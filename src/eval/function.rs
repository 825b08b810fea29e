//! Functions of conditions: their signatures and results.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::bucket::Bucketer;
use super::hash::Algorithm;
use super::literal::{Type, bad_literal, literal_text, mismatch, seed};
use super::number::{trim_cow, whole_quotient};
use super::operand::Operand;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::TEXT_BYTES;
use crate::model::{ArithmeticOp, Expr};

/// Kind of argument that a function wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wants {
    Any,
    String,
    Number,
    Json,
    Timestamp,
    /// What has a text form: strings, numbers and booleans.
    Text,
    /// A literal time zone.
    Zone,
    /// A literal range of addresses.
    Cidr,
    /// A literal text.
    Salt,
    /// A literal name of a hash.
    Algorithm,
    /// A literal seed that the hash takes.
    Seed,
    Modulus,
    Bits,
}

impl fmt::Display for Wants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "anything",
            Self::String => "a string",
            Self::Number | Self::Modulus | Self::Bits => "a number",
            Self::Json => "a list",
            Self::Timestamp => "a timestamp",
            Self::Text => "a string, a number or a boolean",
            Self::Zone => "the name of a time zone as a literal",
            Self::Cidr => "a range of addresses as a literal",
            Self::Salt => "a salt as a literal",
            Self::Algorithm => "the name of a hash as a literal",
            Self::Seed => "a seed as a literal",
        })
    }
}

/// Signature of a function: what it takes and gives.
#[derive(Debug)]
pub(super) struct Signature {
    pub(super) name: &'static str,
    pub(super) wants: &'static [Wants],
    /// Number of arguments that may be left out, from the last.
    optional: usize,
    /// The type of the result, where it is always the same.
    pub(super) result: Option<Type>,
}

const fn signature(name: &'static str, wants: &'static [Wants], result: Type) -> Signature {
    Signature { name, wants, optional: 0, result: Some(result) }
}

static SIGNATURES: [Signature; 24] = {
    use Type as T;
    use Wants as W;
    [
        signature("LOWER", &[W::String], T::String),
        signature("UPPER", &[W::String], T::String),
        signature("TRIM", &[W::String], T::String),
        signature("LENGTH", &[W::String], T::Number),
        signature("SUBSTR", &[W::String, W::Number, W::Number], T::String),
        signature("REPLACE", &[W::String, W::String, W::String], T::String),
        Signature { name: "COALESCE", wants: &[W::Any], optional: 0, result: None },
        Signature { name: "IF", wants: &[W::Any, W::Any, W::Any], optional: 0, result: None },
        signature("ABS", &[W::Number], T::Number),
        signature("FLOOR", &[W::Number], T::Number),
        signature("CEIL", &[W::Number], T::Number),
        signature("ROUND", &[W::Number], T::Number),
        signature("MOD", &[W::Number, W::Number], T::Number),
        signature("DIV", &[W::Number, W::Number], T::Number),
        signature("SIZE", &[W::Json], T::Number),
        signature("NOW", &[], T::Timestamp),
        signature("HOUR", &[W::Timestamp, W::Zone], T::Number),
        signature("WEEKDAY", &[W::Timestamp, W::Zone], T::Number),
        signature("IP_IN", &[W::String, W::Cidr], T::Boolean),
        signature("DISTANCE_KM", &[W::Number, W::Number, W::Number, W::Number], T::Number),
        signature("BUCKET", &[W::Salt, W::Text], T::Number),
        Signature {
            optional: 1,
            ..signature("HASH", &[W::Algorithm, W::Text, W::Seed], T::Number)
        },
        Signature {
            optional: 1,
            ..signature("HASH_MOD", &[W::Algorithm, W::Text, W::Modulus, W::Bits], T::Number)
        },
        signature("HASH_HEX", &[W::Algorithm, W::Text], T::String),
    ]
};

impl Signature {
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        SIGNATURES.iter().find(|signature| signature.name == name)
    }

    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        SIGNATURES.iter().map(|signature| signature.name)
    }

    /// Refuses a wrong number of arguments.
    pub(super) fn count(&self, found: usize) -> Result<()> {
        let (most, least) = (self.wants.len(), self.wants.len() - self.optional);
        let open = self.name == "COALESCE";
        if found >= least && (open || found <= most) {
            return Ok(());
        }
        let s = if most == 1 { "" } else { "s" };
        let wanted = match (open, most) {
            (true, _) => "one argument or more".to_owned(),
            (_, 0) => "no arguments".to_owned(),
            _ if least < most => format!("{least} or {most} arguments"),
            _ => format!("{most} argument{s}"),
        };
        let kind = ErrorKind::ArgumentCount { function: self.name.to_owned(), wanted, found };
        Err(Error::new(kind))
    }
}

/// Refuses an argument that must be a literal and is none, or a wrong one.
pub(super) fn prepared(name: &str, wants: Wants, expr: &Expr) -> Result<()> {
    let Some(text) = literal_text(expr) else {
        return Err(mismatch(name, wants.to_string(), format!("`{expr}`"), expr.span));
    };
    match wants {
        Wants::Zone => zone(text, expr).map(drop),
        Wants::Cidr => cidr(text, expr).map(drop),
        Wants::Algorithm => algorithm(text, expr).map(drop),
        _ => Ok(()),
    }
}

fn zone(text: &str, expr: &Expr) -> Result<TimeZone> {
    let why = "the names are those of the IANA, such as 'Europe/Paris'";
    TimeZone::get(text).map_err(|_| bad_literal("time zone", text, why, expr.span))
}

/// Reads `address[/bits]`; host bits are ignored, and a bare address is a range of itself.
fn cidr(text: &str, expr: &Expr) -> Result<IpNet> {
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
    read().ok_or_else(|| bad_literal("range of addresses", text, why, expr.span))
}

fn algorithm(text: &str, expr: &Expr) -> Result<Algorithm> {
    let names = Algorithm::ALL.map(Algorithm::name);
    Algorithm::named(text).ok_or_else(|| {
        let why = format!("the hashes are {}", names.join(", "));
        bad_literal("hash algorithm", text, why, expr.span).suggest(text, names)
    })
}

/// A function with what is the same in every call.
#[derive(Clone, Debug)]
pub(super) enum Function {
    Coalesce,
    If,
    Now,
    Lower,
    Upper,
    Trim,
    Length,
    Substr,
    Replace,
    Abs,
    Floor,
    Ceil,
    Round,
    Mod,
    Div,
    Size,
    Hour(TimeZone),
    Weekday(TimeZone),
    IpIn(IpNet),
    DistanceKm,
    Bucket(Bucketer),
    Hash(Algorithm, u64),
    HashMod(Algorithm),
    HashHex(Algorithm),
}

impl Function {
    /// Prepares a function for its literal arguments. A name that does not exist is refused again,
    /// though the check has done so.
    pub(super) fn prepare(name: &str, arguments: &[Expr]) -> Result<Self> {
        let nullary = match name {
            "COALESCE" => Self::Coalesce,
            "IF" => Self::If,
            "NOW" => Self::Now,
            "LOWER" => Self::Lower,
            "UPPER" => Self::Upper,
            "TRIM" => Self::Trim,
            "LENGTH" => Self::Length,
            "SUBSTR" => Self::Substr,
            "REPLACE" => Self::Replace,
            "ABS" => Self::Abs,
            "FLOOR" => Self::Floor,
            "CEIL" => Self::Ceil,
            "ROUND" => Self::Round,
            "MOD" => Self::Mod,
            "DIV" => Self::Div,
            "SIZE" => Self::Size,
            "DISTANCE_KM" => Self::DistanceKm,
            _ => return Self::prepare_literals(name, arguments),
        };
        Ok(nullary)
    }

    fn prepare_literals(name: &str, arguments: &[Expr]) -> Result<Self> {
        let unknown = || Error::new(ErrorKind::UnknownFunction { name: name.to_owned() });
        let nth = |n: usize| {
            let expr = arguments.get(n).ok_or_else(unknown)?;
            Ok::<_, Error>((literal_text(expr).ok_or_else(unknown)?, expr))
        };
        let hash = || nth(0).and_then(|(text, expr)| algorithm(text, expr));
        Ok(match name {
            "HOUR" => nth(1).and_then(|(text, expr)| zone(text, expr)).map(Self::Hour)?,
            "WEEKDAY" => nth(1).and_then(|(text, expr)| zone(text, expr)).map(Self::Weekday)?,
            "IP_IN" => nth(1).and_then(|(text, expr)| cidr(text, expr)).map(Self::IpIn)?,
            "BUCKET" => nth(0).map(|(text, _)| Self::Bucket(Bucketer::new(text)))?,
            "HASH" => {
                let algorithm = hash()?;
                let seed = arguments.get(2).map(|expr| seed(Some(algorithm), expr));
                Self::Hash(algorithm, seed.transpose()?.unwrap_or(0))
            }
            "HASH_MOD" => hash().map(Self::HashMod)?,
            "HASH_HEX" => hash().map(Self::HashHex)?,
            _ => return Err(unknown()),
        })
    }

    /// Calls the function. `COALESCE`, `IF` and `NOW` are the evaluator's: they need more than operands.
    pub(super) fn call<'a>(&'a self, arguments: [Operand<'a>; 4], count: usize) -> Operand<'a> {
        if arguments.iter().take(count).any(Operand::is_null) {
            return Operand::Null;
        }
        let [a, b, c, d] = arguments;
        match self {
            Self::Coalesce | Self::If | Self::Now => Operand::Null,
            Self::Lower
            | Self::Upper
            | Self::Trim
            | Self::Length
            | Self::Substr
            | Self::Replace => self.of_text(a, &b, &c),
            Self::Abs | Self::Floor | Self::Ceil | Self::Round => self.round(&a),
            Self::Mod => match (&a, &b) {
                (
                    Operand::Integer(_) | Operand::Double(_),
                    Operand::Integer(_) | Operand::Double(_),
                ) => super::number::arithmetic(ArithmeticOp::Remainder, a, b),
                _ => Operand::Null,
            },
            Self::Div => Operand::integer(whole_quotient(&a, &b)),
            Self::Size => match a {
                Operand::List(items) => Operand::integer(i64::try_from(items.len()).ok()),
                _ => Operand::Null,
            },
            Self::Hour(zone) => {
                local(&a, zone).map_or(Operand::Null, |t| Operand::Integer(t.hour().into()))
            }
            Self::Weekday(zone) => local(&a, zone).map_or(Operand::Null, |t| {
                Operand::Integer(t.date().weekday().to_monday_one_offset().into())
            }),
            Self::IpIn(range) => Operand::from(is_in_range(&a, range)),
            Self::DistanceKm => distance_km([a, b, c, d]).map_or(Operand::Null, Operand::finite),
            Self::Bucket(_) | Self::Hash(..) | Self::HashMod(_) | Self::HashHex(_) => {
                let more = (count > 3).then_some(&d);
                b.with_text(|text| self.hash(text, &c, more)).unwrap_or(Operand::Null)
            }
        }
    }

    fn of_text<'a>(&self, text: Operand<'a>, b: &Operand<'a>, c: &Operand<'a>) -> Operand<'a> {
        let Operand::Text(text) = text else {
            return Operand::Null;
        };
        match (self, b, c) {
            (Self::Lower, ..) => Operand::text(text.to_lowercase()),
            (Self::Upper, ..) => Operand::text(text.to_uppercase()),
            (Self::Trim, ..) => Operand::Text(trim_cow(text)),
            (Self::Length, ..) => Operand::integer(i64::try_from(text.chars().count()).ok()),
            (Self::Substr, Operand::Integer(from), Operand::Integer(count)) => {
                substr(text, *from, *count)
            }
            (Self::Replace, Operand::Text(from), Operand::Text(to)) => replace(text, from, to),
            _ => Operand::Null,
        }
    }

    /// The functions of one number; they keep its type, and give no negative zero.
    fn round(&self, a: &Operand<'_>) -> Operand<'static> {
        match (self, a) {
            (Self::Abs, Operand::Integer(n)) => Operand::integer(n.checked_abs()),
            (_, Operand::Integer(n)) => Operand::Integer(*n),
            (Self::Abs, Operand::Double(d)) => Operand::Double(d.abs()),
            (Self::Floor, Operand::Double(d)) => Operand::Double(d.floor() + 0.0),
            (Self::Ceil, Operand::Double(d)) => Operand::Double(d.ceil() + 0.0),
            (Self::Round, Operand::Double(d)) => Operand::Double(d.round() + 0.0),
            _ => Operand::Null,
        }
    }

    fn hash(
        &self,
        text: &str,
        third: &Operand<'_>,
        bits: Option<&Operand<'_>>,
    ) -> Operand<'static> {
        match self {
            Self::Bucket(salt) => Operand::Integer(salt.bucket(text).into()),
            Self::Hash(algorithm, seed) => Operand::Integer(algorithm.digest(text, *seed).number()),
            Self::HashMod(algorithm) => Operand::integer(hash_mod(*algorithm, text, third, bits)),
            Self::HashHex(algorithm) => Operand::text(algorithm.digest(text, 0).hex()),
            _ => Operand::Null,
        }
    }
}

fn hash_mod(
    algorithm: Algorithm,
    text: &str,
    modulus: &Operand<'_>,
    bits: Option<&Operand<'_>>,
) -> Option<i64> {
    let Operand::Integer(modulus) = modulus else {
        return None;
    };
    let modulus = u64::try_from(*modulus).ok().filter(|m| *m > 0)?;
    let bits = match bits {
        None => algorithm.bits(),
        Some(Operand::Integer(bits)) => u32::try_from(*bits).ok()?,
        Some(_) => return None,
    };
    let known = (1..=algorithm.bits()).contains(&bits);
    known.then(|| algorithm.digest(text, 0).modulo(modulus, bits)).flatten()
}

/// Replaces one text by another; the length is known before anything is made.
fn replace<'a>(text: Cow<'a, str>, from: &str, to: &str) -> Operand<'a> {
    if from.is_empty() {
        return Operand::Text(text);
    }
    let matches = text.matches(from).count();
    let length =
        (text.len() - matches * from.len()).saturating_add(matches.saturating_mul(to.len()));
    if length > TEXT_BYTES {
        return Operand::Null;
    }
    Operand::text(text.replace(from, to))
}

/// The code points `from .. from + count`, counted from 1; those before the first count too.
fn substr(text: Cow<'_, str>, from: i64, count: i64) -> Operand<'_> {
    if count < 0 {
        return Operand::Null;
    }
    let end = i128::from(from) + i128::from(count) - 1;
    let start = i128::from(from.max(1)) - 1;
    let position = |n: i128| usize::try_from(n.max(0)).unwrap_or(usize::MAX);
    let offset = |n: usize| text.char_indices().nth(n).map_or(text.len(), |(at, _)| at);
    let (start, end) = (offset(position(start)), offset(position(end)));
    let range = start..end.max(start);
    match text {
        Cow::Borrowed(text) => Operand::text(text.get(range).unwrap_or_default()),
        Cow::Owned(text) => Operand::text(text.get(range).unwrap_or_default().to_owned()),
    }
}

fn local(at: &Operand<'_>, zone: &TimeZone) -> Option<DateTime> {
    at.as_timestamp().map(|at| at.in_zone(zone))
}

fn is_in_range(address: &Operand<'_>, range: &IpNet) -> Option<bool> {
    let Operand::Text(text) = address else {
        return None;
    };
    let address: IpAddr = text.parse().ok()?;
    Some(range.contains(&address)) // never across IPv4 and IPv6
}

/// The great-circle distance by the haversine formula, on a sphere of the earth's mean radius.
fn distance_km(degrees: [Operand<'_>; 4]) -> Option<f64> {
    const RADIUS_KM: f64 = 6371.0088;
    let [lat, lon, lat2, lon2] = degrees;
    let radians = |operand: Operand<'_>| operand.as_double().map(f64::to_radians);
    let (lat, lon) = (radians(lat)?, radians(lon)?);
    let (lat2, lon2) = (radians(lat2)?, radians(lon2)?);
    let half = |angle: f64| (angle / 2.0).sin().powi(2);
    let haversine = half(lat2 - lat) + lat.cos() * lat2.cos() * half(lon2 - lon);
    Some(2.0 * RADIUS_KM * haversine.min(1.0).sqrt().asin())
}
