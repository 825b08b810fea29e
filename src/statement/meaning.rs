//! Meaning of conditions that are stored: how they are written to mean the same under today's declarations.

use std::sync::Arc;

use super::scope::attribute_type;
use crate::error::Result;
use crate::eval::{self, CatalogScope, CheckScope, Scope, Type};
use crate::model::{
    AttributeType, Catalog, Condition, Expr, ExprKind, KeyId, KeyType, ListId, Literal, Name, Path,
    SegmentId, Span, Spanned, USER_ID, Value,
};
use crate::stack;

/// A condition as a statement of today has to say it, so that what is stored by the statement means what the condition
/// means: `app >= '5.2.0'` of before `app` was declared is written `CAST(app AS STRING) >= '5.2.0'`. Most conditions
/// mean the same as they stand, and come back as they are.
///
/// State files are written by it. Whether a stored condition is what a file says is asked of what this makes of it, and
/// of the condition of the file as a statement would store it: `written_today(catalog, &segment.condition) ==
/// binder.condition(&said)?`. What is stored is shown as it is, and dumps with history have it so.
pub(crate) fn written_today(catalog: &Catalog, condition: &Condition) -> Condition {
    let scope = TodayScope(catalog);
    let other = condition.look(|expr| {
        let mut written = expr.clone();
        write(&mut written, &scope).then(|| Condition::new(written))
    });
    other.unwrap_or_else(|| condition.clone())
}

/// A condition as a statement of today would store it; `None` if it would be refused.
pub(super) fn stored_today(catalog: &Catalog, condition: &Expr) -> Option<Expr> {
    read(condition, &TodayScope(catalog))
}

/// A `CHECK` of a type as it is evaluated; `None` if it would be refused.
pub(super) fn read_check(check: &Expr, kind: AttributeType) -> Option<Expr> {
    read(check, &CheckScope(kind))
}

fn read(condition: &Expr, scope: &dyn Scope) -> Option<Expr> {
    let mut read = condition.clone();
    eval::check(condition, scope).ok()?;
    eval::put_readings(&mut read, scope).ok()?;
    Some(read)
}

/// Everything as a catalog has it, attributes as they are declared.
struct TodayScope<'c>(&'c Catalog);

impl TodayScope<'_> {
    /// What an attribute is declared as; `None` if it may be anything.
    fn declared(&self, name: &str) -> Option<AttributeType> {
        if name == USER_ID {
            return Some(AttributeType::String);
        }
        let declared = self.0.attribute_named(name).filter(|attribute| !attribute.archived);
        declared.map(|attribute| attribute.kind).filter(|kind| *kind != AttributeType::Json)
    }
}

impl Scope for TodayScope<'_> {
    fn key(&self, name: &Spanned<Name>) -> Result<(KeyId, KeyType)> {
        CatalogScope(self.0).key(name)
    }

    fn segment(&self, name: &Spanned<Name>) -> Result<SegmentId> {
        CatalogScope(self.0).segment(name)
    }

    fn list(&self, _list: ListId, _span: Span) -> Result<()> {
        Ok(())
    }

    fn user(&self, _what: &str, _span: Span) -> Result<()> {
        Ok(())
    }

    fn attribute(&self, path: &Path, span: Span) -> Result<Option<Type>> {
        attribute_type(self.0, path, span)
    }
}

/// Spelling of an attribute by which no declaration is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spelling {
    /// A version as its text.
    Text,
    /// Anything as it comes, so that nobody knows its type.
    Untyped,
}

/// Writes a condition so that it means what it means; returns whether it is another now.
fn write(expr: &mut Expr, scope: &TodayScope<'_>) -> bool {
    match &mut expr.node {
        ExprKind::And(items) | ExprKind::Or(items) => {
            let written = items.iter_mut().map(|item| stack::step(|| write(item, scope)));
            written.fold(false, |any, one| any | one)
        }
        ExprKind::Not(operand) => stack::step(|| write(operand, scope)),
        _ => write_test(expr, scope),
    }
}

/// The same for a condition without parts that are conditions by themselves.
fn write_test(expr: &mut Expr, scope: &TodayScope<'_>) -> bool {
    if means_the_same(expr, scope) {
        return false;
    }
    for spelling in [Spelling::Text, Spelling::Untyped] {
        let mut attempt = expr.clone();
        spell(&mut attempt, spelling, scope);
        if means_the_same(&attempt, scope) {
            *expr = attempt;
            return true;
        }
    }
    false
}

/// Whether a condition is stored as it stands when a statement says it.
fn means_the_same(expr: &Expr, scope: &TodayScope<'_>) -> bool {
    let is_read = || eval::put_readings(&mut expr.clone(), scope);
    eval::check(expr, scope).is_ok() && matches!(is_read(), Ok(false))
}

/// Spells the attributes in an expression, those of whose values `TYPE` asks aside: it takes them as they come.
fn spell(expr: &mut Expr, spelling: Spelling, scope: &TodayScope<'_>) {
    let spelt = match &expr.node {
        ExprKind::Attribute(path) => spelt(path, spelling, scope),
        ExprKind::Call { function, arguments } if &*function.node == "TYPE" => {
            match arguments.first().map(|argument| &argument.node) {
                Some(ExprKind::Attribute(path)) if is_step_into_nothing(path, scope) => {
                    Some(literal("missing"))
                }
                Some(ExprKind::Attribute(_)) => return,
                _ => None,
            }
        }
        _ => None,
    };
    if let Some(spelt) = spelt {
        expr.node = spelt;
        return;
    }
    for operand in expr.node.operands_mut() {
        stack::step(|| spell(operand, spelling, scope));
    }
}

/// Whether a path leads into what is declared to have no members.
fn is_step_into_nothing(path: &Path, scope: &TodayScope<'_>) -> bool {
    path.len() > 1 && path.first().is_some_and(|name| scope.declared(name).is_some())
}

/// An attribute in a spelling; `None` if it stays.
fn spelt(path: &Path, spelling: Spelling, scope: &TodayScope<'_>) -> Option<ExprKind> {
    let kind = scope.declared(path.first()?)?;
    let bare = || ExprKind::Attribute(Arc::clone(path));
    let text = || cast(bare(), KeyType::String);
    match (spelling, kind) {
        (Spelling::Text, AttributeType::Semver | AttributeType::Version) => Some(text()),
        (Spelling::Text, _) => None,
        (Spelling::Untyped, _) if path.len() > 1 => {
            Some(call("COALESCE", [ExprKind::Literal(Value::Null.into())]))
        }
        (Spelling::Untyped, AttributeType::Semver | AttributeType::Version) => {
            Some(either(text(), ExprKind::Literal(Value::from(0).into())))
        }
        // what is no number as text is the text that it came as
        (Spelling::Untyped, AttributeType::Timestamp) => {
            Some(call("COALESCE", [cast(text(), KeyType::Double), text()]))
        }
        (Spelling::Untyped, AttributeType::String) => {
            Some(either(bare(), ExprKind::Literal(Value::from(0).into())))
        }
        (Spelling::Untyped, _) => Some(either(bare(), literal(""))),
    }
}

/// The first of two expressions of different types, always: then none of them is known.
fn either(first: ExprKind, other: ExprKind) -> ExprKind {
    call("IF", [ExprKind::Literal(true.into()), first, other])
}

fn literal(text: &str) -> ExprKind {
    ExprKind::Literal(Literal::from(text))
}

fn cast(operand: ExprKind, to: KeyType) -> ExprKind {
    ExprKind::Cast { operand: Box::new(Spanned::unplaced(operand)), to }
}

fn call<const N: usize>(name: &str, arguments: [ExprKind; N]) -> ExprKind {
    let arguments = arguments.map(Spanned::unplaced).into();
    ExprKind::Call { function: Spanned::unplaced(name.into()), arguments }
}
