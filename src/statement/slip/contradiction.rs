//! Contradictions: tests of one attribute in one `AND` that are never true together.

use std::cmp::Ordering;
use std::sync::Arc;

use super::slip_note;
use crate::error::{Note, Slip};
use crate::model::{
    CompareOp, DottedVersion, Expr, ExprKind, IsWhat, Literal, ReadAs, SemanticVersion, Timestamp,
    Value, compare_numbers,
};

/// How many tests of one attribute are compared with one another.
const COMPARED: usize = 50;

/// The first two tests of each attribute that are never both true, of all that an `AND` joins.
pub(super) fn contradictions(and: &Expr) -> Vec<Note> {
    let mut groups: Vec<(Subject<'_>, Vec<(&Expr, Set)>)> = Vec::new();
    for expr in joined(and) {
        let Some((subject, set)) = test(expr) else { continue };
        match groups.iter_mut().find(|(of, _)| *of == subject) {
            Some((_, tests)) if tests.len() < COMPARED => tests.push((expr, set)),
            Some(_) => {}
            None => groups.push((subject, vec![(expr, set)])),
        }
    }
    groups.iter().filter_map(|(_, tests)| contradiction(tests)).collect()
}

/// What an `AND` joins, by way of others right below it.
fn joined(and: &Expr) -> Vec<&Expr> {
    let (mut found, mut todo) = (Vec::new(), vec![and]);
    while let Some(expr) = todo.pop() {
        match &expr.node {
            ExprKind::And(items) => todo.extend(items.iter().rev()),
            _ => found.push(expr),
        }
    }
    found
}

fn contradiction(tests: &[(&Expr, Set)]) -> Option<Note> {
    let pairs = tests
        .iter()
        .enumerate()
        .flat_map(|(index, second)| tests.iter().take(index).map(move |first| (first, second)));
    let mut pairs = pairs.filter(|((_, a), (_, b))| a.excludes(b));
    let ((first, _), (second, _)) = pairs.next()?;
    let slip = Slip::Contradiction { first: first.to_string(), second: second.to_string() };
    let note = slip_note(slip, second.span).label(first.span, "never true together with this");
    Some(note.hint("nobody meets both; for either write `OR`"))
}

/// What a test is about: an attribute, or the value of a key in its `CHECK`.
#[derive(Clone, Copy, PartialEq)]
enum Subject<'e> {
    Attribute(&'e [Arc<str>]),
    Value(&'e [Arc<str>]),
}

fn subject(expr: &Expr) -> Option<Subject<'_>> {
    match &expr.node {
        ExprKind::Attribute(path) => Some(Subject::Attribute(path)),
        ExprKind::CheckValue(path) => Some(Subject::Value(path)),
        _ => None,
    }
}

/// Value in an order.
#[derive(Clone, Debug)]
pub(super) enum Point {
    Number(Value),
    Text(Arc<str>),
    Truth(bool),
    Time(Timestamp),
    Semver(SemanticVersion),
    Version(DottedVersion),
}

impl Point {
    /// The order of two values of one kind.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => compare_numbers(a, b),
            (Self::Text(a), Self::Text(b)) => Some(a.cmp(b)),
            (Self::Truth(a), Self::Truth(b)) => Some(a.cmp(b)),
            (Self::Time(a), Self::Time(b)) => Some(a.cmp(b)),
            (Self::Semver(a), Self::Semver(b)) => Some(a.cmp(b)),
            (Self::Version(a), Self::Version(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }

    /// Whether no value is equal to both, or comparable with both: they are of different types of JSON.
    fn is_foreign(&self, other: &Self) -> bool {
        let json = |point: &Self| match point {
            Self::Number(_) => Some(0),
            Self::Text(_) => Some(1),
            Self::Truth(_) => Some(2),
            // a text or a number may be read as one
            Self::Time(_) | Self::Semver(_) | Self::Version(_) => None,
        };
        json(self).zip(json(other)).is_some_and(|(a, b)| a != b)
    }

    fn is(&self, other: &Self) -> bool {
        self.compare(other) == Some(Ordering::Equal)
    }

    fn is_not(&self, other: &Self) -> bool {
        self.is_foreign(other) || self.compare(other).is_some_and(Ordering::is_ne)
    }
}

/// The value that a literal is, a text read as what it is compared as.
pub(super) fn point(expr: &Expr, reading: Option<ReadAs>) -> Option<Point> {
    match &expr.node {
        ExprKind::Literal(Literal::Value(value)) => Some(match value {
            Value::Integer(_) | Value::Double(_) if reading.is_none() => {
                Point::Number(value.clone())
            }
            Value::Boolean(truth) => Point::Truth(*truth),
            Value::String(text) => return read(text, reading),
            _ => return None,
        }),
        ExprKind::Read { what, operand } => point(operand, Some(*what)),
        _ => None,
    }
}

fn read(text: &Arc<str>, reading: Option<ReadAs>) -> Option<Point> {
    match reading {
        None => Some(Point::Text(Arc::clone(text))),
        Some(ReadAs::Timestamp) => Timestamp::parse(text).ok().map(Point::Time),
        Some(ReadAs::Semver) => SemanticVersion::parse(text).map(Point::Semver),
        Some(ReadAs::Version) => DottedVersion::parse(text).map(Point::Version),
    }
}

/// End of a range, and whether it is in the range.
type End = Option<(Point, bool)>;

/// Values for which a test is true.
enum Set {
    Range {
        low: End,
        high: End,
    },
    OneOf(Vec<Point>),
    NoneOf(Vec<Point>),
    /// The attribute is missing.
    Null,
}

impl Set {
    /// Whether no value is in both.
    fn excludes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => false,
            (Self::Null, _) | (_, Self::Null) => true,
            (Self::OneOf(own), Self::OneOf(other)) => {
                own.iter().all(|point| other.iter().all(|b| point.is_not(b)))
            }
            (Self::OneOf(points), Self::NoneOf(gone))
            | (Self::NoneOf(gone), Self::OneOf(points)) => {
                points.iter().all(|point| gone.iter().any(|gone| point.is(gone)))
            }
            (Self::OneOf(points), Self::Range { low, high })
            | (Self::Range { low, high }, Self::OneOf(points)) => {
                points.iter().all(|point| is_beyond(point, low, high))
            }
            (Self::Range { low, high }, Self::Range { low: low2, high: high2 }) => {
                crossed(low, high2) || crossed(low2, high) || foreign(low, low2, high, high2)
            }
            (Self::NoneOf(_), _) | (_, Self::NoneOf(_)) => false,
        }
    }
}

/// Whether a value is outside of a range.
fn is_beyond(point: &Point, low: &End, high: &End) -> bool {
    let beyond = |end: &End, outside: Ordering| {
        end.as_ref().is_some_and(|(end, within)| {
            point.is_foreign(end)
                || point
                    .compare(end)
                    .is_some_and(|order| order == outside || (order.is_eq() && !within))
        })
    };
    beyond(low, Ordering::Less) || beyond(high, Ordering::Greater)
}

/// Whether a lower end is above an upper one.
fn crossed(low: &End, high: &End) -> bool {
    let (Some((low, low_within)), Some((high, high_within))) = (low, high) else { return false };
    low.compare(high)
        .is_some_and(|order| order.is_gt() || (order.is_eq() && !(*low_within && *high_within)))
}

/// Whether two ranges are of different types.
fn foreign(low: &End, low2: &End, high: &End, high2: &End) -> bool {
    let some = |a: &End, b: &End| a.as_ref().or(b.as_ref()).map(|(point, _)| point.clone());
    some(low, high).zip(some(low2, high2)).is_some_and(|(a, b)| a.is_foreign(&b))
}

/// What an expression tests, and for which values it is true.
fn test(expr: &Expr) -> Option<(Subject<'_>, Set)> {
    match &expr.node {
        ExprKind::Attribute(_) => Some((subject(expr)?, truth(true))),
        ExprKind::Not(inner) => match &inner.node {
            ExprKind::Attribute(_) => Some((subject(inner)?, truth(false))),
            _ => None,
        },
        ExprKind::Is { operand, what, negated: false } => {
            let set = match what {
                IsWhat::Null => Set::Null,
                IsWhat::True => truth(true),
                IsWhat::False => truth(false),
            };
            Some((subject(operand)?, set))
        }
        ExprKind::Compare { op, left, right } => {
            comparison(*op, left, right).or_else(|| comparison(op.turned(), right, left))
        }
        ExprKind::Between { operand, low, high, negated: false } => {
            let (subject, reading) = read_subject(operand)?;
            let end = |expr| point(expr, reading).map(|point| (point, true));
            Some((subject, Set::Range { low: Some(end(low)?), high: Some(end(high)?) }))
        }
        ExprKind::In { operand, items, negated } => {
            let (subject, reading) = read_subject(operand)?;
            let points = items.iter().map(|item| point(item, reading)).collect::<Option<_>>()?;
            Some((subject, if *negated { Set::NoneOf(points) } else { Set::OneOf(points) }))
        }
        _ => None,
    }
}

fn truth(of: bool) -> Set {
    Set::OneOf(vec![Point::Truth(of)])
}

/// The attribute that an operand is, and what it is read as.
fn read_subject(operand: &Expr) -> Option<(Subject<'_>, Option<ReadAs>)> {
    match &operand.node {
        ExprKind::Read { what, operand } => Some((subject(operand)?, Some(*what))),
        _ => Some((subject(operand)?, None)),
    }
}

fn comparison<'e>(op: CompareOp, left: &'e Expr, right: &Expr) -> Option<(Subject<'e>, Set)> {
    let (subject, reading) = read_subject(left)?;
    let point = point(right, reading)?;
    let set = match op {
        CompareOp::Equal => Set::OneOf(vec![point]),
        CompareOp::NotEqual => Set::NoneOf(vec![point]),
        CompareOp::Less => Set::Range { low: None, high: Some((point, false)) },
        CompareOp::LessOrEqual => Set::Range { low: None, high: Some((point, true)) },
        CompareOp::Greater => Set::Range { low: Some((point, false)), high: None },
        CompareOp::GreaterOrEqual => Set::Range { low: Some((point, true)), high: None },
    };
    Some((subject, set))
}
