//! Lists of expressions that are found by what they are.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher};

use foldhash::fast::RandomState;

use crate::model::{Expr, ExprKind, Literal, Value};

/// How many parts of an expression are looked at before it is compared as a whole.
const PARTS: usize = 16;

/// Expressions in the order in which they were added.
#[derive(Debug, Default)]
pub(super) struct ExprList {
    exprs: Vec<Expr>,
    /// Where those are whose first parts have a hash.
    places: HashMap<u64, Vec<usize>, RandomState>,
}

impl ExprList {
    /// The place of the first that is the same as an expression.
    pub(super) fn place(&self, expr: &Expr) -> Option<usize> {
        if self.exprs.is_empty() {
            return None;
        }
        let mut places = self.places.get(&self.hash(expr))?.iter().copied();
        places.find(|place| self.exprs.get(*place) == Some(expr))
    }

    /// Adds an expression at the end; gives its place.
    pub(super) fn push(&mut self, expr: Expr) -> usize {
        let place = self.exprs.len();
        self.places.entry(self.hash(&expr)).or_default().push(place);
        self.exprs.push(expr);
        place
    }

    /// The place of an expression, which is added if it is not there.
    pub(super) fn place_or_push(&mut self, expr: &Expr) -> usize {
        self.place(expr).unwrap_or_else(|| self.push(expr.clone()))
    }

    fn hash(&self, expr: &Expr) -> u64 {
        let mut hasher = self.places.hasher().build_hasher();
        for (part, _) in expr.node.parts().take(PARTS) {
            std::mem::discriminant(part).hash(&mut hasher);
            match part {
                ExprKind::Attribute(path) => path.hash(&mut hasher),
                ExprKind::Literal(Literal::Value(Value::Integer(number))) => {
                    number.hash(&mut hasher);
                }
                ExprKind::Literal(Literal::Value(Value::String(text))) => text.hash(&mut hasher),
                ExprKind::Key(name) => name.node.hash(&mut hasher),
                _ => {}
            }
        }
        hasher.finish()
    }
}

impl std::ops::Deref for ExprList {
    type Target = [Expr];

    fn deref(&self) -> &[Expr] {
        &self.exprs
    }
}

impl FromIterator<Expr> for ExprList {
    fn from_iter<I: IntoIterator<Item = Expr>>(exprs: I) -> Self {
        let mut list = Self::default();
        for expr in exprs {
            list.push(expr);
        }
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Fold;

    fn sum_of(number: i64) -> Expr {
        let number = ExprKind::Literal(Literal::Value(number.into()));
        let operand = Some(Box::new(Expr::unplaced(number)));
        Expr::unplaced(ExprKind::Fold { fold: Fold::Sum, distinct: false, operand, filter: None })
    }

    #[test]
    fn what_differs_in_its_first_parts_is_not_compared() {
        let mut list: ExprList = (0..1_000).map(sum_of).collect();
        assert!(list.places.values().all(|places| places.len() == 1));
        assert_eq!(list.place(&sum_of(700)), Some(700));
        assert_eq!(list.place(&sum_of(1_000)), None);
        assert_eq!(
            [list.place_or_push(&sum_of(1_000)), list.place_or_push(&sum_of(7))],
            [1_000, 7]
        );
    }
}
