//! Run of a plan: each step hands its rows on, one after the other, until no more are wanted.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::ops::ControlFlow;

use super::answer::{Answers, Wanted};
use super::expression::Row;
use super::group::{Grouping, Groups};
use super::plan::{Common, Join, Key, Plan, Scan, Subquery};
use super::side::Side;
use crate::error::Result;
use crate::model::Datum;
use crate::query::budget::Budget;
use crate::query::table::{Flow, Reading};

/// Taker of rows, which says whether more are wanted.
type Sink<'s> = dyn FnMut(Row) -> Flow + 's;

/// How many rows more than wanted are kept before the last are dropped.
const SURPLUS: usize = 1_000;

/// Run of a query and of those within it.
pub(super) struct Run<'r> {
    pub(super) answers: Answers,
    pub(super) budget: &'r Budget<'r>,
}

impl Run<'_> {
    /// Answers a query within the query.
    pub(super) fn answer(&mut self, subquery: &Subquery<'_>) -> Result<()> {
        let most = match subquery.wanted {
            Wanted::Existence => 1,
            Wanted::Value => 2,
            Wanted::Members => usize::MAX,
        };
        let mut found = Vec::new();
        self.rows(&subquery.plan, &mut |row| {
            let value = row.into_iter().next().unwrap_or(Datum::NULL);
            self.budget.take(value.weight())?;
            found.push(value);
            Ok(wanted(found.len() < most))
        })
        .map(drop)?;
        self.answers.check()?;
        self.answers.add(subquery.wanted, found, subquery.span);
        Ok(())
    }

    /// All rows of a plan.
    pub(super) fn collect(&self, plan: &Plan<'_>) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        self.rows(plan, &mut |row| {
            self.budget.take_row(&row)?;
            rows.push(row);
            Ok(ControlFlow::Continue(()))
        })
        .map(drop)?;
        self.answers.check()?;
        Ok(rows)
    }

    /// Hands on the rows of a plan.
    fn rows(&self, plan: &Plan<'_>, sink: &mut Sink<'_>) -> Flow {
        crate::stack::step(|| self.rows_of(plan, sink))
    }

    fn rows_of(&self, plan: &Plan<'_>, sink: &mut Sink<'_>) -> Flow {
        match plan {
            Plan::Nothing => sink(Row::new()),
            Plan::Scan(scan) => self.scan(scan, sink),
            Plan::Common(common) => self.common(common, sink),
            Plan::Filter { input, condition, .. } => self.rows(input, &mut |row| {
                self.budget.step()?;
                if condition.holds(&row, &self.answers) {
                    sink(row)
                } else {
                    Ok(ControlFlow::Continue(()))
                }
            }),
            Plan::Join(join) => self.join(join, sink),
            Plan::Group { input, grouping, .. } => self.group(input, grouping, sink),
            Plan::Project { input, items, .. } => self.rows(input, &mut |row| {
                let made = items.iter().map(|item| item.value(&row, &self.answers)).collect();
                crate::stack::step(|| sink(made))
            }),
            Plan::Distinct { input } => {
                let mut seen = HashSet::new();
                self.rows(input, &mut |row| {
                    if seen.contains(&row) {
                        return Ok(ControlFlow::Continue(()));
                    }
                    self.budget.take_row(&row)?;
                    seen.insert(row.clone());
                    sink(row)
                })
            }
            Plan::Sort { input, keys, first, width, .. } => {
                self.sort(input, keys, *first, *width, sink)
            }
            Plan::Limit { input, offset, limit } => self.limit(input, *offset, *limit, sink),
            Plan::Append { left, right } => match self.rows(left, sink)? {
                ControlFlow::Continue(()) => self.rows(right, sink),
                broken @ ControlFlow::Break(()) => Ok(broken),
            },
            Plan::Compare { left, right, keeps_same } => {
                let right: HashSet<Row> = self.collect(right)?.into_iter().collect();
                self.rows(left, &mut |row| {
                    if right.contains(&row) == *keeps_same {
                        sink(row)
                    } else {
                        Ok(ControlFlow::Continue(()))
                    }
                })
            }
        }
    }

    fn scan(&self, scan: &Scan<'_>, sink: &mut Sink<'_>) -> Flow {
        let view = scan.view.view();
        let snapshot = match &scan.under {
            Some(snapshot) => snapshot,
            None => view.snapshot()?,
        };
        let reading = Reading {
            view,
            snapshot,
            is_sorted: scan.is_sorted,
            wanted: &scan.wanted,
            lookups: &scan.lookups,
            people: &scan.people,
            budget: self.budget,
        };
        scan.table.scan(&reading, &mut |row| {
            self.budget.step()?;
            match &scan.condition {
                Some(condition) if !condition.holds(&row, &self.answers) => {
                    Ok(ControlFlow::Continue(()))
                }
                _ => sink(row),
            }
        })
    }

    fn common(&self, common: &Common<'_>, sink: &mut Sink<'_>) -> Flow {
        if common.rows.get().is_none() {
            let rows = self.collect(&common.plan)?;
            common.rows.get_or_init(|| rows);
        }
        for row in common.rows.get().into_iter().flatten() {
            self.budget.step()?;
            if sink(row.clone())?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn join(&self, join: &Join<'_>, sink: &mut Sink<'_>) -> Flow {
        let right = self.collect(&join.right)?;
        let mut right = Side::new(right, join, &self.answers, self.budget)?;
        self.rows(&join.left, &mut |left| {
            let mut is_matched = false;
            for other in right.like(join, &left, &self.answers) {
                self.budget.step()?;
                let pair: Row = left.iter().chain(other).cloned().collect();
                if join.condition.as_ref().is_some_and(|c| !c.holds(&pair, &self.answers)) {
                    continue;
                }
                is_matched = true;
                if crate::stack::step(|| sink(pair))?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            match join.outer.filter(|_| !is_matched) {
                Some(width) => {
                    let nulls = std::iter::repeat_n(Datum::NULL, width);
                    sink(left.into_iter().chain(nulls).collect())
                }
                None => Ok(ControlFlow::Continue(())),
            }
        })
    }

    fn group(&self, input: &Plan<'_>, grouping: &Grouping, sink: &mut Sink<'_>) -> Flow {
        let mut groups = Groups::new(grouping);
        self.rows(input, &mut |row| {
            groups.take(&row, &self.answers, self.budget)?;
            Ok(ControlFlow::Continue(()))
        })
        .map(drop)?;
        for row in groups.into_rows() {
            if sink(row)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn sort(
        &self,
        input: &Plan<'_>,
        keys: &[Key],
        first: Option<usize>,
        width: usize,
        sink: &mut Sink<'_>,
    ) -> Flow {
        let mut rows: Vec<Row> = Vec::new();
        let most = first.map_or(usize::MAX, |first| first.saturating_add(first.max(SURPLUS)));
        let order = |a: &Row, b: &Row| compare(keys, a, b);
        self.rows(input, &mut |row| {
            self.budget.take_row(&row)?;
            rows.push(row);
            if rows.len() >= most {
                rows.sort_by(order);
                let kept = first.unwrap_or(usize::MAX).min(rows.len());
                rows.drain(kept..).for_each(|row| self.budget.give_back(&row));
            }
            Ok(ControlFlow::Continue(()))
        })
        .map(drop)?;
        rows.sort_by(order);
        for mut row in rows {
            row.truncate(width);
            if sink(row)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn limit(
        &self,
        input: &Plan<'_>,
        offset: usize,
        limit: Option<usize>,
        sink: &mut Sink<'_>,
    ) -> Flow {
        let end = limit.map_or(usize::MAX, |limit| offset.saturating_add(limit));
        if end == offset {
            return Ok(ControlFlow::Continue(()));
        }
        let (mut seen, mut is_over) = (0, false);
        self.rows(input, &mut |row| {
            seen += 1;
            if seen > offset && sink(row)?.is_break() {
                is_over = true;
            }
            Ok(wanted(!is_over && seen < end))
        })
        .map(drop)?;
        Ok(wanted(!is_over))
    }
}

fn wanted(more: bool) -> ControlFlow<()> {
    if more { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}

fn compare(keys: &[Key], a: &Row, b: &Row) -> Ordering {
    let by = |key: &Key| {
        let [a, b] = [a, b].map(|row| row.get(key.place).unwrap_or(&Datum::NULL));
        let nulls = match key.nulls_first {
            Some(true) => b.is_null().cmp(&a.is_null()),
            Some(false) => a.is_null().cmp(&b.is_null()),
            None => Ordering::Equal,
        };
        nulls.then_with(|| if key.descending { b.cmp(a) } else { a.cmp(b) })
    };
    keys.iter().map(by).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}
