//! The evaluator: walks the nodes of a program for one user at one instant.

use std::collections::HashSet;
use std::sync::Arc;

use regex::Regex;

use super::function::Function;
use super::number::{arithmetic, cast, negate};
use super::operand::{Operand, Truth};
use super::program::{Constant, Environment, Node, NodeId, Nodes, Program};
use crate::model::{AffixKind, ArithmeticOp, CompareOp, IsWhat};

/// A program at work.
pub(super) struct Evaluator<'a, 'e, E> {
    program: &'a Program,
    environment: &'e mut E,
    /// The element that `ANY` has come to.
    element: Operand<'a>,
}

impl<'a, 'e, E: Environment<'a>> Evaluator<'a, 'e, E> {
    pub(super) fn new(program: &'a Program, environment: &'e mut E) -> Self {
        Self { program, environment, element: Operand::Null }
    }

    /// The value of a node as a condition. The steps are functions of their own so that a level of
    /// nesting takes little of the stack.
    pub(super) fn truth(&mut self, id: NodeId) -> Truth {
        let program = self.program;
        match program.nodes.get(id as usize)? {
            Node::And(items) => self.all(program.list(*items), |this, id| this.truth(*id)),
            Node::Or(items) => self.any(program.list(*items), |this, id| this.truth(*id)),
            Node::Not(operand) => self.truth(*operand).map(|truth| !truth),
            Node::Segment(id) => Some(self.environment.in_segment(*id)),
            Node::Any { list, test } => self.any_element(*list, *test),
            Node::Compare { op, left, right } => self.compare(*op, *left, *right),
            Node::Is { operand, what, negated } => Some(self.is(*operand, *what) != *negated),
            Node::Between { operand, low, high, negated } => {
                self.between(*operand, *low, *high).map(|truth| truth != *negated)
            }
            Node::In { operand, items, negated } => {
                self.is_in(*operand, program.list(*items)).map(|truth| truth != *negated)
            }
            Node::InTexts { operand, texts, negated } => {
                self.is_text_in(*operand, texts).map(|truth| truth != *negated)
            }
            Node::Contains { operand, all, items, negated } => {
                let truth = self.contains(*operand, *all, program.list(*items));
                truth.map(|truth| truth != *negated)
            }
            Node::Affix { operand, kind, items, negated } => {
                let truth = self.affix(*operand, *kind, program.list(*items));
                truth.map(|truth| truth != *negated)
            }
            Node::Matches { operand, regex, negated } => {
                self.matches(*operand, regex).map(|truth| truth != *negated)
            }
            _ => self.value(id).truth(),
        }
    }

    /// The value of a node.
    pub(super) fn value(&mut self, id: NodeId) -> Operand<'a> {
        match self.program.nodes.get(id as usize) {
            None => Operand::Null,
            Some(Node::Constant(constant)) => constant.operand(),
            Some(Node::Attribute(path)) => self.attribute(path),
            Some(Node::CheckValue(path)) => {
                self.environment.check_value().dig(path).map_or(Operand::Null, Operand::from)
            }
            Some(Node::Key(id)) => Operand::from(self.environment.key_value(*id)),
            Some(Node::Element) => self.element.clone(),
            Some(Node::Arithmetic { op, left, right }) => self.arithmetic(*op, *left, *right),
            Some(Node::Negate(operand)) => negate(&self.value(*operand)),
            Some(Node::Cast { operand, to }) => cast(self.value(*operand), *to),
            Some(Node::Call { function, arguments }) => self.call(function, *arguments),
            Some(_) => Operand::from(self.truth(id)),
        }
    }

    /// An attribute, and what the steps behind its name find in it.
    fn attribute(&self, path: &[Arc<str>]) -> Operand<'a> {
        let Some((name, steps)) = path.split_first() else {
            return Operand::Null;
        };
        let found = self.environment.attribute(name).and_then(|value| value.dig(steps));
        found.map_or(Operand::Null, Operand::from)
    }

    /// The `OR` of a test over items: true as soon as one is.
    fn any<T>(
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

    fn any_element(&mut self, list: NodeId, test: NodeId) -> Truth {
        let value = self.value(list);
        let outer = std::mem::replace(&mut self.element, Operand::Null);
        let truth = match value {
            Operand::List(items) => self.any(items, |this, item| {
                this.element = Operand::from(item);
                this.truth(test)
            }),
            other => {
                self.element = other;
                self.truth(test)
            }
        };
        self.element = outer;
        truth
    }

    fn compare(&mut self, op: CompareOp, left: NodeId, right: NodeId) -> Truth {
        let left = self.value(left);
        left.compare(op, &self.value(right))
    }

    fn is(&mut self, operand: NodeId, what: IsWhat) -> bool {
        let value = self.value(operand);
        match what {
            IsWhat::Null => value.is_null(),
            IsWhat::True => value.truth() == Some(true),
            IsWhat::False => value.truth() == Some(false),
        }
    }

    fn between(&mut self, operand: NodeId, low: NodeId, high: NodeId) -> Truth {
        let value = self.value(operand);
        let bounds = [(CompareOp::GreaterOrEqual, low), (CompareOp::LessOrEqual, high)];
        self.all(bounds, |this, (op, bound)| value.compare(op, &this.value(bound)))
    }

    fn is_in(&mut self, operand: NodeId, items: &[NodeId]) -> Truth {
        let value = self.value(operand);
        self.any(items, |this, item| value.is_member(&this.value(*item)))
    }

    /// Says what [`Self::is_in`] would say of the texts one by one.
    fn is_text_in(&mut self, operand: NodeId, texts: &HashSet<Arc<str>>) -> Truth {
        match self.value(operand) {
            Operand::Null => None,
            Operand::Text(text) => Some(texts.contains(&*text)),
            other => self.any(texts, |_, text| other.is_member(&Operand::text(&**text))),
        }
    }

    fn contains(&mut self, operand: NodeId, all: bool, items: &[NodeId]) -> Truth {
        let value = self.value(operand);
        let test = |this: &mut Self, item: &NodeId| value.contains(&this.value(*item));
        if all { self.all(items, test) } else { self.any(items, test) }
    }

    fn affix(&mut self, operand: NodeId, kind: AffixKind, items: &[NodeId]) -> Truth {
        let Operand::Text(text) = self.value(operand) else {
            return None;
        };
        self.any(items, |this, item| match (this.value(*item), kind) {
            (Operand::Text(affix), AffixKind::Starts) => Some(text.starts_with(&*affix)),
            (Operand::Text(affix), AffixKind::Ends) => Some(text.ends_with(&*affix)),
            _ => None,
        })
    }

    fn matches(&mut self, operand: NodeId, regex: &Regex) -> Truth {
        match self.value(operand) {
            Operand::Text(text) => Some(regex.is_match(&text)),
            _ => None,
        }
    }

    fn arithmetic(&mut self, op: ArithmeticOp, left: NodeId, right: NodeId) -> Operand<'a> {
        let left = self.value(left);
        let right = self.value(right);
        arithmetic(op, left, right)
    }

    fn call(&mut self, function: &'a Function, arguments: Nodes) -> Operand<'a> {
        let arguments = self.program.list(arguments);
        match (function, arguments) {
            (Function::Now, _) => Operand::Timestamp(self.environment.now()),
            (Function::If, [condition, yes, no]) => {
                let taken = if self.truth(*condition) == Some(true) { yes } else { no };
                self.value(*taken)
            }
            (Function::Coalesce, _) => self.coalesce(arguments),
            _ => self.call_strict(function, arguments),
        }
    }

    fn coalesce(&mut self, arguments: &[NodeId]) -> Operand<'a> {
        let mut values = arguments.iter().map(|argument| self.value(*argument));
        values.find(|value| !value.is_null()).unwrap_or(Operand::Null)
    }

    fn call_strict(&mut self, function: &'a Function, arguments: &[NodeId]) -> Operand<'a> {
        let mut values = [const { Operand::Null }; 4];
        for (value, argument) in values.iter_mut().zip(arguments) {
            *value = self.value(*argument);
        }
        function.call(values, arguments.len())
    }
}

impl Constant {
    fn operand(&self) -> Operand<'_> {
        match self {
            Self::Value(value) => Operand::from(value),
            Self::Timestamp(at) => Operand::Timestamp(*at),
            Self::Duration(duration) => Operand::Duration(*duration),
            Self::Semver(version) => Operand::Semver(version),
            Self::Version(version) => Operand::Version(version),
        }
    }
}
