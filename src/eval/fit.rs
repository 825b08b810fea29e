//! Fits: whether what is known of operands before any user is seen lets an operator ever have a result.

use std::fmt;

use jiff::tz::TimeZone;

use super::literal::{Type, literal, literal_text, mismatch, semver, timestamp, version};
use super::signature::Wants;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ArithmeticOp, Expr, Span, Timestamp, TimestampError, Value};

/// The type of an expression as far as it is known; `None` if only an evaluation tells.
pub(super) type Known = Option<Type>;

/// Refuses an expression whose type is known and not the one that is wanted.
pub(super) fn wanted(place: &str, wants: Wants, expr: &Expr, known: Known) -> Result<()> {
    let fits = match known {
        None | Some(Type::Null) => true,
        Some(found) => match wants {
            Wants::Text => found.is_text() || matches!(found, Type::Number | Type::Boolean),
            Wants::String | Wants::LocalTime => found.is_text(),
            Wants::Number => found == Type::Number,
            Wants::Amount => matches!(found, Type::Number | Type::Duration),
            Wants::Json => found == Type::Json,
            Wants::Timestamp => Type::Timestamp.reads(found),
            _ => true,
        },
    };
    if !fits {
        return Err(mismatch(place, wants.to_string(), TypeName(known), expr.span));
    }
    match literal_text(expr) {
        Some(text) if wants == Wants::Timestamp => timestamp(text, expr.span).map(drop),
        _ => Ok(()),
    }
}

/// The type of what is calculated with a time or a duration; `None` if it is with neither.
pub(super) fn timely(
    op: ArithmeticOp,
    place: &str,
    (left, a): (&Expr, Known),
    (right, b): (&Expr, Known),
) -> Result<Known> {
    use ArithmeticOp::{Add, Divide, Multiply, Subtract};
    const DURATION: Known = Some(Type::Duration);
    let (expr, known) = if a == DURATION { (right, b) } else { (left, a) };
    Ok(match op {
        Add | Subtract if a == DURATION && b == DURATION => DURATION,
        Divide if a == DURATION && b == DURATION => Some(Type::Number),
        Subtract if a == DURATION => {
            return Err(mismatch(place, "a timestamp on its left", Type::Duration, left.span));
        }
        Add | Subtract if a == DURATION || b == DURATION => {
            wanted(place, Wants::Timestamp, expr, known)?;
            Some(Type::Timestamp)
        }
        Multiply if a == DURATION || b == DURATION => {
            wanted(place, Wants::Number, expr, known)?;
            DURATION
        }
        Subtract if [a, b].iter().flatten().any(|known| known.compared() == Type::Timestamp) => {
            wanted(place, Wants::Timestamp, left, a)?;
            wanted(place, Wants::Timestamp, right, b)?;
            DURATION
        }
        _ => None,
    })
}

/// Whether two types are known, and a value of one is never one of the other.
pub(super) fn is_misfit(a: Known, b: Known) -> bool {
    let pair = a.zip(b).filter(|(a, b)| ![a, b].contains(&&Type::Null));
    pair.is_some_and(|(a, b)| !a.reads(b) && !b.reads(a))
}

/// Refuses a comparison that can never hold.
pub(super) fn comparable(left: (&Expr, Known), right: (&Expr, Known), ordered: bool) -> Result<()> {
    for (expr, known) in [left, right] {
        if known == Some(Type::Null) {
            return Err(null_comparison(expr.span));
        }
    }
    if let (Some(a), Some(b)) = (left.1, right.1)
        && is_misfit(left.1, right.1)
    {
        let kind = ErrorKind::NotComparable { left: a.to_string(), right: b.to_string() };
        return Err(Error::new(kind).at(left.0.span.to(right.0.span)));
    }
    for (expr, known) in [left, right] {
        if ordered && known == Some(Type::Json) {
            return Err(mismatch(
                "an order",
                "a number, a string or a time",
                Type::Json,
                expr.span,
            ));
        }
    }
    for (expr, other) in [(left.0, right.1), (right.0, left.1)] {
        if let (Some(text), Some(other)) = (literal_text(expr), other) {
            readable(text, other, expr.span)?;
        }
    }
    Ok(())
}

/// Refuses a text that is to be read as a time or version and is none.
pub(super) fn readable(text: &str, wanted: Type, span: Span) -> Result<()> {
    match wanted.compared() {
        Type::Timestamp => timestamp(text, span).map(drop),
        Type::Semver => semver(text, span).map(drop),
        Type::Version => version(text, span).map(drop),
        _ => Ok(()),
    }
}

/// Refuses a text that is no local time.
pub(super) fn local_time(text: &str, span: Span) -> Result<()> {
    let read = Timestamp::parse_in(text, &TimeZone::UTC).map(drop);
    let error = read.map_err(|error| match error {
        TimestampError::Form(_) => Error::new(ErrorKind::BadTimestamp(error))
            .hint("write a day or a local time: '2026-12-01', '2026-12-01 09:00'"),
        error => error.into(),
    });
    error.map_err(|error| error.at(span))
}

pub(super) fn null_comparison(span: Span) -> Error {
    Error::new(ErrorKind::NullComparison).at(span).hint("write `IS NULL` or `IS NOT NULL`")
}

pub(super) fn not_empty(items: &[Expr], span: Span) -> Result<()> {
    if items.is_empty() {
        return Err(Error::new(ErrorKind::EmptyList).at(span).hint("write what may be in it"));
    }
    Ok(())
}

/// Refuses a literal that is no whole number from 1 to `largest`.
pub(super) fn positive(place: &str, expr: &Expr, largest: i64) -> Result<()> {
    match literal(expr) {
        None | Some(Value::Null) => Ok(()),
        Some(Value::Integer(n)) if (1..=largest).contains(n) => Ok(()),
        _ if largest == i64::MAX => Err(mismatch(place, "a positive integer", expr, expr.span)),
        _ => Err(mismatch(place, format!("an integer from 1 to {largest}"), expr, expr.span)),
    }
}

/// Writes a type that may not be known.
pub(super) struct TypeName(pub(super) Known);

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(found) => found.fmt(f),
            None => f.write_str("something else"),
        }
    }
}
