//! What stands in the tables: types of their own, apart from the model's, so that the model may change
//! and a stored record never does.

mod restore;
mod v1;

pub(crate) use restore::ConditionParser;
pub(super) use restore::Restore;
pub(super) use v1::*;
