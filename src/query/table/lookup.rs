//! Lookups: the only values that a query lets some columns of a table have, so that other rows are not made.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::Table;
use crate::model::Value;
use crate::query::rows::Column;

/// Columns of a table of which only some values are wanted.
#[derive(Debug, Default)]
pub(in crate::query) struct Lookups(Vec<(&'static str, BTreeSet<Arc<str>>)>);

impl Lookups {
    /// Says that only some values of a column are wanted, if the table can look them up.
    pub(in crate::query) fn add(&mut self, table: &Table, place: usize, values: &[Value]) {
        let Some(name) = table.columns.get(place).map(Column::name) else { return };
        let Some(column) = table.looked_up.iter().find(|known| **known == name) else { return };
        let texts = values.iter().filter_map(Value::as_str).map(Arc::from).collect();
        match self.0.iter_mut().find(|(known, _)| known == column) {
            Some((_, known)) => known.retain(|value| BTreeSet::contains(&texts, value)),
            None => self.0.push((column, texts)),
        }
    }

    /// The only values of a column that are wanted, if there are such.
    pub(super) fn only(&self, column: &str) -> Option<&BTreeSet<Arc<str>>> {
        self.0.iter().find(|(known, _)| *known == column).map(|(_, values)| values)
    }

    /// Whether a value of a column is wanted.
    pub(super) fn wants(&self, column: &str, value: &str) -> bool {
        self.only(column).is_none_or(|values| values.contains(value))
    }
}

/// Writes which columns are looked up.
impl fmt::Display for Lookups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.0.iter().map(|(column, _)| *column).collect();
        f.write_str(&names.join(", "))
    }
}
