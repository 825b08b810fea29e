//! Expressions as they were written, each with its place in the text.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::{
    Aggregate, Duration, Fold, Given, KeyType, ListId, Literal, Name, Path, Spanned, query,
};

/// An expression and its place.
pub type Expr = Spanned<ExprKind>;

/// A query of expressions.
pub type Query = query::Query<Expr>;
/// A query that has a name.
pub type Common = query::Common<Expr>;
/// Rows in parentheses.
pub type Rowset = query::Rowset<Expr>;
/// One `SELECT` of a query.
pub type Block = query::Block<Expr>;
/// A column that a query makes, or all of some source.
pub type Item = query::Item<Expr>;
/// Rows that a query reads.
pub type Source = query::Source<Expr>;
/// Rows of a source.
pub type SourceRows = query::SourceRows<Expr>;
/// What rows are sorted by.
pub type Sort = query::Sort<Expr>;

/// Operators that compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say all")]
pub enum CompareOp {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl CompareOp {
    /// The operator that says the same with its operands in the other order.
    #[must_use]
    pub(crate) fn turned(self) -> Self {
        match self {
            Self::Equal | Self::NotEqual => self,
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
        }
    }

    /// Whether it asks which operand is the greater one.
    #[must_use]
    pub(crate) fn is_ordered(self) -> bool {
        !matches!(self, Self::Equal | Self::NotEqual)
    }

    /// Whether it holds of two operands that are in an order.
    #[must_use]
    #[inline]
    pub(crate) fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }

    /// The operator as it is written.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

/// Operators that calculate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say all")]
pub enum ArithmeticOp {
    Concatenate,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl ArithmeticOp {
    /// The operator as it is written.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Concatenate => "||",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }
}

/// Test of an `IS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say all")]
pub enum IsWhat {
    Null,
    True,
    False,
}

/// What an operand is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadAs {
    /// An instant.
    Timestamp,
    /// A semantic version.
    Semver,
    /// A dotted version.
    Version,
}

impl ReadAs {
    /// The word of the language for it.
    #[must_use]
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Timestamp => "TIMESTAMP",
            Self::Semver => "SEMVER",
            Self::Version => "VERSION",
        }
    }
}

/// How many of the items `CONTAINS` wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// `CONTAINS x`: the one item.
    One,
    /// `CONTAINS ANY (…)`
    Any,
    /// `CONTAINS ALL (…)`
    All,
}

/// End of a text that is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AffixKind {
    /// `STARTS WITH`
    Starts,
    /// `ENDS WITH`
    Ends,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    missing_docs,
    reason = "the fields are the operands, in the order in which they are written"
)]
pub enum ExprKind {
    /// A literal or a parameter.
    Literal(Literal),
    /// `30 DAYS`
    Duration(Duration),
    /// An attribute of the user (a property of an event, a column of a table).
    Attribute(Path),
    /// `VALUE` and steps into it, in a `CHECK`.
    CheckValue(Path),
    /// `KEY(name)`
    Key(Spanned<Name>),
    /// `IN SEGMENT name`; `None` is `EVERYONE`.
    InSegment(Option<Spanned<Name>>),
    /// `IN LIST 7`: whether the user is in a list that was loaded. It stands in segments that were made so, and
    /// in dumps.
    InList(ListId),
    /// The element of the list that `ANY(…)` goes through; stands only on the left of its test.
    Element,
    /// `a AND b AND …`
    And(Vec<Expr>),
    /// `a OR b OR …`
    Or(Vec<Expr>),
    /// `NOT a`
    Not(Box<Expr>),
    /// `a = b` and the like.
    Compare { op: CompareOp, left: Box<Expr>, right: Box<Expr> },
    /// `a IS [NOT] NULL | TRUE | FALSE`
    Is { operand: Box<Expr>, what: IsWhat, negated: bool },
    /// `a [NOT] BETWEEN low AND high`
    Between { operand: Box<Expr>, low: Box<Expr>, high: Box<Expr>, negated: bool },
    /// `a [NOT] IN (…)`
    In { operand: Box<Expr>, items: Vec<Expr>, negated: bool },
    /// `a [NOT] CONTAINS …`
    Contains { operand: Box<Expr>, quantifier: Quantifier, items: Vec<Expr>, negated: bool },
    /// `a [NOT] STARTS | ENDS WITH …`: any of the items.
    Affix { operand: Box<Expr>, kind: AffixKind, items: Vec<Expr>, negated: bool },
    /// `a [NOT] MATCHES 'regex'`
    Matches { operand: Box<Expr>, pattern: Spanned<Literal>, negated: bool },
    /// `ANY(list)` on the left of a test: the `OR` of the test over the elements.
    Any { list: Box<Expr>, test: Box<Expr> },
    /// `ANY(list WHERE …)`, `EVERY(list WHERE …)`. The condition over the elements is none of its operands: names
    /// mean something else there.
    Each { every: bool, list: Box<Expr>, filter: Box<Expr> },
    /// `a + b` and the like.
    Arithmetic { op: ArithmeticOp, left: Box<Expr>, right: Box<Expr> },
    /// `-a`
    Negate(Box<Expr>),
    /// `TIMESTAMP a` and the like: of a text the literal, of anything else what it is read as.
    Read { what: ReadAs, operand: Box<Expr> },
    /// `KEY(name).a.b`, `ANY(list).a.b`: what the steps lead to inside an object.
    Inside { operand: Box<Expr>, steps: Path },
    /// `CAST(a AS type)`; never to JSON.
    Cast { operand: Box<Expr>, to: KeyType },
    /// `NAME(a, …)`: the name in capitals, known or not.
    Call { function: Spanned<Arc<str>>, arguments: Vec<Expr> },
    /// `COUNT(EVENT '…' …)` and the like, `DID '…'`. The condition over properties in it is none of its
    /// operands: names mean something else there.
    Behaviour(Box<Behaviour>),
    /// `CASE [subject] WHEN … THEN … [ELSE …] END`, in a query.
    Case { subject: Option<Box<Expr>>, branches: Vec<(Expr, Expr)>, otherwise: Option<Box<Expr>> },
    /// `COUNT(*)`, `SUM([DISTINCT] a) [FILTER (WHERE …)]`: an aggregate over the rows of a query.
    Fold { fold: Fold, distinct: bool, operand: Option<Box<Expr>>, filter: Option<Box<Expr>> },
    /// `(SELECT …)`
    Subquery(Box<Query>),
    /// `EXISTS (SELECT …)`
    Exists(Box<Query>),
    /// `a [NOT] IN (SELECT …)`
    InQuery { operand: Box<Expr>, query: Box<Query>, negated: bool },
    /// The same, when the query has been answered: which of the answers it is.
    Among { operand: Box<Expr>, answer: usize, negated: bool },
}

/// The operands of a reference to an expression, each borrowed as the reference is.
macro_rules! operands {
    ($kind:expr, $borrow:ident) => {
        match $kind {
            Self::Literal(_)
            | Self::Duration(_)
            | Self::Attribute(_)
            | Self::CheckValue(_)
            | Self::Key(_)
            | Self::InSegment(_)
            | Self::InList(_)
            | Self::Element
            | Self::Subquery(_)
            | Self::Exists(_)
            | Self::Behaviour(_) => Vec::new(),
            Self::And(items) | Self::Or(items) | Self::Call { arguments: items, .. } => {
                Vec::from_iter(items)
            }
            Self::Not(operand)
            | Self::Negate(operand)
            | Self::Read { operand, .. }
            | Self::Inside { operand, .. }
            | Self::Is { operand, .. }
            | Self::Matches { operand, .. }
            | Self::Cast { operand, .. }
            | Self::InQuery { operand, .. }
            | Self::Among { operand, .. }
            | Self::Each { list: operand, .. } => vec![operand.$borrow()],
            Self::Compare { left, right, .. } | Self::Arithmetic { left, right, .. } => {
                vec![left.$borrow(), right.$borrow()]
            }
            Self::Any { list, test } => vec![list.$borrow(), test.$borrow()],
            Self::Between { operand, low, high, .. } => {
                vec![operand.$borrow(), low.$borrow(), high.$borrow()]
            }
            Self::In { operand, items, .. }
            | Self::Contains { operand, items, .. }
            | Self::Affix { operand, items, .. } => {
                std::iter::once(operand.$borrow()).chain(items).collect()
            }
            Self::Case { subject, branches, otherwise } => {
                let subject = subject.into_iter().map(|operand| operand.$borrow());
                let branches = branches.into_iter().flat_map(|(when, then)| [when, then]);
                let otherwise = otherwise.into_iter().map(|operand| operand.$borrow());
                subject.chain(branches).chain(otherwise).collect()
            }
            Self::Fold { operand, filter, .. } => {
                operand.into_iter().chain(filter).map(|operand| operand.$borrow()).collect()
            }
        }
    };
}

impl ExprKind {
    /// The operands, in the order in which they are written.
    #[must_use]
    pub fn operands(&self) -> Vec<&Expr> {
        operands!(self, as_ref)
    }

    /// The operands, to be changed in place.
    pub(crate) fn operands_mut(&mut self) -> Vec<&mut Expr> {
        operands!(self, as_mut)
    }

    /// A text that is read as something.
    pub fn read(what: ReadAs, text: impl Into<Arc<str>>) -> Self {
        let literal = Self::Literal(Literal::from(text.into()));
        Self::Read { what, operand: Box::new(Expr::unplaced(literal)) }
    }

    /// The condition over the events of a function, or over the elements of a list.
    pub(crate) fn filter(&self) -> Option<&Expr> {
        match self {
            Self::Behaviour(behaviour) => behaviour.filter.as_ref(),
            Self::Each { filter, .. } => Some(filter),
            _ => None,
        }
    }

    /// The same, to be changed in place.
    pub(crate) fn filter_mut(&mut self) -> Option<&mut Expr> {
        match self {
            Self::Behaviour(behaviour) => behaviour.filter.as_mut(),
            Self::Each { filter, .. } => Some(filter),
            _ => None,
        }
    }

    /// All that it is made of: itself, its operands, filters and what is below them. A part
    /// comes before its own parts, and these in the order in which they are written; each with how deep it is, from 1.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&Self, usize)> {
        let mut todo = vec![(self, 1)];
        std::iter::from_fn(move || {
            let (part, depth) = todo.pop()?;
            let below = part.operands().into_iter().chain(part.filter());
            let from = todo.len();
            todo.extend(below.map(|expr| (&expr.node, depth + 1)));
            todo.get_mut(from..)?.reverse();
            Some((part, depth))
        })
    }

    /// The attributes of the user that it reads, by their first steps. What stands in the condition over events or
    /// over elements is none.
    pub(crate) fn attributes(&self) -> BTreeSet<Arc<str>> {
        let (mut found, mut todo) = (BTreeSet::new(), vec![self]);
        while let Some(part) = todo.pop() {
            if let Self::Attribute(path) = part {
                found.extend(path.first().cloned());
            }
            todo.extend(part.operands().into_iter().map(|operand| &operand.node));
        }
        found
    }

    /// How deep it nests: 1 for what has no operands.
    pub(crate) fn depth(&self) -> usize {
        self.parts().map(|(_, depth)| depth).max().unwrap_or(1)
    }
}

/// Takes it apart without recursion: a program can build what nests as deep as memory goes.
impl Drop for ExprKind {
    fn drop(&mut self) {
        let mut todo = Vec::new();
        self.give_up(&mut todo);
        while let Some(mut part) = todo.pop() {
            part.give_up(&mut todo);
        }
    }
}

impl ExprKind {
    /// Puts the parts that have parts themselves into a list, and nothing in their place.
    fn give_up(&mut self, to: &mut Vec<Self>) {
        if let Some(filter) = self.filter_mut() {
            to.push(std::mem::replace(&mut filter.node, Self::Element));
        }
        for operand in self.operands_mut() {
            if !operand.node.is_flat() {
                to.push(std::mem::replace(&mut operand.node, Self::Element));
            }
        }
    }

    /// Whether it has no parts.
    pub(crate) fn is_flat(&self) -> bool {
        self.operands().is_empty() && self.filter().is_none()
    }
}

/// A function over events as it is written: `SUM(EVENT 'Charged' OF amount WHERE … WITHIN 30 DAYS)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Behaviour {
    /// Which function.
    pub aggregate: Aggregate,
    /// The name of the events.
    pub event: Spanned<Literal>,
    /// The property that it is about.
    pub of: Option<Path>,
    /// The value that `SHARE` looks for.
    pub equals: Option<Spanned<Literal>>,
    /// Which of the events: a condition over their properties.
    pub filter: Option<Expr>,
    /// Of which time.
    pub window: Option<Window>,
    /// The time zone whose days `DAYS` counts, if not UTC.
    pub zone: Option<Spanned<Literal>>,
}

impl Behaviour {
    /// The literals, in the order in which they are written; not those of the filter.
    pub(crate) fn literals(&self) -> impl Iterator<Item = &Spanned<Literal>> {
        let window = self.window.iter().flat_map(Window::literals);
        std::iter::once(&self.event).chain(&self.equals).chain(window).chain(&self.zone)
    }

    /// The literals, to be changed in place.
    pub(crate) fn literals_mut(&mut self) -> impl Iterator<Item = &mut Spanned<Literal>> {
        let window = self.window.iter_mut().flat_map(Window::literals_mut);
        std::iter::once(&mut self.event).chain(&mut self.equals).chain(window).chain(&mut self.zone)
    }
}

/// The time that a function over events looks at, as it is written.
#[derive(Clone, Debug, PartialEq)]
pub enum Window {
    /// `WITHIN d`: `(t − d, t]`.
    Within(Spanned<Given<Duration>>),
    /// `SINCE ts`: `[ts, t]`.
    Since(Spanned<Literal>),
    /// `FROM ts TO ts`: `[from, to)`, and never past `t`.
    Span {
        /// The first instant in it.
        from: Spanned<Literal>,
        /// The first instant after it.
        to: Spanned<Literal>,
    },
}

impl Window {
    fn literals(&self) -> impl Iterator<Item = &Spanned<Literal>> {
        let (first, second) = match self {
            Self::Within(_) => (None, None),
            Self::Since(from) => (Some(from), None),
            Self::Span { from, to } => (Some(from), Some(to)),
        };
        first.into_iter().chain(second)
    }

    fn literals_mut(&mut self) -> impl Iterator<Item = &mut Spanned<Literal>> {
        let (first, second) = match self {
            Self::Within(_) => (None, None),
            Self::Since(from) => (Some(from), None),
            Self::Span { from, to } => (Some(from), Some(to)),
        };
        first.into_iter().chain(second)
    }
}
