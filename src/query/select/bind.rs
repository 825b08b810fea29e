//! Binder of the expressions of a block: names become places of its rows, and what only queries have becomes what
//! conditions have.

use std::sync::Arc;

use super::alias::Aliases;
use super::answer::Wanted;
use super::build::Builder;
use super::column::{Column, Instants};
use super::expr_list::ExprList;
use super::expression::{AskedScope, Slots};
use super::names::{Scope, named};
use super::people::PeopleScope;
use super::slot::{Slot, reads_answer};
use crate::error::{Error, ErrorKind, Result};
use crate::eval::{self, Type};
use crate::model::{Expr, ExprKind, Literal, Path, ReadAs, Span, Unit, Value};
use crate::query::meant::meant_as_text;

/// What is asked of the user of each row, where rows are about users.
#[derive(Debug, Default)]
pub(super) struct People {
    pub(super) asked: ExprList,
    /// The types of these expressions, as far as they are known.
    types: Vec<Option<Type>>,
}

/// Which goes first where both have a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum First {
    Column,
    Alias,
}

/// Binder of expressions.
pub(super) struct Binder<'b, 'v> {
    pub(super) builder: &'b mut Builder<'v>,
    pub(super) scope: &'b Scope,
    /// What is asked of users: nothing may be, if there is none.
    pub(super) people: Option<&'b mut People>,
    /// How many columns there are before what is asked of users.
    pub(super) width: usize,
}

impl Binder<'_, '_> {
    /// Binds an expression, and checks its types.
    pub(super) fn bind(&mut self, expr: &Expr, is_condition: bool) -> Result<Expr> {
        self.bind_with(expr, &Aliases::default(), First::Column, is_condition)
    }

    /// The same, where names of items may stand.
    pub(super) fn bind_with(
        &mut self,
        expr: &Expr,
        aliases: &Aliases,
        first: First,
        is_condition: bool,
    ) -> Result<Expr> {
        self.builder.view.watch.check()?;
        let mut bound = self.builder.view.parameters.bind(expr)?.into_owned();
        self.rewrite(&mut bound, aliases, first)
            .map_err(|error| meant_as_unit(expr, meant_as_text(expr, error)))?;
        self.read_times(&mut bound);
        self.check(&bound, is_condition)?;
        Ok(bound)
    }

    /// The type of a bound expression, if it is known.
    pub(super) fn check(&self, bound: &Expr, is_condition: bool) -> Result<Option<Type>> {
        eval::check_asked(bound, &AskedScope(Some(self)), is_condition)
    }

    fn rewrite(&mut self, expr: &mut Expr, aliases: &Aliases, first: First) -> Result<()> {
        let mut todo = vec![expr];
        while let Some(expr) = todo.pop() {
            let span = expr.span;
            match &mut expr.node {
                ExprKind::Attribute(path) => {
                    expr.node = self.name(path, span, aliases, first)?;
                    continue;
                }
                ExprKind::Subquery(query) => {
                    let answer = self.builder.subquery(query, Wanted::Value, span)?;
                    expr.node = Slot::Answer(answer).read(&[]);
                    continue;
                }
                ExprKind::Exists(query) => {
                    let answer = self.builder.subquery(query, Wanted::Existence, span)?;
                    expr.node = Slot::Answer(answer).read(&[]);
                    continue;
                }
                ExprKind::InQuery { operand, query, negated } => {
                    let answer = self.builder.subquery(query, Wanted::Members, span)?;
                    let operand = std::mem::replace(operand, Box::new(nothing()));
                    expr.node = ExprKind::Among { operand, answer, negated: *negated };
                }
                ExprKind::Key(_) | ExprKind::InSegment(_) | ExprKind::Behaviour(_) => {
                    expr.node = self.person(expr)?;
                    continue;
                }
                _ => {}
            }
            todo.extend(expr.node.operands_mut());
        }
        Ok(())
    }

    /// What a name means.
    fn name(&self, path: &Path, span: Span, aliases: &Aliases, first: First) -> Result<ExprKind> {
        let alias = || {
            let found = aliases.find(path, span)?;
            found.iter().try_for_each(|item| self.builder.count_parts(item, span))?;
            Ok::<_, Error>(found)
        };
        let column = || {
            let found = self.scope.find(path, span)?;
            Ok::<_, Error>(found.map(|found| Slot::Place(found.index).read(found.steps)))
        };
        let found = match first {
            First::Alias => alias()?.map_or_else(column, |found| Ok(Some(found)))?,
            First::Column => column()?.map_or_else(alias, |found| Ok(Some(found)))?,
        };
        found.ok_or_else(|| {
            let error = self.scope.unknown(path, span, aliases.names());
            self.builder.hint_at_outer(path, error)
        })
    }

    /// What is asked of the user of a row, as a column of the row.
    fn person(&mut self, expr: &Expr) -> Result<ExprKind> {
        let Some(people) = &mut self.people else {
            let (what, why) = (
                "this".to_owned(),
                "it is about a user, so it stands in a query over users or events alone",
            );
            return Err(Error::from(ErrorKind::Misplaced { what, why }).at(expr.span));
        };
        let is_hidden = self.builder.is_hidden(expr);
        let place = if let Some(place) = people.asked.place(expr) {
            place
        } else {
            let seen = self.builder.named_by()?;
            let (then, today) = (seen.view().catalog(), self.builder.view.catalog());
            let scope = PeopleScope { then, today };
            let known = eval::check_asked(expr, &scope, false)?;
            people.types.push(known.filter(|_| !is_hidden));
            people.asked.push(expr.clone())
        };
        Ok(Slot::Place(self.width + place).read(&[]))
    }

    /// The type of a bound expression that is kept, if it is known; a length of time or a version is no such value.
    pub(super) fn check_value(
        &self,
        bound: &Expr,
        place: &str,
        span: Span,
    ) -> Result<Option<Type>> {
        let known = self.check(bound, false)?;
        let Some(found @ (Type::Duration | Type::Semver | Type::Version)) = known else {
            return Ok(known);
        };
        let (place, wanted) = (place.to_owned(), "a value or an instant".to_owned());
        let error =
            Error::from(ErrorKind::Type { place, wanted, found: found.to_string() }).at(span);
        Err(match found {
            Type::Duration => {
                error.hint("a length of time as a number: `EPOCH(a) - EPOCH(b)`, in seconds")
            }
            _ => error,
        })
    }

    /// Whether a bound expression is an instant, or nothing.
    pub(super) fn is_time(&self, bound: &Expr) -> bool {
        match &bound.node {
            ExprKind::Fold {
                fold: crate::model::Fold::Min | crate::model::Fold::Max,
                operand,
                ..
            } => operand.as_ref().is_some_and(|operand| self.is_time(operand)),
            _ if Slot::whole_place(bound).is_some_and(|place| place < self.width) => {
                self.column(bound).is_some_and(|column| column.instants == Instants::Always)
            }
            _ => self.check(bound, false).is_ok_and(|known| known == Some(Type::Timestamp)),
        }
    }

    /// The column that a bound expression is, as a whole.
    pub(super) fn column(&self, bound: &Expr) -> Option<&Column> {
        self.scope.column(Slot::whole_place(bound)?)
    }

    /// Makes the texts that a column of instants is compared with instants, so that what is none is an error.
    fn read_times(&self, expr: &mut Expr) {
        let mut todo = vec![expr];
        while let Some(expr) = todo.pop() {
            let compared = compared(&mut expr.node);
            let is_time = compared.iter().any(|operand| {
                self.column(operand).is_some_and(|column| column.instants == Instants::Always)
            });
            for operand in compared.into_iter().filter(|_| is_time) {
                if let ExprKind::Literal(Literal::Value(Value::String(text))) = &operand.node {
                    operand.node = ExprKind::read(ReadAs::Timestamp, Arc::clone(text));
                }
            }
            todo.extend(expr.node.operands_mut());
        }
    }
}

impl Slots for Binder<'_, '_> {
    fn type_of(&self, slot: Slot) -> Option<Type> {
        match slot {
            Slot::Place(place) => {
                let types = &self.people.as_ref()?.types;
                *types.get(place.checked_sub(self.width)?)?
            }
            Slot::Answer(answer) => self.builder.type_of_answer(answer),
        }
    }

    fn type_of_column(&self, place: usize) -> Option<Type> {
        self.scope.column(place)?.kind.known()
    }

    fn written(&self, bound: &Expr) -> Option<String> {
        let asked = self.people.as_ref().map(|people| people.asked.to_vec()).unwrap_or_default();
        let scope = Scope { sources: self.scope.sources.clone(), asked, ..Scope::default() };
        (!reads_answer(bound)).then(|| named(&scope, bound))
    }
}

/// What is compared with one another.
fn compared(kind: &mut ExprKind) -> Vec<&mut Expr> {
    match kind {
        ExprKind::Compare { .. } | ExprKind::Between { .. } | ExprKind::In { .. } => {
            kind.operands_mut()
        }
        ExprKind::Case { subject: Some(subject), branches, .. } => {
            let whens = branches.iter_mut().map(|(when, _)| when);
            std::iter::once(&mut **subject).chain(whens).collect()
        }
        _ => Vec::new(),
    }
}

/// Says how a unit of time is written, if a name was one that is no column.
fn meant_as_unit(expr: &Expr, error: Error) -> Error {
    let ErrorKind::UnknownColumn { name } = error.kind() else { return error };
    let Some(unit) = Unit::ALL.iter().find(|unit| unit.name().eq_ignore_ascii_case(name)) else {
        return error;
    };
    let is_it = |(part, _): (&ExprKind, _)| match part {
        ExprKind::Call { function, arguments } if &*function.node == "DATE_TRUNC" => {
            arguments.first().is_some_and(|first| Some(first.span) == error.span())
        }
        _ => false,
    };
    if !expr.node.parts().any(is_it) {
        return error;
    }
    let hint = format!("a unit is in single quotes: `'{}'`", unit.name());
    error.hint(hint)
}

fn nothing() -> Expr {
    Expr::unplaced(ExprKind::Literal(Literal::Value(Value::Null)))
}
