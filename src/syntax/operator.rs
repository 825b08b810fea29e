//! Operators of conditions: from tokens to the model's.

use super::cursor::Node;
use super::rules::Rule;
use crate::error::Result;
use crate::model::{ArithmeticOp, CompareOp, Expr, ExprKind, Fold, IsWhat, Quantifier, Spanned};

/// The aggregate of a word.
pub(super) fn fold(node: &Node<'_>) -> Result<Fold> {
    let named = |fold: &Fold| fold.keyword().eq_ignore_ascii_case(node.text());
    Fold::ALL.into_iter().find(named).ok_or_else(|| node.unexpected())
}

/// How many items of a list a `CONTAINS` wants.
pub(super) fn quantifier(node: &Node<'_>) -> Quantifier {
    if node.children().peek() == Some(Rule::k_any) { Quantifier::Any } else { Quantifier::All }
}

/// What an `IS` asks for.
pub(super) fn is_what(node: &Node<'_>) -> IsWhat {
    match node.rule() {
        Rule::k_true => IsWhat::True,
        Rule::k_false => IsWhat::False,
        _ => IsWhat::Null,
    }
}

/// Operator of a comparison.
pub(super) fn compare_op(node: &Node<'_>) -> CompareOp {
    match node.text() {
        "=" => CompareOp::Equal,
        "<" => CompareOp::Less,
        "<=" => CompareOp::LessOrEqual,
        ">" => CompareOp::Greater,
        ">=" => CompareOp::GreaterOrEqual,
        _ => CompareOp::NotEqual,
    }
}

/// Operator of a calculation.
pub(super) fn arithmetic_op(node: &Node<'_>) -> ArithmeticOp {
    match node.text() {
        "+" => ArithmeticOp::Add,
        "-" => ArithmeticOp::Subtract,
        "*" => ArithmeticOp::Multiply,
        "/" => ArithmeticOp::Divide,
        "%" => ArithmeticOp::Remainder,
        _ => ArithmeticOp::Concatenate,
    }
}

/// How tightly an operator binds.
pub(super) fn binds(op: ArithmeticOp) -> u8 {
    match op {
        ArithmeticOp::Concatenate => 0,
        ArithmeticOp::Add | ArithmeticOp::Subtract => 1,
        ArithmeticOp::Multiply | ArithmeticOp::Divide | ArithmeticOp::Remainder => 2,
    }
}

/// Two operands joined by an operator.
pub(super) fn arithmetic(left: Expr, op: ArithmeticOp, right: Expr) -> Expr {
    let span = left.span.to(right.span);
    Spanned::new(ExprKind::Arithmetic { op, left: Box::new(left), right: Box::new(right) }, span)
}
