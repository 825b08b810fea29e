//! Elements of lists: what `ANY` and `EVERY` go through.

use std::sync::Arc;

use super::evaluator::Evaluator;
use super::lookup::Lookup;
use super::operand::{Operand, Truth};
use super::program::{Environment, Node, NodeId, Program};
use crate::model::{AttributeName, Timestamp, Value};
use crate::stack;

impl<'a, E: Environment<'a>> Evaluator<'a, '_, E> {
    pub(super) fn any_element(&mut self, list: NodeId, test: NodeId) -> Truth {
        let (value, steps) = self.beginning(list);
        let outer = std::mem::replace(&mut self.element, Operand::Null);
        let truth = self.any_inside(value, steps, &mut |this, element| {
            this.element = element;
            this.truth(test)
        });
        self.element = outer;
        truth
    }

    /// The value that the path of an `ANY` begins in, and the steps of the path.
    fn beginning(&mut self, list: NodeId) -> (Operand<'a>, &'a [Arc<str>]) {
        let program = self.program;
        match program.nodes.get(list as usize) {
            Some(Node::Attribute(field)) => {
                let found = self.environment.attribute(&field.name).value();
                (found.map_or(Operand::Null, Operand::from), field.steps())
            }
            Some(Node::CheckValue(steps)) => (Operand::from(self.environment.check_value()), steps),
            Some(Node::Inside { operand, steps }) => (self.value(*operand), steps),
            Some(Node::Deep(inner)) => stack::step(|| self.beginning(*inner)),
            _ => (self.value(list), &[]),
        }
    }

    /// The `OR` of a test over the elements that steps lead to: of a list on the way, to those of each element.
    fn any_inside(
        &mut self,
        value: Operand<'a>,
        steps: &[Arc<str>],
        test: &mut dyn FnMut(&mut Self, Operand<'a>) -> Truth,
    ) -> Truth {
        match (value, steps) {
            (Operand::List(items), []) => {
                self.any(items, |this, item| test(this, Operand::from(item)))
            }
            (Operand::List(items), _) => self.any(items, |this, item| {
                stack::step(|| this.any_inside(Operand::from(item), steps, test))
            }),
            (other, []) => test(self, other),
            (other, [step, rest @ ..]) => {
                let next = other.inside(std::slice::from_ref(step)).unwrap_or(Operand::Null);
                stack::step(|| self.any_inside(next, rest, test))
            }
        }
    }

    /// The first element of which a test is unknown, unless one makes it true.
    pub(super) fn unclear_element(&mut self, list: NodeId, test: NodeId) -> Option<Operand<'a>> {
        let (value, steps) = self.beginning(list);
        let outer = std::mem::replace(&mut self.element, Operand::Null);
        let mut unclear = None;
        self.any_inside(value, steps, &mut |this, element| {
            this.element = element.clone();
            let is_unclear = this.truth(test).is_none();
            if is_unclear {
                unclear = Some(element);
            }
            Some(is_unclear)
        });
        self.element = outer;
        unclear
    }

    /// Whether what `ANY` goes through begins with a list.
    pub(super) fn is_list(&mut self, list: NodeId) -> bool {
        matches!(self.beginning(list), (Operand::List(_), _))
    }

    /// What `ANY` goes through, if steps lead there; for `EXPLAIN`.
    pub(super) fn elements(&mut self, list: NodeId) -> Option<Vec<Operand<'a>>> {
        let (value, steps) = self.beginning(list);
        if steps.is_empty() {
            return None;
        }
        let mut found = Vec::new();
        self.any_inside(value, steps, &mut |_, element| {
            found.push(element);
            Some(false)
        });
        Some(found)
    }

    pub(super) fn each(&mut self, every: bool, list: NodeId, filter: &'a Program) -> Truth {
        let Operand::List(items) = self.value(list) else { return None };
        let now = || self.environment.now();
        let holds = |element| filter.holds(&mut Member { element, now: &now });
        Some(if every { items.iter().all(holds) } else { items.iter().any(holds) })
    }
}

/// Environment of a condition over an element of a list: its members.
struct Member<'a, 'n> {
    element: &'a Value,
    now: &'n dyn Fn() -> Timestamp,
}

impl<'a> Environment<'a> for Member<'a, '_> {
    fn attribute(&self, name: &AttributeName) -> Lookup<'a> {
        self.element.dig(&[name.as_str()]).into()
    }

    fn now(&self) -> Timestamp {
        (self.now)()
    }

    fn check_value(&self) -> &'a Value {
        self.element
    }
}
