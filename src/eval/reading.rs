//! Readings: conditions written so that what the declarations of attributes make of them is in them.
//!
//! A declared attribute is text (or a number, if it is an instant) as it comes, and is read as what it is declared where it
//! is compared: `app >= '5.2.0'` compares versions. Who reads the condition later may know other declarations, or none.
//! So the word for the reading is put before it wherever nothing else says the same: `SEMVER app >= '5.2.0'`.

use super::literal::Type;
use super::scope::Scope;
use super::signature::Signature;
use crate::error::Result;
use crate::model::{ArithmeticOp, Expr, ExprKind, KeyType, ReadAs, Spanned};
use crate::stack;

/// Puts readings into a condition that was checked in a scope. Returns whether it had to.
pub(crate) fn put_readings(expr: &mut Expr, scope: &dyn Scope) -> Result<bool> {
    let mut reader = Reader { scope, element: Element::default(), changed: false };
    reader.visit(expr)?;
    Ok(reader.changed)
}

/// What `ANY` goes through, and whether it is to be read.
#[derive(Clone, Copy, Default)]
struct Element {
    what: Option<ReadAs>,
    is_read: bool,
}

/// Walk through a condition. Its depth is bounded: the check came first.
struct Reader<'s> {
    scope: &'s dyn Scope,
    element: Element,
    changed: bool,
}

impl Reader<'_> {
    /// Puts readings into an expression, its operands first.
    fn visit(&mut self, expr: &mut Expr) -> Result<()> {
        if let ExprKind::Any { list, test } = &mut expr.node {
            return stack::step(|| self.any(list, test));
        }
        for operand in expr.node.operands_mut() {
            stack::step(|| self.visit(operand))?;
        }
        match &mut expr.node {
            ExprKind::Compare { left, right, .. } => self.compared(left, &mut [right])?,
            ExprKind::Between { operand, low, high, .. } => {
                self.compared(operand, &mut [low, high])?;
            }
            ExprKind::In { operand, items, .. } => {
                self.compared(operand, &mut items.iter_mut().collect::<Vec<_>>())?;
            }
            ExprKind::Arithmetic { op: ArithmeticOp::Subtract, left, right }
                if form(left) != Some(Type::Duration) && form(right) != Some(Type::Duration) =>
            {
                self.compared(left, &mut [right])?;
            }
            ExprKind::Cast { operand, to } if *to != KeyType::String => {
                if let Some(what) = self.declared(operand)? {
                    self.read(operand, what);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// `ANY`: the word stands before its list, as the element has no place of its own.
    fn any(&mut self, list: &mut Expr, test: &mut Expr) -> Result<()> {
        self.visit(list)?;
        let inner = match list.node {
            ExprKind::Read { what, .. } => Element { what: Some(what), is_read: true },
            _ => Element { what: self.declared(list)?, is_read: false },
        };
        let around = std::mem::replace(&mut self.element, inner);
        let done = self.visit(test);
        let Element { what, is_read } = std::mem::replace(&mut self.element, around);
        if let Some(what) = what.filter(|_| is_read && !inner.is_read) {
            self.read(list, what);
        }
        done
    }

    /// Reads what is declared among operands that are compared with the first of them. One side of a comparison is
    /// enough: the other is read so, too.
    fn compared(&mut self, operand: &mut Expr, others: &mut [&mut Expr]) -> Result<()> {
        if let Some(what) = self.declared(operand)?
            && !others.iter().all(|other| is_read_as(other, what))
        {
            self.read(operand, what);
        }
        for other in others {
            if let Some(what) = self.declared(other)?
                && !(is_read_as(operand, what) || self.is_read_element(operand, what))
            {
                self.read(other, what);
            }
        }
        Ok(())
    }

    /// What an expression is read as where it is compared, by the declaration of an attribute.
    fn declared(&self, expr: &Expr) -> Result<Option<ReadAs>> {
        let known = match &expr.node {
            ExprKind::Attribute(path) => self.scope.attribute(path, expr.span)?,
            ExprKind::CheckValue(path) if path.is_empty() => {
                self.scope.check_type().and_then(Type::of_attribute)
            }
            ExprKind::Element => return Ok(self.element.what.filter(|_| !self.element.is_read)),
            ExprKind::Call { function, arguments } => {
                for alternative in alternatives(&function.node, arguments) {
                    if let Some(what) = stack::step(|| self.declared(alternative))? {
                        return Ok(Some(what));
                    }
                }
                None
            }
            _ => None,
        };
        Ok(match known {
            Some(Type::Declared(what)) => Some(what),
            _ => None,
        })
    }

    fn read(&mut self, expr: &mut Expr, what: ReadAs) {
        self.changed = true;
        if matches!(expr.node, ExprKind::Element) {
            self.element.is_read = true;
            return;
        }
        let (span, hole) = (expr.span, Spanned::unplaced(ExprKind::Element));
        let operand = Box::new(std::mem::replace(expr, hole));
        *expr = Spanned::new(ExprKind::Read { what, operand }, span);
    }

    /// Whether it is the element of an `ANY` whose list is read as something.
    fn is_read_element(&self, expr: &Expr, what: ReadAs) -> bool {
        let Element { what: known, is_read } = self.element;
        matches!(expr.node, ExprKind::Element) && is_read && known == Some(what)
    }
}

/// The arguments of a function of which one is its result.
fn alternatives<'e>(function: &str, arguments: &'e [Expr]) -> &'e [Expr] {
    match function {
        "COALESCE" => arguments,
        "IF" => arguments.get(1..).unwrap_or_default(),
        _ => &[],
    }
}

/// Whether an expression is something by its form, so that what it is compared with is read as that.
fn is_read_as(expr: &Expr, what: ReadAs) -> bool {
    form(expr) == Some(Type::of_reading(what))
}

/// The type that an expression has by its form, as far as that is easy to see.
fn form(expr: &Expr) -> Option<Type> {
    match &expr.node {
        ExprKind::Read { what, .. } => Some(Type::of_reading(*what)),
        ExprKind::Duration(_) => Some(Type::Duration),
        ExprKind::Call { function, .. } => Signature::named(&function.node)?.result,
        ExprKind::Behaviour(behaviour) => Type::of_aggregate(behaviour.aggregate),
        ExprKind::Arithmetic { op: ArithmeticOp::Add | ArithmeticOp::Subtract, left, right } => {
            let sides = [form(left), form(right)];
            let is_moved = sides.contains(&Some(Type::Duration));
            (is_moved && sides.contains(&Some(Type::Timestamp))).then_some(Type::Timestamp)
        }
        _ => None,
    }
}
