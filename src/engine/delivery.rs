//! Deliveries on their way from the counters to the store.
//!
//! An evaluation adds to its counter ([`Deliveries::count`]). The plan knows what its counters stand for, so it is
//! kept as long as an evaluation by it can still be counted. The life of a plan, step by step:
//!
//! 1. It reserves its counters as it is compiled ([`Meter`]).
//! 2. It is registered before the snapshot that has it is shown, so every count belongs to a registered plan.
//! 3. It is retired when another snapshot has replaced it, but stays in the list: readers may still have the old
//!    snapshot, and evaluations keep it alive until they were counted.
//! 4. A drain first finds the retired plans that have no owner but this list. `Arc::get_mut` tells so only after
//!    everything that the last other owner did, so all additions by the plan are in the counters that the same
//!    drain then takes out.
//! 5. After that its counters are released, and another plan may reserve them.
//!
//! A drain moves counts from the counters to the current minute; a flush hands them to the store as a batch. A batch
//! has a number, by which the store adds it only once: when it cannot be told whether one was added, it is offered
//! again as it was.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::bell::{Bell, Call};
use super::traffic::Traffic;
use crate::clock::Clock;
use crate::error::{ErrorClass, Result};
use crate::eval::{Counted, Evaluation, Meter, Tally, UNCOUNTED};
use crate::model::{Catalog, Context, Delivered, DeliveryBatch, Timestamp, UserSketch};
use crate::query::Asker;
use crate::stats::{Counters, UserSketches};
use crate::store::Store;

/// Settings of how deliveries are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    /// Whether deliveries are counted at all.
    pub(super) count: bool,
    /// Whether the users whom they are for are estimated, too.
    pub(super) users: bool,
    /// Time between two flushes.
    pub(super) interval: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { count: true, users: false, interval: Duration::from_secs(5) }
    }
}

/// Deliveries that were counted and are not in the store yet.
pub(super) struct Deliveries {
    /// Whether anything is counted.
    pub(super) counts: bool,
    counters: Counters,
    users: Option<UserSketches>,
    pub(super) traffic: Traffic,
    plans: Mutex<Plans>,
    waiting: Mutex<Waiting>,
    store: Store,
    pub(super) clock: Arc<Clock>,
    /// Wakes the thread that flushes.
    pub(super) bell: Bell,
}

/// The plans by which evaluations are counted, by their first counter.
#[derive(Default)]
struct Plans {
    all: BTreeMap<u32, Arc<dyn Counted>>,
    /// The first counters of those that are retired.
    gone: Vec<u32>,
    /// How many of these still had another owner when they were last looked through.
    kept: usize,
}

/// Counts that were taken out of the counters and are not in the store yet.
#[derive(Default)]
struct Waiting {
    /// The batch that was offered to the store, which may have added it.
    offered: Option<DeliveryBatch>,
    /// The counts for the next batch, by minute and counter; several if another plan got the counter meanwhile.
    next: BTreeMap<(i64, u32), Vec<Delivered>>,
    /// The number of the newest batch; `None` if it is not known yet.
    number: Option<u64>,
}

/// The most counts that wait for the store: when there are as many, nothing is drained, and the counters keep it.
const MUCH: usize = 1 << 18;
/// Number of retired plans from which on they are looked through without waiting for the next flush.
const MANY_PLANS: usize = 1 << 12;

/// What was drained of a counter: who knows what it stands for, the counter, how often, the users.
type Drained = (Arc<dyn Counted>, u32, u64, Option<UserSketch>);

impl Deliveries {
    pub(super) fn new(store: Store, clock: Arc<Clock>, settings: Settings) -> Self {
        Self {
            counts: settings.count,
            counters: Counters::new(),
            users: settings.users.then(UserSketches::new),
            traffic: Traffic::default(),
            plans: Mutex::default(),
            waiting: Mutex::default(),
            store,
            clock,
            bell: Bell::default(),
        }
    }

    /// Counts an evaluation.
    pub(super) fn count(&self, evaluation: &Evaluation<'_>, context: &Context) {
        let counter = evaluation.counter();
        self.add(counter, || context.user_id());
        if counter != UNCOUNTED {
            self.see(context);
        }
    }

    /// Counts the evaluations of a tally, for whoever asked for them.
    pub(super) fn count_all(&self, tally: &Tally, asker: &Asker) {
        tally.counters().for_each(|counter| self.add(counter, || asker.user_id()));
        if let Asker::Context(context) = asker
            && tally.counters().any(|counter| counter != UNCOUNTED)
        {
            self.see(context);
        }
    }

    /// Records what was asked with, if traffic is recorded.
    #[inline]
    fn see(&self, context: &Context) {
        if self.traffic.wants(context) && self.traffic.record(context, self.clock.now()) {
            self.bell.ring(Call::Flush);
        }
    }

    #[inline]
    fn add<'u>(&self, counter: u32, user: impl FnOnce() -> Option<&'u str>) {
        if counter == UNCOUNTED {
            return;
        }
        self.counters.add(counter);
        if let Some(users) = &self.users
            && let Some(user) = user()
            && users.insert(counter, user)
        {
            self.bell.ring(Call::Flush);
        }
    }

    /// Records traffic as a state says that is shown.
    pub(super) fn follow(&self, catalog: &Catalog) {
        if self.counts {
            self.traffic.follow(catalog);
        }
    }

    /// Registers plans, before the first evaluation by them.
    pub(super) fn register(&self, made: Vec<Arc<dyn Counted>>) {
        let counted = made.into_iter().filter(|plan| plan.first_counter() != UNCOUNTED);
        self.plans().all.extend(counted.map(|plan| (plan.first_counter(), plan)));
    }

    /// Retires plans that were replaced: each is dropped once nobody else has it.
    pub(super) fn retire(&self, gone: Vec<Arc<dyn Counted>>) {
        let counted =
            gone.iter().map(|plan| plan.first_counter()).filter(|first| *first != UNCOUNTED);
        let mut plans = self.plans();
        plans.gone.extend(counted);
        let many = plans.gone.len() >= MANY_PLANS.max(plans.kept * 2);
        drop((plans, gone));
        if many {
            self.drain();
        }
    }

    /// Moves the counts so far to the current minute.
    pub(super) fn drain(&self) {
        self.drain_to(&mut self.waiting(), minute(self.clock.now()));
    }

    /// Hands the counts so far to the store.
    pub(super) fn flush(&self) -> Result<()> {
        self.flush_as_of(minute(self.clock.now()))
    }

    /// Hands the counts so far to the store, as those of a minute.
    pub(super) fn flush_as_of(&self, minute: i64) -> Result<()> {
        let mut waiting = self.waiting();
        loop {
            // once more when all was written: what waited may have been too much to drain anything
            self.drain_to(&mut waiting, minute);
            let offered = waiting.offer(&self.store, &self.traffic, self.clock.now())?;
            let Some(batch) = offered else { return Ok(()) };
            let added = self.store.add_deliveries(batch);
            // damaged statistics would refuse this batch for ever, and all that come after it
            if added.is_ok() || is_damage(&added) {
                waiting.offered = None;
            }
            added?;
        }
    }

    /// Hands what was recorded of traffic to the store, if there is any.
    pub(super) fn flush_contexts(&self) -> Result<()> {
        if self.traffic.is_empty() { Ok(()) } else { self.flush() }
    }

    /// Whether a context of a user was recorded, and is not known to be in the store.
    pub(super) fn has_seen(&self, user: &str) -> bool {
        let waiting = self.waiting();
        let offered = waiting.offered.iter().flat_map(|batch| &batch.contexts.seen);
        self.traffic.has(user)
            || offered.into_iter().any(|context| context.user.as_deref() == Some(user))
    }

    /// Forgets the contexts of a user that are not in the store yet.
    pub(super) fn forget(&self, user: &str) {
        let mut waiting = self.waiting();
        self.traffic.forget(user);
        if let Some(offered) = &mut waiting.offered {
            offered.contexts.seen.retain(|context| context.user.as_deref() != Some(user));
        }
    }

    /// Whether nothing waits for the store.
    #[cfg(test)]
    pub(super) fn is_flushed(&self) -> bool {
        let waiting = self.waiting();
        waiting.next.is_empty() && waiting.offered.is_none()
    }

    fn drain_to(&self, waiting: &mut Waiting, minute: i64) {
        if waiting.next.len() < MUCH {
            waiting.take(self.drained(minute));
        }
    }

    /// The counts since the last drain, by counter.
    fn drained(&self, minute: i64) -> Vec<(u32, Delivered)> {
        // what is told of them takes longer than to find them: commits need not wait for that
        let counts = self.counts().into_iter().map(|(plan, counter, count, users)| {
            let delivery = plan.delivery(counter - plan.first_counter());
            (counter, Delivered { delivery, minute, count, users })
        });
        counts.collect()
    }

    /// Takes the counts out of the counters, and drops the retired plans that nobody else has.
    fn counts(&self) -> Vec<Drained> {
        let mut plans = self.plans();
        // nobody counts by these any more: whatever was counted by them is seen below
        let done = plans.out_of_use();
        let counters = self.counters.drain();
        let mut users = self.users.as_ref().map(UserSketches::drain).unwrap_or_default();
        let counts = counters.into_iter().filter_map(|(counter, count)| {
            let (_, plan) = plans.all.range(..=counter).next_back()?;
            Some((Arc::clone(plan), counter, count, users.remove(&counter)))
        });
        let counts = counts.collect();
        for first in done {
            if let Some(plan) = plans.all.remove(&first) {
                let end = first + plan.counters();
                users.retain(|counter, _| !(first..end).contains(counter));
                self.counters.release(first, plan.counters());
            }
        }
        // users whose evaluation is being counted at this moment come with the next drain
        if let Some(all) = &self.users {
            all.give_back(users);
        }
        counts
    }

    fn plans(&self) -> MutexGuard<'_, Plans> {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Meter for Deliveries {
    fn reserve(&self, counters: u32) -> u32 {
        let reserved = if self.counts { self.counters.reserve(counters) } else { None };
        reserved.unwrap_or(UNCOUNTED)
    }
}

impl Plans {
    /// Takes those off the list of the replaced that only this has.
    fn out_of_use(&mut self) -> Vec<u32> {
        let gone = std::mem::take(&mut self.gone);
        let unused =
            |first: &u32| self.all.get_mut(first).is_none_or(|p| Arc::get_mut(p).is_some());
        let (done, gone): (_, Vec<_>) = gone.into_iter().partition(unused);
        self.kept = gone.len();
        self.gone = gone;
        done
    }
}

impl Waiting {
    /// Adds what was drained to what waits already.
    fn take(&mut self, drained: Vec<(u32, Delivered)>) {
        for (counter, one) in drained {
            let there = self.next.entry((one.minute, counter)).or_default();
            match there.iter_mut().find(|known| known.delivery == one.delivery) {
                Some(known) => known.add(one),
                None => there.push(one),
            }
        }
    }

    /// The batch that the store is to take next, if there is one.
    fn offer(
        &mut self,
        store: &Store,
        traffic: &Traffic,
        now: Timestamp,
    ) -> Result<Option<&DeliveryBatch>> {
        if self.offered.is_none() && !(self.next.is_empty() && traffic.is_empty()) {
            let newest = self.number.map_or_else(|| store.reader()?.last_delivery_batch(), Ok)?;
            let number = newest + 1;
            let delivered = std::mem::take(&mut self.next).into_values().flatten().collect();
            self.number = Some(number);
            self.offered = Some(DeliveryBatch { number, delivered, contexts: traffic.take(now) });
        }
        Ok(self.offered.as_ref())
    }
}

/// Whether the statistics cannot be added to because they are damaged.
fn is_damage(added: &Result<()>) -> bool {
    added.as_ref().is_err_and(|error| error.class() == ErrorClass::Store)
}

/// The minute of an instant, since 1970.
pub(super) fn minute(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(MINUTE)
}

/// A minute in microseconds.
pub(super) const MINUTE: i64 = 60_000_000;
