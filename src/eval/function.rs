//! Functions of conditions: their preparation and results.

use std::borrow::Cow;
use std::net::IpAddr;

use caseless::default_case_fold_str;
use ipnet::IpNet;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use unicode_normalization::{UnicodeNormalization as _, is_nfc};

use super::bucket::Bucketer;
use super::hash::Algorithm;
use super::literal::{algorithm, cidr, literal_text, seed, unit, zone};
use super::number::{absolute, trim_cow, whole_quotient};
use super::operand::Operand;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::TEXT_BYTES;
use crate::model::{ArithmeticOp, Expr, Timestamp, Unit};

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
    Element,
    Type,
    Normalize,
    Casefold,
    ToTimestamp(TimeZone),
    AddMonths(TimeZone),
    Hour(TimeZone),
    Weekday(TimeZone),
    IpIn(IpNet),
    DistanceKm,
    Bucket(Bucketer),
    Hash(Algorithm, u64),
    HashMod(Algorithm),
    HashHex(Algorithm),
    DateTrunc(Unit, TimeZone),
    Epoch,
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
            "ELEMENT" => Self::Element,
            "TYPE" => Self::Type,
            "NORMALIZE" => Self::Normalize,
            "CASEFOLD" => Self::Casefold,
            "DISTANCE_KM" => Self::DistanceKm,
            "EPOCH" => Self::Epoch,
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
        let zone = |n| nth(n).and_then(|(text, expr)| zone(text, expr.span));
        Ok(match name {
            "TO_TIMESTAMP" => zone(1).map(Self::ToTimestamp)?,
            "ADD_MONTHS" => zone(2).map(Self::AddMonths)?,
            "HOUR" => zone(1).map(Self::Hour)?,
            "WEEKDAY" => zone(1).map(Self::Weekday)?,
            "IP_IN" => nth(1).and_then(|(text, expr)| cidr(text, expr)).map(Self::IpIn)?,
            "BUCKET" => nth(0).map(|(text, _)| Self::Bucket(Bucketer::new(text)))?,
            "HASH" => {
                let algorithm = hash()?;
                let seed = arguments.get(2).map(|expr| seed(Some(algorithm), expr));
                Self::Hash(algorithm, seed.transpose()?.unwrap_or(0))
            }
            "HASH_MOD" => hash().map(Self::HashMod)?,
            "HASH_HEX" => hash().map(Self::HashHex)?,
            "DATE_TRUNC" => {
                let unit = nth(0).and_then(|(text, expr)| unit(text, expr.span))?;
                let zone = if arguments.len() > 2 { zone(2)? } else { TimeZone::UTC };
                Self::DateTrunc(unit, zone)
            }
            _ => return Err(unknown()),
        })
    }

    /// Calls the function. `COALESCE`, `IF`, `NOW` and `TYPE` are the evaluator's: they need more than operands.
    pub(super) fn call<'a>(&'a self, arguments: [Operand<'a>; 4], count: usize) -> Operand<'a> {
        if arguments.iter().take(count).any(Operand::is_null) {
            return Operand::Null;
        }
        let [a, b, c, d] = arguments;
        match self {
            Self::Coalesce | Self::If | Self::Now | Self::Type => Operand::Null,
            Self::Lower
            | Self::Upper
            | Self::Trim
            | Self::Length
            | Self::Substr
            | Self::Replace
            | Self::Normalize
            | Self::Casefold
            | Self::ToTimestamp(_) => self.of_text(a, &b, &c),
            Self::Abs => absolute(&a),
            Self::Floor | Self::Ceil | Self::Round => self.round(&a),
            Self::Mod => remainder(a, b),
            Self::Div => Operand::integer(whole_quotient(&a, &b)),
            Self::Size => size(&a),
            Self::Element => element(&a, &b),
            Self::AddMonths(zone) => match (a.as_timestamp(), b) {
                (Some(at), Operand::Integer(months)) => {
                    at.add_months(months, zone).map_or(Operand::Null, Operand::Timestamp)
                }
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
            Self::DateTrunc(unit, zone) => {
                let begun = b.as_timestamp().and_then(|at| at.begin_of(*unit, zone));
                begun.map_or(Operand::Null, Operand::Timestamp)
            }
            Self::Epoch => {
                a.as_timestamp().map_or(Operand::Null, |at| Operand::finite(at.as_secs()))
            }
            Self::Bucket(salt) => b
                .with_text(|text| salt.bucket(text))
                .map_or(Operand::Null, |n| Operand::Integer(n.into())),
            Self::Hash(algorithm, _) | Self::HashMod(algorithm) | Self::HashHex(algorithm) => {
                let more = (count > 3).then_some(&d);
                let hashed = algorithm.with_bytes(b, |bytes| self.hash(bytes, &c, more));
                hashed.unwrap_or(Operand::Null)
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
            (Self::Normalize, ..) => Operand::Text(normalized(text)),
            (Self::Casefold, ..) => Operand::text(default_case_fold_str(&normalized(text))),
            (Self::ToTimestamp(zone), ..) => {
                Timestamp::parse_in(&text, zone).map_or(Operand::Null, Operand::Timestamp)
            }
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
            (_, Operand::Integer(n)) => Operand::Integer(*n),
            (Self::Floor, Operand::Double(d)) => Operand::Double(d.floor() + 0.0),
            (Self::Ceil, Operand::Double(d)) => Operand::Double(d.ceil() + 0.0),
            (Self::Round, Operand::Double(d)) => Operand::Double(d.round() + 0.0),
            _ => Operand::Null,
        }
    }

    fn hash(
        &self,
        bytes: &[u8],
        third: &Operand<'_>,
        bits: Option<&Operand<'_>>,
    ) -> Operand<'static> {
        match self {
            Self::Hash(algorithm, seed) => {
                Operand::Integer(algorithm.digest(bytes, *seed).number())
            }
            Self::HashMod(algorithm) => Operand::integer(hash_mod(*algorithm, bytes, third, bits)),
            Self::HashHex(algorithm) => Operand::text(algorithm.digest(bytes, 0).hex()),
            _ => Operand::Null,
        }
    }
}

fn hash_mod(
    algorithm: Algorithm,
    bytes: &[u8],
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
    known.then(|| algorithm.digest(bytes, 0).modulo(modulus, bits)).flatten()
}

/// The normalization form C of a text.
fn normalized(text: Cow<'_, str>) -> Cow<'_, str> {
    if is_nfc(&text) { text } else { Cow::Owned(text.nfc().collect()) }
}

/// The element of a list at a place: from the first, which is 1, or from the last, which is -1.
fn element<'a>(list: &Operand<'a>, at: &Operand<'_>) -> Operand<'a> {
    let (Operand::List(items), Operand::Integer(at)) = (list, at) else {
        return Operand::Null;
    };
    let offset = usize::try_from(at.unsigned_abs()).unwrap_or(usize::MAX);
    let index = if *at > 0 { offset.checked_sub(1) } else { items.len().checked_sub(offset) };
    index.and_then(|index| items.get(index)).map_or(Operand::Null, Operand::from)
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
    let address = address.to_canonical(); // one of IPv6 may stand for one of IPv4
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

/// What is left of a division of numbers.
fn remainder<'a>(a: Operand<'a>, b: Operand<'a>) -> Operand<'a> {
    let is_number = |n: &Operand<'_>| matches!(n, Operand::Integer(_) | Operand::Double(_));
    if is_number(&a) && is_number(&b) {
        super::number::arithmetic(ArithmeticOp::Remainder, a, b)
    } else {
        Operand::Null
    }
}

/// How many elements a list has.
fn size<'a>(list: &Operand<'a>) -> Operand<'a> {
    let Operand::List(items) = list else { return Operand::Null };
    Operand::integer(i64::try_from(items.len()).ok())
}
