//! The evaluator: walks the nodes of a program for one user at one instant.

use std::sync::Arc;

use super::field::Field;
use super::finder::Finder;
use super::flow::{TRUE, Test};
use super::function::Function;
use super::lookup::{Bound, Lookup};
use super::measure::Finding;
use super::number::{arithmetic, cast, negate};
use super::operand::{Held, Operand, Truth};
use super::pattern::Pattern;
use super::program::{Constant, Environment, Node, NodeId, Nodes, Program};
use crate::model::{AffixKind, ArithmeticOp, As, CompareOp, IsWhat, KeyType, ReadAs, Short};
use crate::stack;

/// A program at work.
pub(super) struct Evaluator<'a, 'e, E> {
    pub(super) program: &'a Program,
    pub(super) environment: &'e mut E,
    /// The element that `ANY` has come to.
    pub(super) element: Operand<'a>,
}

impl<'a, 'e, E: Environment<'a>> Evaluator<'a, 'e, E> {
    pub(super) fn new(program: &'a Program, environment: &'e mut E) -> Self {
        Self { program, environment, element: Operand::Null }
    }

    /// Whether the condition is true.
    pub(super) fn holds(&mut self) -> bool {
        let flow = &self.program.flow;
        let mut at = flow.start;
        while let Some(step) = flow.steps.get(at as usize) {
            at = if self.passes(&step.test) { step.yes } else { step.no };
        }
        at == TRUE
    }

    /// Whether a test is what is wanted of it.
    #[inline]
    fn passes(&mut self, test: &Test) -> bool {
        match test {
            Test::TextIs(field, value, wanted) => self.text_is(field, *value) == Some(*wanted),
            Test::TextIn(field, texts, wanted) => self.text_in(field, texts) == Some(*wanted),
            Test::Bounded(field, op, bound, wanted) => {
                self.bounded(field, *op, bound) == Some(*wanted)
            }
            Test::Node(id, wanted) => self.truth(*id) == Some(*wanted),
        }
    }

    /// The value of a node as a condition. The steps are functions of their own so that a level of
    /// nesting takes little of the stack.
    pub(super) fn truth(&mut self, id: NodeId) -> Truth {
        match self.program.nodes.get(id as usize)? {
            Node::And(items) => self.all(items.ids(), Self::truth),
            Node::Or(items) => self.any(items.ids(), Self::truth),
            Node::Not(operand) => self.truth(*operand).map(|truth| !truth),
            Node::Deep(inner) => stack::step(|| self.truth(*inner)),
            Node::Segment(id) => Some(self.environment.in_segment(*id)),
            Node::List(list) => Some(self.environment.in_list(*list)),
            Node::Any { list, test } => self.any_element(*list, *test),
            Node::Each { every, list, filter } => self.each(*every, *list, filter),
            Node::Compare { op, left, right } => self.compare(*op, *left, *right),
            Node::Is { operand, what, negated } => Some(self.is(*operand, *what) != *negated),
            Node::Between { operand, low, high, negated } => {
                self.between(*operand, *low, *high).map(|truth| truth != *negated)
            }
            Node::In { operand, items, negated } => {
                self.is_in(*operand, *items).map(|truth| truth != *negated)
            }
            Node::InLiterals { operand, literals, negated } => {
                literals.has(&self.value(*operand)).map(|truth| truth != *negated)
            }
            Node::Among { operand, answer, negated } => {
                let value = self.value(*operand).into_datum();
                self.environment.is_among(&value, *answer).map(|truth| truth != *negated)
            }
            Node::ContainsLiterals { operand, all, literals, negated } => {
                let value = self.value(*operand);
                let truth = if *all { literals.all_in(&value) } else { literals.any_in(&value) };
                truth.map(|truth| truth != *negated)
            }
            Node::AffixTexts { operand, kind, finder, negated } => {
                self.affix_texts(*operand, *kind, finder).map(|truth| truth != *negated)
            }
            Node::Contains { operand, all, items, negated } => {
                let truth = self.contains(*operand, *all, *items);
                truth.map(|truth| truth != *negated)
            }
            Node::Affix { operand, kind, items, negated } => {
                let truth = self.affix(*operand, *kind, *items);
                truth.map(|truth| truth != *negated)
            }
            Node::Matches { operand, pattern, negated } => {
                self.matches(*operand, pattern).map(|truth| truth != *negated)
            }
            Node::TextIs { field, text, negated } => {
                self.text_is(field, *text).map(|truth| truth != *negated)
            }
            Node::TextIn { field, texts, negated } => {
                self.text_in(field, texts).map(|truth| truth != *negated)
            }
            Node::Bounded { field, op, bound } => self.bounded(field, *op, bound),
            _ => self.value(id).truth(),
        }
    }

    /// The value of a node.
    pub(super) fn value(&mut self, id: NodeId) -> Operand<'a> {
        match self.program.nodes.get(id as usize) {
            None => Operand::Null,
            Some(Node::Constant(constant)) => constant.operand(),
            Some(Node::Attribute(field)) => self.attribute(field),
            Some(Node::CheckValue(_) | Node::Inside { .. }) => {
                self.find(id).unwrap_or(Operand::Null)
            }
            Some(Node::Read { what, operand }) => self.read(*what, *operand),
            Some(Node::Key(id)) => Operand::from(self.environment.key_value(*id)),
            Some(Node::Element) => self.element.clone(),
            Some(Node::Arithmetic { op, left, right }) => self.arithmetic(*op, *left, *right),
            Some(Node::Negate(operand)) => negate(&self.value(*operand)),
            Some(Node::Cast { operand, to }) => cast(self.value(*operand), *to),
            Some(Node::Written(operand)) => match self.value(*operand) {
                Operand::Timestamp(at) => Operand::text(at.to_string()),
                other => cast(other, KeyType::String),
            },
            Some(Node::Call { function, arguments }) => self.call(function, *arguments),
            Some(Node::Case { subject, parts }) => self.case(*subject, *parts),
            Some(Node::Behaviour(measure)) => Operand::from(self.environment.answer(measure)),
            Some(Node::Deep(inner)) => stack::step(|| self.value(*inner)),
            Some(_) => Operand::from(self.truth(id)),
        }
    }

    /// How a function over events is answered; `None` if the node is anything else.
    pub(super) fn finding(&mut self, id: NodeId) -> Option<Finding<'a>> {
        let Some(Node::Behaviour(measure)) = self.program.nodes.get(id as usize) else {
            return None;
        };
        let measured = self.environment.measured(measure);
        Some(Finding { measure, measured, at: self.environment.now() })
    }

    /// How many users are in the list that a node asks; `None` if it asks none.
    pub(super) fn list_length(&self, id: NodeId) -> Option<u64> {
        let Some(Node::List(list)) = self.program.nodes.get(id as usize) else { return None };
        Some(self.environment.list_length(*list).unwrap_or(0))
    }

    /// The value of a node; `None` if it is missing, which is not the same as JSON `null`.
    pub(super) fn find(&mut self, id: NodeId) -> Option<Operand<'a>> {
        match self.program.nodes.get(id as usize)? {
            Node::Attribute(field) => self.find_attribute(field),
            Node::CheckValue(path) => self.environment.check_value().dig(path).map(Operand::from),
            Node::Inside { operand, steps } => self.value(*operand).inside(steps),
            Node::Deep(inner) => stack::step(|| self.find(*inner)),
            _ => Some(self.value(id)),
        }
    }

    /// An attribute, and what the steps behind its name find in it.
    fn attribute(&self, field: &Field) -> Operand<'a> {
        self.find_attribute(field).unwrap_or(Operand::Null)
    }

    fn find_attribute(&self, field: &Field) -> Option<Operand<'a>> {
        self.environment.attribute(&field.name).inside(field.steps())
    }

    /// A node read as an instant or a version.
    fn read(&mut self, what: ReadAs, operand: NodeId) -> Operand<'a> {
        self.prepared(operand, what).unwrap_or_else(|| self.value(operand).read(what))
    }

    /// Whether an attribute is a text.
    fn text_is(&self, field: &Field, text: Short) -> Truth {
        self.environment.attribute(&field.name).found()?.is(text)
    }

    /// Whether an attribute is one of sorted texts.
    fn text_in(&self, field: &Field, texts: &[Short]) -> Truth {
        let found = self.environment.attribute(&field.name).found()?;
        Some(found.among(texts))
    }

    /// The `OR` of a test over items: true as soon as one is.
    pub(super) fn any<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut test: impl FnMut(&mut Self, T) -> Truth,
    ) -> Truth {
        let mut result = Some(false);
        for item in items {
            match test(self, item) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => result = None,
            }
        }
        result
    }

    /// The `AND` of a test over items: false as soon as one is.
    fn all<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut test: impl FnMut(&mut Self, T) -> Truth,
    ) -> Truth {
        self.any(items, |this, item| test(this, item).map(|truth| !truth)).map(|truth| !truth)
    }

    /// How an attribute compares with a literal.
    #[inline]
    fn bounded(&self, field: &Field, op: CompareOp, bound: &Bound) -> Truth {
        self.environment.attribute(&field.name).compare(op, bound)
    }

    fn compare(&mut self, op: CompareOp, left: NodeId, right: NodeId) -> Truth {
        let right = self.value(right);
        let left = self.reading(left, &right).unwrap_or_else(|| self.value(left));
        left.compare(op, &right)
    }

    /// An attribute as what it is compared with.
    fn reading(&self, id: NodeId, other: &Operand<'a>) -> Option<Operand<'a>> {
        let what = match other {
            Operand::Semver(_) => ReadAs::Semver,
            Operand::Version(_) => ReadAs::Version,
            Operand::Timestamp(_) => ReadAs::Timestamp,
            _ => return None,
        };
        self.prepared(id, what)
    }

    /// An attribute as an instant or a version: once read as one, it need not be read again. `None` if the node is
    /// anything else.
    fn prepared(&self, id: NodeId, what: ReadAs) -> Option<Operand<'a>> {
        let Some(Node::Attribute(field)) = self.program.nodes.get(id as usize) else {
            return None;
        };
        let Lookup::Attribute(attribute) = self.environment.attribute(&field.name) else {
            return None;
        };
        if !field.steps().is_empty() {
            return None;
        }
        match what {
            ReadAs::Semver => read_as(attribute.semver(), |v| Operand::Semver(Held::Lent(v))),
            ReadAs::Version => read_as(attribute.version(), |v| Operand::Version(Held::Lent(v))),
            ReadAs::Timestamp => read_as(attribute.timestamp(), Operand::Timestamp),
        }
    }

    fn is(&mut self, operand: NodeId, what: IsWhat) -> bool {
        let value = self.value(operand);
        match what {
            IsWhat::Null => value.is_null(),
            IsWhat::True => value.truth() == Some(true),
            IsWhat::False => value.truth() == Some(false),
        }
    }

    /// Each operand is evaluated once: they may nest.
    fn between(&mut self, operand: NodeId, low: NodeId, high: NodeId) -> Truth {
        let value = self.value(operand);
        let bounds = [(CompareOp::GreaterOrEqual, low), (CompareOp::LessOrEqual, high)];
        self.all(bounds, |this, (op, bound)| {
            let bound = this.value(bound);
            this.reading(operand, &bound).as_ref().unwrap_or(&value).compare(op, &bound)
        })
    }

    fn is_in(&mut self, operand: NodeId, items: Nodes) -> Truth {
        let value = self.value(operand);
        self.any(items.ids(), |this, item| value.is_member(&this.value(item)))
    }

    fn contains(&mut self, operand: NodeId, all: bool, items: Nodes) -> Truth {
        let value = self.value(operand);
        let test = |this: &mut Self, item: NodeId| value.contains(&this.value(item));
        if all { self.all(items.ids(), test) } else { self.any(items.ids(), test) }
    }

    fn affix(&mut self, operand: NodeId, kind: AffixKind, items: Nodes) -> Truth {
        let Operand::Text(text) = self.value(operand) else {
            return None;
        };
        self.any(items.ids(), |this, item| match (this.value(item), kind) {
            (Operand::Text(affix), AffixKind::Starts) => Some(text.starts_with(&*affix)),
            (Operand::Text(affix), AffixKind::Ends) => Some(text.ends_with(&*affix)),
            _ => None,
        })
    }

    /// Says what [`Self::affix`] would say of the texts one by one.
    fn affix_texts(&mut self, operand: NodeId, kind: AffixKind, finder: &Finder) -> Truth {
        let Operand::Text(text) = self.value(operand) else {
            return None;
        };
        Some(match kind {
            AffixKind::Starts => finder.begins(text.bytes()),
            AffixKind::Ends => finder.begins(text.bytes().rev()),
        })
    }

    fn matches(&mut self, operand: NodeId, pattern: &Arc<Pattern>) -> Truth {
        match self.value(operand) {
            Operand::Text(text) => pattern.is_match(&text),
            _ => None,
        }
    }

    fn arithmetic(&mut self, op: ArithmeticOp, left: NodeId, right: NodeId) -> Operand<'a> {
        let left = self.value(left);
        let right = self.value(right);
        arithmetic(op, left, right)
    }

    fn call(&mut self, function: &'a Function, arguments: Nodes) -> Operand<'a> {
        match function {
            Function::Now => Operand::Timestamp(self.environment.now()),
            Function::If => self.choose(arguments),
            Function::Coalesce => self.coalesce(arguments),
            Function::Type => self.type_of(arguments),
            _ => self.call_strict(function, arguments),
        }
    }

    fn choose(&mut self, arguments: Nodes) -> Operand<'a> {
        let mut ids = arguments.ids();
        let (Some(condition), Some(yes), Some(no)) = (ids.next(), ids.next(), ids.next()) else {
            return Operand::Null;
        };
        let taken = if self.truth(condition) == Some(true) { yes } else { no };
        self.value(taken)
    }

    fn case(&mut self, subject: Option<NodeId>, parts: Nodes) -> Operand<'a> {
        let subject = subject.map(|subject| self.value(subject));
        let mut parts = parts.ids();
        while let Some(part) = parts.next() {
            let Some(then) = parts.next() else { return self.value(part) };
            let is_it = match &subject {
                None => self.truth(part),
                Some(subject) => subject.compare(CompareOp::Equal, &self.value(part)),
            };
            if is_it == Some(true) {
                return self.value(then);
            }
        }
        Operand::Null
    }

    fn coalesce(&mut self, arguments: Nodes) -> Operand<'a> {
        let mut values = arguments.ids().map(|argument| self.value(argument));
        values.find(|value| !value.is_null()).unwrap_or(Operand::Null)
    }

    fn type_of(&mut self, arguments: Nodes) -> Operand<'a> {
        match self.find(arguments.start) {
            None => Operand::text("missing"),
            Some(found) => found.type_name().map_or(Operand::Null, Operand::text),
        }
    }

    fn call_strict(&mut self, function: &'a Function, arguments: Nodes) -> Operand<'a> {
        let mut values = [const { Operand::Null }; 4];
        for (value, argument) in values.iter_mut().zip(arguments.ids()) {
            *value = self.value(argument);
        }
        function.call(values, arguments.ids().len())
    }
}

/// An attribute that was read as a type, as an operand; `None` if it still has to be read.
fn read_as<'a, T>(read: As<T>, operand: impl FnOnce(T) -> Operand<'a>) -> Option<Operand<'a>> {
    match read {
        As::This(value) => Some(operand(value)),
        As::Nothing => Some(Operand::Null),
        As::Unread => None,
    }
}

impl Constant {
    fn operand(&self) -> Operand<'_> {
        match self {
            Self::Value(value) => Operand::from(value),
            Self::Timestamp(at) => Operand::Timestamp(*at),
            Self::Duration(duration) => Operand::Duration(*duration),
            Self::Semver(version) => Operand::Semver(Held::Lent(version)),
            Self::Version(version) => Operand::Version(Held::Lent(version)),
        }
    }
}
