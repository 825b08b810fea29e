//! Plans: the rows that decide over each key, from which instant on.

use std::sync::{Arc, LazyLock};

use super::counted::{Counted, Meter, UNCOUNTED};
use super::era::Era;
use super::plan_row::PlanRow;
use super::schedule::{Schedule, Turn};
use super::served::Served;
use crate::model::{Catalog, ConfigId, Delivery, Key, KeyId, Name, Reason, Timestamp, Value};

/// Plan of a key: the rows that decide over it, from which instant on.
#[derive(Debug)]
pub(crate) struct Plan {
    default: Value,
    pub(super) id: KeyId,
    pub(super) archived: bool,
    /// The first of the counters of its evaluations in the present.
    first_counter: u32,
    first: Era,
    later: Option<Box<Later>>,
    pub(super) key: Name,
}

/// What decides over a key later.
#[derive(Debug)]
struct Later {
    /// From when on.
    from: Timestamp,
    /// Of the configs that may have the key and of which something is to come: the first of them whose live version
    /// has it decides.
    schedules: Box<[Arc<Schedule>]>,
    /// While none has.
    rest: Era,
}

/// The number of the era in which none of the schedules of which something is to come has the key.
const REST: u32 = u32::MAX;

impl Plan {
    /// Merges the schedules of the configs that have the key. At an instant the first of them whose live
    /// version has it decides: no key has two owners, so the order matters only under a pretended version.
    pub(super) fn new<'a>(
        key: &Key,
        schedules: impl IntoIterator<Item = &'a Arc<Schedule>>,
        meter: &dyn Meter,
    ) -> Self {
        let schedules: Vec<_> = schedules.into_iter().filter(|_| !key.archived).collect();
        let live = schedules.iter().find_map(|schedule| schedule.present(key.id));
        let first = Era::of(key, 0, live);
        let later = Later::new(key, &schedules, first.end());
        let mut plan = Self {
            default: key.default.clone(),
            id: key.id,
            archived: key.archived,
            first_counter: UNCOUNTED,
            first,
            later: later.map(Box::new),
            key: key.name.clone(),
        };
        plan.first_counter = meter.reserve(plan.counters());
        plan
    }

    /// The plan of a key that does not exist.
    pub(super) fn unknown(name: &str) -> Self {
        let first = Era::new(0, Reason::UnknownKey, None);
        Self {
            default: Value::Null,
            id: KeyId(0),
            archived: false,
            first_counter: UNCOUNTED,
            first,
            later: None,
            key: Name::lossy(name),
        }
    }

    /// The plan of no key.
    pub(super) fn none() -> &'static Self {
        static NONE: LazyLock<Plan> = LazyLock::new(|| Plan::unknown(""));
        &NONE
    }

    /// The rows, if nothing else decides: nothing is scheduled, and none has a split. Then the counters of what
    /// is given follow one another: first that of no row.
    pub(super) fn plain_rows(&self) -> Option<&[PlanRow]> {
        let rows = &*self.first.rows;
        (self.later.is_none() && rows.iter().all(|row| row.split.is_none())).then_some(rows)
    }

    /// Why a value is given if no row gives it, before anything that is scheduled.
    pub(super) fn without_row(&self) -> Reason {
        self.first.without_row
    }

    /// The default of the key.
    #[inline]
    pub(super) fn default(&self) -> &Value {
        &self.default
    }

    /// The value of a row of the first era that has no split.
    pub(super) fn plain_value(&self, row: usize) -> Option<&Value> {
        self.first.plain_value(self.first.rows.get(row)?)
    }

    /// The version that is live before anything that is scheduled.
    pub(super) fn live(&self) -> Option<&Served> {
        self.first.live.as_deref()
    }

    /// The number of the era of an instant, which is asked for only if there is a choice.
    #[inline]
    pub(super) fn era_at(&self, at: impl FnOnce() -> Timestamp) -> u32 {
        match &self.later {
            None => 0, // the usual case
            Some(later) => later.era_at(self.id, at()),
        }
    }

    /// An era, by its number.
    #[inline]
    pub(super) fn era(&self, number: u32) -> &Era {
        if number == 0 { &self.first } else { self.later_era(number) }
    }

    fn later_era(&self, number: u32) -> &Era {
        let Some(later) = &self.later else { return &self.first };
        later.turn(self.id, number).map_or(&later.rest, |turn| &turn.era)
    }

    /// The first of the counters of an era, or [`UNCOUNTED`].
    pub(super) fn first_counter_of(&self, era: u32) -> u32 {
        let turn = self.later.as_ref().and_then(|later| later.turn(self.id, era));
        turn.map_or(self.first_counter, Counted::first_counter)
    }
}

impl Counted for Plan {
    fn first_counter(&self) -> u32 {
        self.first_counter
    }

    fn counters(&self) -> u32 {
        self.later.as_ref().map_or(&self.first, |later| &later.rest).end()
    }

    fn delivery(&self, counter: u32) -> Delivery {
        let rest = self.later.as_ref().map(|later| &later.rest);
        let era = rest.filter(|rest| rest.counter <= counter).unwrap_or(&self.first);
        era.delivery(self.id, self.default(), counter)
    }
}

impl Later {
    /// What is to come, if anything is.
    fn new(key: &Key, schedules: &[&Arc<Schedule>], counter: u32) -> Option<Self> {
        // one of which nothing is to come decides for ever, over those that come after it
        let for_ever = |schedule: &&Arc<Schedule>| {
            schedule.next().is_none() && schedule.present(key.id).is_some()
        };
        let rest = schedules.iter().find(|schedule| for_ever(schedule));
        let before = schedules.iter().take_while(|schedule| !for_ever(schedule));
        let schedules: Box<[_]> =
            before.filter(|s| s.next().is_some()).map(|s| Arc::clone(s)).collect();
        let from = schedules.iter().filter_map(|schedule| schedule.next()).min()?;
        let rest = Era::of(key, counter, rest.and_then(|schedule| schedule.present(key.id)));
        Some(Self { from, schedules, rest })
    }

    /// The number of the era of an instant. Those of the first schedule come first, from 1 on.
    fn era_at(&self, key: KeyId, at: Timestamp) -> u32 {
        if at < self.from {
            return 0;
        }
        let mut before = 1;
        for schedule in &self.schedules {
            if let Some(era) = schedule.era_at(key, at) {
                return u32::try_from(before + era).unwrap_or(REST);
            }
            before += schedule.count();
        }
        REST
    }

    /// What an era after the present gives the key; `None` in the rest.
    fn turn(&self, key: KeyId, era: u32) -> Option<&Turn> {
        let mut era = (era as usize).checked_sub(1).filter(|_| era != REST)?;
        for schedule in &self.schedules {
            if era < schedule.count() {
                return schedule.turn(era, key);
            }
            era -= schedule.count();
        }
        None
    }
}

/// Configs that may have a key, by number.
pub(super) fn claimants(catalog: &Catalog, key: KeyId) -> impl Iterator<Item = ConfigId> {
    use crate::model::{Reference, Referrer};
    catalog.referrers(Reference::Key(key)).filter_map(|referrer| match referrer {
        Referrer::Config(id) => Some(id),
        Referrer::Segment(_) => None,
    })
}
