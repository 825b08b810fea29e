//! Keys that are compared: what each of two states gives for them.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::error::Result;
use crate::eval::{Evaluation, Moment, Snapshot};
use crate::model::{Context, KeyId, Timestamp, Value};
use crate::query::view::View;

/// The instants at which the states are compared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instants {
    pub(super) before: Timestamp,
    pub(super) after: Timestamp,
}

impl Instants {
    /// One instant on both sides.
    pub(super) fn one(at: Timestamp) -> Self {
        Self { before: at, after: at }
    }
}

/// Keys in the order of their names, and those of them that each state has.
pub(super) struct Keys {
    keys: Vec<Key>,
    on_sides: [Vec<KeyId>; 2],
}

/// Key that is compared.
pub(super) struct Key {
    pub(super) id: KeyId,
    pub(super) name: Arc<str>,
    /// Whether its values are not shown.
    pub(super) is_secret: bool,
    /// Whether each state has it.
    on_sides: [bool; 2],
}

impl Keys {
    pub(super) fn new(view: &View<'_>, states: [&Snapshot; 2], ids: &BTreeSet<KeyId>) -> Self {
        let catalogs = states.map(Snapshot::catalog);
        let secrets = [view.secrets(), view.secrets_of(catalogs[0]), view.secrets_of(catalogs[1])];
        let key = |id: &KeyId| {
            let known = catalogs.iter().find_map(|catalog| catalog.key(*id))?;
            let is_secret = secrets.iter().any(|secrets| secrets.hide(*id));
            let on_sides = catalogs.map(|catalog| catalog.key(*id).is_some());
            Some(Key { id: *id, name: known.name.to_arc(), is_secret, on_sides })
        };
        let mut keys: Vec<_> = ids.iter().filter_map(key).collect();
        keys.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        let on_sides = [0, 1].map(|side: usize| {
            let there = keys.iter().filter(|key| key.on_sides.get(side) == Some(&true));
            there.map(|key| key.id).collect()
        });
        Self { keys, on_sides }
    }

    /// Whether there is no key to compare.
    pub(super) fn are_none(&self) -> bool {
        self.keys.is_empty()
    }

    /// Calls a function with what each side gives for each key.
    pub(super) fn compare(
        &self,
        states: [&Snapshot; 2],
        contexts: [&Context; 2],
        at: Instants,
        mut take: impl FnMut(&Key, [Option<&Evaluation<'_>>; 2]) -> Result<()>,
    ) -> Result<()> {
        let ([before, after], [old, new]) = (states, contexts);
        let [on_before, on_after] = &self.on_sides;
        if let [key] = &*self.keys {
            // there is nothing to share
            let old = evaluate(before, key.id, old, at.before);
            let new = evaluate(after, key.id, new, at.after);
            return take(key, [old.as_ref(), new.as_ref()]);
        }
        let mut before = before.evaluate_many(on_before.iter().copied(), old, at.before);
        let mut after = after.evaluate_many(on_after.iter().copied(), new, at.after);
        for key in &self.keys {
            let [is_before, is_after] = key.on_sides;
            let before = is_before.then(|| before.next()).flatten();
            let after = is_after.then(|| after.next()).flatten();
            take(key, [before.as_ref(), after.as_ref()])?;
        }
        Ok(())
    }
}

/// What a state gives for one key.
fn evaluate<'s>(
    state: &'s Snapshot,
    key: KeyId,
    context: &Context,
    at: Timestamp,
) -> Option<Evaluation<'s>> {
    Some(state.evaluate(state.numbered(key)?, context, Moment::At(at)))
}

/// Whether what two states give for a key is not the same: the value, or the arm.
pub(super) fn differ([before, after]: [Option<&Evaluation<'_>>; 2]) -> bool {
    let null = Value::Null;
    let [old, new] = [before, after].map(|one| one.map_or(&null, Evaluation::value));
    let [old_variant, new_variant] = [before, after].map(|one| one.and_then(Evaluation::variant));
    !old.same(new) || old_variant != new_variant
}
