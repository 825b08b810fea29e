//! Era: the time from one commit that touches what keys depend on to the next.

use std::sync::Arc;

use super::reach::{Deciding, Reach};
use super::subject::Subject;
use crate::error::Result;
use crate::eval::{Evaluation, Standing};
use crate::model::{
    AttributeId, Catalog, Context, KeyId, Name, ObjectKind, Reason, Spanned, Timestamp, Value,
};
use crate::query::past::{State, Wanted, state_at};
use crate::query::view::View;

/// State of the store, as long as it lasts for some keys.
pub(super) struct Era<'v> {
    pub(super) state: State<'v>,
    pub(super) reach: Reach,
    /// The instant of the next commit that touches the keys, if there is one.
    pub(super) next: Option<Timestamp>,
}

impl<'v> Era<'v> {
    /// The era of keys at an instant.
    pub(super) fn new(
        view: &'v View<'_>,
        keys: &[(KeyId, Spanned<Name>)],
        at: Timestamp,
    ) -> Result<Self> {
        let names: Vec<_> = keys.iter().map(|(_, name)| name.clone()).collect();
        let state = state_at(view, at, &Wanted::Keys(&names))?;
        let ids = keys.iter().map(|(id, _)| *id);
        let reach = Reach::of(state.catalog(), ids, Deciding::EverLive);
        let next = next_commit(view, &state, &reach, at)?;
        Ok(Self { state, reach, next })
    }

    pub(super) fn catalog(&self) -> &Catalog {
        self.state.catalog()
    }

    /// What a key is for a user at an instant; `None` if there is no such key yet.
    pub(super) fn sample(&self, key: KeyId, context: &Context, at: Timestamp) -> Option<Sample> {
        let evaluation = self.state.snapshot.evaluate_once(key, context, at)?;
        Some(Sample::of(&evaluation))
    }

    /// The first instant after one at which a value may be another one; none after a last one.
    pub(super) fn next_instant(
        &self,
        of: &Subject,
        context: &Context,
        (at, last): (Timestamp, Timestamp),
    ) -> Option<Timestamp> {
        let end = Timestamp::clamped(last.as_micros().saturating_add(1));
        let known = [self.next, self.next_turn(at), self.next_fact(of, at)];
        let end = known.into_iter().flatten().chain([end]).min()?;
        let standing = Standing { snapshot: &self.state.snapshot, context, history: &of.history };
        let tick = self.reach.ticker.next(&standing, at, end);
        let next = tick.unwrap_or(end);
        (next > at && next <= last).then_some(next)
    }

    /// The next beginning or end of a publication.
    fn next_turn(&self, at: Timestamp) -> Option<Timestamp> {
        let configs = self.reach.configs.iter().filter_map(|id| self.catalog().config(*id));
        configs.filter_map(|config| config.timeline.next_change(at)).min()
    }

    /// When the user changes next, or an event leaves a window.
    fn next_fact(&self, of: &Subject, at: Timestamp) -> Option<Timestamp> {
        let reach = &self.reach;
        let reads = |name: &Arc<str>| reach.attributes.contains(name) && of.stores(name);
        let profile = of.history.next_setting(reads, at);
        let events = reach.events.iter().filter_map(|name| of.history.next_event(name, at));
        let windows = reach.windows.iter().filter_map(|(name, length)| {
            let entered = Timestamp::clamped(at.as_micros().saturating_sub(length.as_micros()));
            of.history.next_event(name, entered)?.checked_add(*length)
        });
        profile.into_iter().chain(events).chain(windows).min()
    }
}

/// When the next commit is that touches what is reached.
fn next_commit(
    view: &View<'_>,
    state: &State<'_>,
    reach: &Reach,
    at: Timestamp,
) -> Result<Option<Timestamp>> {
    if at >= view.now {
        return Ok(None);
    }
    let (reader, mut next) = (view.reader()?, None);
    for (kind, id) in watched(view, reach)? {
        let change = reader.served_change_after(kind, id, state.snapshot.revision())?;
        next = next.into_iter().chain(change.filter(|number| *number <= view.newest())).min();
    }
    let committed = next.map(|number| reader.revision(number)).transpose()?.flatten();
    let committed = committed.map(|revision| revision.time);
    let pending = view.pending.as_ref().filter(|pending| !pending.changes.is_empty());
    Ok(committed.into_iter().chain(pending.map(|_| view.now)).min())
}

/// The objects whose changes may touch what is reached: those in it, each config that ever had one of its keys, and
/// attributes that are declared at any time.
pub(super) fn watched(view: &View<'_>, reach: &Reach) -> Result<Vec<(ObjectKind, u32)>> {
    let (reader, mut watched) = (view.reader()?, reach.objects().collect::<Vec<_>>());
    for key in &reach.keys {
        let configs = reader.configs_of_key(*key)?;
        watched.extend(configs.into_iter().map(|id| (ObjectKind::Config, id.0)));
    }
    for attribute in &reach.attributes {
        let id = reader.named(ObjectKind::Attribute, attribute)?.map(AttributeId);
        watched.extend(id.map(|id| (ObjectKind::Attribute, id.0)));
    }
    watched.sort_unstable();
    watched.dedup();
    Ok(watched)
}

/// What a key is for a user at an instant.
#[derive(Clone, Debug)]
pub(in crate::query) struct Sample {
    pub(in crate::query) value: Value,
    pub(in crate::query) reason: Reason,
    pub(in crate::query) config: Option<Name>,
    pub(in crate::query) version: Option<u32>,
    pub(in crate::query) segment: Option<Name>,
    pub(in crate::query) variant: Option<Arc<str>>,
}

impl Sample {
    fn of(evaluation: &Evaluation<'_>) -> Self {
        Self {
            value: evaluation.value().clone(),
            reason: evaluation.reason(),
            config: evaluation.config().cloned(),
            version: evaluation.version(),
            segment: evaluation.segment().cloned(),
            variant: evaluation.variant().map(Arc::from),
        }
    }

    /// Whether a user is given the same, and for the same reason.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.value.same(&other.value)
            && self.reason == other.reason
            && (&self.config, self.version) == (&other.config, other.version)
            && (&self.segment, &self.variant) == (&other.segment, &other.variant)
    }
}
