//! Search for what asks for the instant in a condition.

use std::sync::Arc;

use super::step::{MINUTE, Step};
use crate::eval::compile::compile;
use crate::eval::literal::{literal_text, zone};
use crate::eval::measure::text;
use crate::eval::program::Program;
use crate::eval::scope::{CatalogScope, EventScope, Scope};
use crate::model::{ArithmeticOp, Behaviour, Catalog, CompareOp, Expr, ExprKind, ReadAs};

/// What asks for the instant in some conditions.
#[derive(Default)]
pub(super) struct Found {
    /// Comparisons that turn at most once while all else stays.
    pub(super) comparisons: Vec<Comparison>,
    /// The same over the properties of each event of a name.
    pub(super) of_events: Vec<(Arc<str>, Program)>,
    pub(super) steps: Vec<Step>,
    /// Whether something asks for the instant in any other way.
    pub(super) by_minute: bool,
}

/// Comparison of the instant.
pub(super) struct Comparison {
    pub(super) program: Program,
    /// Whether it is with the user and literals alone: what is done and what is served turn it by themselves, too.
    pub(super) is_plain: bool,
}

impl Found {
    /// Adds what a condition about users has.
    pub(super) fn add(&mut self, condition: &Expr, catalog: &Catalog) {
        Search { scope: &CatalogScope(catalog), event: None, found: self }.go(condition);
    }
}

/// Search through a condition.
struct Search<'s> {
    scope: &'s dyn Scope,
    /// The name of the events whose properties are compared, if not the attributes of users are.
    event: Option<Arc<str>>,
    found: &'s mut Found,
}

/// How an operand goes with the instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slope {
    /// It stays.
    Still,
    /// It is later at a later instant.
    Up,
    /// It is earlier, or shorter, at a later instant.
    Down,
}

impl Slope {
    fn turned(self) -> Self {
        match self {
            Self::Still => Self::Still,
            Self::Up => Self::Down,
            Self::Down => Self::Up,
        }
    }

    /// That of a sum; `None` if the instant is in both of its parts.
    fn plus(self, other: Self) -> Option<Self> {
        match (self, other) {
            (slope, Self::Still) | (Self::Still, slope) => Some(slope),
            _ => None,
        }
    }

    /// That of an operand; `None` if it asks for the instant in a way that is not understood.
    fn of(expr: &Expr) -> Option<Self> {
        match &expr.node {
            _ if is_now(expr) => Some(Self::Up),
            ExprKind::Read { what: ReadAs::Timestamp, operand } => Self::of(operand),
            ExprKind::Negate(operand) => Self::of(operand).map(Self::turned),
            ExprKind::Arithmetic { op: ArithmeticOp::Add, left, right } => {
                Self::of(left)?.plus(Self::of(right)?)
            }
            ExprKind::Arithmetic { op: ArithmeticOp::Subtract, left, right } => {
                Self::of(left)?.plus(Self::of(right)?.turned())
            }
            _ => (!asks(expr)).then_some(Self::Still),
        }
    }
}

impl Search<'_> {
    /// Goes through all parts of a condition.
    fn go(&mut self, condition: &Expr) {
        let mut todo = vec![condition];
        while let Some(expr) = todo.pop() {
            if !self.understands(expr, &mut todo) {
                self.found.by_minute |= is_now(expr);
                todo.extend(expr.node.operands());
            }
        }
    }

    /// Takes in what asks for the instant in a way that is understood. What is left of it to be looked at is put with
    /// what is to be done.
    fn understands<'e>(&mut self, expr: &'e Expr, todo: &mut Vec<&'e Expr>) -> bool {
        match &expr.node {
            ExprKind::Compare { op, left, right } => {
                let understood = self.compares(*op, left, right, &|compared| compared);
                understood && rest([&**left, right], todo)
            }
            ExprKind::Between { operand, low, high, .. } => {
                self.compares(CompareOp::GreaterOrEqual, operand, low, &|compared| compared)
                    && self.compares(CompareOp::LessOrEqual, operand, high, &|compared| compared)
                    && rest([&**operand, low, high], todo)
            }
            ExprKind::In { operand, items, .. } => {
                let mut each = items.iter();
                each.all(|item| {
                    self.compares(CompareOp::Equal, operand, item, &|compared| compared)
                }) && rest(std::iter::once(&**operand).chain(items), todo)
            }
            ExprKind::Any { list, test } => self.any(list, test, todo),
            ExprKind::Each { filter, .. } => {
                self.found.by_minute |= has_now(filter);
                false
            }
            ExprKind::Behaviour(behaviour) => {
                self.events(behaviour);
                true
            }
            _ => match step(expr) {
                Some(step) if !self.found.steps.contains(&step) => {
                    self.found.steps.push(step);
                    true
                }
                known => known.is_some(),
            },
        }
    }

    /// A test over the elements of a list: an order turns at most once for all of them.
    fn any<'e>(&mut self, list: &'e Expr, test: &'e Expr, todo: &mut Vec<&'e Expr>) -> bool {
        let ExprKind::Compare { op, left, right } = &test.node else { return false };
        let of_any = |compared| {
            let (list, test) = (Box::new(list.clone()), Box::new(Expr::unplaced(compared)));
            ExprKind::Any { list, test }
        };
        let is_one = op.is_ordered() && !asks(list);
        is_one && self.compares(*op, left, right, &of_any) && rest([list, &**left, right], todo)
    }

    /// Takes a comparison in, if it asks for the instant; whether it is understood.
    fn compares(
        &mut self,
        op: CompareOp,
        left: &Expr,
        right: &Expr,
        whole: &dyn Fn(ExprKind) -> ExprKind,
    ) -> bool {
        let (Some(a), Some(b)) = (Slope::of(left), Slope::of(right)) else { return false };
        // what both go with stays apart as it is
        if a == b {
            return true;
        }
        let ops = match op {
            // it holds from one turn to the other
            CompareOp::Equal | CompareOp::NotEqual => {
                &[CompareOp::LessOrEqual, CompareOp::Less][..]
            }
            _ => &[op],
        };
        ops.iter().all(|op| {
            let (op, left, right) = (*op, Box::new(left.clone()), Box::new(right.clone()));
            self.take(whole(ExprKind::Compare { op, left, right }))
        })
    }

    fn take(&mut self, comparison: ExprKind) -> bool {
        let is_plain = comparison.parts().all(|(part, _)| {
            !matches!(part, ExprKind::Behaviour(_) | ExprKind::Key(_) | ExprKind::InSegment(_))
        });
        let Ok(program) = compile(&Expr::unplaced(comparison), self.scope) else { return false };
        match &self.event {
            None => self.found.comparisons.push(Comparison { program, is_plain }),
            Some(event) => self.found.of_events.push((Arc::clone(event), program)),
        }
        true
    }

    /// The condition over the events of a function.
    fn events(&mut self, behaviour: &Behaviour) {
        let Some(filter) = behaviour.filter.as_ref().filter(|filter| has_now(filter)) else {
            return;
        };
        match text("EVENT", &behaviour.event) {
            Ok(event) => {
                let event = Some(event);
                Search { scope: &EventScope, event, found: &mut *self.found }.go(filter);
            }
            Err(_) => self.found.by_minute = true,
        }
    }
}

/// Puts with what is to be done what operands have beside the instant and what it is moved by.
fn rest<'e>(operands: impl IntoIterator<Item = &'e Expr>, todo: &mut Vec<&'e Expr>) -> bool {
    let mut sums: Vec<_> = operands.into_iter().collect();
    while let Some(expr) = sums.pop() {
        match &expr.node {
            _ if is_now(expr) => {}
            ExprKind::Read { what: ReadAs::Timestamp, operand } | ExprKind::Negate(operand) => {
                sums.push(operand);
            }
            ExprKind::Arithmetic {
                op: ArithmeticOp::Add | ArithmeticOp::Subtract,
                left,
                right,
            } => sums.extend([&**left, right]),
            _ => todo.push(expr),
        }
    }
    true
}

/// Whether an expression is `NOW()`.
fn is_now(expr: &Expr) -> bool {
    matches!(&expr.node, ExprKind::Call { function, .. } if &*function.node == "NOW")
}

/// Whether `NOW()` stands anywhere in an expression.
fn has_now(expr: &Expr) -> bool {
    let is_now = |part: &ExprKind| matches!(part, ExprKind::Call { function, .. } if &*function.node == "NOW");
    expr.node.parts().any(|(part, _)| is_now(part))
}

/// Whether an expression asks for the instant itself; parts that are looked at by themselves aside.
fn asks(expr: &Expr) -> bool {
    let mut todo = vec![expr];
    while let Some(expr) = todo.pop() {
        if is_now(expr) {
            return true;
        }
        if step(expr).is_none() {
            todo.extend(expr.node.operands());
        }
    }
    false
}

/// The part of the day that an expression gives the number of, if it is one of the instant.
fn step(expr: &Expr) -> Option<Step> {
    let ExprKind::Call { function, arguments } = &expr.node else { return None };
    let length = match &*function.node {
        "HOUR" => 60 * MINUTE,
        "WEEKDAY" => 24 * 60 * MINUTE,
        _ => return None,
    };
    let [instant, named] = &arguments[..] else { return None };
    let zone = zone(literal_text(named)?, named.span).ok()?;
    Some(Step { length, zone, moved: moved(instant)? })
}

/// By how many microseconds an expression is later than the instant.
fn moved(expr: &Expr) -> Option<i64> {
    match &expr.node {
        _ if is_now(expr) => Some(0),
        ExprKind::Read { what: ReadAs::Timestamp, operand } => moved(operand),
        ExprKind::Arithmetic { op, left, right } => match (op, &left.node, &right.node) {
            (ArithmeticOp::Add, _, ExprKind::Duration(by)) => {
                moved(left)?.checked_add(by.as_micros())
            }
            (ArithmeticOp::Add, ExprKind::Duration(by), _) => {
                moved(right)?.checked_add(by.as_micros())
            }
            (ArithmeticOp::Subtract, _, ExprKind::Duration(by)) => {
                moved(left)?.checked_sub(by.as_micros())
            }
            _ => None,
        },
        _ => None,
    }
}
