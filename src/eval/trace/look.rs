//! Looks at the parts of a condition: what each says of the user, and what it saw.

use std::sync::Arc;

use super::sight::{Sights, State, told, told_all, written};
use super::step::Part;
use crate::eval::evaluator::Evaluator;
use crate::eval::operand::{Operand, Truth};
use crate::eval::program::{Environment, NodeId, Program};
use crate::model::{AttributeName, Expr, ExprKind, HIDDEN, Secrets, USER_ID};
use crate::stack;

/// A condition and its program, side by side.
pub(super) struct Look<'a, 'e, E> {
    pub(super) program: &'a Program,
    pub(super) evaluator: Evaluator<'a, 'e, E>,
    /// What is not told.
    secrets: Secrets<'e>,
    /// The list of the `ANY` whose test is looked at.
    pub(super) any: Option<Expr>,
    /// Whether the test that is looked at asks for a secret: what it is compared with may be one.
    is_secret: bool,
}

impl<'a, 'e, E: Environment<'a>> Look<'a, 'e, E> {
    pub(super) fn new(program: &'a Program, environment: &'e mut E, secrets: Secrets<'e>) -> Self {
        let evaluator = Evaluator::new(program, environment);
        Self { program, evaluator, secrets, any: None, is_secret: false }
    }

    /// What the whole says.
    pub(super) fn truth(&mut self) -> Truth {
        self.evaluator.truth(self.program.root())
    }

    /// What a part says, and what it looked at.
    pub(super) fn part(&mut self, id: NodeId, expr: &Expr) -> Part {
        let truth = self.evaluator.truth(id);
        let mut sights = Sights::default();
        if !is_connective(expr) {
            self.is_secret = self.secrets.concern(expr);
            self.note(id, expr, &mut sights);
            self.operands(id, expr, &mut sights);
            if truth.is_none() {
                self.blame(id, expr, &mut sights);
            }
        }
        Part { text: self.text(expr), truth, sights: sights.into_vec(), segment: None }
    }

    /// The text of a part, as it may be shown.
    pub(super) fn text(&self, expr: &Expr) -> String {
        written(&*self.secrets.expr(expr))
    }

    /// The operands of a part, and their nodes.
    pub(super) fn pairs<'x>(&self, id: NodeId, expr: &'x Expr) -> Vec<(NodeId, &'x Expr)> {
        self.program.operands(id).into_iter().zip(expr.node.operands()).collect()
    }

    /// Notes what the operands of a part are. The test of an `ANY` makes sense for an element only.
    fn operands(&mut self, id: NodeId, expr: &Expr, sights: &mut Sights) {
        if let ExprKind::Any { list, .. } = &expr.node
            && self.elements(id, list, sights)
        {
            return;
        }
        for (id, operand) in self.pairs(id, expr) {
            self.operand(id, operand, sights);
            if !is_name(operand) {
                stack::step(|| self.operands(id, operand, sights));
            }
        }
    }

    fn operand(&mut self, id: NodeId, expr: &Expr, sights: &mut Sights) {
        match expr.node {
            ExprKind::Call { .. } | ExprKind::Arithmetic { .. } | ExprKind::Cast { .. } => {}
            ExprKind::Read { .. } if !is_literal(expr) => {}
            _ => return self.note(id, expr, sights),
        }
        let value = self.told(id, expr);
        sights.note(self.subject(expr), State::Value(value));
    }

    /// Notes what `ANY` goes through; `false` if that is a list as it is.
    fn elements(&mut self, any: NodeId, list: &Expr, sights: &mut Sights) -> bool {
        let id = self.program.operands(any).into_iter().next();
        let Some(found) = id.and_then(|id| self.evaluator.elements(id)) else { return false };
        let elements = match &found[..] {
            _ if self.secrets.concern(list) => HIDDEN.to_owned(),
            [] => "nothing".to_owned(),
            some => told_all(some),
        };
        sights.note(self.subject(list), State::Elements(elements));
        true
    }

    /// Notes what a name is, or a function over events, or a list of users; other parts are their outcome.
    fn note(&mut self, id: NodeId, expr: &Expr, sights: &mut Sights) {
        if let Some(finding) = self.evaluator.finding(id) {
            let (value, found) = (told(&finding.answer()), finding.to_string());
            sights.note(self.subject(expr), State::Answer { value, found });
        } else if let Some(length) = self.evaluator.list_length(id) {
            sights.note(self.subject(expr), State::List(length));
        } else if is_name(expr) {
            let state = self.state(id, expr);
            sights.note(self.subject(expr), state);
        }
    }

    /// What a part is, as it may be told: missing is not the same as JSON `null`.
    pub(super) fn state(&mut self, id: NodeId, expr: &Expr) -> State {
        match self.evaluator.find(id) {
            None => self.nothing(expr),
            Some(Operand::Null) if is_name(expr) => State::Null,
            Some(_) => State::Value(self.told(id, expr)),
        }
    }

    /// How there is nothing where a name stands.
    pub(super) fn nothing(&self, expr: &Expr) -> State {
        if is_user(expr) {
            return State::NoUser;
        }
        let ExprKind::Attribute(path) = &expr.node else { return State::Missing };
        let name = path.first().map(|name| AttributeName::new(Arc::clone(name)));
        let misfit = name.and_then(|name| self.evaluator.environment.misfit(&name));
        misfit.map_or(State::Missing, State::Misfit)
    }

    /// The value of a part, if it may be told.
    fn told(&mut self, id: NodeId, expr: &Expr) -> String {
        let value = self.evaluator.value(id);
        self.told_of(expr, &value)
    }

    /// A value that was found in a part, if it may be told.
    pub(super) fn told_of(&self, expr: &Expr, value: &Operand<'_>) -> String {
        let in_any = self.any.as_ref().is_some_and(|list| self.secrets.concern(list));
        let is_literal = self.is_secret && matches!(expr.node, ExprKind::Literal(_));
        let hidden = in_any || is_literal || self.secrets.concern(expr);
        if hidden { HIDDEN.to_owned() } else { told(value) }
    }

    /// The name under which a part is spoken of. In the test of an `ANY` the element is called as the whole is.
    pub(super) fn subject(&self, expr: &Expr) -> String {
        if self.is_secret && matches!(expr.node, ExprKind::Literal(_)) {
            return HIDDEN.to_owned();
        }
        let shown = self.secrets.expr(expr);
        match &self.any {
            None => written(&*shown),
            Some(list) => written(&Expr::unplaced(ExprKind::Any {
                list: Box::new(list.clone()),
                test: Box::new(shown.into_owned()),
            })),
        }
    }
}

/// Whether a part is made of conditions, which are steps of their own.
pub(super) fn is_connective(expr: &Expr) -> bool {
    matches!(expr.node, ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Not(_))
}

fn is_name(expr: &Expr) -> bool {
    match &expr.node {
        ExprKind::Inside { operand, .. } => matches!(operand.node, ExprKind::Key(_)),
        node => {
            matches!(node, ExprKind::Attribute(_) | ExprKind::CheckValue(_) | ExprKind::Key(_))
        }
    }
}

/// Whether it is the id of the user.
fn is_user(expr: &Expr) -> bool {
    matches!(&expr.node, ExprKind::Attribute(path) if matches!(&path[..], [name] if **name == *USER_ID))
}

/// Whether it is a text that is read as something.
fn is_literal(expr: &Expr) -> bool {
    match &expr.node {
        ExprKind::Read { operand, .. } => matches!(operand.node, ExprKind::Literal(_)),
        _ => false,
    }
}
