//! Queries: what statements ask of the store, answered over a [`View`] of it.

mod assertion;
mod budget;
mod bulk;
mod course;
mod definition;
mod describe;
mod diff;
mod explain;
mod filter;
mod get;
pub(crate) mod list;
mod log;
mod matrix;
mod meant;
mod misfit;
mod past;
mod pending;
mod preview;
mod record;
mod recorded;
mod relation;
mod remembered;
mod rows;
mod select;
mod sink;
mod sorter;
mod stats;
mod table;
mod value;
mod view;

pub(crate) use misfit::misfits;
pub(crate) use pending::{Pending, PendingFacts};
pub(crate) use preview::{Prospect, between, preview};
pub use record::Record;
pub use relation::{STATS_COLUMNS, tables};
pub(crate) use remembered::PastStates;
pub use rows::{Column, ColumnKind, Form, Rows, Schema};
#[cfg(test)]
pub(crate) use select::naively;
pub use sink::RowSink;
pub use table::query_tables;
pub(crate) use view::{Forecaster, Lender, View};

use std::sync::Arc;

use crate::error::{Note, Result};
use crate::eval::Tally;
use crate::model::Context;
use crate::statement::{Get, Query, Select, Show, Statement};
use relation::{Changes, History, Versions, listed, rows_or_count};

/// Answer to a query.
pub(crate) enum Answer {
    /// A table.
    Rows(Rows),
    /// A table of values that are delivered to a user: the engine counts them.
    Delivery(Rows, Tally, Asker),
    /// An assertion holds.
    Holds,
}

/// Whom values are delivered to.
pub(crate) enum Asker {
    /// A user, by the id, or somebody without one.
    User(Option<Arc<str>>),
    /// The same, with all that was asked with, which may be recorded.
    Context(Box<Context>),
}

impl Asker {
    /// The id of the user.
    pub(crate) fn user_id(&self) -> Option<&str> {
        match self {
            Self::User(user) => user.as_deref(),
            Self::Context(context) => context.user_id(),
        }
    }
}

/// Hands the rows of a query over as they are found, until no more are wanted; gives what is to be said of them.
pub(crate) fn hand_over(
    view: &View<'_>,
    query: &Select,
    sink: &mut dyn RowSink,
) -> Result<Vec<Note>> {
    select::hand_over(view, &query.query, sink)
}

/// Answers a query.
pub(crate) fn answer(view: &View<'_>, query: Query<'_>) -> Result<Answer> {
    match query {
        Query::Get(get) => self::get(view, get),
        Query::Explain(explain) => explain::explain(view, explain).map(Answer::Rows),
        Query::Show(show) => self::show(view, show).map(Answer::Rows),
        Query::ShowVersions(show) => {
            let versions = Versions::new(view, show)?;
            rows_or_count(&versions, view, &show.filter, show.count).map(Answer::Rows)
        }
        Query::ShowHistory(show) => {
            rows_or_count(&History(show), view, &show.filter, show.count).map(Answer::Rows)
        }
        Query::ShowStats(show) => stats::stats(view, show).map(Answer::Rows),
        Query::ShowChanges(show) => {
            rows_or_count(&Changes(show), view, &show.filter, show.count).map(Answer::Rows)
        }
        Query::Describe(describe) => describe::describe(view, describe).map(Answer::Rows),
        Query::Diff(diff) => diff::diff(view, diff).map(Answer::Rows),
        Query::Select(select) => select::select(view, select).map(Answer::Rows),
        Query::ExplainSelect(explain) => select::explain(view, explain).map(Answer::Rows),
        Query::AssertCondition(assertion) => select::hold(view, assertion).map(|()| Answer::Holds),
        Query::AssertGet(assertion) => assertion::hold(view, assertion).map(|()| Answer::Holds),
    }
}

/// The columns of a statement whose rows may be a source of a query.
fn columns(view: &View<'_>, statement: &Statement) -> Result<Option<&'static [Column]>> {
    Ok(Some(match statement {
        Statement::Preview(preview) => preview::columns(view, preview)?,
        Statement::Show(show) => listed(relation::of(show.table), show.count),
        Statement::ShowVersions(show) => listed(&Versions::new(view, show)?, show.count),
        Statement::ShowHistory(show) => listed(&History(show), show.count),
        Statement::ShowStats(show) => stats::columns(show),
        Statement::ShowChanges(show) => listed(&Changes(show), show.count),
        _ => return Ok(None),
    }))
}

fn get(view: &View<'_>, get: &Get) -> Result<Answer> {
    let reading = get::Reading::new(view, get)?;
    if get.as_of.is_some() || get.under.is_some() {
        return reading.rows(|_| ()).map(Answer::Rows);
    }
    reading.delivery()
}

fn show(view: &View<'_>, show: &Show) -> Result<Rows> {
    rows_or_count(relation::of(show.table), view, &show.filter, show.count)
}
