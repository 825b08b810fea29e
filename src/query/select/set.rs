//! Plans of whole queries: blocks put together, sorted and cut.

use std::cell::OnceCell;
use std::rc::Rc;

use super::bind::Binder;
use super::block::BlockBuilder;
use super::build::Builder;
use super::column::Column;
use super::expression::Expression;
use super::names::Scope;
use super::plan::{Common, Plan, Planned};
use super::slot::Slot;
use super::sort::{key, numbered, texts};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Given, Query, SetOperator, Sort, Span, Spanned};

impl<'v> Builder<'v> {
    /// Plans a query.
    pub(super) fn query(&mut self, query: &Query) -> Result<Planned<'v>> {
        crate::stack::step(|| self.query_of(query))
    }

    fn query_of(&mut self, query: &Query) -> Result<Planned<'v>> {
        let (now, known) = (self.now, self.commons.len());
        self.now = self.view.parameters.instant_or(query.as_of.as_ref(), now)?;
        let planned = self.body(query, known);
        self.now = now;
        self.commons.truncate(known);
        planned
    }

    fn body(&mut self, query: &Query, known: usize) -> Result<Planned<'v>> {
        let names = query.commons.iter().rev().map(|common| common.name.node.to_arc());
        self.coming.extend(names);
        for common in &query.commons {
            let name = common.name.node.to_arc();
            if self.commons.iter().skip(known).any(|other| other.name == name) {
                let kind = ErrorKind::Duplicate { what: "the query", name: name.to_string() };
                return Err(Error::from(kind).at(common.name.span));
            }
            let Planned { plan, columns } = self.rowset(&common.rows)?;
            self.coming.pop();
            self.commons.push(Rc::new(Common { name, columns, plan, rows: OnceCell::new() }));
        }
        let limit = self.whole(query.limit.as_ref())?;
        let offset = self.whole(query.offset.as_ref())?.unwrap_or(0);
        let first = limit.map(|limit| offset.saturating_add(limit));
        let Planned { plan, columns } = if query.others.is_empty() {
            BlockBuilder::new(self).block(&query.first, &query.order, first)?
        } else {
            let planned = self.sets(query)?;
            self.sorted(planned, &query.order, first)?
        };
        if limit.is_none() && offset == 0 {
            return Ok(Planned { plan, columns });
        }
        Ok(Planned { plan: Plan::Limit { input: Box::new(plan), offset, limit }, columns })
    }

    fn whole(&self, number: Option<&Spanned<Given<u64>>>) -> Result<Option<usize>> {
        let number = number.map(|number| self.view.parameters.whole(number)).transpose()?;
        Ok(number.map(|number| usize::try_from(number.node).unwrap_or(usize::MAX)))
    }

    /// Plans blocks that are put together: to the left, `INTERSECT` first.
    fn sets(&mut self, query: &Query) -> Result<Planned<'v>> {
        let first = BlockBuilder::new(self).block(&query.first, &[], None)?;
        let mut terms = vec![(SetOperator::Union, first)];
        for (operator, block) in &query.others {
            let planned = BlockBuilder::new(self).block(block, &[], None)?;
            let span = block.items.first().map_or_else(Span::default, |item| item.span);
            match (operator, terms.pop()) {
                (SetOperator::Intersect, Some((before, left))) => {
                    terms.push((before, put_together(left, *operator, planned, span)?));
                }
                (_, last) => {
                    terms.extend(last);
                    check_width(terms.first().map(|(_, first)| first), &planned, span)?;
                    terms.push((*operator, planned));
                }
            }
        }
        let mut terms = terms.into_iter();
        let (_, first) = terms.next().ok_or_else(|| Error::bug("no block"))?;
        terms.try_fold(first, |left, (operator, right)| {
            put_together(left, operator, right, Span::default())
        })
    }

    /// Sorts the rows of blocks that were put together.
    fn sorted(
        &mut self,
        planned: Planned<'v>,
        order: &[Sort],
        first: Option<usize>,
    ) -> Result<Planned<'v>> {
        let Planned { plan, columns } = planned;
        if order.is_empty() {
            return Ok(Planned { plan, columns });
        }
        let width = columns.len();
        let mut scope = Scope::default();
        scope.add("".into(), None, columns.clone(), Span::default())?;
        let mut items = (0..width).map(Expression::Place).collect::<Vec<_>>();
        let mut keys = Vec::new();
        for sort in order {
            let numbered = numbered(&sort.expr, width)?;
            let bound = if let Some(place) = numbered {
                Spanned::new(Slot::Place(place).read(&[]), sort.expr.span)
            } else {
                let mut binder = Binder { builder: self, scope: &scope, people: None, width };
                binder.bind(&sort.expr, false)?
            };
            keys.push(key(sort, items.len()));
            items.push(Expression::new(&bound, self.now)?);
        }
        let text = texts(order);
        let input = Box::new(Plan::Project { input: Box::new(plan), items, text: String::new() });
        Ok(Planned { plan: Plan::Sort { input, keys, first, width, text }, columns })
    }
}

fn check_width(left: Option<&Planned<'_>>, right: &Planned<'_>, span: Span) -> Result<()> {
    let wanted = left.map_or(0, |left| left.columns.len());
    let found = right.columns.len();
    if wanted == found {
        return Ok(());
    }
    Err(Error::from(ErrorKind::ColumnCount { wanted, found }).at(span))
}

fn put_together<'v>(
    left: Planned<'v>,
    operator: SetOperator,
    right: Planned<'v>,
    span: Span,
) -> Result<Planned<'v>> {
    check_width(Some(&left), &right, span)?;
    let columns = left.columns.into_iter().zip(&right.columns);
    let columns: Vec<Column> = columns.map(|(column, other)| column.with(other)).collect();
    let (left, right) = (Box::new(left.plan), Box::new(right.plan));
    let plan = match operator {
        SetOperator::Union | SetOperator::UnionAll => Plan::Append { left, right },
        SetOperator::Except => Plan::Compare { left, right, keeps_same: false },
        SetOperator::Intersect => Plan::Compare { left, right, keeps_same: true },
    };
    let plan = if operator == SetOperator::UnionAll {
        plan
    } else {
        Plan::Distinct { input: Box::new(plan) }
    };
    Ok(Planned { plan, columns })
}
