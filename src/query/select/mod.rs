//! `SELECT`: a query is planned, then its plan is run.

mod alias;
mod answer;
mod assertion;
mod bind;
mod block;
mod build;
mod column;
mod explain;
mod expr_list;
mod expression;
mod fold;
mod group;
mod hashed;
mod naive;
mod names;
mod people;
mod plan;
mod run;
mod set;
mod shown;
mod side;
mod slot;
mod sort;
mod source;

#[cfg(test)]
pub(crate) use naive::naively;

pub(super) use assertion::hold;

use build::Builder;
use column::Column;
use expression::Row;
use plan::{Plan, Planned, Subquery};
use run::Run;

use super::budget::Budget;
use super::rows::Rows;
use super::sink::RowSink;
use super::view::View;
use crate::error::{Note, Result};
use crate::model::{Datum, Query};
use crate::statement::{ExplainSelect, Select};

/// Answers a query.
pub(super) fn select(view: &View<'_>, select: &Select) -> Result<Rows> {
    answer(view, &select.query)
}

/// Explains how a query is answered.
pub(super) fn explain(view: &View<'_>, explain: &ExplainSelect) -> Result<Rows> {
    let mut builder = Builder::new(view);
    let planned = builder.query(&explain.query)?;
    Ok(explain::rows(&planned.plan, &builder.subqueries))
}

/// Hands the rows of a query over as they are found; gives what is to be said of them.
pub(super) fn hand_over(
    view: &View<'_>,
    query: &Query,
    sink: &mut dyn RowSink,
) -> Result<Vec<Note>> {
    let mut builder = Builder::new(view);
    let Planned { plan, columns } = builder.query(query)?;
    sink.begin(&columns.iter().map(Column::shown).collect::<Vec<_>>());
    let run = Run::new(view.budget().anew(), &builder.subqueries)?;
    run.hand_over(&plan, &mut |row| sink.take(row.into_iter().map(Datum::into_value).collect()))?;
    Ok(run.notes.into_inner())
}

fn answer(view: &View<'_>, query: &Query) -> Result<Rows> {
    let mut builder = Builder::new(view);
    let Planned { plan, columns } = builder.query(query)?;
    let budget = view.budget().anew();
    let (rows, notes) = run(budget, &plan, &builder.subqueries)?;
    let rows = rows.into_iter().map(|row| {
        budget.step()?;
        Ok(row.into_iter().map(Datum::into_value).collect())
    });
    let rows = rows.collect::<Result<Vec<_>>>()?;
    let columns: Vec<_> = columns.iter().map(Column::shown).collect();
    Ok(Rows::new(columns, rows).noting(notes))
}

/// Answers the queries within a query, then the query; and tells what is to be said of the rows.
fn run(
    budget: &Budget<'_>,
    plan: &Plan<'_>,
    subqueries: &[Subquery<'_>],
) -> Result<(Vec<Row>, Vec<Note>)> {
    let run = Run::new(budget, subqueries)?;
    let rows = run.collect(plan)?.into_inner();
    Ok((rows, run.notes.into_inner()))
}
