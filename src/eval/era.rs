//! Eras: what decides over a key while one version is live.

use std::sync::Arc;

use smallvec::SmallVec;

use super::program::NULL;
use super::served::{Served, ServedRow};
use crate::model::{
    AttributeName, Cell, Delivery, Key, KeyId, Path, Reason, SegmentId, Split, Value,
};

/// Era of a key: the rows that decide over it while one version is live, or none.
#[derive(Debug)]
pub(super) struct Era {
    /// The counter, from the first of those that it is one of, of what no row gives.
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
    /// The counter, as that of the era, of its value or of its first arm.
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

impl Era {
    /// One in which no row gives anything.
    pub(super) fn new(counter: u32, without_row: Reason, live: Option<Arc<Served>>) -> Self {
        Self { counter, without_row, column: 0, live, rows: SmallVec::new() }
    }

    /// Era of a key by a live version.
    pub(super) fn of(key: &Key, counter: u32, live: Option<&Arc<Served>>) -> Self {
        let without_row = match live {
            _ if key.archived => Reason::Archived,
            None => Reason::Static,
            Some(live) if live.disabled => Reason::Disabled,
            Some(_) => Reason::Default,
        };
        let mut era = Self::new(counter, without_row, live.map(Arc::clone));
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
    pub(super) fn end(&self) -> u32 {
        self.rows.last().map_or(self.counter + 1, |row| row.counter + row.counters())
    }

    /// The value of a row, or that of an arm.
    pub(super) fn value<'a>(&'a self, row: &'a PlanRow, arm: u32) -> &'a Value {
        match &row.split {
            Some(split) => split.arms.get(arm as usize).map_or(&NULL, |arm| &arm.value),
            None => self.plain_value(row).unwrap_or(&NULL),
        }
    }

    pub(super) fn plain_value(&self, row: &PlanRow) -> Option<&Value> {
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

    /// Delivery that a counter stands for; `default` is that of the key.
    pub(super) fn delivery(&self, key: KeyId, default: &Value, counter: u32) -> Delivery {
        let row = self.rows.iter().take_while(|row| row.counter <= counter).last();
        let arm = row.map_or(0, |row| counter - row.counter);
        Delivery {
            key,
            owner: self.live.as_ref().map(|live| (live.version.config, live.version.number)),
            segment: row.and_then(|row| Some(self.served(row)?.segment)),
            variant: row.and_then(|row| row.label(arm)).map(Arc::clone),
            value: row.map_or(default, |row| self.value(row, arm)).clone(),
            reason: row.map_or(self.without_row, PlanRow::reason),
        }
    }
}

impl PlanRow {
    /// The label of an arm.
    pub(super) fn label(&self, arm: u32) -> Option<&Arc<str>> {
        self.split.as_ref()?.arms.get(arm as usize).map(|arm| &arm.label)
    }

    /// Why what it gives is given.
    pub(super) fn reason(&self) -> Reason {
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

/// A number of arms: there is memory for fewer than 2^32 of them.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
