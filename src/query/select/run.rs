//! Run of a plan: each step hands its rows on, one after the other, until no more are wanted.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::ops::ControlFlow;
use std::rc::Rc;

use super::answer::{Answers, Wanted};
use super::expression::Row;
use super::group::{Grouping, Groups};
use super::hashed::{Hashed, Set};
use super::plan::{Common, Join, Key, Plan, Scan, Subquery};
use super::shown::Shown;
use super::side::Side;
use crate::error::{Note, Result};
use crate::model::Datum;
use crate::query::budget::{Budget, PLACE};
use crate::query::bulk::Bulk;
use crate::query::sorter::Sorter;
use crate::query::table::{Flow, Reading, hand_over};

/// Taker of rows, which says whether more are wanted.
type Sink<'s> = dyn FnMut(Row) -> Flow + 's;

/// Run of a query and of those within it.
pub(super) struct Run<'r> {
    answers: Answers,
    budget: &'r Budget<'r>,
    /// What is to be said of the rows.
    pub(super) notes: RefCell<Vec<Note>>,
}

impl<'r> Run<'r> {
    /// The run of a query; answers those within it.
    pub(super) fn new(budget: &'r Budget<'r>, subqueries: &[Subquery<'_>]) -> Result<Self> {
        let (answers, notes) = (Answers::default(), RefCell::default());
        let mut run = Self { answers, budget, notes };
        subqueries.iter().try_for_each(|subquery| run.answer(subquery))?;
        Ok(run)
    }

    /// Hands the rows of a plan over as they are found, until no more are wanted.
    pub(super) fn hand_over(
        &self,
        plan: &Plan<'_>,
        take: &mut dyn FnMut(Row) -> ControlFlow<()>,
    ) -> Result<()> {
        self.rows(plan, &mut |row| {
            self.budget.step()?;
            self.answers.check()?;
            Ok(take(row))
        })
        .map(drop)?;
        self.answers.check()
    }

    /// Answers a query within the query.
    fn answer(&mut self, subquery: &Subquery<'_>) -> Result<()> {
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
        self.answers.add(subquery.wanted, found, subquery.span, self.budget)
    }

    /// All rows of a plan.
    pub(super) fn collect(&self, plan: &Plan<'_>) -> Result<Bulk<Vec<Row>>> {
        let mut rows = Bulk::new(Vec::new());
        self.rows(plan, &mut |row| {
            self.budget.take_row(&row)?;
            rows.push(row);
            Ok(ControlFlow::Continue(()))
        })
        .map(drop)?;
        self.answers.check()?;
        Ok(rows)
    }

    /// All rows of a plan, each once.
    fn set(&self, plan: &Plan<'_>) -> Result<Bulk<Set<Row>>> {
        let mut rows = Bulk::new(Set::default());
        for row in self.collect(plan)?.taken() {
            self.budget.step()?;
            self.budget.take(PLACE)?;
            rows.insert(Hashed::new(row));
        }
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
            Plan::Shown(shown) => self.shown(shown, sink),
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
                let mut seen = Bulk::new(Set::default());
                self.rows(input, &mut |row| {
                    let row = Hashed::new(row);
                    if seen.contains(&row) {
                        return Ok(ControlFlow::Continue(()));
                    }
                    self.budget.take_row(row.value())?;
                    self.budget.take(PLACE)?;
                    seen.insert(row.clone());
                    sink(row.into_value())
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
                let right = self.set(right)?;
                self.rows(left, &mut |row| {
                    let row = Hashed::new(row);
                    if right.contains(&row) == *keeps_same {
                        sink(row.into_value())
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
            is_traffic: scan.is_traffic,
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

    fn shown(&self, shown: &Shown<'_>, sink: &mut Sink<'_>) -> Flow {
        let (rows, notes) = shown.rows()?;
        self.notes.borrow_mut().extend(notes);
        self.hand_on(rows, sink)
    }

    /// Hands on rows, until no more are wanted.
    fn hand_on(&self, rows: impl IntoIterator<Item = Row>, sink: &mut Sink<'_>) -> Flow {
        hand_over(rows, &mut |row| {
            self.budget.step()?;
            sink(row)
        })
    }

    fn common(&self, common: &Rc<Common<'_>>, sink: &mut Sink<'_>) -> Flow {
        if Rc::strong_count(common) == 1 {
            return self.rows(&common.plan, sink); // nobody else reads them
        }
        if common.rows.get().is_none() {
            let rows = self.collect(&common.plan)?;
            common.rows.get_or_init(|| rows);
        }
        self.hand_on(common.rows.get().into_iter().flat_map(|rows| rows.iter().cloned()), sink)
    }

    fn join(&self, join: &Join<'_>, sink: &mut Sink<'_>) -> Flow {
        // a table is read when there is a row beside it; what may fail is asked first, whoever is on the left
        let is_table = matches!(join.right, Plan::Scan(_));
        let mut right = if is_table { None } else { Some(self.side(join)?) };
        self.rows(&join.left, &mut |left| {
            if right.is_none() {
                right = Some(self.side(join)?);
            }
            let mut is_matched = false;
            let like = right.iter_mut().flat_map(|side| side.like(join, &left, &self.answers));
            let mut pair = Row::new();
            for other in like {
                self.budget.step()?;
                // of a pair for which the condition does not hold the left side is there already
                pair.truncate(left.len());
                pair.extend(left.iter().skip(pair.len()).chain(other).cloned());
                if join.condition.as_ref().is_some_and(|c| !c.holds(&pair, &self.answers)) {
                    continue;
                }
                is_matched = true;
                if crate::stack::step(|| sink(std::mem::take(&mut pair)))?.is_break() {
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

    /// The right side of a join.
    fn side(&self, join: &Join<'_>) -> Result<Side> {
        Side::new(self.collect(&join.right)?, join, &self.answers, self.budget)
    }

    fn group(&self, input: &Plan<'_>, grouping: &Grouping, sink: &mut Sink<'_>) -> Flow {
        let mut groups = Groups::new(grouping);
        self.rows(input, &mut |row| {
            groups.take(&row, &self.answers, self.budget)?;
            Ok(ControlFlow::Continue(()))
        })
        .map(drop)?;
        self.hand_on(groups.into_rows(self.budget)?, sink)
    }

    fn sort(
        &self,
        input: &Plan<'_>,
        keys: &[Key],
        first: Option<usize>,
        width: usize,
        sink: &mut Sink<'_>,
    ) -> Flow {
        let dropped = |row: &Row| self.budget.give_back(row);
        let order = |a: &Row, b: &Row| compare(keys, a, b);
        let sorter = Sorter::new(self.budget, order);
        let mut sorter = sorter.first(first.unwrap_or(usize::MAX), dropped);
        self.rows(input, &mut |row| {
            self.budget.take_row(&row)?;
            sorter.take(row)?;
            Ok(ControlFlow::Continue(()))
        })
        .map(drop)?;
        let mut rows = Bulk::new(sorter.finish()?);
        let rows = rows.taken().map(|mut row| {
            row.truncate(width);
            row
        });
        self.hand_on(rows, sink)
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
