//! Conditions: expressions that were checked, kept with their canonical text.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, OnceLock};

use super::{Expr, ExprKind, ListId};
use crate::error::Result;

/// Events and lists that a condition looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reads {
    /// Whether it has a function over events.
    pub(crate) events: bool,
    /// The lists of users that it refers to.
    pub(crate) lists: BTreeSet<ListId>,
}

impl Reads {
    fn of(expr: &Expr) -> Self {
        let (mut found, mut todo) = (Self::default(), vec![expr]);
        while let Some(expr) = todo.pop() {
            match expr.node {
                ExprKind::InList(list) => drop(found.lists.insert(list)),
                ExprKind::Behaviour(_) => found.events = true,
                _ => todo.extend(expr.node.operands()),
            }
        }
        found
    }

    /// `None` if there is nothing.
    fn boxed(self) -> Option<Box<Self>> {
        (self != Self::default()).then(|| Box::new(self))
    }
}

/// Reads an expression from its canonical text; `check`: it is the `CHECK` of a key.
pub(crate) type ConditionParser = fn(text: &str, check: bool) -> Result<Expr>;

/// A condition that was checked, and its canonical text. Equal if the texts are. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Condition(Arc<Contents>);

#[derive(Debug)]
struct Contents {
    text: Arc<str>,
    /// In a box, for most conditions of a large store are not asked for.
    expr: OnceLock<Box<Expr>>,
    /// `None` if it reads nothing, which takes little memory.
    reads: OnceLock<Option<Box<Reads>>>,
    /// Parser of a text that was stored, for when the expression is first asked for.
    parser: Option<TextParser>,
}

/// Parser of a stored text, and whether the text is a `CHECK`.
#[derive(Clone, Copy, Debug)]
struct TextParser {
    parse: ConditionParser,
    check: bool,
}

impl Condition {
    /// Keeps an expression with its canonical text.
    #[must_use]
    pub fn new(expr: Expr) -> Self {
        let text = expr.to_string().into();
        let expr = OnceLock::from(Box::new(expr));
        Self(Arc::new(Contents { text, expr, reads: OnceLock::new(), parser: None }))
    }

    /// Keeps a canonical text that was checked before it was stored. It is read when its expression is first
    /// asked for: to read them all is most of the time that opening a store would take.
    pub(crate) fn stored(text: Arc<str>, check: bool, parse: ConditionParser) -> Self {
        let (expr, reads) = (OnceLock::new(), OnceLock::new());
        Self(Arc::new(Contents { text, expr, reads, parser: Some(TextParser { parse, check }) }))
    }

    /// The same condition, of which is known what it reads: it was stored, too.
    pub(crate) fn known_to_read(self, reads: Reads) -> Self {
        let _ = self.0.reads.set(reads.boxed()); // if it is there already, it is the same
        self
    }

    /// The expression. If a stored text cannot be read, it is `FALSE`: whoever evaluates must not fail, and
    /// `verify` finds the damage.
    #[must_use]
    pub fn expr(&self) -> &Expr {
        self.0.expr.get_or_init(|| Box::new(self.0.read().unwrap_or_else(never)))
    }

    /// Looks at the expression, which is not kept if it was not read before: a tree takes several times the
    /// memory of its text.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Expr) -> T) -> T {
        match self.0.expr.get() {
            Some(expr) => look(expr),
            None => look(&self.0.read().unwrap_or_else(never)),
        }
    }

    /// Events and lists that it looks at; `None` if it looks at none. Found once, unless that was stored.
    pub(crate) fn reads(&self) -> Option<&Reads> {
        self.0.reads.get_or_init(|| self.look(Reads::of).boxed()).as_deref()
    }

    /// Whether it has a function over events.
    pub(crate) fn reads_events(&self) -> bool {
        self.reads().is_some_and(|reads| reads.events)
    }

    /// The lists of users that it refers to.
    pub(crate) fn lists(&self) -> BTreeSet<ListId> {
        self.reads().map(|reads| reads.lists.clone()).unwrap_or_default()
    }

    /// The canonical text.
    #[must_use]
    pub fn text(&self) -> &Arc<str> {
        &self.0.text
    }
}

impl Contents {
    fn read(&self) -> Option<Expr> {
        let parser = self.parser?;
        (parser.parse)(&self.text, parser.check).ok()
    }
}

/// The condition that nobody meets.
fn never() -> Expr {
    Expr::unplaced(ExprKind::Literal(false.into()))
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn a_stored_condition_is_read_when_it_is_asked_for() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        static READ: AtomicUsize = AtomicUsize::new(0);
        let parser: ConditionParser = |text, _| {
            READ.fetch_add(1, Ordering::Relaxed);
            Ok(Expr::unplaced(ExprKind::Attribute([Arc::from(text)].into())))
        };
        let condition = Condition::stored("beta".into(), false, parser);
        assert_eq!(condition, Condition::new(condition.clone().expr().clone()));
        assert_eq!(
            (condition.expr().to_string(), READ.load(Ordering::Relaxed)),
            ("beta".into(), 1)
        );
    }

    #[test]
    fn what_cannot_be_read_is_false() {
        let parser: ConditionParser = |_, _| Err(ErrorKind::ReadOnly.into());
        assert_eq!(Condition::stored("beta".into(), false, parser).expr().to_string(), "FALSE");
    }
}
