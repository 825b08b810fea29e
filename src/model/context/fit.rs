//! Fits of contexts: those without the attributes whose values are not what was declared.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;

use super::{Context, Label, UserAttribute};

/// Stamp of declarations of attributes: those of two stores, or of two states of one that differ, have not the same one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FitStamp(u32);

impl FitStamp {
    /// A stamp that no declarations have had yet. When all 2^32 are used up nothing is kept any more.
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let next = NEXT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_add(1));
        Self(next.unwrap_or_default())
    }

    fn is_kept(self) -> bool {
        self != Self::default()
    }
}

/// The declarations that all attributes of a context are known to fit.
#[derive(Debug, Default)]
pub(super) struct Fit(AtomicU32);

/// The context without misfits that was made last, if there ever were any.
pub(super) type Fitted = OnceLock<Box<ArcSwap<FittedContext>>>;

/// A context without the attributes that do not fit some declarations.
#[derive(Debug)]
pub(crate) struct FittedContext {
    of: FitStamp,
    pub(crate) context: Context,
}

impl Context {
    /// Whether its attributes are known to fit declarations.
    #[inline]
    pub(crate) fn fits(&self, declarations: FitStamp) -> bool {
        declarations.is_kept() && self.fit.0.0.load(Ordering::Relaxed) == declarations.0
    }

    /// What it is without the attributes that do not fit declarations; `None` if all fit. The answer is kept.
    pub(crate) fn fitted(
        &self,
        declarations: FitStamp,
        is_misfit: &dyn Fn(&Label, UserAttribute<'_>) -> bool,
    ) -> Option<Arc<FittedContext>> {
        let known = self.fitted.0.get().map(|known| known.load_full());
        if let Some(known) =
            known.filter(|known| declarations.is_kept() && known.of == declarations)
        {
            return Some(known);
        }
        let is_misfit = |index: usize| {
            let slot = self.attributes.get(index).zip(self.attribute_at(index));
            slot.is_some_and(|(slot, attribute)| is_misfit(&slot.label, attribute))
        };
        let Some(first) = (0..self.attributes.len()).find(|index| is_misfit(*index)) else {
            self.fit.0.0.store(declarations.0, Ordering::Relaxed);
            return None;
        };
        let context = self.only(|index| index < first || (index > first && !is_misfit(index)));
        let made = Arc::new(FittedContext { of: declarations, context });
        let kept = || Box::new(ArcSwap::from(Arc::clone(&made)));
        self.fitted.0.get_or_init(kept).store(Arc::clone(&made));
        Some(made)
    }

    /// The same user with some of the attributes, by their indices.
    fn only(&self, stays: impl Fn(usize) -> bool) -> Self {
        let (count, past) = (self.attributes.len(), self.past.clone());
        let mut context = Self { has_user: self.has_user, past, ..Self::with_room(count) };
        let slots = self.attributes.iter().enumerate();
        for (_, slot) in slots.filter(|(index, _)| stays(*index)) {
            context.append(slot.label.clone(), slot.value.clone());
        }
        context
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Value;

    fn misfits(names: &'static [&str]) -> impl Fn(&Label, UserAttribute<'_>) -> bool {
        |label, _| names.iter().any(|name| *label == Label::new(&(*name).into()))
    }

    #[test]
    fn a_context_without_misfits_is_kept() {
        let context = Context::new("u").with("a", 1).with("b", "x").with("c", 3);
        let (first, second) = (FitStamp::new(), FitStamp::new());
        let fitted = context.fitted(first, &misfits(&["a", "c"])).unwrap();
        assert_eq!(fitted.context, Context::new("u").with("b", "x"));
        assert!(!context.fits(first));
        let nobody_is_asked = |_: &Label, _: UserAttribute<'_>| panic!("it is known");
        assert!(Arc::ptr_eq(&fitted, &context.fitted(first, &nobody_is_asked).unwrap()));
        let other = context.fitted(second, &misfits(&["b"])).unwrap();
        assert_eq!(other.context, Context::new("u").with("a", 1).with("c", 3));
    }

    #[test]
    fn that_all_fit_is_kept_until_an_attribute_is_given() {
        let context = Context::anonymous().with("a", 1);
        let (stamp, other) = (FitStamp::new(), FitStamp::new());
        assert!(!context.fits(stamp) && context.fitted(stamp, &misfits(&[])).is_none());
        assert!(context.fits(stamp) && !context.fits(other));
        assert!(!context.clone().with("a", 2).fits(stamp));
        assert!(
            !context.fits(FitStamp::default()) && !Context::default().fits(FitStamp::default())
        );
    }

    #[test]
    fn many_attributes_are_found_without_the_misfits() {
        let context = (0..40).fold(Context::new("u"), |c, n| c.with(format!("a{n}"), n));
        let fitted = context.fitted(FitStamp::new(), &misfits(&["a0", "a7", "a39"])).unwrap();
        for n in 0..40_i64 {
            let stays = ![0, 7, 39].contains(&n);
            let found = fitted.context.attribute(&format!("a{n}"));
            assert_eq!(found, Some(&Value::from(n)).filter(|_| stays), "{n}");
        }
        assert_eq!(fitted.context.user_id(), Some("u"));
    }
}
