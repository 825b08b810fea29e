//! Hashes of values: those that are [the same](Value::same) have the same hash.

use std::hash::BuildHasher;

use super::{Object, Value};
use crate::stack;

impl Value {
    /// A hash that is that of every value that is the same.
    pub(crate) fn same_hash(&self, state: &impl BuildHasher) -> u64 {
        match self {
            Self::Null => state.hash_one(()),
            Self::Boolean(b) => state.hash_one(b),
            Self::Integer(n) => state.hash_one(n),
            Self::Double(n) => hash_double(*n, state),
            Self::String(text) => state.hash_one(&**text),
            Self::List(items) => stack::step(|| hash_items(items, state)),
            Self::Object(members) => stack::step(|| hash_members(members, state)),
        }
    }
}

/// The hash of a list.
pub(crate) fn hash_items(items: &[Value], state: &impl BuildHasher) -> u64 {
    items.iter().fold(0, |before, item| state.hash_one((before, item.same_hash(state))))
}

/// The hash of an object: a sum, for the order of members does not matter.
pub(crate) fn hash_members(members: &Object, state: &impl BuildHasher) -> u64 {
    members.iter().fold(1, |sum: u64, (name, member)| {
        sum.wrapping_add(state.hash_one((name, member.same_hash(state))))
    })
}

/// The hash of a double: if it is equal to an integer, that of the integer.
#[expect(clippy::cast_possible_truncation, reason = "it is whole and in the range there")]
pub(crate) fn hash_double(number: f64, state: &impl BuildHasher) -> u64 {
    const TWO_63: f64 = 9_223_372_036_854_775_808.0;
    if number.fract() == 0.0 && (-TWO_63..TWO_63).contains(&number) {
        state.hash_one(number as i64)
    } else {
        state.hash_one(number.to_bits())
    }
}
