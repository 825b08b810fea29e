//! Signatures of the functions of conditions: which arguments they want, and what they give.

use std::fmt;

use super::literal::{Type, algorithm, cidr, found, literal_text, mismatch, unit, zone};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Expr;

/// Kind of argument that a function wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wants {
    Any,
    String,
    Number,
    /// A number or a duration.
    Amount,
    Json,
    Timestamp,
    /// A date, or a date and time, without offset.
    LocalTime,
    /// What has a text form: strings, numbers and booleans.
    Text,
    /// A literal time zone.
    Zone,
    /// A literal unit of time.
    Unit,
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
            Self::String | Self::LocalTime => "a string",
            Self::Number | Self::Modulus | Self::Bits => "a number",
            Self::Amount => "a number or a duration",
            Self::Json => "a list",
            Self::Timestamp => "a timestamp",
            Self::Text => "a string, a number or a boolean",
            Self::Zone => "the name of a time zone as a literal",
            Self::Unit => "a unit of time as a literal",
            Self::Cidr => "a range of addresses as a literal",
            Self::Salt => "a salt as a literal",
            Self::Algorithm => "the name of a hash as a literal",
            Self::Seed => "a seed as a literal",
        })
    }
}

/// Rule by which the arguments of a function are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ArgumentRule {
    /// Each by what is wanted in its place.
    Each,
    /// The same, where the time may be asked for: `NOW`.
    Timely,
    /// One amount, whose type is that of the result: `ABS`.
    Amount,
    /// One or more of one type: `COALESCE`.
    Common,
    /// A condition and two of one type: `IF`.
    Choice,
}

/// Signature of a function: what it takes and gives.
#[derive(Debug)]
pub(super) struct Signature {
    pub(super) name: &'static str,
    pub(super) rule: ArgumentRule,
    pub(super) wants: &'static [Wants],
    /// Number of arguments that may be left out, from the last.
    optional: usize,
    /// Whether it stands in queries alone.
    pub(super) asked: bool,
    /// The type of the result, where it is always the same.
    pub(super) result: Option<Type>,
}

const fn signature(name: &'static str, wants: &'static [Wants], result: Type) -> Signature {
    Signature {
        name,
        rule: ArgumentRule::Each,
        wants,
        optional: 0,
        asked: false,
        result: Some(result),
    }
}

const fn any(name: &'static str, rule: ArgumentRule, wants: &'static [Wants]) -> Signature {
    Signature { name, rule, wants, optional: 0, asked: false, result: None }
}

static SIGNATURES: [Signature; 32] = {
    use ArgumentRule as R;
    use Type as T;
    use Wants as W;
    [
        signature("LOWER", &[W::String], T::String),
        signature("UPPER", &[W::String], T::String),
        signature("TRIM", &[W::String], T::String),
        signature("LENGTH", &[W::String], T::Number),
        signature("SUBSTR", &[W::String, W::Number, W::Number], T::String),
        signature("REPLACE", &[W::String, W::String, W::String], T::String),
        any("COALESCE", R::Common, &[W::Any]),
        any("IF", R::Choice, &[W::Any, W::Any, W::Any]),
        any("ABS", R::Amount, &[W::Amount]),
        signature("FLOOR", &[W::Number], T::Number),
        signature("CEIL", &[W::Number], T::Number),
        signature("ROUND", &[W::Number], T::Number),
        signature("MOD", &[W::Number, W::Number], T::Number),
        signature("DIV", &[W::Number, W::Number], T::Number),
        signature("SIZE", &[W::Json], T::Number),
        any("ELEMENT", R::Each, &[W::Json, W::Number]),
        signature("TYPE", &[W::Any], T::String),
        signature("NORMALIZE", &[W::String], T::String),
        signature("CASEFOLD", &[W::String], T::String),
        Signature { rule: R::Timely, ..signature("NOW", &[], T::Timestamp) },
        signature("TO_TIMESTAMP", &[W::LocalTime, W::Zone], T::Timestamp),
        signature("ADD_MONTHS", &[W::Timestamp, W::Number, W::Zone], T::Timestamp),
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
        Signature {
            optional: 1,
            asked: true,
            ..signature("DATE_TRUNC", &[W::Unit, W::Timestamp, W::Zone], T::Timestamp)
        },
        Signature { asked: true, ..signature("EPOCH", &[W::Timestamp], T::Number) },
    ]
};

/// The names of the functions; those that stand in queries alone, if such are meant.
pub(crate) fn functions(asked: bool) -> impl Iterator<Item = &'static str> {
    let known = SIGNATURES.iter().filter(move |signature| asked || !signature.asked);
    known.map(|signature| signature.name)
}

impl Signature {
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        SIGNATURES.iter().find(|signature| signature.name == name)
    }

    /// Refuses a wrong number of arguments.
    pub(super) fn count(&self, found: usize) -> Result<()> {
        let (most, least) = (self.wants.len(), self.wants.len() - self.optional);
        let open = self.rule == ArgumentRule::Common;
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
        let example = match wants {
            Wants::Zone => "'Europe/Paris'",
            Wants::Unit => "'day'",
            Wants::Cidr => "'10.0.0.0/8'",
            Wants::Algorithm => "'murmur3'",
            _ => "'checkout'",
        };
        let error = mismatch(name, wants.to_string(), found(expr), expr.span);
        return Err(error.hint(format!("write a text such as `{example}`")));
    };
    match wants {
        Wants::Zone => zone(text, expr.span).map(drop),
        Wants::Cidr => cidr(text, expr).map(drop),
        Wants::Algorithm => algorithm(text, expr).map(drop),
        Wants::Unit => unit(text, expr.span).map(drop),
        _ => Ok(()),
    }
}
