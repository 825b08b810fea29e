//! Eras: what decides over a key while one version is live.

use std::sync::Arc;

use super::plan_row::{PlanRow, PlanRows};
use super::program::NULL;
use super::served::{Served, ServedRow};
use crate::model::{Cell, Delivery, Key, KeyId, Reason, Value};

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
    /// The rows that are not blank for the key; none if the config is disabled.
    pub(super) rows: PlanRows,
}

impl Era {
    /// One in which no row gives anything.
    pub(super) fn new(counter: u32, without_row: Reason, live: Option<Arc<Served>>) -> Self {
        Self { counter, without_row, column: 0, live, rows: PlanRows::default() }
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
            era.take_rows(live, key.id);
        }
        era
    }

    fn take_rows(&mut self, live: &Served, key: KeyId) {
        if let Some(column) = live.place(key) {
            (self.column, self.rows) = (column, live.plan_rows(column));
        }
    }

    /// The first counter after its own.
    pub(super) fn end(&self) -> u32 {
        self.counter + self.rows.last().map_or(1, PlanRow::end)
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
        match column.cells().get(row.row as usize)?.as_ref()? {
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
        let counter = counter.saturating_sub(self.counter);
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
