//! Rows of a `SHOW` or a `PREVIEW` as a source of a query.

use std::sync::Arc;

use super::column::{Column, Instants};
use super::expression::Row;
use crate::error::{Error, ErrorKind, Note, Result};
use crate::model::{Datum, Span, Spanned, Timestamp, Value};
use crate::query::rows::Rows;
use crate::query::view::View;
use crate::query::{Answer, answer, columns};
use crate::statement::{Query, Statement};

/// Statement whose rows are a source. It is run when they are asked for.
pub(super) struct Shown<'v> {
    view: &'v View<'v>,
    statement: Statement,
    pub(super) text: Arc<str>,
    span: Span,
    pub(super) columns: Vec<Column>,
}

impl<'v> Shown<'v> {
    pub(super) fn new(view: &'v View<'v>, text: &Spanned<Arc<str>>) -> Result<Self> {
        let (span, text) = (text.span, Arc::clone(&text.node));
        let statement = Statement::parse(&text).map_err(|error| placed(error, span))?;
        let found = columns(view, &statement).map_err(|error| placed(error, span))?;
        let Some(columns) = found else {
            let (what, why) =
                ("this statement".to_owned(), "a source is a table, a query, a SHOW or a PREVIEW");
            return Err(Error::from(ErrorKind::Misplaced { what, why }).at(span));
        };
        let columns = columns.iter().map(Column::from).collect();
        Ok(Self { view, statement, text, span, columns })
    }

    /// The rows, whose memory is taken already, and what is to be said of them.
    pub(super) fn rows(&self) -> Result<(impl Iterator<Item = Row>, Vec<Note>)> {
        let rows = self.answer().map_err(|error| placed(error, self.span))?;
        let row = |row: Vec<Value>| {
            let cells = row.into_iter().zip(&self.columns);
            cells.map(|(value, column)| datum(value, column)).collect()
        };
        let notes = rows.notes().iter().map(|note| note.clone().moved(self.span.start)).collect();
        Ok((rows.into_values().into_iter().map(row), notes))
    }

    fn answer(&self) -> Result<Rows> {
        let query = match &self.statement {
            Statement::Preview(preview) => return self.view.forecast(preview),
            Statement::Show(show) => Query::Show(show),
            Statement::ShowVersions(show) => Query::ShowVersions(show),
            Statement::ShowHistory(show) => Query::ShowHistory(show),
            Statement::ShowStats(show) => Query::ShowStats(show),
            Statement::ShowChanges(show) => Query::ShowChanges(show),
            _ => return Err(Error::bug("a source has no rows")),
        };
        match answer(self.view, query)? {
            Answer::Rows(rows) => Ok(rows),
            Answer::Delivery(..) | Answer::Holds => Err(Error::bug("a SHOW has no rows")),
        }
    }
}

/// An error of a statement at its place in the query.
fn placed(error: Error, span: Span) -> Error {
    error.moved(span.start).at(span)
}

fn datum(value: Value, column: &Column) -> Datum {
    let at = value.as_str().filter(|_| column.instants == Instants::Always);
    match at.and_then(|text| Timestamp::parse(text).ok()) {
        Some(at) => at.into(),
        None => value.into(),
    }
}
