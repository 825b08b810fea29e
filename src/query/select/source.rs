//! Sources of a block, and how they are joined: what can be is looked up, filtered early, and found by equality.

use std::ops::{Bound, Range};
use std::sync::Arc;

use super::answer::Answers;
use super::block::{BlockBuilder, SourcePlan};
use super::build::refuse_more;
use super::column::{Column, Instants};
use super::expression::{AskedScope, Expression};
use super::naive;
use super::names::{Scope, named};
use super::plan::{Equality, Join, Plan, Planned, Scan, all_of};
use super::slot::{Slot, conjuncts, places, reads_answer, shifted};
use crate::error::{Error, ErrorKind, Names, Result, Short};
use crate::eval::{self, Snapshot};
use crate::limits::QUERY_SOURCES;
use crate::model::{
    ArithmeticOp, CompareOp, Datum, Expr, ExprKind, Join as How, Name, ReadAs, Source, SourceRows,
    Span, Spanned, TableRef, Timestamp,
};
use crate::query::table::{Lookups, Table, Wish};

impl<'v> BlockBuilder<'_, 'v> {
    /// Plans the sources, and binds the conditions that join them.
    pub(super) fn read_sources(&mut self, sources: &[Source]) -> Result<()> {
        if let Some(surplus) = sources.get(QUERY_SOURCES) {
            refuse_more(QUERY_SOURCES, "sources", sources.len(), surplus.rows.span)?;
        }
        let names = sources.iter().map(name_of).collect::<Result<Vec<_>>>()?;
        self.scope.coming = names.iter().rev().map(|(name, _)| Arc::clone(name)).collect();
        for (source, (name, span)) in sources.iter().zip(names) {
            let Planned { plan, columns } = self.source(&source.rows)?;
            let table = match &source.rows.node {
                SourceRows::Table(table) => Some(table.name.node.to_arc()),
                SourceRows::Derived(_) => None,
            };
            let start = self.scope.width();
            self.scope.coming.pop();
            self.scope.add(name, table, columns, span)?;
            let end = self.scope.width();
            self.sources.push(SourcePlan { plan, join: source.join, on: Vec::new(), start, end });
            let on = source.on.as_ref().map(|on| self.binder().bind(on, true)).transpose()?;
            if let Some(last) = self.sources.last_mut() {
                last.on = on.map(conjuncts).unwrap_or_default();
            }
        }
        Ok(())
    }

    fn source(&mut self, rows: &Spanned<SourceRows>) -> Result<Planned<'v>> {
        match &rows.node {
            SourceRows::Derived(rows) => self.builder.rowset(rows),
            SourceRows::Table(table) => self.table(table),
        }
    }

    fn table(&mut self, table: &TableRef) -> Result<Planned<'v>> {
        let name = table.name.node.as_str();
        let commons = &self.builder.commons;
        if let Some(common) = commons.iter().rev().find(|common| &*common.name == name) {
            if let Some(clause) = clauses(table).next() {
                let why = "this is a query, and no table of the store";
                let hint = format!("write it at the tables in the query `{}`", Short(name));
                return Err(misplaced(clause, why).hint(hint));
            }
            let columns = common.columns.clone();
            return Ok(Planned { plan: Plan::Common(std::rc::Rc::clone(common)), columns });
        }
        let found = Table::named(name).ok_or_else(|| self.unknown_table(&table.name))?;
        let view = self.builder.view;
        let at = view.parameters.instant_or(table.as_of.as_ref(), self.builder.now)?;
        let seen = self.builder.seen_at(at)?;
        let mut clauses = clauses(table).filter(|(clause, _)| *clause != AS_OF);
        if let Some(clause) = clauses.next().filter(|_| !found.is_of_evaluations()) {
            let why = "it stands at evaluations and memberships alone";
            let hint = "what users get is in `evaluations`, where they are in `memberships`";
            return Err(misplaced(clause, why).hint(hint));
        }
        let under = table.under.as_ref().map(|under| pretended(seen.view(), &under.node));
        let scan = Scan {
            table: found,
            is_traffic: table.traffic.node,
            view: seen,
            under: under.transpose()?,
            people: Vec::new(),
            is_sorted: true,
            wanted: vec![false; found.columns().len()],
            lookups: Lookups::default(),
            condition: None,
            text: None,
        };
        let columns = found.columns().iter().map(Column::from).collect();
        Ok(Planned { plan: Plan::Scan(Box::new(scan)), columns })
    }

    /// The error for a source that is no table, and no query of a `WITH` that can be read here.
    fn unknown_table(&self, table: &Spanned<Name>) -> Error {
        let (name, builder) = (table.node.as_str(), &self.builder);
        let error = Error::from(ErrorKind::UnknownTable { name: name.to_owned() }).at(table.span);
        if builder.coming.last().is_some_and(|own| &**own == name) {
            return error.hint("a query of `WITH` cannot read itself: there is no recursion");
        }
        if builder.coming.iter().any(|later| &**later == name) {
            let hint = "it stands further on: a query of `WITH` reads those before it";
            return error.hint(hint);
        }
        let tables: Vec<_> = Table::all().map(Table::name).collect();
        let commons: Vec<_> = builder.commons.iter().map(|common| &*common.name).collect();
        let error = error.suggest(name, commons.iter().chain(&tables).copied());
        let error = if commons.is_empty() {
            error
        } else {
            error.hint(format!("the queries of `WITH` are {}", Names(&commons)))
        };
        error.hint(format!("the tables are {}", tables.join(", ")))
    }

    /// Joins sources, and filters their rows by the conditions that must all be true.
    pub(super) fn assemble(
        sources: Vec<SourcePlan<'v>>,
        scope: &Scope,
        condition: Vec<Expr>,
        now: Timestamp,
    ) -> Result<Plan<'v>> {
        let mut rest = condition;
        let mut joined: Option<Plan<'v>> = None;
        for source in sources {
            let assembler = Assembler { scope, now, start: source.start, end: source.end };
            joined = Some(assembler.add(joined, source, &mut rest)?);
        }
        let plan = joined.unwrap_or(Plan::Nothing);
        filtered(plan, &rest, scope, now)
    }
}

const AS_OF: &str = "AS OF";

/// The clauses that a table has, and where they stand.
fn clauses(table: &TableRef) -> impl Iterator<Item = (&'static str, Span)> {
    let under = table.under.as_ref().map(|under| ("UNDER", under.span));
    let traffic = Some(("FOR TRAFFIC", table.traffic.span)).filter(|_| table.traffic.node);
    let as_of = table.as_of.as_ref().map(|as_of| (AS_OF, as_of.span));
    [under, traffic, as_of].into_iter().flatten()
}

fn misplaced((clause, span): (&str, Span), why: &'static str) -> Error {
    Error::from(ErrorKind::Misplaced { what: format!("`{clause}`"), why }).at(span)
}

/// The state in which a version is pretended to be live.
fn pretended(view: &crate::query::view::View<'_>, under: &crate::model::Under) -> Result<Snapshot> {
    let (config, version) = crate::query::get::under(view, view.catalog(), view.now, under)?;
    Ok(view.snapshot()?.under(view.catalog(), config.head.id, &version))
}

/// What a source is called.
fn name_of(source: &Source) -> Result<(Arc<str>, Span)> {
    if let Some(alias) = &source.alias {
        return Ok((alias.node.to_arc(), alias.span));
    }
    match &source.rows.node {
        SourceRows::Table(table) => Ok((table.name.node.to_arc(), table.name.span)),
        SourceRows::Derived(_) => {
            let (what, why) = ("a query without a name".to_owned(), "a source has one: `AS name`");
            Err(Error::from(ErrorKind::Misplaced { what, why }).at(source.rows.span))
        }
    }
}

fn filtered<'v>(
    input: Plan<'v>,
    conditions: &[Expr],
    scope: &Scope,
    now: Timestamp,
) -> Result<Plan<'v>> {
    let Some(condition) = all_of(conditions) else { return Ok(input) };
    let text = named(scope, &condition);
    let condition = Expression::new(&condition, now)?;
    Ok(Plan::Filter { input: Box::new(input), condition, text })
}

/// Takes those out of a list for which something is so.
fn take(from: &mut Vec<Expr>, is_wanted: impl Fn(&Expr) -> bool) -> Vec<Expr> {
    let (taken, left) = std::mem::take(from).into_iter().partition(|expr| is_wanted(expr));
    *from = left;
    taken
}

/// Assembler of one source to those on its left.
struct Assembler<'s> {
    scope: &'s Scope,
    now: Timestamp,
    start: usize,
    end: usize,
}

impl Assembler<'_> {
    fn add<'v>(
        &self,
        left: Option<Plan<'v>>,
        source: SourcePlan<'v>,
        rest: &mut Vec<Expr>,
    ) -> Result<Plan<'v>> {
        let (start, end) = (self.start, self.end);
        if naive::is_on() {
            return self.add_naively(left, source);
        }
        let is_own = |expr: &Expr| reads_only(expr, start..end);
        let is_here = |expr: &Expr| reads_only(expr, 0..end);
        let (mut on, is_outer) = (source.on, source.join == How::Left && left.is_some());
        let mut own = if is_outer { Vec::new() } else { take(rest, is_own) };
        if left.is_some() {
            own.extend(take(&mut on, is_own));
        }
        let right = self.narrowed(source.plan, &own)?;
        let Some(left) = left else {
            rest.extend(on);
            return Ok(right);
        };
        if !is_outer {
            on.extend(take(rest, is_here));
        }
        let (mut equal, mut texts, mut rough) = (Vec::new(), Vec::new(), Vec::new());
        for expr in take(&mut on, |expr| self.equality(expr).is_some()) {
            let Some((own, other, is_rough)) = self.equality(&expr) else { continue };
            texts.push(named(self.scope, &expr));
            let left = Expression::new(own, self.now)?;
            let right = Expression::new(&shifted(other, start), self.now)?;
            equal.push(Equality { left, right, is_rough });
            rough.extend(is_rough.then_some(expr));
        }
        texts.extend(on.iter().map(|expr| named(self.scope, expr)));
        on.extend(rough);
        let condition = all_of(&on).map(|on| Expression::new(&on, self.now)).transpose()?;
        let outer = is_outer.then_some(end - start);
        let text = texts.join(" AND ");
        let is_merged = is_merged(&left, &right, &equal);
        let join = Join { left, right, equal, is_merged, condition, outer, text };
        let join = Plan::Join(Box::new(join));
        if !is_outer {
            return Ok(join);
        }
        filtered(join, &take(rest, is_here), self.scope, self.now)
    }

    /// Makes all pairs, and filters those.
    fn add_naively<'v>(&self, left: Option<Plan<'v>>, source: SourcePlan<'v>) -> Result<Plan<'v>> {
        let Some(left) = left else { return Ok(source.plan) };
        let condition = all_of(&source.on).map(|on| Expression::new(&on, self.now)).transpose()?;
        let outer = (source.join == How::Left).then_some(self.end - self.start);
        let (right, equal, text) = (source.plan, Vec::new(), String::new());
        let join = Join { left, right, equal, is_merged: false, condition, outer, text };
        Ok(Plan::Join(Box::new(join)))
    }

    /// The two sides of an equality between a row on the left and one of this source, if it finds pairs; and whether it
    /// is rough: unless both are instants, or neither is, for a text beside an instant is read as one.
    fn equality<'e>(&self, expr: &'e Expr) -> Option<(&'e Expr, &'e Expr, bool)> {
        let ExprKind::Compare { op: CompareOp::Equal, left, right } = &expr.node else {
            return None;
        };
        let is_left = |expr: &Expr| reads_only(expr, 0..self.start);
        let is_right = |expr: &Expr| reads_only(expr, self.start..self.end);
        let (own, other) = match (is_left(left), is_right(right), is_left(right), is_right(left)) {
            (true, true, ..) => (left, right),
            (_, _, true, true) => (right, left),
            _ => return None,
        };
        let (a, b) = (self.instants(own)?, self.instants(other)?);
        Some((own, other, a != b || a == Instants::Perhaps))
    }

    /// Whether the values of an expression over columns are instants; `None` if they may be durations or versions, which
    /// no row can hold.
    fn instants(&self, expr: &Expr) -> Option<Instants> {
        if let Some(place) = Slot::whole_place(expr) {
            return Some(self.instants_at(place));
        }
        if Slot::read_by(&expr.node).is_some() {
            return Some(Instants::Never); // what lies in JSON is none
        }
        if expr.node.parts().any(|(part, _)| self.may_be_no_value(part)) {
            return None;
        }
        if expr.node.parts().any(|(part, _)| is_one_of_several(part)) {
            return Some(Instants::Perhaps);
        }
        let known = eval::check_asked(expr, &AskedScope(None), false);
        Some(Column::of_type("".into(), known.ok().flatten()).instants)
    }

    fn instants_at(&self, place: usize) -> Instants {
        self.scope.column(place).map_or(Instants::Perhaps, |column| column.instants)
    }

    /// Whether an operation may give a duration or a version: what is reckoned may, unless it is of numbers alone.
    fn may_be_no_value(&self, kind: &ExprKind) -> bool {
        let is_number = |part: &ExprKind| match part {
            ExprKind::Literal(_) | ExprKind::Arithmetic { .. } | ExprKind::Negate(_) => true,
            ExprKind::Attribute(path) => match Slot::whole(path) {
                Some(Slot::Place(place)) => self.instants_at(place) == Instants::Never,
                _ => true,
            },
            _ => false,
        };
        match kind {
            ExprKind::Arithmetic { op: ArithmeticOp::Concatenate, .. } => false,
            ExprKind::Arithmetic { .. } => !kind.parts().all(|(part, _)| is_number(part)),
            ExprKind::Read { what, .. } => *what != ReadAs::Timestamp,
            kind => matches!(kind, ExprKind::Duration(_)),
        }
    }

    /// A source with the conditions that are about it alone: a table looks up what it can.
    fn narrowed<'v>(&self, plan: Plan<'v>, own: &[Expr]) -> Result<Plan<'v>> {
        let Some(condition) = all_of(own) else { return Ok(plan) };
        let text = named(self.scope, &condition);
        let condition = shifted(&condition, self.start);
        let made = Expression::new(&condition, self.now)?;
        match plan {
            Plan::Scan(mut scan) => {
                for expr in conjuncts(condition) {
                    if let Some((place, wish)) = wished(&expr, self.now) {
                        scan.lookups.add(scan.table, place, wish);
                    }
                }
                (scan.condition, scan.text) = (Some(made), Some(text));
                Ok(Plan::Scan(scan))
            }
            plan => Ok(Plan::Filter { input: Box::new(plan), condition: made, text }),
        }
    }
}

/// Whether an expression reads some of a range of places, and nothing else.
fn reads_only(expr: &Expr, range: Range<usize>) -> bool {
    let mut found = places(expr).peekable();
    found.peek().is_some() && !reads_answer(expr) && found.all(|place| range.contains(&place))
}

/// Whether an operation gives one of several values, whatever type is known of it.
fn is_one_of_several(kind: &ExprKind) -> bool {
    match kind {
        ExprKind::Call { function, .. } => matches!(&*function.node, "COALESCE" | "IF"),
        kind => matches!(kind, ExprKind::Case { .. }),
    }
}

/// Whether both sides of a join come in the order of what must be equal.
fn is_merged(left: &Plan<'_>, right: &Plan<'_>, equal: &[Equality]) -> bool {
    let [
        Equality { left: Expression::Place(own), right: Expression::Place(other), is_rough: false },
    ] = equal
    else {
        return false;
    };
    left.in_order_of() == Some(*own) && right.in_order_of() == Some(*other)
}

/// What a condition lets a place have, if it says that of one.
fn wished(expr: &Expr, now: Timestamp) -> Option<(usize, Wish)> {
    let value = |expr: &Expr| constant(expr, now);
    match &expr.node {
        ExprKind::Compare { op, left, right } => match Slot::whole_place(left) {
            Some(place) => Some((place, compared(*op, value(right)?)?)),
            None => Some((Slot::whole_place(right)?, compared(op.turned(), value(left)?)?)),
        },
        ExprKind::In { operand, items, negated: false } => {
            let values = items.iter().map(value).collect::<Option<Vec<_>>>()?;
            Some((Slot::whole_place(operand)?, Wish::Among(values)))
        }
        ExprKind::Between { operand, low, high, negated: false } => {
            let (low, high) = (Bound::Included(value(low)?), Bound::Included(value(high)?));
            Some((Slot::whole_place(operand)?, Wish::Within(low, high)))
        }
        _ => None,
    }
}

/// What a place may have that is compared with a value.
fn compared(op: CompareOp, value: Datum) -> Option<Wish> {
    Some(match op {
        CompareOp::Equal => Wish::Among(vec![value]),
        CompareOp::NotEqual => return None,
        CompareOp::Less => Wish::Within(Bound::Unbounded, Bound::Excluded(value)),
        CompareOp::LessOrEqual => Wish::Within(Bound::Unbounded, Bound::Included(value)),
        CompareOp::Greater => Wish::Within(Bound::Excluded(value), Bound::Unbounded),
        CompareOp::GreaterOrEqual => Wish::Within(Bound::Included(value), Bound::Unbounded),
    })
}

/// The value of an expression that is the same in all rows; what is `NULL` says nothing.
fn constant(expr: &Expr, now: Timestamp) -> Option<Datum> {
    let differs = |(part, _): (&ExprKind, _)| {
        matches!(part, ExprKind::Attribute(_) | ExprKind::Among { .. } | ExprKind::Fold { .. })
    };
    if expr.node.parts().any(differs) {
        return None;
    }
    let value = Expression::new(expr, now).ok()?.value(&[], &Answers::default());
    (!value.is_null()).then_some(value)
}
