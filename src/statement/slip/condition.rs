//! Slips of a condition.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::contradiction::{contradictions, point};
use super::name::Known;
use super::slip_note;
use super::text::Look;
use crate::error::{Note, Short, Slip};
use crate::model::{
    Aggregate, ArithmeticOp, Expr, ExprKind, Literal, ReadAs, Span, USER_ID, Value, compared,
    is_identifier, is_of_user, name_for_text, subjects,
};

/// A number of milliseconds that, as a time, is of 1973: smaller ones are seconds of a span, not instants.
const EARLY_MILLIS: f64 = 1e11;

/// Where an expression stands.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    /// Right below an `AND`.
    in_and: bool,
    /// In a condition over events or elements, whose names are of something else.
    in_filter: bool,
    /// In the test of an `ANY`: what its list is read as, and whether nothing says of which type it is.
    element: Element,
}

/// What is known of the element of an `ANY`.
#[derive(Clone, Copy, Debug, Default)]
struct Element {
    reading: Option<ReadAs>,
    is_of_any_type: bool,
}

/// The slips of a condition: those of names as it is written, those of values as it is read, which what is declared says.
pub(super) fn slips(written: &Expr, read: &Expr, known: &Known<'_>) -> Vec<Note> {
    let mut finder = Finder { known, own: subjects(written), notes: Vec::new() };
    finder.walk(written, Finder::names);
    finder.walk(read, Finder::values);
    finder.notes
}

struct Finder<'f> {
    known: &'f Known<'f>,
    /// The attributes that the condition is about.
    own: BTreeSet<Arc<str>>,
    notes: Vec<Note>,
}

impl Finder<'_> {
    /// Looks at all parts of a condition, from the whole downwards.
    fn walk(&mut self, condition: &Expr, look: fn(&mut Self, &Expr, Place)) {
        let mut todo = vec![(condition, Place::default())];
        while let Some((expr, place)) = todo.pop() {
            look(self, expr, place);
            let mut below = Place { in_and: matches!(expr.node, ExprKind::And(_)), ..place };
            if let ExprKind::Any { list, .. } = &expr.node {
                below.element = self.element(list, place);
            }
            todo.extend(expr.node.operands().into_iter().map(|operand| (operand, below)));
            let filter = Place { in_and: false, in_filter: true, ..place };
            todo.extend(expr.node.filter().map(|condition| (condition, filter)));
        }
    }

    fn names(&mut self, expr: &Expr, place: Place) {
        if let Some((subject, others)) = compared(&expr.node) {
            for other in others {
                self.name_for_text(&expr.node, subject, other, place);
            }
        }
        match &expr.node {
            ExprKind::Attribute(path) if !place.in_filter => self.attribute(path, expr),
            _ => {}
        }
    }

    fn values(&mut self, expr: &Expr, place: Place) {
        match &expr.node {
            ExprKind::Compare { op, left, right } if op.is_ordered() => {
                self.text_in_order(left, right, place);
                self.text_in_order(right, left, place);
            }
            ExprKind::Between { operand, low, high, .. } => {
                self.text_in_order(operand, low, place);
                self.text_in_order(operand, high, place);
                self.range(low, high, reading(operand, place));
            }
            ExprKind::And(_) if !place.in_and => self.notes.extend(contradictions(expr)),
            ExprKind::Arithmetic { op: ArithmeticOp::Subtract, left, right } => {
                self.number_from_time(left, right);
            }
            _ => {}
        }
    }

    /// A name where a text may be meant.
    fn name_for_text(&mut self, comparison: &ExprKind, subject: &Expr, other: &Expr, place: Place) {
        let Some(path) = name_for_text(comparison, other) else { return };
        if !is_of_user(subject) || !self.is_new(path, place) {
            return;
        }
        let name = path.join(".");
        let literal = Literal::from(&*name).to_string();
        let note = slip_note(Slip::NameForText { name }, other.span);
        self.notes.push(note.hint(format!("a text is in single quotes: `{}`", Short(&literal))));
    }

    /// Whether nobody knows a name. Of events and elements all names are possible but those that need quotes.
    fn is_new(&self, path: &[Arc<str>], place: Place) -> bool {
        let Some(first) = path.first() else { return false };
        if place.in_filter {
            return !is_identifier(first);
        }
        !self.known.has(first) && !self.own.contains(first)
    }

    /// A text that is in another order than what it looks like.
    fn text_in_order(&mut self, subject: &Expr, other: &Expr, place: Place) {
        let Some(text) = text_of(other) else { return };
        let Some(look) = Look::of(text).filter(|_| self.is_of_any_type(subject, place)) else {
            return;
        };
        let slip = Slip::TextForNumber { text: other.to_string(), looks_like: look.word() };
        self.notes.push(slip_note(slip, other.span).hint(look.advice(text)));
    }

    /// Whether nothing says of which type a value of a user is.
    fn is_of_any_type(&self, subject: &Expr, place: Place) -> bool {
        match &subject.node {
            ExprKind::Attribute(path) => place.in_filter || self.known.is_of_any_type(path),
            ExprKind::Element => place.element.is_of_any_type,
            ExprKind::Inside { operand, .. } => self.is_of_any_type(operand, place),
            _ => false,
        }
    }

    /// What is known of the elements of a list.
    fn element(&self, list: &Expr, place: Place) -> Element {
        let is_of_any_type = self.is_of_any_type(list, place);
        Element { reading: reading(list, place), is_of_any_type }
    }

    /// A range that has nothing in it.
    fn range(&mut self, low: &Expr, high: &Expr, reading: Option<ReadAs>) {
        if compare_literals(low, high, reading) != Some(Ordering::Greater) {
            return;
        }
        let (lower, upper) = (high.to_string(), low.to_string());
        let (first, second) = (Short(&lower), Short(&upper));
        let hint = format!("the smaller one goes first: `BETWEEN {first} AND {second}`");
        let slip = Slip::EmptyRange { low: upper, high: lower };
        self.notes.push(slip_note(slip, low.span.to(high.span)).hint(hint));
    }

    fn attribute(&mut self, path: &[Arc<str>], expr: &Expr) {
        let told = |note: &Note| note.span() == Some(expr.span);
        if self.notes.iter().any(told) {
            return;
        }
        let note = match path {
            [user, rest @ ..] if &**user == "user" && !rest.is_empty() => self.inside_user(rest),
            _ => self.known.misspelt(path),
        };
        self.notes.extend(note.map(|note| note.at(expr.span)));
    }

    fn inside_user(&self, steps: &[Arc<str>]) -> Option<Note> {
        if self.known.is_declared("user") {
            return None;
        }
        let path = format!("user.{}", steps.join("."));
        let meant = if matches!(steps, [id] if &**id == "id") {
            USER_ID.to_owned()
        } else {
            ExprKind::Attribute(steps.into()).to_string()
        };
        let note = slip_note(Slip::InsideUser { path }, Span::default());
        Some(note.hint(format!("an attribute is of the user by itself: `{}`", Short(&meant))))
    }

    /// A number that is taken from a time, which reads it as one.
    fn number_from_time(&mut self, time: &Expr, number: &Expr) {
        let Some(Literal::Value(value)) = literal_of(number) else { return };
        let amount = match value {
            Value::Integer(_) | Value::Double(_) => value.as_double(),
            _ => return,
        };
        if !is_time(time) || amount.is_none_or(|amount| amount.abs() >= EARLY_MILLIS) {
            return;
        }
        let number_text = value.to_string();
        let hint = format!("a span of time has its unit: `{number_text} SECONDS`");
        let slip = Slip::NumberFromTime { number: number_text };
        self.notes.push(slip_note(slip, number.span).hint(hint));
    }
}

/// What an expression is read as, and what is compared with it.
fn reading(expr: &Expr, place: Place) -> Option<ReadAs> {
    match &expr.node {
        ExprKind::Read { what, .. } => Some(*what),
        ExprKind::Element => place.element.reading,
        _ => None,
    }
}

/// Whether an expression is a time by its form.
fn is_time(expr: &Expr) -> bool {
    match &expr.node {
        ExprKind::Read { what, .. } => *what == ReadAs::Timestamp,
        ExprKind::Call { function, .. } => {
            ["NOW", "TO_TIMESTAMP", "ADD_MONTHS"].contains(&&*function.node)
        }
        ExprKind::Behaviour(behaviour) => {
            matches!(behaviour.aggregate, Aggregate::First | Aggregate::Last)
        }
        _ => false,
    }
}

fn literal_of(expr: &Expr) -> Option<&Literal> {
    if let ExprKind::Literal(literal) = &expr.node { Some(literal) } else { None }
}

/// The text that an expression is, if it is one.
fn text_of(expr: &Expr) -> Option<&str> {
    match literal_of(expr)? {
        Literal::Value(value) => value.as_str(),
        Literal::Parameter(_) => None,
    }
}

/// The order of two literals of one kind.
fn compare_literals(a: &Expr, b: &Expr, reading: Option<ReadAs>) -> Option<Ordering> {
    point(a, reading)?.compare(&point(b, reading)?)
}
