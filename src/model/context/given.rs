//! What of a context was given with a question, rather than known of the user; and whether the question is passed over when
//! traffic is recorded.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::{Context, Object, Value};

/// Attributes that were given in a context that has a past: the others are those of the profile.
#[derive(Clone, Debug, Default)]
pub(super) struct Given {
    /// How many attributes, the first, are known of the user.
    known: usize,
    /// The indices among these of which the value was given instead.
    instead: Vec<usize>,
}

impl Given {
    /// All attributes so far are known of the user.
    pub(super) fn all_are_known(&mut self, count: usize) {
        *self = Self { known: count, instead: Vec::new() };
    }

    /// An attribute that was there is given.
    #[inline]
    pub(super) fn give(&mut self, index: usize) {
        if index < self.known && !self.instead.contains(&index) {
            self.instead.push(index);
        }
    }

    fn has(&self, index: usize) -> bool {
        index >= self.known || self.instead.contains(&index)
    }
}

/// Stamp of a share of users whose traffic is recorded: two databases, or two shares in one, have not the same one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SampleStamp(u32);

impl SampleStamp {
    /// A stamp that no share has had yet. When all 2^32 are used up nothing is kept any more.
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let next = NEXT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_add(1));
        Self(next.unwrap_or(u32::MAX))
    }

    /// The number of the stamp; 0 is none.
    pub(crate) fn number(self) -> u32 {
        self.0
    }
}

/// The share of users to which the context is known not to belong; 0 is none.
#[derive(Debug, Default)]
pub(super) struct Sampled(AtomicU32);

impl Context {
    /// Whether it is known not to belong to a share of users.
    #[inline]
    pub(crate) fn is_passed_over(&self, share: u32) -> bool {
        self.sampled.0.0.load(Ordering::Relaxed) == share
    }

    /// Keeps that it does not belong to a share of users.
    pub(crate) fn pass_over(&self, share: u32) {
        if share != u32::MAX {
            self.sampled.0.0.store(share, Ordering::Relaxed);
        }
    }

    /// The attributes that were given with the question, but for the id of the user.
    pub(crate) fn given(&self) -> Object {
        let slots = self.attributes.iter().enumerate().skip(usize::from(self.has_user));
        let given = slots.filter(|(index, _)| self.given.has(*index));
        given.map(|(_, slot)| (slot.label.text(), slot.value.clone())).collect()
    }

    /// The id of the user, shared.
    pub(crate) fn user_id_shared(&self) -> Option<Arc<str>> {
        match &self.attributes.first().filter(|_| self.has_user)?.value {
            Value::String(id) => Some(Arc::clone(id)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_is_passed_over_for_one_share() {
        let context = Context::new("u");
        let (one, other) = (SampleStamp::new().number(), SampleStamp::new().number());
        context.pass_over(one);
        assert!(context.is_passed_over(one) && !context.is_passed_over(other));
        assert!(!context.clone().is_passed_over(one) && !Context::new("v").is_passed_over(other));
        context.pass_over(u32::MAX);
        assert!(!context.is_passed_over(u32::MAX));
    }

    #[test]
    fn what_is_given_has_its_names() {
        let long = "an attribute with a long name";
        let names = [
            "",
            "a",
            "abc",
            "abcd",
            "plan of",
            "1234567",
            "12345678",
            "123456789",
            "fifteen letters",
            "ünï",
            long,
        ];
        let context = names.iter().fold(Context::new("u"), |context, name| context.with(*name, 1));
        assert_eq!(context.given().keys().map(|name| &**name).collect::<Vec<_>>(), names);
        assert_eq!(context.user_id_shared().as_deref(), Some("u"));
        assert!(Context::anonymous().user_id_shared().is_none());
    }
}
