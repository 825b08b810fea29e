//! Schedules: the version of a config that is live, from which instant on.
//!
//! A commit costs the same however much is scheduled. What a version gives its keys is compiled when it is first
//! scheduled, and the schedules after that share it; what is live after the next change is laid out when an evaluation
//! first comes to it.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use super::counted::{Counted, Meter, Replaced};
use super::era::Era;
use super::served::Served;
use crate::model::{
    Catalog, Config, Delivery, Key, KeyId, Ordered, Reference, SegmentId, Timestamp, Value, Version,
};

/// Schedule of a config.
#[derive(Debug)]
pub(super) struct Schedule {
    /// What is live up to the next change.
    present: Option<Arc<Served>>,
    /// The present, and the first instant after it at which what is live may change; `None` if nothing is to come.
    next: Option<(Timestamp, Timestamp)>,
    /// What is in the timeline, if anything is to come; some more may be there.
    turns: Ordered<u32, Arc<Turns>>,
    eras: OnceLock<Box<[ScheduleEra]>>,
    /// `None` of a version that is pretended to be live.
    config: Option<Arc<Config>>,
}

/// From when on what is live.
type ScheduleEra = (Timestamp, Option<Arc<Turns>>);

/// What a version gives its keys when it is live later.
#[derive(Debug)]
pub(super) struct Turns {
    served: Arc<Served>,
    /// By key.
    turns: Box<[Arc<Turn>]>,
}

/// What a version gives a key.
#[derive(Debug)]
pub(crate) struct Turn {
    key: KeyId,
    default: Value,
    first_counter: u32,
    pub(super) era: Era,
}

/// What of a schedule changes are about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ScheduleChange {
    /// Versions that were published; perhaps none.
    Published(BTreeSet<u32>),
    /// Whatever else it shows: names, switches, keys.
    Whole,
}

impl Schedule {
    /// The schedule of a config of a catalog, which shares with the one before it what changes are not about.
    pub(super) fn new(
        catalog: &Catalog,
        config: &Arc<Config>,
        before: Option<&Arc<Self>>,
        change: &ScheduleChange,
        meter: &dyn Meter,
        replaced: &mut Replaced,
    ) -> Self {
        let mut schedule = Self {
            present: None,
            next: None,
            turns: Ordered::default(),
            eras: OnceLock::new(),
            config: Some(Arc::clone(config)),
        };
        let shared = before.filter(|_| *change != ScheduleChange::Whole);
        if !config.head.archived {
            let now = catalog.time.unwrap_or(Timestamp::MIN);
            schedule.next = config.timeline.next_change(now).map(|next| (now, next));
            let live = config.timeline.live(now).and_then(|number| config.versions.get(number));
            let near = shared.and_then(|before| before.near());
            schedule.present = live.map(|version| served(catalog, config, version, shared, near));
        }
        if schedule.next.is_some() {
            schedule.take_turns(catalog, config, shared, change, meter, replaced);
        }
        if schedule.next.is_none() || shared.is_none() {
            let gone = before.into_iter().flat_map(|before| before.turns.values());
            replaced.gone.extend(gone.flat_map(|turns| turns.counted()));
        }
        schedule
    }

    /// Takes over the turns of the schedule before it, and makes those that it lacks.
    fn take_turns(
        &mut self,
        catalog: &Catalog,
        config: &Arc<Config>,
        shared: Option<&Arc<Self>>,
        change: &ScheduleChange,
        meter: &dyn Meter,
        replaced: &mut Replaced,
    ) {
        let before = shared;
        let shared = shared.filter(|before| before.next.is_some());
        self.turns = shared.map(|before| before.turns.clone()).unwrap_or_default();
        let numbers: Vec<u32> = match (shared, change) {
            (Some(_), ScheduleChange::Published(numbers)) => numbers.iter().copied().collect(),
            _ => config.timeline.versions().collect(),
        };
        for number in numbers.into_iter().filter(|number| config.timeline.has_version(*number)) {
            let Some(version) = config.versions.get(number) else { continue };
            if !self.turns.contains_key(&number) {
                let near = before.and_then(|before| before.near()).or(self.present.as_ref());
                let served = served(catalog, config, version, shared, near);
                let turns = Turns::new(catalog, served, meter);
                replaced.made.extend(turns.counted());
                self.turns.insert(number, Arc::new(turns));
            }
        }
        self.drop_stale(config, replaced);
    }

    /// Drops what is no longer in the timeline: of many turns not before they are twice as many as they need be.
    fn drop_stale(&mut self, config: &Config, replaced: &mut Replaced) {
        const MANY: usize = 64;
        let (needed, there) = (config.timeline.version_count(), self.turns.len());
        if there == needed || (there > MANY && there < 2 * needed) {
            return;
        }
        let stale = self.turns.keys().filter(|number| !config.timeline.has_version(**number));
        let stale: Vec<u32> = stale.copied().collect();
        for turns in stale.iter().filter_map(|number| self.turns.remove(number)) {
            replaced.gone.extend(turns.counted());
        }
    }

    /// One version, whatever the timeline and the switches say.
    pub(super) fn pretend(catalog: &Catalog, config: &Config, version: &Arc<Version>) -> Self {
        Self {
            present: Some(Arc::new(Served::new(catalog, config, version, false, None))),
            next: None,
            turns: Ordered::default(),
            eras: OnceLock::new(),
            config: None,
        }
    }

    /// A version that is live, or will be.
    fn near(&self) -> Option<&Arc<Served>> {
        let later = || self.turns.last().map(|(_, turns)| &turns.served);
        self.present.as_ref().or_else(later)
    }

    /// Whether no key is decided otherwise than by the schedule before it: nothing is to come, nor was, and the
    /// same is live.
    pub(super) fn decides_as(&self, before: &Self) -> bool {
        let same = match (&self.present, &before.present) {
            (Some(own), Some(other)) => Arc::ptr_eq(own, other),
            (own, other) => own.is_none() && other.is_none(),
        };
        same && self.next.is_none() && before.next.is_none()
    }

    /// Every key that the config may have, in the present or later.
    pub(super) fn keys(&self) -> BTreeSet<KeyId> {
        let present = self.present.iter().flat_map(|served| &served.version.columns);
        let references = self.config.iter().flat_map(|config| config.versions.references());
        let kept = references.filter_map(|reference| match reference {
            Reference::Key(key) => Some(key),
            Reference::Segment(_) => None,
        });
        present.map(|column| column.key).chain(kept).collect()
    }

    /// Whether there is, or will be, a row for a segment.
    pub(super) fn has_row(&self, segment: SegmentId) -> bool {
        let has_row = |version: &Arc<Version>| version.row_of(segment).is_some();
        if self.present.as_ref().is_some_and(|served| has_row(&served.version)) {
            return true;
        }
        let (Some((now, _)), Some(config)) = (self.next, &self.config) else { return false };
        let used = config.timeline.used_versions(now).into_iter();
        used.filter_map(|number| config.versions.get(number)).any(has_row)
    }

    /// What is live up to the next change, if it has a key.
    pub(super) fn present(&self, key: KeyId) -> Option<&Arc<Served>> {
        self.present.as_ref().filter(|served| served.has(key))
    }

    /// The first instant at which what is live may change.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.next.map(|(_, next)| next)
    }

    /// The present and all that is to come, in order of time.
    fn eras(&self) -> &[ScheduleEra] {
        self.eras.get_or_init(|| {
            let Some(((now, _), config)) = self.next.zip(self.config.as_ref()) else {
                return Box::default();
            };
            let turns = |number| self.turns.get(&number).cloned();
            let eras = config.timeline.eras(now).into_iter();
            eras.map(|(at, live)| (at, live.and_then(|live| turns(live.version)))).collect()
        })
    }

    /// How many eras there are, the present too, if anything is to come.
    pub(super) fn count(&self) -> usize {
        self.eras().len()
    }

    /// The number of the era of an instant after the present, if the version that is live has a key.
    pub(super) fn era_at(&self, key: KeyId, at: Timestamp) -> Option<usize> {
        let after = self.eras().partition_point(|(from, _)| *from <= at);
        let number = after.saturating_sub(1);
        self.turn(number, key).map(|_| number)
    }

    /// What an era gives a key.
    pub(super) fn turn(&self, number: usize, key: KeyId) -> Option<&Turn> {
        self.eras().get(number)?.1.as_ref()?.of(key)
    }
}

/// A version as it is served, compiled unless it was before; `near` is another one, with which it may have much in
/// common.
fn served(
    catalog: &Catalog,
    config: &Config,
    version: &Arc<Version>,
    shared: Option<&Arc<Schedule>>,
    near: Option<&Arc<Served>>,
) -> Arc<Served> {
    let known = shared.and_then(|before| {
        let present = before.present.as_ref().filter(|p| p.version.number == version.number);
        present.or_else(|| before.turns.get(&version.number).map(|turns| &turns.served)).cloned()
    });
    let disabled = config.head.disabled;
    let new = || Served::new(catalog, config, version, disabled, near.map(|near| &**near));
    known.unwrap_or_else(|| Arc::new(new()))
}

impl Turns {
    fn new(catalog: &Catalog, served: Arc<Served>, meter: &dyn Meter) -> Self {
        let columns = served.version.columns.iter();
        let keys = columns.filter_map(|column| catalog.key(column.key));
        let mut turns: Vec<_> = keys.map(|key| Arc::new(Turn::new(key, &served, meter))).collect();
        turns.sort_unstable_by_key(|turn| turn.key);
        Self { served, turns: turns.into() }
    }

    fn of(&self, key: KeyId) -> Option<&Turn> {
        let place = self.turns.binary_search_by_key(&key, |turn| turn.key).ok()?;
        self.turns.get(place).map(|turn| &**turn)
    }

    fn counted(&self) -> impl Iterator<Item = Arc<dyn Counted>> {
        self.turns.iter().map(|turn| Arc::clone(turn) as Arc<dyn Counted>)
    }
}

impl Turn {
    fn new(key: &Key, served: &Arc<Served>, meter: &dyn Meter) -> Self {
        let era = Era::of(key, 0, Some(served));
        let first_counter = meter.reserve(era.end());
        Self { key: key.id, default: key.default.clone(), first_counter, era }
    }
}

impl Counted for Turn {
    fn first_counter(&self) -> u32 {
        self.first_counter
    }

    fn counters(&self) -> u32 {
        self.era.end()
    }

    fn delivery(&self, counter: u32) -> Delivery {
        self.era.delivery(self.key, &self.default, counter)
    }
}
