//! Versions of configs as they are served.

use std::sync::{Arc, OnceLock};

use super::bucket::Bucketer;
use super::plan_row::{ALL, By, NEAR_ROWS, PlanRow, PlanRows, RowTest};
use crate::model::{Catalog, Column, Config, KeyId, Name, SegmentId, Share, Version};

/// A version of a config as it is served: rows with salts that are hashed already.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) config: Name,
    pub(super) disabled: bool,
    pub(super) version: Arc<Version>,
    pub(super) rows: Box<[ServedRow]>,
    /// The place of each key among the columns, by key.
    places: Box<[(KeyId, u32)]>,
    /// What plans have of each column, once one has much of it; nothing of few rows.
    plans: Box<[OnceLock<Arc<[PlanRow]>>]>,
    /// Whether each row has one cell that is not blank, once that was asked.
    lone_cells: OnceLock<Box<[bool]>>,
}

/// A row as it is served, for every key alike.
#[derive(Debug)]
pub(super) struct ServedRow {
    pub(super) segment: SegmentId,
    pub(super) name: Name,
    /// Number of buckets that get the row; `None` is all, users without an id too.
    pub(super) rollout: Option<u32>,
    pub(super) by: Option<Box<By>>,
    pub(super) rollout_salt: Bucketer,
    pub(super) split_salt: Bucketer,
}

impl ServedRow {
    fn test(&self) -> RowTest {
        RowTest { segment: self.segment, rollout: self.rollout.unwrap_or(ALL) }
    }
}

impl Served {
    /// Version as it is served; `before` is another one, with which it may have much in common.
    pub(super) fn new(
        catalog: &Catalog,
        config: &Config,
        version: &Arc<Version>,
        disabled: bool,
        before: Option<&Self>,
    ) -> Self {
        let mut places: Box<[_]> =
            version.columns.iter().zip(0..).map(|(column, place)| (column.key, place)).collect();
        places.sort_unstable();
        let before = before.filter(|before| before.has_rows_of(version));
        let known = |column| before.and_then(|before| before.known_plan(column));
        let many = version.columns.iter().filter(|_| version.rows.len() > NEAR_ROWS);
        let plans = many.map(|column| known(column).map_or_else(OnceLock::new, OnceLock::from));
        let plans = plans.collect();
        let rows = version.rows.iter().map(|row| ServedRow {
            segment: row.segment,
            name: catalog.segment_name(row.segment),
            rollout: row.rollout.filter(|share| *share < Share::FULL).map(Share::thousandths),
            by: row.by.as_ref().and_then(By::new).map(Box::new),
            rollout_salt: Bucketer::new(&row.salt),
            split_salt: Bucketer::of_split(&row.salt),
        });
        Self {
            config: config.head.name.clone(),
            disabled,
            version: Arc::clone(version),
            rows: rows.collect(),
            places,
            plans,
            lone_cells: OnceLock::new(),
        }
    }

    /// Whether a version has the same rows, as far as plans go.
    fn has_rows_of(&self, version: &Version) -> bool {
        let test = |version: &Version| -> Vec<_> {
            version.rows.iter().map(|row| (row.segment, row.rollout)).collect()
        };
        test(&self.version) == test(version)
    }

    /// What plans have of a column of another version, if this one has the same column.
    fn known_plan(&self, column: &Column) -> Option<Arc<[PlanRow]>> {
        let place = self.place(column.key)? as usize;
        let own = self.version.columns.get(place)?;
        if own.shares(column) { self.plans.get(place)?.get().cloned() } else { None }
    }

    /// What plans have of a column.
    pub(super) fn plan_rows(&self, place: u32) -> PlanRows {
        let place = place as usize;
        let (column, plan) = (self.version.columns.get(place), self.plans.get(place));
        if let Some(known) = plan.and_then(OnceLock::get) {
            return PlanRows::Many(Arc::clone(known));
        }
        let cells = column.map(Column::cells).unwrap_or_default();
        match (PlanRow::of_cells(self.rows.iter().map(ServedRow::test), cells), plan) {
            (PlanRows::Many(made), Some(plan)) => {
                PlanRows::Many(Arc::clone(plan.get_or_init(|| made)))
            }
            (made, _) => made,
        }
    }

    /// The place of a key among the columns.
    pub(super) fn place(&self, key: KeyId) -> Option<u32> {
        let place = self.places.binary_search_by_key(&key, |(key, _)| *key).ok()?;
        self.places.get(place).map(|(_, place)| *place)
    }

    /// Whether a row has one cell that is not blank: then one key asks for its segment.
    pub(super) fn has_one_cell(&self, row: u32) -> bool {
        let lone =
            self.lone_cells.get_or_init(|| self.count_cells().map(|count| count == 1).collect());
        lone.get(row as usize).copied().unwrap_or_default()
    }

    /// For each row the number of cells that are not blank.
    fn count_cells(&self) -> impl Iterator<Item = u32> {
        let mut counts = vec![0; self.rows.len()];
        for column in &self.version.columns {
            for (count, cell) in counts.iter_mut().zip(column.cells()) {
                *count += u32::from(cell.is_some());
            }
        }
        counts.into_iter()
    }

    /// Whether the version has a key.
    pub(super) fn has(&self, key: KeyId) -> bool {
        self.place(key).is_some()
    }
}
