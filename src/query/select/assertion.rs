//! `ASSERT <condition>`: whether a condition over the answers of queries is true, and what they found if it is not.

use std::ops::ControlFlow;

use super::bind::Binder;
use super::build::Builder;
use super::expression::Expression;
use super::names::Scope;
use super::plan::Plan;
use crate::error::{Error, ErrorKind, Result, Short};
use crate::model::{Datum, Expr, ExprKind, Literal, Query, Value, asked};
use crate::query::rows::Column;
use crate::query::sink::RowSink;
use crate::query::view::View;
use crate::statement::AssertCondition;

/// Number of queries of a condition of which it is told what they found.
const TOLD: usize = 4;

/// Fails unless a condition over the answers of queries is true.
pub(in crate::query) fn hold(view: &View<'_>, assertion: &AssertCondition) -> Result<()> {
    let condition = &assertion.condition;
    let value = value_of(view, condition, true)?;
    if value == Value::Boolean(true) {
        return Ok(());
    }
    let wanted = format!("{} to be true", asked(condition));
    let got = if value == Value::Null { "unknown".to_owned() } else { value.to_string() };
    let error = Error::from(ErrorKind::AssertionFailed { wanted, got }).at(condition.span);
    Err(findings(view, condition)?.into_iter().fold(error, Error::hint))
}

/// The value of an expression without columns.
fn value_of(view: &View<'_>, expr: &Expr, is_condition: bool) -> Result<Value> {
    let mut builder = Builder::new(view);
    let scope = Scope::default();
    let mut binder = Binder { builder: &mut builder, scope: &scope, people: None, width: 0 };
    let bound = binder.bind(expr, is_condition)?;
    let items = vec![Expression::new(&bound, view.now)?];
    let plan = Plan::Project { input: Box::new(Plan::Nothing), items, text: String::new() };
    let (rows, _) = super::run(view.budget().anew(), &plan, &builder.subqueries)?;
    Ok(rows.into_iter().flatten().next().unwrap_or(Datum::NULL).into_value())
}

/// What the first queries in a condition found: the value that each stands for, or the first row that exists.
fn findings(view: &View<'_>, condition: &Expr) -> Result<Vec<String>> {
    let mut told = Vec::new();
    for (part, _) in condition.node.parts() {
        let found = match part {
            _ if told.len() == TOLD => break,
            ExprKind::Subquery(_) => match value_of(view, &Expr::unplaced(part.clone()), false) {
                Ok(value) => format!("is {}", Short(&Literal::from(value).to_string())),
                Err(error) if matches!(error.kind(), ErrorKind::TooManyRows) => {
                    "has more than one row".to_owned()
                }
                Err(error) => return Err(error),
            },
            ExprKind::Exists(query) => match first_row(view, query)? {
                Some(row) => format!("finds {}", Short(&row)),
                None => "finds no row".to_owned(),
            },
            _ => continue,
        };
        let query = asked(&Expr::unplaced(part.clone())).to_string();
        told.push(format!("`{}` {found}", Short(&query)));
    }
    Ok(told)
}

/// The first row of a query, if it has one.
fn first_row(view: &View<'_>, query: &Query) -> Result<Option<String>> {
    let mut first = FirstRow::default();
    super::hand_over(view, query, &mut first)?;
    Ok(first.text)
}

/// Sink of one row, as text.
#[derive(Default)]
struct FirstRow {
    columns: Vec<String>,
    text: Option<String>,
}

impl RowSink for FirstRow {
    fn begin(&mut self, columns: &[Column]) {
        self.columns = columns.iter().map(|column| column.name().to_owned()).collect();
    }

    fn take(&mut self, row: Vec<Value>) -> ControlFlow<()> {
        let cells = self.columns.iter().zip(row);
        let cells = cells.map(|(name, value)| format!("{name} = {}", Literal::from(value)));
        self.text = Some(cells.collect::<Vec<_>>().join(", "));
        ControlFlow::Break(())
    }
}
