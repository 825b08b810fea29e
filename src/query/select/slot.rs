//! Slots: places of a row, and answers of queries, as the names that a bound expression has for them.

use std::sync::Arc;

use crate::model::{Expr, ExprKind, Path};

/// What a bound expression refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// A place of the row.
    Place(usize),
    /// What a query within the query found.
    Answer(usize),
}

impl Slot {
    /// The slot that the first step of a path is.
    pub(super) fn of(name: &str) -> Option<Self> {
        let (tag, number) = name.split_at_checked(1)?;
        let number = number.parse().ok()?;
        Some(if tag == "q" { Self::Answer(number) } else { Self::Place(number) })
    }

    /// The slot that an expression reads, or reads into.
    pub(super) fn read_by(kind: &ExprKind) -> Option<Self> {
        let ExprKind::Attribute(path) = kind else { return None };
        Self::of(path.first()?)
    }

    /// The slot that a path is, as a whole.
    pub(super) fn whole(path: &Path) -> Option<Self> {
        let [name] = &**path else { return None };
        Self::of(name)
    }

    /// The place that an expression is, as a whole.
    pub(super) fn whole_place(expr: &Expr) -> Option<usize> {
        let ExprKind::Attribute(path) = &expr.node else { return None };
        match Self::whole(path)? {
            Self::Place(place) => Some(place),
            Self::Answer(_) => None,
        }
    }

    /// The expression that reads it, or what steps lead to inside it.
    pub(super) fn read(self, steps: &[Arc<str>]) -> ExprKind {
        let name: Arc<str> = match self {
            Self::Place(place) => format!("c{place}").into(),
            Self::Answer(answer) => format!("q{answer}").into(),
        };
        let path: Path = std::iter::once(name).chain(steps.iter().cloned()).collect();
        ExprKind::Attribute(path)
    }
}

/// The places that an expression reads.
pub(super) fn places(expr: &Expr) -> impl Iterator<Item = usize> {
    expr.node.parts().filter_map(|(part, _)| match Slot::read_by(part)? {
        Slot::Place(place) => Some(place),
        Slot::Answer(_) => None,
    })
}

/// Whether an expression reads the one value that a query found: whether there is one is asked by those rows alone
/// that come so far.
pub(super) fn reads_answer(expr: &Expr) -> bool {
    expr.node.parts().any(|(part, _)| matches!(Slot::read_by(part), Some(Slot::Answer(_))))
}

/// The same expression for rows that begin so many places later.
pub(super) fn shifted(expr: &Expr, start: usize) -> Expr {
    let mut expr = expr.clone();
    let mut todo = vec![&mut expr];
    while let Some(part) = todo.pop() {
        if let ExprKind::Attribute(path) = &part.node
            && let Some(Slot::Place(place)) = path.first().and_then(|name| Slot::of(name))
        {
            let steps = path.get(1..).unwrap_or_default();
            part.node = Slot::Place(place.saturating_sub(start)).read(steps);
        }
        todo.extend(part.node.operands_mut());
    }
    expr
}

/// The operands of `AND`s, each by itself.
pub(super) fn conjuncts(expr: Expr) -> Vec<Expr> {
    let (mut found, mut todo) = (Vec::new(), vec![expr]);
    while let Some(mut expr) = todo.pop() {
        match &mut expr.node {
            ExprKind::And(items) => todo.extend(std::mem::take(items).into_iter().rev()),
            _ => found.push(expr),
        }
    }
    found
}
