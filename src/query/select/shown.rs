//! Rows of a `SHOW` as a source of a query.

use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;

use super::column::{Column, Instants};
use super::plan::{Common, Plan, Planned};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Datum, Spanned, Timestamp};
use crate::query::view::View;
use crate::query::{Answer, answer};
use crate::statement::{Query, Statement};

/// Plans the rows of a `SHOW`, which are found at once.
pub(super) fn shown<'v>(view: &View<'_>, text: &Spanned<Arc<str>>) -> Result<Planned<'v>> {
    let statement = Statement::parse(&text.node).map_err(|error| error.at(text.span))?;
    let query = match &statement {
        Statement::Show(show) => Query::Show(show),
        Statement::ShowVersions(show) => Query::ShowVersions(show),
        Statement::ShowHistory(show) => Query::ShowHistory(show),
        Statement::ShowStats(show) => Query::ShowStats(show),
        Statement::ShowChanges(show) => Query::ShowChanges(show),
        _ => {
            let (what, why) =
                ("this statement".to_owned(), "a source is a table, a query or a SHOW");
            return Err(Error::from(ErrorKind::Misplaced { what, why }).at(text.span));
        }
    };
    let Answer::Rows(rows) = answer(view, query)? else { return Err(Error::bug("no rows")) };
    let columns: Vec<Column> = rows.columns().iter().map(Column::from).collect();
    let row = |row: &Vec<crate::model::Value>| {
        let cells = row.iter().zip(&columns);
        cells.map(|(value, column)| datum(value, column)).collect::<Vec<_>>()
    };
    let found = OnceCell::from(rows.rows().iter().map(row).collect::<Vec<_>>());
    let common = Common {
        name: Arc::clone(&text.node),
        columns: columns.clone(),
        plan: Plan::Nothing,
        rows: found,
    };
    Ok(Planned { plan: Plan::Common(Rc::new(common)), columns })
}

fn datum(value: &crate::model::Value, column: &Column) -> Datum {
    let at = value.as_str().filter(|_| column.instants == Instants::Always);
    match at.and_then(|text| Timestamp::parse(text).ok()) {
        Some(at) => at.into(),
        None => value.clone().into(),
    }
}
