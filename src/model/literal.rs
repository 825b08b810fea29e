//! Literals: values in a text, and parameters that stand for them.

use std::sync::Arc;

use super::Value;

/// A value in the text, or a parameter that stands for one.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// The value itself.
    Value(Value),
    /// `:name`, given by the caller.
    Parameter(Arc<str>),
}

impl<T: Into<Value>> From<T> for Literal {
    fn from(value: T) -> Self {
        Self::Value(value.into())
    }
}
