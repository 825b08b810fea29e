//! Flaws: why operands that are all there have no result.

use std::fmt;

use crate::eval::literal::literal;
use crate::eval::operand::Operand;
use crate::eval::signature::{Signature, Wants};
use crate::limits::TEXT_BYTES;
use crate::model::{ArithmeticOp, CompareOp, Expr, ExprKind, KeyType, ReadAs};

/// Why something makes a part unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Another type was found than is wanted.
    Type {
        found: &'static str,
        wanted: &'static str,
    },
    /// A text or number that is no instant, or a text that is no version.
    Unread(ReadAs),
    /// A value that cannot be cast.
    Uncast(KeyType),
    NoAddress,
    NoLocalTime,
    /// A list that has no element at a place, or `null` there.
    NoElement,
    /// A text that would be longer than the limit.
    TooLong,
    DivisionByZero,
    /// A result beyond the numbers, times or durations that there are, or an argument beyond those that are taken.
    OutOfRange,
    /// Lists and objects, which are equal or not.
    NoOrder,
    /// No event from which there could be an answer.
    NoEvents,
    /// A `NULL` that is written there.
    Null,
    /// A time or version, of which `TYPE` knows none.
    NoType,
    /// A regex that cannot be compiled, which only a damaged store has.
    NoRegex,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Type { found, wanted } => return write!(f, "{found} and not {wanted}"),
            Self::Unread(ReadAs::Timestamp) => "which is no time",
            Self::Unread(ReadAs::Semver) => "which is no semantic version",
            Self::Unread(ReadAs::Version) => "which is no version",
            Self::Uncast(to) => return write!(f, "which is no {to}"),
            Self::NoAddress => "which is no IP address",
            Self::NoLocalTime => "which is no date and no time",
            Self::NoElement => "without such an element",
            Self::TooLong => {
                return write!(f, "for the text is longer than {} MiB", TEXT_BYTES >> 20);
            }
            Self::DivisionByZero => "for it divides by zero",
            Self::OutOfRange => "for it is out of range",
            Self::NoOrder => "for lists and objects have no order",
            Self::NoEvents => "so it has no result",
            Self::Null => "which is never known",
            Self::NoType => "which is no value of JSON",
            Self::NoRegex => "for its regex cannot be compiled",
        })
    }
}

/// An operand: as it is written, and its value.
pub(super) type Given<'e, 'a> = (&'e Expr, Operand<'a>);

/// A flaw, and the operand that has it; `None`: the whole.
pub(super) type Found = (Option<usize>, Flaw);

impl Flaw {
    /// That of a value of another type than is wanted.
    pub(super) fn of_type(found: &Operand<'_>, wanted: &'static str) -> Self {
        Self::Type { found: kind(found), wanted }
    }

    /// That of a value that has no form as text.
    pub(super) fn untextual(found: &Operand<'_>) -> Self {
        Self::of_type(found, TEXTUAL)
    }

    /// That of a value that cannot be read as something.
    fn unread(found: &Operand<'_>, what: ReadAs) -> Self {
        match (found, what) {
            (Operand::Text(_), _)
            | (Operand::Integer(_) | Operand::Double(_), ReadAs::Timestamp) => Self::Unread(what),
            (_, ReadAs::Timestamp) => Self::of_type(found, "a time"),
            (_, ReadAs::Semver) => Self::of_type(found, "a semantic version"),
            (_, ReadAs::Version) => Self::of_type(found, "a version"),
        }
    }
}

/// The kind of a value, with its article.
fn kind(value: &Operand<'_>) -> &'static str {
    match value {
        Operand::Null => "NULL",
        Operand::Boolean(_) => "a boolean",
        Operand::Integer(_) | Operand::Double(_) => "a number",
        Operand::Text(_) => "a string",
        Operand::List(_) => "a list",
        Operand::Object(_) => "an object",
        Operand::Timestamp(_) => "a time",
        Operand::Duration(_) => "a duration",
        Operand::Semver(_) => "a semantic version",
        Operand::Version(_) => "a version",
    }
}

/// The flaws of a part whose operands are all there and that is unknown all the same.
pub(super) fn flaws(part: &ExprKind, given: &[Given<'_, '_>]) -> Vec<Found> {
    match (part, given) {
        (ExprKind::Compare { .. }, [a, b]) => vec![of_comparison((0, a), (1, b))],
        (ExprKind::Between { .. } | ExprKind::In { .. }, [first, rest @ ..]) => {
            let unclear = (1..).zip(rest).filter(|(_, other)| is_unclear(part, first, other));
            unclear.map(|(index, other)| of_comparison((0, first), (index, other))).collect()
        }
        (ExprKind::Contains { .. }, [(_, value), ..]) => {
            vec![(Some(0), Flaw::of_type(value, "a string or a list"))]
        }
        (ExprKind::Matches { .. }, [(_, Operand::Text(_))]) => vec![(None, Flaw::NoRegex)],
        (ExprKind::Affix { .. } | ExprKind::Matches { .. }, _) => no_strings(given),
        (ExprKind::Each { .. }, [(_, value)]) => vec![(Some(0), Flaw::of_type(value, "a list"))],
        (ExprKind::Read { what, .. }, [(_, value)]) => vec![(Some(0), Flaw::unread(value, *what))],
        (ExprKind::Negate(_), [(_, value)]) => vec![of_amount(value)],
        (ExprKind::Cast { to, .. }, [(_, value)]) => vec![(Some(0), of_cast(value, *to))],
        (ExprKind::Arithmetic { op, .. }, [(_, a), (_, b)]) => vec![of_arithmetic(*op, a, b)],
        (ExprKind::Call { function, .. }, _) => vec![of_call(&function.node, given)],
        _ => Vec::new(),
    }
}

/// Whether two values cannot be compared, or it is unknown whether they are the same.
fn is_unclear(part: &ExprKind, a: &Given<'_, '_>, b: &Given<'_, '_>) -> bool {
    let truth = match part {
        ExprKind::In { .. } => a.1.is_member(&b.1),
        _ => a.1.compare(CompareOp::LessOrEqual, &b.1),
    };
    truth.is_none()
}

/// Which of two values cannot be compared with the other: one that is read as what the other is, else the one that is
/// no literal.
fn of_comparison(a: (usize, &Given<'_, '_>), b: (usize, &Given<'_, '_>)) -> Found {
    let ((first, (expr, a)), (second, (_, b))) = (a, b);
    let ordered = |value: &Operand<'_>| !matches!(value, Operand::List(_) | Operand::Object(_));
    if let Some(what) = reading(b) {
        (Some(first), Flaw::unread(a, what))
    } else if let Some(what) = reading(a) {
        (Some(second), Flaw::unread(b, what))
    } else if !ordered(a) && !ordered(b) {
        (Some(first), Flaw::NoOrder)
    } else if literal(expr).is_some() {
        (Some(second), Flaw::of_type(b, kind(a)))
    } else {
        (Some(first), Flaw::of_type(a, kind(b)))
    }
}

/// What a value beside this one is read as.
fn reading(value: &Operand<'_>) -> Option<ReadAs> {
    match value {
        Operand::Timestamp(_) => Some(ReadAs::Timestamp),
        Operand::Semver(_) => Some(ReadAs::Semver),
        Operand::Version(_) => Some(ReadAs::Version),
        _ => None,
    }
}

fn no_strings(given: &[Given<'_, '_>]) -> Vec<Found> {
    let others = given.iter().enumerate().filter(|(_, (_, v))| !matches!(v, Operand::Text(_)));
    others.map(|(index, (_, value))| (Some(index), Flaw::of_type(value, "a string"))).collect()
}

fn of_cast(value: &Operand<'_>, to: KeyType) -> Flaw {
    match (value, to) {
        (_, KeyType::String) | (Operand::List(_) | Operand::Object(_), _) => Flaw::untextual(value),
        _ => Flaw::Uncast(to),
    }
}

/// What has a form as text.
const TEXTUAL: &str = "a string, a number or a boolean";

fn is_textual(value: &Operand<'_>) -> bool {
    is_number(value) || matches!(value, Operand::Text(_) | Operand::Boolean(_))
}

fn is_number(value: &Operand<'_>) -> bool {
    value.as_double().is_some()
}

/// The flaw of `-a` or `ABS(a)`.
fn of_amount(value: &Operand<'_>) -> Found {
    if is_number(value) || matches!(value, Operand::Duration(_)) {
        return (None, Flaw::OutOfRange);
    }
    (Some(0), Flaw::of_type(value, "a number or a duration"))
}

fn of_arithmetic(op: ArithmeticOp, a: &Operand<'_>, b: &Operand<'_>) -> Found {
    use ArithmeticOp as Op;
    use Operand::{Duration, Timestamp};
    let number = |index, value: &Operand<'_>| (Some(index), Flaw::of_type(value, "a number"));
    let time = |index, value: &Operand<'_>| match value.as_timestamp() {
        Some(_) => (None, Flaw::OutOfRange),
        None => (Some(index), Flaw::unread(value, ReadAs::Timestamp)),
    };
    let times = |index, value: &Operand<'_>| {
        if is_number(value) { (None, Flaw::OutOfRange) } else { number(index, value) }
    };
    match (op, a, b) {
        (Op::Concatenate, ..) => match (is_textual(a), is_textual(b)) {
            (false, _) => (Some(0), Flaw::of_type(a, TEXTUAL)),
            (_, false) => (Some(1), Flaw::of_type(b, TEXTUAL)),
            _ => (None, Flaw::TooLong),
        },
        (Op::Divide, Duration(_), Duration(_)) => (None, Flaw::DivisionByZero),
        (Op::Add | Op::Subtract, Duration(_), Duration(_)) => (None, Flaw::OutOfRange),
        (Op::Add, Duration(_), _) => time(1, b),
        (Op::Add | Op::Subtract, _, Duration(_)) => time(0, a),
        (Op::Multiply, Duration(_), _) => times(1, b),
        (Op::Multiply, _, Duration(_)) => times(0, a),
        (_, Duration(_), _) => (Some(1), Flaw::of_type(b, "a duration")),
        (Op::Subtract, Timestamp(_), _) => time(1, b),
        (Op::Subtract, _, Timestamp(_)) => time(0, a),
        _ if !is_number(a) => number(0, a),
        _ if !is_number(b) => number(1, b),
        (Op::Divide | Op::Remainder, ..) if b.as_double() == Some(0.0) => {
            (None, Flaw::DivisionByZero)
        }
        _ => (None, Flaw::OutOfRange),
    }
}

/// The flaw of a function whose arguments are all there.
fn of_call(name: &str, given: &[Given<'_, '_>]) -> Found {
    let wants = Signature::named(name).map(|known| known.wants).unwrap_or_default();
    let unfit = given.iter().zip(wants).enumerate();
    let mut unfit = unfit.map(|(index, ((_, value), wants))| (index, unfit_for(*wants, value)));
    if let Some((index, flaw)) = unfit.find_map(|(index, flaw)| Some((index, flaw?))) {
        return (Some(index), flaw);
    }
    match name {
        "IP_IN" => (Some(0), Flaw::NoAddress),
        "TO_TIMESTAMP" => (Some(0), Flaw::NoLocalTime),
        "ELEMENT" => (Some(0), Flaw::NoElement),
        "TYPE" => (Some(0), Flaw::NoType),
        "REPLACE" => (None, Flaw::TooLong),
        "MOD" | "DIV" if matches!(given, [_, (_, b)] if b.as_double() == Some(0.0)) => {
            (None, Flaw::DivisionByZero)
        }
        _ => (None, Flaw::OutOfRange),
    }
}

/// Why an argument is not what is wanted in its place.
fn unfit_for(wants: Wants, value: &Operand<'_>) -> Option<Flaw> {
    let (fits, wanted) = match wants {
        Wants::Any
        | Wants::Unit
        | Wants::Zone
        | Wants::Cidr
        | Wants::Salt
        | Wants::Algorithm
        | Wants::Seed => {
            return None;
        }
        Wants::String | Wants::LocalTime => (matches!(value, Operand::Text(_)), "a string"),
        Wants::Number | Wants::Modulus | Wants::Bits => (is_number(value), "a number"),
        Wants::Amount => {
            (is_number(value) || matches!(value, Operand::Duration(_)), "a number or a duration")
        }
        Wants::Json => (matches!(value, Operand::List(_)), "a list"),
        Wants::Timestamp => {
            let fits = value.as_timestamp().is_some();
            return (!fits).then(|| Flaw::unread(value, ReadAs::Timestamp));
        }
        Wants::Text => (is_textual(value), TEXTUAL),
    };
    (!fits).then(|| Flaw::of_type(value, wanted))
}
