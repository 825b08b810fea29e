//! What stands in a statement itself, or is given by its caller as a parameter.

use std::fmt;
use std::sync::Arc;

/// A thing that stands in the statement, or a parameter that stands for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given<T> {
    /// The thing itself.
    Here(T),
    /// `:name`, given by the caller.
    Parameter(Arc<str>),
}

impl<T> From<T> for Given<T> {
    fn from(thing: T) -> Self {
        Self::Here(thing)
    }
}

impl<T: fmt::Display> fmt::Display for Given<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Here(thing) => thing.fmt(f),
            Self::Parameter(name) => write!(f, ":{name}"),
        }
    }
}
