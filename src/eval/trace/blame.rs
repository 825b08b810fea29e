//! Blame: why a part of a condition is unknown, down to what is missing or is not what it should be.

use super::flaw::{Flaw, flaws};
use super::look::{Look, is_connective};
use super::sight::{Sights, State, told};
use crate::eval::literal::literal;
use crate::eval::operand::Operand;
use crate::eval::program::{Environment, Node, NodeId};
use crate::model::{Expr, ExprKind, Path, Value};
use crate::stack;

/// What is no object on the way of a path into an attribute, and the path up to there.
pub(super) fn obstacle<'v>(base: &'v Value, path: &Path) -> Option<(Expr, Operand<'v>)> {
    let steps = path.get(1..)?;
    for end in 0..steps.len() {
        let value = base.dig(steps.get(..end)?).map(Operand::from)?;
        match value {
            Operand::Object(_) => {}
            Operand::Null => return None,
            _ => {
                let way = ExprKind::Attribute(path.get(..=end)?.into());
                return Some((Expr::unplaced(way), value));
            }
        }
    }
    None
}

impl<'a, E: Environment<'a>> Look<'a, '_, E> {
    /// Says why a part is unknown.
    pub(super) fn blame(&mut self, id: NodeId, expr: &Expr, sights: &mut Sights) {
        let value = self.evaluator.value(id);
        if value.is_null() {
            stack::step(|| self.blame_null(id, expr, sights));
        } else {
            let state = State::Value(self.told_of(expr, &value));
            sights.blame(self.subject(expr), state, Flaw::of_type(&value, "a boolean"));
        }
    }

    /// Says why a part has no value.
    fn blame_null(&mut self, id: NodeId, expr: &Expr, sights: &mut Sights) {
        match &expr.node {
            ExprKind::Attribute(path) => self.lack_inside(id, expr, path, sights),
            ExprKind::CheckValue(_) | ExprKind::Key(_) | ExprKind::Element => {
                self.lack(id, expr, sights);
            }
            ExprKind::Inside { operand, .. } => self.blame_inside(id, expr, operand, sights),
            ExprKind::Literal(_) => {
                sights.blame(self.subject(expr), State::Value("NULL".to_owned()), Flaw::Null);
            }
            ExprKind::Behaviour(_) => {
                let state = State::Value("NULL".to_owned());
                sights.blame(self.subject(expr), state, Flaw::NoEvents);
            }
            ExprKind::Any { list, test } => self.blame_element(id, list, test, sights),
            ExprKind::Call { function, .. } if &*function.node == "IF" => {
                self.blame_choice(id, expr, sights);
            }
            _ => self.blame_operands(id, expr, sights),
        }
    }

    /// Notes that there is nothing.
    fn lack(&mut self, id: NodeId, expr: &Expr, sights: &mut Sights) {
        let state = match self.evaluator.find(id) {
            None => self.nothing(expr),
            Some(_) => State::Null,
        };
        sights.lack(self.subject(expr), state);
    }

    /// Notes that there is nothing where a path leads to, and what is no object on the way.
    fn lack_inside(&mut self, id: NodeId, expr: &Expr, path: &Path, sights: &mut Sights) {
        self.lack(id, expr, sights);
        let Some(Node::Attribute(field)) = self.program.nodes.get(id as usize) else { return };
        let Some(base) = self.evaluator.environment.attribute(&field.name).value() else { return };
        let Some((way, value)) = obstacle(base, path) else { return };
        let state = State::Value(self.told_of(expr, &value));
        sights.blame(self.subject(&way), state, Flaw::of_type(&value, "an object"));
    }

    fn blame_inside(&mut self, id: NodeId, expr: &Expr, operand: &Expr, sights: &mut Sights) {
        match self.pairs(id, expr).first() {
            Some((id, _)) if self.evaluator.value(*id).is_null() => {
                self.blame(*id, operand, sights);
            }
            _ => self.lack(id, expr, sights),
        }
    }

    /// Blames the first element of which the test of an `ANY` is unknown.
    fn blame_element(&mut self, id: NodeId, list: &Expr, test: &Expr, sights: &mut Sights) {
        let Some(Node::Any { list: list_id, test: test_id }) = self.node(id) else { return };
        let (list_id, test_id) = (*list_id, *test_id);
        let Some(element) = self.evaluator.unclear_element(list_id, test_id) else { return };
        let is_lacking = element.is_null() && self.evaluator.value(list_id).is_null();
        if is_lacking && !self.evaluator.is_list(list_id) {
            return stack::step(|| self.blame_null(list_id, list, sights));
        }
        let outer = std::mem::replace(&mut self.evaluator.element, element);
        let outer_list = self.any.replace(list.clone());
        self.blame(test_id, test, sights);
        self.any = outer_list;
        self.evaluator.element = outer;
    }

    fn blame_choice(&mut self, id: NodeId, expr: &Expr, sights: &mut Sights) {
        let [(condition, _), yes, no] = self.pairs(id, expr)[..] else { return };
        let holds = self.evaluator.truth(condition) == Some(true);
        let (id, taken) = if holds { yes } else { no };
        self.blame_null(id, taken, sights);
    }

    /// Blames the operands that have no value; if all have one, those that are not what they should be.
    fn blame_operands(&mut self, id: NodeId, expr: &Expr, sights: &mut Sights) {
        let is_logic = is_connective(expr);
        let (mut given, mut all_there) = (Vec::new(), true);
        for (id, operand) in self.pairs(id, expr) {
            let value = self.evaluator.value(id);
            let lacks = if is_logic { value.truth().is_none() } else { value.is_null() };
            if lacks {
                all_there = false;
                self.blame_part(id, operand, is_logic, sights);
            }
            given.push((operand, value));
        }
        // the literals of a long list have no nodes
        let listed = expr.node.operands().into_iter().skip(given.len());
        given.extend(listed.filter_map(|item| Some((item, Operand::from(literal(item)?)))));
        if all_there {
            self.blame_whole(expr, &given, sights);
        }
    }

    fn blame_part(&mut self, id: NodeId, expr: &Expr, is_logic: bool, sights: &mut Sights) {
        if is_logic {
            self.blame(id, expr, sights);
        } else {
            stack::step(|| self.blame_null(id, expr, sights));
        }
    }

    fn blame_whole(&mut self, expr: &Expr, given: &[(&Expr, Operand<'_>)], sights: &mut Sights) {
        for (place, flaw) in flaws(&expr.node, given) {
            match place.and_then(|place| given.get(place)) {
                Some((operand, value)) => {
                    let state = State::Value(self.told_of(operand, value));
                    sights.blame(self.subject(operand), state, flaw);
                }
                None => sights.blame(self.subject(expr), State::Value(told(&Operand::Null)), flaw),
            }
        }
    }

    /// A node, however deep in the condition it is.
    fn node(&self, id: NodeId) -> Option<&'a Node> {
        match self.program.nodes.get(id as usize)? {
            Node::Deep(inner) => self.node(*inner),
            node => Some(node),
        }
    }
}
