//! Sinks: takers of the rows of a query, as they are found.

use std::ops::ControlFlow;

use super::rows::Column;
use crate::model::Value;

/// Taker of the rows of a query, one after the other as they are found.
pub trait RowSink {
    /// Takes the columns, before any row.
    fn begin(&mut self, columns: &[Column]);

    /// Takes a row, a value for each column, and says whether more are wanted.
    fn take(&mut self, row: Vec<Value>) -> ControlFlow<()>;
}
