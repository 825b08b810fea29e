//! Misfits: why values are not what was declared of their attributes.

use std::fmt;

use super::literal::Type;
use crate::model::AttributeType;

/// Reason why a value is not one that its attribute may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// It is of another type than was declared.
    Type {
        /// Its own.
        found: Type,
        /// The declared one.
        kind: AttributeType,
    },
    /// Its `CHECK` does not hold.
    Check,
}

/// Completes `age is …`.
impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type { found, kind } => {
                let is_text = *found == Type::String;
                let unread = match kind {
                    AttributeType::Timestamp if is_text => " that is no time",
                    AttributeType::Semver | AttributeType::Version if is_text => {
                        " that is no version"
                    }
                    _ => "",
                };
                write!(f, "of another type: {found}{unread}, declared {kind}")
            }
            Self::Check => f.write_str("not what its CHECK allows"),
        }
    }
}
