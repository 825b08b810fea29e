//! Slips: what is legal and likely not what was meant.

use super::sentence::Short;
use crate::model::Name;

/// What is legal and likely a slip: a note of it says so, or, where that is wanted, an error.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant is documented by its sentence")]
pub enum Slip {
    #[error("`{}` is the name of an attribute here, and no such attribute is known", Short(name))]
    NameForText { name: String },
    #[error("a text is in order by its bytes, and {} looks like a {looks_like}", Short(text))]
    TextForNumber { text: String, looks_like: &'static str },
    #[error("nothing is between {} and {}", Short(low), Short(high))]
    EmptyRange { low: String, high: String },
    #[error("`{}` and `{}` are never both true", Short(first), Short(second))]
    Contradiction { first: String, second: String },
    #[error("`{}` looks into an attribute `user`, which nothing declares", Short(path))]
    InsideUser { path: String },
    #[error("key `{}` is JSON, and this is a text, not {what}", key.as_str())]
    TextForJson { key: Name, what: &'static str },
    #[error("attribute `{}` is not known, and `{}` is", Short(name), Short(known))]
    CloseName { name: String, known: String },
    #[error("the parameter `:{}` stands in no statement", Short(name))]
    UnusedParameter { name: String },
    #[error(
        "a time less {} is how long it is since that instant, in milliseconds since 1970",
        Short(number)
    )]
    NumberFromTime { number: String },
}
