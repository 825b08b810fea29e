//! Plans: what decides over each key, from which instant on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use smallvec::SmallVec;

use super::bucket::Bucketer;
use super::program::NULL;
use crate::model::Catalog;
use crate::model::{
    AttributeName, Cell, Config, ConfigId, Delivery, Key, KeyId, Name, Path, Reason, SegmentId,
    Share, Short, Split, Timestamp, Value, Version,
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
    /// How many buckets get the row; `None` is all, users without an id too.
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

/// What a config serves, from which instant on.
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

    fn at(&self, at: Timestamp) -> Option<&Arc<Served>> {
        let after = self.eras.partition_point(|(from, _)| *from <= at);
        self.eras.get(after.saturating_sub(1))?.1.as_ref().filter(|_| !self.archived)
    }
}

/// What decides over a key.
///
/// What every evaluation looks at comes first and in one piece: in a store of very many keys little of it is
/// in the caches.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Plan {
    /// The name in a form that is compared at once; `None` if it is a long one.
    short: Option<Short>,
    pub(super) id: KeyId,
    /// The first of the places in which its evaluations are counted.
    first_place: u32,
    pub(super) archived: bool,
    /// In order of time; the first, which is mostly the only one, holds for all that is before the second,
    /// too.
    eras: SmallVec<[Era; 1]>,
    pub(super) default: Value,
    pub(super) key: Name,
}

/// What decides over a key from an instant on.
#[derive(Debug)]
#[repr(C)]
struct Era {
    from: Timestamp,
    /// The place, from the plan's first, of what no row gives.
    place: u32,
    live: Option<Live>,
}

/// The live version with the key.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Live {
    pub(super) disabled: bool,
    /// For each row whom it is for: all that is looked at of a row that does not win.
    pub(super) tests: SmallVec<[RowTest; 3]>,
    /// The rows that are not blank for the key; few, so that they are in one place with the plan.
    pub(super) rows: SmallVec<[PlanRow; 3]>,
    pub(super) served: Arc<Served>,
}

/// Whom a row is for.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowTest {
    pub(super) segment: SegmentId,
    /// How many buckets get the row; [`ALL`] is all, users without an id too.
    pub(super) rollout: u32,
}

/// What a row gives, if it wins.
#[derive(Debug)]
pub(super) struct PlanRow {
    /// Its place in the version.
    pub(super) row: u32,
    /// The place, from the plan's first, of its value or of its first arm.
    pub(super) place: u32,
    pub(super) cell: PlanCell,
}

/// The rollout that covers all users.
pub(super) const ALL: u32 = u32::MAX;

#[derive(Debug)]
pub(super) enum PlanCell {
    Value(Value),
    Split(Box<PlanSplit>),
}

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

/// Where evaluations are counted.
pub(crate) trait Meter {
    /// Reserves places in a row, and returns the first of them.
    fn reserve(&self, places: u32) -> u32;
}

/// The place of what is not counted.
pub(crate) const NOWHERE: u32 = u32::MAX;

/// Counts nothing: for states of the past, or that are not committed.
pub(crate) struct NoMeter;

impl Meter for NoMeter {
    fn reserve(&self, _: u32) -> u32 {
        NOWHERE
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
        let (eras, places) = eras(key.id, &schedules.into_iter().collect::<Vec<_>>());
        Self {
            key: key.name.clone(),
            short: Short::new(key.name.as_str()),
            id: key.id,
            default: key.default.clone(),
            archived: key.archived,
            eras,
            first_place: meter.reserve(places),
        }
    }

    /// The plan of a key that does not exist.
    pub(super) fn unknown(name: &str) -> Self {
        let (key, id, default) = (Name::lossy(name), KeyId(0), Value::Null);
        let (archived, eras, first_place) = (false, SmallVec::new(), NOWHERE);
        Self { key, short: None, id, default, archived, eras, first_place }
    }

    /// Whether it is the plan of the key with a name.
    #[inline]
    pub(super) fn is_of(&self, name: &str, short: Option<Short>) -> bool {
        match self.short {
            None => self.key.as_str() == name,
            known => known == short,
        }
    }

    /// The number of the era of an instant, which is asked for only if there is a choice.
    #[inline]
    pub(super) fn era(&self, at: impl FnOnce() -> Timestamp) -> u32 {
        match &*self.eras {
            [] | [_] => 0, // the usual case: nothing is scheduled
            eras => {
                let at = at();
                number(eras.partition_point(|era| era.from <= at).saturating_sub(1))
            }
        }
    }

    /// The live version of an era, if one has the key.
    #[inline]
    pub(super) fn live(&self, era: u32) -> Option<&Live> {
        self.eras.get(era as usize)?.live.as_ref()
    }

    /// The place, from the first, of what no row gives in an era.
    #[inline]
    pub(super) fn place_without_row(&self, era: u32) -> u32 {
        self.eras.get(era as usize).map_or(0, |era| era.place)
    }

    /// The first of the places in which the evaluations of the key are counted, or [`NOWHERE`].
    #[inline]
    pub(crate) fn first_place(&self) -> u32 {
        self.first_place
    }

    /// How many places there are.
    pub(crate) fn places(&self) -> u32 {
        self.eras.last().map_or(1, Era::end)
    }

    /// What is delivered when a place, from the first, is counted.
    pub(crate) fn delivery(&self, place: u32) -> Delivery {
        let era = self.eras.iter().take_while(|era| era.place <= place).last();
        let live = era.and_then(|era| era.live.as_ref()).filter(|_| !self.archived);
        let row = era.zip(live).filter(|(era, _)| era.place < place);
        let row = row.and_then(|(_, l)| l.rows.iter().take_while(|row| row.place <= place).last());
        let arm = row.map_or(0, |row| place - row.place);
        Delivery {
            key: self.id,
            owner: live.map(|live| (live.served.version.config, live.served.version.number)),
            segment: live.zip(row).and_then(|(live, row)| Some(live.served(row)?.segment)),
            variant: row.and_then(|row| row.cell.label(arm)).map(Arc::clone),
            value: row.map_or(&self.default, |row| row.cell.value(arm)).clone(),
            reason: row.map_or_else(|| self.reason_without_row(live), |row| row.cell.reason()),
        }
    }

    /// Why no row gives a value, under a live version or under none.
    #[inline]
    pub(super) fn reason_without_row(&self, live: Option<&Live>) -> Reason {
        match live {
            _ if self.archived => Reason::Archived,
            None => Reason::Static,
            Some(live) if live.disabled => Reason::Disabled,
            Some(_) => Reason::Default,
        }
    }
}

/// The eras of a key by the schedules that may have it, and how many places they take.
fn eras(key: KeyId, schedules: &[&Arc<Schedule>]) -> (SmallVec<[Era; 1]>, u32) {
    let instants: BTreeSet<Timestamp> =
        schedules.iter().flat_map(|s| s.eras.iter().map(|(from, _)| *from)).collect();
    let (mut eras, mut place) = (SmallVec::<[Era; 1]>::new(), 0);
    for from in instants {
        let served = schedules.iter().find_map(|s| s.at(from).filter(|s| has(s, key)));
        let before = eras.last().map(|era| era.live.as_ref().map(|live| &live.served));
        let same = match (before, served) {
            (Some(Some(a)), Some(b)) => Arc::ptr_eq(a, b),
            (Some(None), None) => true,
            _ => false,
        };
        if !same {
            let live = served.and_then(|served| Live::new(served, key, place + 1));
            let era = Era { from, place, live };
            place = era.end();
            eras.push(era);
        }
    }
    (eras, place.max(1))
}

/// A number of eras or arms: there is memory for fewer than 2^32 of them.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn has(served: &Served, key: KeyId) -> bool {
    served.version.column(key).is_some()
}

impl Era {
    /// The first place after its own.
    fn end(&self) -> u32 {
        let last = self.live.as_ref().and_then(|live| live.rows.last());
        last.map_or(self.place + 1, |row| row.place + row.cell.places())
    }
}

impl Live {
    fn new(served: &Arc<Served>, key: KeyId, mut place: u32) -> Option<Self> {
        let column = served.version.column(key)?;
        let (mut tests, mut rows) = (SmallVec::new(), SmallVec::new());
        for ((served, cell), row) in served.rows.iter().zip(&column.cells).zip(0..) {
            let Some(cell) = cell.as_ref().map(PlanCell::new) else { continue };
            tests.push(RowTest { segment: served.segment, rollout: served.rollout.unwrap_or(ALL) });
            let made = PlanRow { row, place, cell };
            place += made.cell.places();
            rows.push(made);
        }
        Some(Self { served: Arc::clone(served), disabled: served.disabled, tests, rows })
    }

    /// A row as it is served.
    #[inline]
    pub(super) fn served(&self, row: &PlanRow) -> Option<&ServedRow> {
        self.served.rows.get(row.row as usize)
    }
}

impl PlanCell {
    fn new(cell: &Cell) -> Self {
        match cell {
            Cell::Value(value) => Self::Value(value.clone()),
            Cell::Split(split) => Self::Split(Box::new(PlanSplit::new(split))),
        }
    }

    /// The value of the cell, or that of an arm.
    pub(super) fn value(&self, arm: u32) -> &Value {
        match self {
            Self::Value(value) => value,
            Self::Split(split) => split.arms.get(arm as usize).map_or(&NULL, |arm| &arm.value),
        }
    }

    /// The label of an arm.
    pub(super) fn label(&self, arm: u32) -> Option<&Arc<str>> {
        match self {
            Self::Value(_) => None,
            Self::Split(split) => split.arms.get(arm as usize).map(|arm| &arm.label),
        }
    }

    /// Why what it gives is given.
    fn reason(&self) -> Reason {
        match self {
            Self::Value(_) => Reason::TargetingMatch,
            Self::Split(_) => Reason::Split,
        }
    }

    /// How many places it takes: one for each value.
    fn places(&self) -> u32 {
        match self {
            Self::Value(_) => 1,
            Self::Split(split) => number(split.arms.len()),
        }
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

/// Which configs a catalog says may have a key, by number.
pub(super) fn claimants(catalog: &Catalog, key: KeyId) -> impl Iterator<Item = ConfigId> {
    use crate::model::{Reference, User};
    catalog.users(Reference::Key(key)).filter_map(|user| match user {
        User::Config(id) => Some(id),
        User::Segment(_) => None,
    })
}
