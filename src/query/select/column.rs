//! Columns of the rows within a query: what is known of their values.

use std::sync::Arc;

use crate::eval::Type;
use crate::query::rows::{self, ColumnKind};

/// Column of rows within a query.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: Arc<str>,
    pub(super) kind: ColumnKind,
    pub(super) instants: Instants,
    /// Whether none of its values is an object, so that no step leads into one.
    pub(super) is_flat: bool,
}

/// Whether the values of a column are instants; `NULL` aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Instants {
    Always,
    Never,
    Perhaps,
}

impl Column {
    /// Column of an expression of a type.
    pub(super) fn of_type(name: Arc<str>, known: Option<Type>) -> Self {
        let (kind, instants) = match known {
            Some(Type::Boolean) => (ColumnKind::Boolean, Instants::Never),
            Some(Type::Number) => (ColumnKind::Number, Instants::Never),
            Some(Type::String) => (ColumnKind::Text, Instants::Never),
            Some(Type::Timestamp) => (ColumnKind::Time, Instants::Always),
            Some(Type::Json) => (ColumnKind::Value, Instants::Never),
            _ => (ColumnKind::Value, Instants::Perhaps),
        };
        Self { name, kind, instants, is_flat: kind != ColumnKind::Value }
    }

    /// The column that has the rows of this and of another one.
    pub(super) fn with(self, other: &Self) -> Self {
        let alike = self.instants == other.instants;
        Self {
            kind: if self.kind == other.kind { self.kind } else { ColumnKind::Value },
            instants: if alike { self.instants } else { Instants::Perhaps },
            is_flat: self.is_flat && other.is_flat,
            name: self.name,
        }
    }

    /// The column as others see it.
    pub(super) fn shown(&self) -> rows::Column {
        rows::Column::new(self.name.to_string(), self.kind)
    }
}

impl From<&rows::Column> for Column {
    fn from(column: &rows::Column) -> Self {
        let kind = column.kind();
        let instants = if kind == ColumnKind::Time { Instants::Always } else { Instants::Never };
        let is_flat = !matches!(kind, ColumnKind::Object | ColumnKind::Value);
        Self { name: column.name().into(), kind, instants, is_flat }
    }
}
