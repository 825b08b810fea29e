//! Plans: the rows that decide over each key, from which instant on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use smallvec::SmallVec;

use super::bucket::Bucketer;
use super::program::NULL;
use crate::model::Catalog;
use crate::model::{
    AttributeName, Cell, Config, ConfigId, Delivery, Key, KeyId, Name, Path, Reason, SegmentId,
    Share, Split, Timestamp, Value, Version,
};

/// A version of a config as it is served: rows with salts that are hashed already.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) config: Name,
    pub(super) disabled: bool,
    pub(super) version: Arc<Version>,
    pub(super) rows: Box<[ServedRow]>,
}

/// A row as it is served, for every key alike.
#[derive(Debug)]
pub(super) struct ServedRow {
    pub(super) segment: SegmentId,
    pub(super) name: Name,
    /// Number of buckets that get the row; `None` is all, users without an id too.
    pub(super) rollout: Option<u32>,
    pub(super) rollout_salt: Bucketer,
    pub(super) split_salt: Bucketer,
}

impl Served {
    fn new(catalog: &Catalog, config: &Config, version: &Arc<Version>, disabled: bool) -> Self {
        let rows = version.rows.iter().map(|row| ServedRow {
            segment: row.segment,
            name: catalog.segment_name(row.segment),
            rollout: row.rollout.filter(|share| *share < Share::FULL).map(Share::thousandths),
            rollout_salt: Bucketer::new(&row.salt),
            split_salt: Bucketer::of_split(&row.salt),
        });
        Self {
            config: config.head.name.clone(),
            disabled,
            version: Arc::clone(version),
            rows: rows.collect(),
        }
    }
}

/// Schedule of a config: the version that it serves, from which instant on.
#[derive(Debug)]
pub(super) struct Schedule {
    /// In order of time; the first holds for all that is before the second, too.
    eras: Vec<(Timestamp, Option<Arc<Served>>)>,
    archived: bool,
}

impl Schedule {
    /// The present of a catalog and every change to come.
    pub(super) fn new(catalog: &Catalog, config: &Config) -> Self {
        let now = catalog.time.unwrap_or(Timestamp::MIN);
        let mut made: BTreeMap<u32, Arc<Served>> = BTreeMap::new();
        let mut served = |number: u32| {
            let version = config.versions.get(&number)?;
            let new = || Arc::new(Served::new(catalog, config, version, config.head.disabled));
            Some(Arc::clone(made.entry(number).or_insert_with(new)))
        };
        let eras = config.timeline.eras(now).into_iter();
        let eras = eras.map(|(at, live)| (at, live.and_then(|p| served(p.version)))).collect();
        Self { eras, archived: config.head.archived }
    }

    /// One version, whatever the timeline and the switches say.
    pub(super) fn pretend(catalog: &Catalog, config: &Config, version: &Arc<Version>) -> Self {
        let served = Arc::new(Served::new(catalog, config, version, false));
        Self { eras: vec![(Timestamp::MIN, Some(served))], archived: false }
    }

    /// Every key that the config has in the present or will have.
    pub(super) fn keys(&self) -> BTreeSet<KeyId> {
        let served = self.eras.iter().filter_map(|(_, served)| served.as_ref());
        served.flat_map(|served| served.version.columns.iter().map(|column| column.key)).collect()
    }

    /// Whether there is, or will be, a row for a segment.
    pub(super) fn has_row(&self, segment: SegmentId) -> bool {
        let mut served = self.eras.iter().filter_map(|(_, served)| served.as_ref());
        !self.archived && served.any(|served| served.version.row_of(segment).is_some())
    }

    fn at(&self, at: Timestamp) -> Option<&Arc<Served>> {
        let after = self.eras.partition_point(|(from, _)| *from <= at);
        self.eras.get(after.saturating_sub(1))?.1.as_ref().filter(|_| !self.archived)
    }
}

/// Plan of a key: the rows that decide over it, from which instant on.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Plan {
    near: Near,
    pub(super) id: KeyId,
    pub(super) archived: bool,
    /// The first of the counters of its evaluations.
    first_counter: u32,
    first: Era,
    /// In order of time.
    later: Vec<Era>,
    pub(super) key: Name,
}

/// The values that most evaluations give, so that each of them takes one line of memory: of the first three
/// rows of the first era, if they have no splits, and the default.
#[derive(Debug)]
struct Near([Pair; 2]);

#[derive(Debug)]
#[repr(align(64))]
struct Pair([Value; 2]);

/// Rows that decide over a key from an instant on.
#[derive(Debug)]
pub(super) struct Era {
    from: Timestamp,
    /// The counter, from the plan's first, of what no row gives.
    pub(super) counter: u32,
    /// Why it is given.
    pub(super) without_row: Reason,
    /// The column of the key in the live version.
    column: u32,
    /// The live version with the key.
    pub(super) live: Option<Arc<Served>>,
    /// The rows that are not blank for the key; none if the config is disabled. Few, so that they are
    /// beside the plan in memory.
    pub(super) rows: SmallVec<[PlanRow; 3]>,
}

/// A row that is not blank for a key.
#[derive(Debug)]
pub(super) struct PlanRow {
    pub(super) test: RowTest,
    /// The row of the version that it is.
    pub(super) row: u32,
    /// The counter, from the plan's first, of its value or of its first arm.
    pub(super) counter: u32,
    pub(super) split: Option<Box<PlanSplit>>,
}

/// Test of whether a row is for a user.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowTest {
    pub(super) segment: SegmentId,
    /// Number of buckets that get the row; [`ALL`] is all, users without an id too.
    pub(super) rollout: u32,
}

/// The rollout that covers all users.
pub(super) const ALL: u32 = u32::MAX;

#[derive(Debug)]
pub(super) struct PlanSplit {
    pub(super) by: Option<(AttributeName, Path)>,
    pub(super) arms: Box<[PlanArm]>,
}

#[derive(Debug)]
pub(super) struct PlanArm {
    /// The first bucket after its own.
    pub(super) end: u32,
    pub(super) label: Arc<str>,
    pub(super) value: Value,
}

/// Giver of the counters of evaluations.
pub(crate) trait Meter {
    /// Reserves counters in a row, and returns the first of them.
    fn reserve(&self, counters: u32) -> u32;
}

/// The counter of what is not counted.
pub(crate) const UNCOUNTED: u32 = u32::MAX;

/// Counts nothing: for states of the past, or that are not committed.
pub(crate) struct NoMeter;

impl Meter for NoMeter {
    fn reserve(&self, _: u32) -> u32 {
        UNCOUNTED
    }
}

impl Plan {
    /// Merges the schedules of the configs that have the key. At an instant the first of them whose live
    /// version has it decides: no key has two owners, so the order matters only under a pretended version.
    pub(super) fn new<'a>(
        key: &Key,
        schedules: impl IntoIterator<Item = &'a Arc<Schedule>>,
        meter: &dyn Meter,
    ) -> Self {
        let mut eras = eras(key, &schedules.into_iter().collect::<Vec<_>>()).into_iter();
        let first = eras.next().unwrap_or_else(|| Era::of(key, Timestamp::MIN, 0, None));
        let later: Vec<Era> = eras.collect();
        let mut plan = Self {
            near: Near::new(&first, &key.default),
            id: key.id,
            archived: key.archived,
            first_counter: UNCOUNTED,
            first,
            later,
            key: key.name.clone(),
        };
        plan.first_counter = meter.reserve(plan.counters());
        plan
    }

    /// The plan of a key that does not exist.
    pub(super) fn unknown(name: &str) -> Self {
        let first = Era::new(Timestamp::MIN, 0, Reason::UnknownKey, None);
        Self {
            near: Near::new(&first, &Value::Null),
            id: KeyId(0),
            archived: false,
            first_counter: UNCOUNTED,
            first,
            later: Vec::new(),
            key: Name::lossy(name),
        }
    }

    /// The rows, if nothing else decides: nothing is scheduled, and none has a split. Then the counters of what
    /// is given follow one another: first that of no row.
    pub(super) fn plain_rows(&self) -> Option<&[PlanRow]> {
        let rows = &*self.first.rows;
        (self.later.is_empty() && rows.iter().all(|row| row.split.is_none())).then_some(rows)
    }

    /// Why a value is given if no row gives it, before anything that is scheduled.
    pub(super) fn without_row(&self) -> Reason {
        self.first.without_row
    }

    /// The default of the key.
    #[inline]
    pub(super) fn default(&self) -> &Value {
        self.near.default()
    }

    /// The value of a row of the first era that has no split, if it is near.
    #[inline]
    pub(super) fn near(&self, row: u32) -> Option<&Value> {
        self.near.row(row)
    }

    /// The number of the era of an instant, which is asked for only if there is a choice.
    #[inline]
    pub(super) fn era_at(&self, at: impl FnOnce() -> Timestamp) -> u32 {
        if self.later.is_empty() {
            return 0; // the usual case
        }
        let at = at();
        number(self.later.partition_point(|era| era.from <= at))
    }

    /// An era, by its number.
    #[inline]
    pub(super) fn era(&self, number: u32) -> &Era {
        let later = (number as usize).checked_sub(1);
        later.and_then(|later| self.later.get(later)).unwrap_or(&self.first)
    }

    /// The first of the counters of the evaluations of the key, or [`UNCOUNTED`].
    #[inline]
    pub(crate) fn first_counter(&self) -> u32 {
        self.first_counter
    }

    /// Number of counters.
    pub(crate) fn counters(&self) -> u32 {
        self.later.last().unwrap_or(&self.first).end()
    }

    /// Delivery that a counter, from the first, stands for.
    pub(crate) fn delivery(&self, counter: u32) -> Delivery {
        let later = self.later.iter().take_while(|era| era.counter <= counter).last();
        let era = later.unwrap_or(&self.first);
        let row = era.rows.iter().take_while(|row| row.counter <= counter).last();
        let arm = row.map_or(0, |row| counter - row.counter);
        Delivery {
            key: self.id,
            owner: era.live.as_ref().map(|live| (live.version.config, live.version.number)),
            segment: row.and_then(|row| Some(era.served(row)?.segment)),
            variant: row.and_then(|row| row.label(arm)).map(Arc::clone),
            value: row.map_or(self.default(), |row| era.value(row, arm)).clone(),
            reason: row.map_or(era.without_row, PlanRow::reason),
        }
    }
}

/// The eras of a key by the schedules that may have it; at least one.
fn eras(key: &Key, schedules: &[&Arc<Schedule>]) -> Vec<Era> {
    let instants = schedules.iter().flat_map(|s| s.eras.iter().map(|(from, _)| *from));
    let instants: BTreeSet<Timestamp> = instants.chain([Timestamp::MIN]).collect();
    let mut eras: Vec<Era> = Vec::new();
    for from in instants {
        let live = schedules.iter().find_map(|s| s.at(from).filter(|s| has(s, key.id)));
        let live = live.filter(|_| !key.archived);
        match eras.last() {
            Some(last) if last.live.as_ref().map(Arc::as_ptr) == live.map(Arc::as_ptr) => {}
            last => eras.push(Era::of(key, from, last.map_or(0, Era::end), live)),
        }
    }
    eras
}

/// A number of eras or arms: there is memory for fewer than 2^32 of them.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn has(served: &Served, key: KeyId) -> bool {
    served.version.column(key).is_some()
}

impl Era {
    /// One in which no row gives anything.
    fn new(from: Timestamp, counter: u32, without_row: Reason, live: Option<Arc<Served>>) -> Self {
        Self { from, counter, without_row, column: 0, live, rows: SmallVec::new() }
    }

    /// Era of a key by a live version.
    fn of(key: &Key, from: Timestamp, counter: u32, live: Option<&Arc<Served>>) -> Self {
        let without_row = match live {
            _ if key.archived => Reason::Archived,
            None => Reason::Static,
            Some(live) if live.disabled => Reason::Disabled,
            Some(_) => Reason::Default,
        };
        let mut era = Self::new(from, counter, without_row, live.map(Arc::clone));
        if let Some(live) = live.filter(|live| !live.disabled) {
            era.add_rows(live, key.id);
        }
        era
    }

    fn add_rows(&mut self, live: &Served, key: KeyId) {
        let columns = live.version.columns.iter().zip(0..);
        let Some((column, number)) = columns.into_iter().find(|(c, _)| c.key == key) else {
            return;
        };
        self.column = number;
        for ((served, cell), row) in live.rows.iter().zip(&column.cells).zip(0..) {
            let split = match cell {
                None => continue,
                Some(Cell::Value(_)) => None,
                Some(Cell::Split(split)) => Some(Box::new(PlanSplit::new(split))),
            };
            let rollout = served.rollout.unwrap_or(ALL);
            let test = RowTest { segment: served.segment, rollout };
            self.rows.push(PlanRow { test, row, counter: self.end(), split });
        }
    }

    /// The first counter after its own.
    fn end(&self) -> u32 {
        self.rows.last().map_or(self.counter + 1, |row| row.counter + row.counters())
    }

    /// The value of a row, or that of an arm.
    pub(super) fn value<'a>(&'a self, row: &'a PlanRow, arm: u32) -> &'a Value {
        match &row.split {
            Some(split) => split.arms.get(arm as usize).map_or(&NULL, |arm| &arm.value),
            None => self.plain_value(row).unwrap_or(&NULL),
        }
    }

    fn plain_value(&self, row: &PlanRow) -> Option<&Value> {
        let column = self.live.as_ref()?.version.columns.get(self.column as usize)?;
        match column.cells.get(row.row as usize)?.as_ref()? {
            Cell::Value(value) => Some(value),
            Cell::Split(_) => None,
        }
    }

    /// A row as it is served.
    #[inline]
    pub(super) fn served(&self, row: &PlanRow) -> Option<&ServedRow> {
        self.live.as_ref()?.rows.get(row.row as usize)
    }
}

impl Near {
    fn new(first: &Era, default: &Value) -> Self {
        let row = |number: usize| {
            let value = first.rows.get(number).and_then(|row| first.plain_value(row));
            value.map_or(Value::Null, Value::clone)
        };
        Self([Pair([row(0), row(1)]), Pair([row(2), default.clone()])])
    }

    #[inline]
    fn row(&self, number: u32) -> Option<&Value> {
        let Self([Pair([first, second]), Pair([third, _])]) = self;
        match number {
            0 => Some(first),
            1 => Some(second),
            2 => Some(third),
            _ => None,
        }
    }

    #[inline]
    fn default(&self) -> &Value {
        let Self([_, Pair([_, default])]) = self;
        default
    }
}

impl PlanRow {
    /// The label of an arm.
    pub(super) fn label(&self, arm: u32) -> Option<&Arc<str>> {
        self.split.as_ref()?.arms.get(arm as usize).map(|arm| &arm.label)
    }

    /// Why what it gives is given.
    fn reason(&self) -> Reason {
        match self.split {
            None => Reason::TargetingMatch,
            Some(_) => Reason::Split,
        }
    }

    /// Number of counters: one for each value.
    fn counters(&self) -> u32 {
        self.split.as_ref().map_or(1, |split| number(split.arms.len()))
    }
}

impl PlanSplit {
    fn new(split: &Split) -> Self {
        let mut end = 0;
        let arms = split.arms.iter().enumerate().map(|(index, arm)| {
            end += arm.share.thousandths();
            PlanArm { end, label: arm.label(index), value: arm.value.clone() }
        });
        let by = split.by.as_ref().and_then(|path| {
            let name = AttributeName::new(Arc::clone(path.first()?));
            Some((name, Arc::clone(path)))
        });
        Self { arms: arms.collect(), by }
    }

    /// The arm that covers a bucket.
    pub(super) fn arm(&self, bucket: u32) -> Option<u32> {
        self.arms.iter().zip(0..).find(|(arm, _)| bucket < arm.end).map(|(_, number)| number)
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
