//! Conditions built by hand, without a parser.

mod behaviours;
mod checks;
mod functions;
mod hashes;
mod logic;
mod naive;
mod property;
mod snapshots;
mod stack;
mod tapes;
mod traces;

use std::sync::Arc;

use super::compile::compile_value;
use super::measure::Measure;
use super::operand::Truth;
use super::scope::CatalogScope;
use super::{Environment, Lookup, Scope, compile};
use crate::model::{
    Answer, ArithmeticOp, AttributeName, Catalog, CompareOp, Context, Expr, ExprKind, KeyType,
    Literal, Name, ReadAs, Spanned, Timestamp, Value,
};

fn json(text: &str) -> Value {
    Value::from_json(text).unwrap()
}

fn expr(kind: ExprKind) -> Expr {
    Spanned::unplaced(kind)
}

fn boxed(expr: Expr) -> Box<Expr> {
    Box::new(expr)
}

fn lit(value: impl Into<Value>) -> Expr {
    expr(ExprKind::Literal(Literal::Value(value.into())))
}

/// A literal from JSON.
fn j(text: &str) -> Expr {
    lit(json(text))
}

/// An attribute; dots are steps.
fn attr(path: &str) -> Expr {
    expr(ExprKind::Attribute(path.split('.').map(Arc::from).collect()))
}

fn compare(op: CompareOp, left: Expr, right: Expr) -> Expr {
    expr(ExprKind::Compare { op, left: boxed(left), right: boxed(right) })
}

fn eq(left: Expr, right: Expr) -> Expr {
    compare(CompareOp::Equal, left, right)
}

fn calc(op: ArithmeticOp, left: Expr, right: Expr) -> Expr {
    expr(ExprKind::Arithmetic { op, left: boxed(left), right: boxed(right) })
}

fn is_in(operand: Expr, items: Vec<Expr>) -> Expr {
    expr(ExprKind::In { operand: boxed(operand), items, negated: false })
}

fn not(operand: Expr) -> Expr {
    expr(ExprKind::Not(boxed(operand)))
}

fn call(name: &str, arguments: Vec<Expr>) -> Expr {
    expr(ExprKind::Call { function: Spanned::unplaced(name.into()), arguments })
}

fn cast(operand: Expr, to: KeyType) -> Expr {
    expr(ExprKind::Cast { operand: boxed(operand), to })
}

fn name(text: &str) -> Spanned<Name> {
    Name::new(text).unwrap().into()
}

fn in_segment(text: &str) -> Expr {
    expr(ExprKind::InSegment(Some(name(text))))
}

fn key(text: &str) -> Expr {
    expr(ExprKind::Key(name(text)))
}

fn timestamp(text: &str) -> Expr {
    expr(ExprKind::read(ReadAs::Timestamp, text))
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// A user and nothing else.
struct User<'a>(&'a Context);

impl<'a> Environment<'a> for User<'a> {
    fn attribute(&self, name: &AttributeName) -> Lookup<'a> {
        self.0.find(name).into()
    }

    fn answer(&mut self, measure: &'a Measure) -> Answer<'a> {
        measure.answer(self.0, || self.now())
    }

    fn now(&self) -> Timestamp {
        at("2026-03-01T09:00:00Z")
    }
}

fn with_scope<T>(run: impl FnOnce(&dyn Scope) -> T) -> T {
    let catalog = Catalog::default();
    run(&CatalogScope(&catalog))
}

/// Whether a condition holds for a user.
fn holds(condition: &Expr, user: &Context) -> Truth {
    let program = with_scope(|scope| compile(condition, scope)).unwrap();
    program.evaluate(&mut User(user))
}

/// The value of an expression for a user.
fn value_for(expr: &Expr, user: &Context) -> Value {
    let program = with_scope(|scope| compile_value(expr, scope)).unwrap();
    program.value(&mut User(user))
}

/// The value of an expression for nobody.
fn value(expr: &Expr) -> Value {
    value_for(expr, &Context::anonymous())
}

/// The code of the error of a condition.
fn code(condition: &Expr) -> &'static str {
    with_scope(|scope| compile(condition, scope)).map_or_else(|error| error.code(), |_| "fine")
}
