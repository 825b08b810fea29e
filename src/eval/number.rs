//! Arithmetic and conversions: exact, and `Null` where there is no result.

use std::borrow::Cow;

use super::operand::{Operand, whole};
use crate::limits::TEXT_BYTES;
use crate::model::{ArithmeticOp, Duration, KeyType};

/// `a op b`.
pub(super) fn arithmetic<'a>(op: ArithmeticOp, a: Operand<'a>, b: Operand<'a>) -> Operand<'a> {
    use Operand as O;
    match (op, a, b) {
        (ArithmeticOp::Concatenate, a, b) => concatenate(a, b),
        (_, O::Integer(a), O::Integer(b)) => integers(op, a, b),
        (_, O::Duration(a), b) => with_duration(op, a, &b),
        (ArithmeticOp::Multiply, a, O::Duration(b)) => times(b, &a),
        (_, a, O::Duration(b)) => moved(op, &a, b),
        (ArithmeticOp::Subtract, a, b)
            if matches!(a, O::Timestamp(_)) || matches!(b, O::Timestamp(_)) =>
        {
            let both = a.as_timestamp().zip(b.as_timestamp());
            both.map_or(O::Null, |(a, b)| O::Duration(a.since(b)))
        }
        (_, a, b) => match (a.as_double(), b.as_double()) {
            (Some(a), Some(b)) => doubles(op, a, b),
            _ => O::Null,
        },
    }
}

/// `a op b` of a duration and anything.
#[expect(clippy::cast_precision_loss, reason = "a quotient is a double")]
fn with_duration<'a>(op: ArithmeticOp, a: Duration, b: &Operand<'_>) -> Operand<'a> {
    let Operand::Duration(b) = b else {
        return match op {
            ArithmeticOp::Add => moved(op, b, a),
            ArithmeticOp::Multiply => times(a, b),
            _ => Operand::Null,
        };
    };
    let (a, b) = (a.as_micros(), b.as_micros());
    match op {
        ArithmeticOp::Add => duration(a.checked_add(b)),
        ArithmeticOp::Subtract => duration(a.checked_sub(b)),
        ArithmeticOp::Divide => Operand::finite(a as f64 / b as f64), // by zero it is not finite
        _ => Operand::Null,
    }
}

fn duration<'a>(micros: Option<i64>) -> Operand<'a> {
    micros.map_or(Operand::Null, |micros| Operand::Duration(Duration::from_micros(micros)))
}

/// An instant, by a duration later or earlier.
fn moved<'a>(op: ArithmeticOp, at: &Operand<'_>, by: Duration) -> Operand<'a> {
    let at = at.as_timestamp().and_then(|at| match op {
        ArithmeticOp::Add => at.checked_add(by),
        ArithmeticOp::Subtract => at.checked_sub(by),
        _ => None,
    });
    at.map_or(Operand::Null, Operand::Timestamp)
}

/// A duration so many times: exact, then rounded to the nearest microsecond, of two to the even one.
fn times<'a>(a: Duration, number: &Operand<'_>) -> Operand<'a> {
    let Some(factor) = Binary::of(number) else { return Operand::Null };
    let digits = u128::from(a.as_micros().unsigned_abs()) * u128::from(factor.digits);
    let size = if factor.exponent < 0 {
        Some(rounded(digits, factor.exponent.unsigned_abs()))
    } else {
        // beyond 127 bits it is past 64, too
        let shift = factor.exponent.unsigned_abs();
        (digits == 0 || shift < digits.leading_zeros())
            .then(|| digits.checked_shl(shift).unwrap_or(0))
    };
    let size = size.and_then(|size| i128::try_from(size).ok());
    let negative = (a.as_micros() < 0) != factor.negative;
    duration(size.and_then(|size| i64::try_from(if negative { -size } else { size }).ok()))
}

/// A number of binary digits without its last `places` ones, rounded half to even.
fn rounded(digits: u128, places: u32) -> u128 {
    let Some(whole) = digits.checked_shr(places) else { return 0 };
    let rest = digits - (whole << places);
    let half = 1_u128.checked_shl(places.saturating_sub(1)).unwrap_or(u128::MAX);
    whole + u128::from(places > 0 && (rest > half || (rest == half && whole % 2 == 1)))
}

fn concatenate<'a>(a: Operand<'a>, b: Operand<'a>) -> Operand<'a> {
    match (a.into_text(), b.into_text()) {
        (Some(a), Some(b)) if a.len() + b.len() <= TEXT_BYTES => Operand::Text(a + b),
        _ => Operand::Null,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a quotient is a double")]
fn integers<'a>(op: ArithmeticOp, a: i64, b: i64) -> Operand<'a> {
    Operand::integer(match op {
        ArithmeticOp::Add => a.checked_add(b),
        ArithmeticOp::Subtract => a.checked_sub(b),
        ArithmeticOp::Multiply => a.checked_mul(b),
        // the smallest integer modulo -1 is 0, though the quotient overflows
        ArithmeticOp::Remainder => (b != 0).then(|| a.wrapping_rem(b)),
        _ => return doubles(op, a as f64, b as f64),
    })
}

fn doubles<'a>(op: ArithmeticOp, a: f64, b: f64) -> Operand<'a> {
    Operand::finite(match op {
        ArithmeticOp::Add => a + b,
        ArithmeticOp::Subtract => a - b,
        ArithmeticOp::Multiply => a * b,
        ArithmeticOp::Divide => a / b, // by zero it is not finite
        ArithmeticOp::Remainder => a % b,
        ArithmeticOp::Concatenate => return Operand::Null,
    })
}

/// `ABS(a)`.
pub(super) fn absolute(a: &Operand<'_>) -> Operand<'static> {
    match a {
        Operand::Integer(n) => Operand::integer(n.checked_abs()),
        Operand::Double(d) => Operand::Double(d.abs()),
        Operand::Duration(d) => duration(d.as_micros().checked_abs()),
        _ => Operand::Null,
    }
}

/// `-a`.
pub(super) fn negate(a: &Operand<'_>) -> Operand<'static> {
    match a {
        Operand::Integer(n) => Operand::integer(n.checked_neg()),
        Operand::Double(d) => Operand::Double(-d),
        Operand::Duration(d) => duration(d.as_micros().checked_neg()),
        _ => Operand::Null,
    }
}

/// The quotient of two numbers, exact, cut off towards zero; `None` past 64 bits or by zero.
pub(super) fn whole_quotient(a: &Operand<'_>, b: &Operand<'_>) -> Option<i64> {
    let (a, b) = (Binary::of(a)?, Binary::of(b)?);
    let shift = a.exponent - b.exponent;
    let (mut above, mut below) = (u128::from(a.digits), u128::from(b.digits));
    if shift > 0 && above != 0 {
        // beyond 127 bits the quotient by less than 2^64 has more than 63
        above = (shift.unsigned_abs() < above.leading_zeros()).then(|| above << shift)?;
    } else if shift < 0 {
        // a divisor beyond 127 bits leaves nothing of less than 2^64
        let fits = shift.unsigned_abs() < below.leading_zeros();
        below = if fits { below << shift.unsigned_abs() } else { u128::MAX };
    }
    let size = i128::try_from(if b.digits == 0 { None } else { above.checked_div(below) }?).ok()?;
    i64::try_from(if a.negative == b.negative { size } else { -size }).ok()
}

/// A number as ± digits × 2^exponent.
struct Binary {
    negative: bool,
    digits: u64,
    exponent: i32,
}

impl Binary {
    fn of(number: &Operand<'_>) -> Option<Self> {
        match number {
            Operand::Integer(n) => {
                Some(Self { negative: *n < 0, digits: n.unsigned_abs(), exponent: 0 })
            }
            Operand::Double(d) => Some(Self::of_double(*d)),
            _ => None,
        }
    }

    /// The fields of IEEE 754; subnormal numbers have no hidden bit.
    fn of_double(value: f64) -> Self {
        let bits = value.to_bits();
        let fraction = bits & ((1 << 52) - 1);
        let field = i32::try_from((bits >> 52) & 0x7ff).unwrap_or_default();
        let digits = if field == 0 { fraction } else { fraction | 1 << 52 };
        Self { negative: value.is_sign_negative(), digits, exponent: field.max(1) - 1075 }
    }
}

/// `CAST(a AS to)`; what does not convert is `Null`.
pub(super) fn cast(a: Operand<'_>, to: KeyType) -> Operand<'_> {
    match to {
        KeyType::String => match a {
            Operand::Duration(duration) => Operand::text(duration.to_text()),
            _ => a.into_text().map_or(Operand::Null, Operand::Text),
        },
        KeyType::Boolean => Operand::from(to_boolean(&a)),
        KeyType::Integer => Operand::integer(to_integer(&a)),
        KeyType::Double => to_double(&a).map_or(Operand::Null, Operand::finite),
        KeyType::Json => Operand::Null,
    }
}

fn to_boolean(a: &Operand<'_>) -> Option<bool> {
    match a {
        Operand::Text(text) if text == "true" => Some(true),
        Operand::Text(text) if text == "false" => Some(false),
        _ => a.truth(),
    }
}

fn to_integer(a: &Operand<'_>) -> Option<i64> {
    match a {
        Operand::Integer(n) => Some(*n),
        // 2^63 itself is past the integers, but its negative is not
        Operand::Double(d) if d.to_bits() == (-9_223_372_036_854_775_808.0_f64).to_bits() => {
            Some(i64::MIN)
        }
        Operand::Double(d) => whole(*d),
        Operand::Text(text) => Decimal::parse(trim(text))?.to_integer(),
        _ => None,
    }
}

fn to_double(a: &Operand<'_>) -> Option<f64> {
    let Operand::Text(text) = a else {
        return a.as_double();
    };
    let text = trim(text);
    Decimal::parse(text)?;
    text.parse().ok()
}

/// Takes away blanks around a text: space, tab, carriage return and line feed.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\r', '\n'])
}

/// [`trim`], without a copy of what is borrowed.
pub(super) fn trim_cow(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(trim(text)),
        Cow::Owned(text) => Cow::Owned(trim(&text).to_owned()),
    }
}

/// The parts of a decimal number in a text.
struct Decimal<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    exponent: i64,
}

impl<'a> Decimal<'a> {
    /// Reads a sign, digits with a point (at least one digit), and an exponent, all but the digits optional.
    fn parse(text: &'a str) -> Option<Self> {
        let (negative, text) = sign(text);
        let (whole, text) = digits(text);
        let (fraction, text) = text.strip_prefix('.').map_or(("", text), digits);
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let exponent = match text.strip_prefix(['e', 'E']) {
            Some(text) => exponent(text)?,
            None if text.is_empty() => 0,
            None => return None,
        };
        Some(Self { negative, whole, fraction, exponent })
    }

    /// The number, if it is whole and of 64 bits. The exponent costs nothing, whatever its size.
    fn to_integer(&self) -> Option<i64> {
        let digits = || self.whole.bytes().chain(self.fraction.bytes()).map(|digit| digit - b'0');
        let length = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let Some(dropped) = digits().rev().position(|digit| digit > 0) else {
            return Some(0);
        };
        let all = self.whole.len() + self.fraction.len();
        let kept = digits().take(all - dropped).skip_while(|digit| *digit == 0);
        let zeros = self
            .exponent
            .saturating_sub(length(self.fraction.len()))
            .saturating_add(length(dropped));
        if zeros < 0 || length(kept.clone().count()).saturating_add(zeros) > 19 {
            return None;
        }
        let scale = 10_i128.checked_pow(u32::try_from(zeros).ok()?)?;
        let size = kept.fold(0, |n, digit| n * 10 + i128::from(digit)).checked_mul(scale)?;
        i64::try_from(if self.negative { -size } else { size }).ok()
    }
}

fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// Splits off the ASCII digits in front.
fn digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

/// Reads an exponent to the end; what is past all bounds stays past them.
fn exponent(text: &str) -> Option<i64> {
    let (negative, text) = sign(text);
    let (digits, rest) = digits(text);
    if digits.is_empty() || !rest.is_empty() {
        return None;
    }
    let grow = |n: i64, b: u8| n.saturating_mul(10).saturating_add(i64::from(b - b'0'));
    let size = digits.bytes().fold(0, grow);
    Some(if negative { -size } else { size })
}
