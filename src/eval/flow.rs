//! Flows: the tests of a condition in the order in which they are made, each with where to go on from it.
//!
//! Whether a condition is true needs no third truth value: an `AND` is true if all its items are, and false if any is
//! false; an `OR` is true if any is, and false if all are; a `NOT` swaps what is asked. So each test is asked whether
//! it is what the condition needs of it, true or false, and leads to one of two others: nothing is stacked, however
//! the connectives nest.

use std::sync::Arc;

use smallvec::SmallVec;

use super::field::Field;
use super::lookup::Bound;
use super::program::{Node, NodeId, Nodes};
use crate::model::{CompareOp, Short};
use crate::stack;

/// Flow of a condition. A short one is where the program is.
#[derive(Clone, Debug)]
pub(super) struct Flow {
    /// Each leads to those before it.
    pub(super) steps: SmallVec<[Step; 2]>,
    /// The first to be made.
    pub(super) start: StepId,
}

/// The number of a step; [`TRUE`] and [`FALSE`] are none, but what the condition is found to be.
pub(super) type StepId = u32;

/// The end of a condition that is true.
pub(super) const TRUE: StepId = StepId::MAX;
/// The end of a condition that is false or unknown.
pub(super) const FALSE: StepId = StepId::MAX - 1;

/// A test, and where to go on from it.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) test: Test,
    /// The next step if the test is what is wanted of it.
    pub(super) yes: StepId,
    /// The next step if it is not, or unknown.
    pub(super) no: StepId,
}

/// A test, and whether it is wanted to be true. Those that conditions make most have what they need beside them.
#[derive(Clone, Debug)]
pub(super) enum Test {
    /// Whether an attribute is a short text.
    TextIs(Arc<Field>, Short, bool),
    /// Whether an attribute is one of short texts, which are sorted.
    TextIn(Arc<Field>, Arc<[Short]>, bool),
    /// How an attribute compares with a literal.
    Bounded(Arc<Field>, CompareOp, Bound, bool),
    /// What a node says.
    Node(NodeId, bool),
}

impl Test {
    /// The test that a node is.
    fn new(id: NodeId, node: Option<&Node>, wanted: bool) -> Self {
        match node {
            Some(Node::TextIs { field, text, negated }) => {
                Self::TextIs(Arc::clone(field), *text, wanted != *negated)
            }
            Some(Node::TextIn { field, texts, negated }) => {
                Self::TextIn(Arc::clone(field), Arc::clone(texts), wanted != *negated)
            }
            Some(Node::Bounded { field, op, bound }) => {
                Self::Bounded(Arc::clone(field), *op, bound.clone(), wanted)
            }
            _ => Self::Node(id, wanted),
        }
    }
}

impl Flow {
    /// Lays out the flow of a program, whose last node is the whole.
    pub(super) fn new(nodes: &[Node]) -> Self {
        let mut layout = Layout { nodes, steps: SmallVec::new() };
        let root = nodes.len().checked_sub(1).and_then(|root| NodeId::try_from(root).ok());
        let start = root.map_or(FALSE, |root| layout.lay(root, true, TRUE, FALSE));
        Self { steps: layout.steps, start }
    }

    /// Whether it asks nodes of the program.
    pub(super) fn needs_nodes(&self) -> bool {
        self.steps.iter().any(|step| matches!(step.test, Test::Node(..)))
    }
}

/// Flow that is being laid out, from its end: a step is laid when it is known where it leads.
struct Layout<'n> {
    nodes: &'n [Node],
    steps: SmallVec<[Step; 2]>,
}

impl Layout<'_> {
    /// Lays out whether a node is what is wanted of it, true or false, and returns the first step of that.
    fn lay(&mut self, id: NodeId, wanted: bool, yes: StepId, no: StepId) -> StepId {
        match self.nodes.get(id as usize) {
            Some(Node::Deep(inner)) => stack::step(|| self.lay(*inner, wanted, yes, no)),
            Some(Node::Not(operand)) => self.lay(*operand, !wanted, yes, no),
            Some(Node::And(items)) if wanted => self.lay_all(*items, wanted, yes, no),
            Some(Node::Or(items)) if !wanted => self.lay_all(*items, wanted, yes, no),
            Some(Node::And(items) | Node::Or(items)) => self.lay_any(*items, wanted, yes, no),
            node => {
                let test = Test::new(id, node, wanted);
                self.push(Step { test, yes, no })
            }
        }
    }

    /// Lays out whether all of some nodes are so.
    fn lay_all(&mut self, items: Nodes, wanted: bool, yes: StepId, no: StepId) -> StepId {
        items.ids().rev().fold(yes, |next, item| self.lay(item, wanted, next, no))
    }

    /// Lays out whether any of some nodes is so.
    fn lay_any(&mut self, items: Nodes, wanted: bool, yes: StepId, no: StepId) -> StepId {
        items.ids().rev().fold(no, |next, item| self.lay(item, wanted, yes, next))
    }

    /// Lays a step. A condition has fewer than there are numbers, as it has fewer nodes.
    fn push(&mut self, step: Step) -> StepId {
        self.steps.push(step);
        StepId::try_from(self.steps.len() - 1).unwrap_or(FALSE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_steps_are_in_two_lines_of_memory() {
        assert_eq!(size_of::<Step>(), 40);
        assert_eq!(size_of::<Flow>(), 96);
    }
}
