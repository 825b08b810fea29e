//! Plans: what decides over each key, from which instant on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::bucket::Bucketer;
use super::program::NULL;
use crate::model::Catalog;
use crate::model::{
    Cell, Config, ConfigId, Key, KeyId, Name, Path, SegmentId, Share, Split, Timestamp, Value,
    Version,
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
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) key: Name,
    pub(super) default: Value,
    pub(super) archived: bool,
    /// In order of time; the first holds for all that is before the second, too.
    eras: Box<[Era]>,
}

/// What decides over a key from an instant on.
#[derive(Debug)]
struct Era {
    from: Timestamp,
    live: Option<Live>,
}

/// The live version with the key.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) served: Arc<Served>,
    /// The rows that are not blank for the key.
    pub(super) rows: Box<[PlanRow]>,
}

/// A row that may give the key a value.
#[derive(Debug)]
pub(super) struct PlanRow {
    /// Its place in the version.
    pub(super) row: usize,
    pub(super) cell: PlanCell,
}

#[derive(Debug)]
pub(super) enum PlanCell {
    Value(Value),
    Split(Box<PlanSplit>),
}

#[derive(Debug)]
pub(super) struct PlanSplit {
    pub(super) by: Option<Path>,
    pub(super) arms: Box<[PlanArm]>,
}

#[derive(Debug)]
pub(super) struct PlanArm {
    /// The first bucket after its own.
    pub(super) end: u32,
    pub(super) label: Arc<str>,
    pub(super) value: Value,
}

impl Plan {
    /// Merges the schedules of the configs that have the key. At an instant the first of them whose live
    /// version has it decides: no key has two owners, so the order matters only under a pretended version.
    pub(super) fn new<'a>(
        key: &Key,
        schedules: impl IntoIterator<Item = &'a Arc<Schedule>>,
    ) -> Self {
        let schedules: Vec<_> = schedules.into_iter().collect();
        let instants: BTreeSet<Timestamp> =
            schedules.iter().flat_map(|s| s.eras.iter().map(|(from, _)| *from)).collect();
        let mut eras: Vec<Era> = Vec::new();
        for from in instants {
            let served = schedules.iter().find_map(|s| s.at(from).filter(|s| has(s, key.id)));
            let before = eras.last().map(|era| era.live.as_ref().map(|live| &live.served));
            let same = match (before, served) {
                (Some(Some(a)), Some(b)) => Arc::ptr_eq(a, b),
                (Some(None), None) => true,
                _ => false,
            };
            if !same {
                eras.push(Era { from, live: served.and_then(|served| Live::new(served, key.id)) });
            }
        }
        Self {
            key: key.name.clone(),
            default: key.default.clone(),
            archived: key.archived,
            eras: eras.into(),
        }
    }

    /// The plan of a key that does not exist.
    pub(super) fn unknown(name: &str) -> Self {
        let (key, default) = (Name::lossy(name), Value::Null);
        Self { key, default, archived: false, eras: Box::default() }
    }

    /// The number of the era that an instant is in.
    pub(super) fn era(&self, at: Timestamp) -> usize {
        match &*self.eras {
            [] | [_] => 0, // the usual case: nothing is scheduled
            eras => eras.partition_point(|era| era.from <= at).saturating_sub(1),
        }
    }

    /// The live version of an era, if one has the key.
    pub(super) fn live(&self, era: usize) -> Option<&Live> {
        self.eras.get(era)?.live.as_ref()
    }
}

fn has(served: &Served, key: KeyId) -> bool {
    served.version.column(key).is_some()
}

impl Live {
    fn new(served: &Arc<Served>, key: KeyId) -> Option<Self> {
        let column = served.version.column(key)?;
        let rows =
            column.cells.iter().enumerate().filter_map(|(row, cell)| {
                Some(PlanRow { row, cell: PlanCell::new(cell.as_ref()?) })
            });
        Some(Self { served: Arc::clone(served), rows: rows.collect() })
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
    pub(super) fn value(&self, arm: usize) -> &Value {
        match self {
            Self::Value(value) => value,
            Self::Split(split) => split.arms.get(arm).map_or(&NULL, |arm| &arm.value),
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
        Self { arms: arms.collect(), by: split.by.clone() }
    }

    /// The arm that covers a bucket.
    pub(super) fn arm(&self, bucket: u32) -> Option<usize> {
        self.arms.iter().position(|arm| bucket < arm.end)
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
