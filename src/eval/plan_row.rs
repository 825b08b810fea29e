//! Rows of plans: what of a row of a version decides over one key.

use std::ops::Deref;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::model::{AttributeName, Cell, Path, Reason, SegmentId, Split, Value};

/// How many rows are beside a plan in memory.
pub(super) const NEAR_ROWS: usize = 3;

/// Rows that are not blank for a key.
#[derive(Clone, Debug)]
pub(super) enum PlanRows {
    /// Few, so that they are beside the plan in memory.
    Few(SmallVec<[PlanRow; NEAR_ROWS]>),
    /// Those of all plans that are made of the same cells.
    Many(Arc<[PlanRow]>),
}

impl Default for PlanRows {
    fn default() -> Self {
        Self::Few(SmallVec::new())
    }
}

impl Deref for PlanRows {
    type Target = [PlanRow];

    #[inline]
    fn deref(&self) -> &[PlanRow] {
        match self {
            Self::Few(rows) => rows,
            Self::Many(rows) => rows,
        }
    }
}

impl FromIterator<PlanRow> for PlanRows {
    fn from_iter<I: IntoIterator<Item = PlanRow>>(rows: I) -> Self {
        let rows: SmallVec<[PlanRow; NEAR_ROWS]> = rows.into_iter().collect();
        if rows.spilled() { Self::Many(rows.into_vec().into()) } else { Self::Few(rows) }
    }
}

/// A row that is not blank for a key.
#[derive(Clone, Debug)]
pub(super) struct PlanRow {
    pub(super) test: RowTest,
    /// The row of the version that it is.
    pub(super) row: u32,
    /// The counter, from that of the era on, of its value or of its first arm.
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

#[derive(Clone, Debug)]
pub(super) struct PlanSplit {
    pub(super) by: Option<By>,
    pub(super) arms: Box<[PlanArm]>,
}

/// Attribute whose values are hashed instead of the user's id.
#[derive(Clone, Debug)]
pub(super) struct By {
    pub(super) name: AttributeName,
    pub(super) path: Path,
}

#[derive(Clone, Debug)]
pub(super) struct PlanArm {
    /// The first bucket after its own.
    pub(super) end: u32,
    pub(super) label: Arc<str>,
    pub(super) value: Value,
}

impl PlanRow {
    /// The rows of cells that are not blank.
    pub(super) fn of_cells(
        tests: impl Iterator<Item = RowTest>,
        cells: &[Option<Cell>],
    ) -> PlanRows {
        let mut counter = 1; // the first is that of what no row gives
        let filled = tests.zip(cells).zip(0..);
        let filled = filled.filter_map(|((test, cell), row)| Some((test, cell.as_ref()?, row)));
        let rows = filled.map(|(test, cell, row)| {
            let made = Self::new(test, cell, row, counter);
            counter = made.end();
            made
        });
        rows.collect()
    }

    fn new(test: RowTest, cell: &Cell, row: u32, counter: u32) -> Self {
        let split = match cell {
            Cell::Value(_) => None,
            Cell::Split(split) => Some(Box::new(PlanSplit::new(split))),
        };
        Self { test, row, counter, split }
    }

    /// The first counter after its own.
    pub(super) fn end(&self) -> u32 {
        self.counter + self.counters()
    }

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
        Self { arms: arms.collect(), by: split.by.as_ref().and_then(By::new) }
    }

    /// The arm that covers a bucket.
    pub(super) fn arm(&self, bucket: u32) -> Option<u32> {
        let place = self.arms.partition_point(|arm| arm.end <= bucket);
        (place < self.arms.len()).then(|| number(place))
    }
}

impl By {
    pub(super) fn new(path: &Path) -> Option<Self> {
        let name = AttributeName::new(Arc::clone(path.first()?));
        Some(Self { name, path: Arc::clone(path) })
    }
}

/// A number of arms: there is memory for fewer than 2^32 of them.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
