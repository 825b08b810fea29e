//! Conditions as syntax: what was written, with places, and how it is written back.

use std::collections::BTreeSet;
use std::fmt::{self, Display};
use std::sync::{Arc, OnceLock};

use super::{Behaviour, Duration, KeyType, ListId, Name, Spanned, Value, write_path, write_step};
use crate::error::Result;

/// An expression and its place.
pub type Expr = Spanned<ExprKind>;

/// The steps of an attribute: `address.city` has two.
pub type Path = Arc<[Arc<str>]>;

/// A value in the text, or a parameter that stands for one.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// The value itself.
    Value(Value),
    /// `:name`, given by the caller.
    Parameter(Arc<str>),
}

impl<T: Into<Value>> From<T> for Literal {
    fn from(value: T) -> Self {
        Self::Value(value.into())
    }
}

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

/// What `IS` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say all")]
pub enum IsWhat {
    Null,
    True,
    False,
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

/// Which end of a text is looked at.
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
    /// `TIMESTAMP '…'`
    Timestamp(Arc<str>),
    /// `SEMVER '…'`
    Semver(Arc<str>),
    /// `VERSION '…'`
    Version(Arc<str>),
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
    /// `a + b` and the like.
    Arithmetic { op: ArithmeticOp, left: Box<Expr>, right: Box<Expr> },
    /// `-a`
    Negate(Box<Expr>),
    /// `CAST(a AS type)`; never to JSON.
    Cast { operand: Box<Expr>, to: KeyType },
    /// `NAME(a, …)`: the name in capitals, known or not.
    Call { function: Spanned<Arc<str>>, arguments: Vec<Expr> },
    /// `COUNT(EVENT '…' …)` and the like, `DID '…'`. The condition over properties in it is none of its
    /// operands: names mean something else there.
    Behaviour(Box<Behaviour>),
}

impl ExprKind {
    /// The operands, in the order in which they are written.
    #[must_use]
    pub fn operands(&self) -> Vec<&Expr> {
        match self {
            Self::And(items) | Self::Or(items) | Self::Call { arguments: items, .. } => {
                items.iter().collect()
            }
            Self::Not(a) | Self::Negate(a) => vec![a],
            Self::Compare { left, right, .. } | Self::Arithmetic { left, right, .. } => {
                vec![left, right]
            }
            Self::Is { operand, .. }
            | Self::Matches { operand, .. }
            | Self::Cast { operand, .. } => {
                vec![operand]
            }
            Self::Between { operand, low, high, .. } => vec![operand, low, high],
            Self::In { operand, items, .. }
            | Self::Contains { operand, items, .. }
            | Self::Affix { operand, items, .. } => {
                std::iter::once(&**operand).chain(items).collect()
            }
            Self::Any { list, test } => vec![list, test],
            _ => Vec::new(),
        }
    }

    /// The operands, to be changed in place.
    pub(crate) fn operands_mut(&mut self) -> Vec<&mut Expr> {
        match self {
            Self::And(items) | Self::Or(items) | Self::Call { arguments: items, .. } => {
                items.iter_mut().collect()
            }
            Self::Not(a) | Self::Negate(a) => vec![a],
            Self::Compare { left, right, .. } | Self::Arithmetic { left, right, .. } => {
                vec![left, right]
            }
            Self::Is { operand, .. }
            | Self::Matches { operand, .. }
            | Self::Cast { operand, .. } => {
                vec![operand]
            }
            Self::Between { operand, low, high, .. } => vec![operand, low, high],
            Self::In { operand, items, .. }
            | Self::Contains { operand, items, .. }
            | Self::Affix { operand, items, .. } => {
                std::iter::once(&mut **operand).chain(items).collect()
            }
            Self::Any { list, test } => vec![list, test],
            _ => Vec::new(),
        }
    }

    /// How deep it nests: 1 for what has no operands.
    pub(crate) fn depth(&self) -> usize {
        let filter = match self {
            Self::Behaviour(behaviour) => behaviour.filter.as_ref(),
            _ => None,
        };
        1 + self.operands().into_iter().chain(filter).map(|e| e.node.depth()).max().unwrap_or(0)
    }

    /// Whether its text starts with a parenthesis where a sum may stand bare.
    fn starts_with_parenthesis(&self) -> bool {
        if self.level() < Level::Concatenation {
            return true;
        }
        let Self::Arithmetic { left, .. } = self else { return false };
        left.node.level() < self.level() || left.node.starts_with_parenthesis()
    }

    /// How tightly it binds; what binds looser than its place allows is written in parentheses.
    fn level(&self) -> Level {
        match self {
            Self::Or(_) => Level::Or,
            Self::And(_) => Level::And,
            Self::Not(_) => Level::Not,
            Self::Compare { .. }
            | Self::Is { .. }
            | Self::Between { .. }
            | Self::In { .. }
            | Self::Contains { .. }
            | Self::Affix { .. }
            | Self::Matches { .. }
            | Self::Any { .. } => Level::Comparison,
            Self::Arithmetic { op, .. } => match op {
                ArithmeticOp::Concatenate => Level::Concatenation,
                ArithmeticOp::Add | ArithmeticOp::Subtract => Level::Sum,
                _ => Level::Product,
            },
            Self::Negate(_) => Level::Unary,
            _ => Level::Primary,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Or,
    And,
    Not,
    Comparison,
    Concatenation,
    Sum,
    Product,
    Unary,
    Primary,
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
    /// How the text is read when the expression is first asked for.
    source: Option<Source>,
}

/// Where the expression of a text comes from.
#[derive(Clone, Copy, Debug)]
struct Source {
    parser: ConditionParser,
    check: bool,
}

impl Condition {
    /// Keeps an expression with its canonical text.
    #[must_use]
    pub fn new(expr: Expr) -> Self {
        let text = expr.to_string().into();
        Self(Arc::new(Contents { text, expr: OnceLock::from(Box::new(expr)), source: None }))
    }

    /// Keeps a canonical text that was checked before it was stored. It is read when its expression is first
    /// asked for: to read them all is most of the time that opening a store would take.
    pub(crate) fn stored(text: Arc<str>, check: bool, parser: ConditionParser) -> Self {
        let source = Some(Source { parser, check });
        Self(Arc::new(Contents { text, expr: OnceLock::new(), source }))
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

    /// The lists that it refers to. Most conditions are not read for that: their text tells that there are none.
    pub(crate) fn lists(&self) -> BTreeSet<ListId> {
        if self.text().contains("IN LIST ") { self.look(lists_in) } else { BTreeSet::new() }
    }

    /// The canonical text.
    #[must_use]
    pub fn text(&self) -> &Arc<str> {
        &self.0.text
    }
}

impl Contents {
    fn read(&self) -> Option<Expr> {
        let source = self.source?;
        (source.parser)(&self.text, source.check).ok()
    }
}

fn lists_in(expr: &Expr) -> BTreeSet<ListId> {
    let (mut found, mut todo) = (BTreeSet::new(), vec![expr]);
    while let Some(expr) = todo.pop() {
        if let ExprKind::InList(list) = expr.node {
            found.insert(list);
        }
        todo.extend(expr.node.operands());
    }
    found
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

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => write_value(f, value),
            Self::Parameter(name) => write!(f, ":{name}"),
        }
    }
}

fn write_value(f: &mut fmt::Formatter<'_>, value: &Value) -> fmt::Result {
    match value {
        Value::Null => f.write_str("NULL"),
        Value::Boolean(true) => f.write_str("TRUE"),
        Value::Boolean(false) => f.write_str("FALSE"),
        Value::String(text) => write_text(f, text),
        _ => value.fmt(f),
    }
}

/// Writes a text in single quotes.
pub(crate) fn write_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    write!(f, "'{}'", text.replace('\'', "''"))
}

impl fmt::Display for ExprKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Writer { any: None }.write_bare(f, self)
    }
}

/// Writes expressions; `any` is the list of the `ANY(…)` whose test is being written.
#[derive(Clone, Copy)]
struct Writer<'a> {
    any: Option<&'a Expr>,
}

impl Writer<'_> {
    fn write(self, f: &mut fmt::Formatter<'_>, expr: &Expr, loosest: Level) -> fmt::Result {
        if expr.node.level() < loosest {
            f.write_str("(")?;
            self.write_bare(f, &expr.node)?;
            f.write_str(")")
        } else {
            self.write_bare(f, &expr.node)
        }
    }

    fn write_bare(self, f: &mut fmt::Formatter<'_>, kind: &ExprKind) -> fmt::Result {
        match kind {
            ExprKind::And(items) => self.join(f, items, " AND ", Level::Not),
            ExprKind::Or(items) => self.join(f, items, " OR ", Level::And),
            ExprKind::Not(a) => {
                f.write_str("NOT ")?;
                self.write(f, a, Level::Not)
            }
            ExprKind::Arithmetic { op, left, right } => {
                let level = kind.level();
                self.write(f, left, level)?;
                write!(f, " {} ", op.symbol())?;
                self.write(f, right, level.tighter())
            }
            ExprKind::Negate(a) => self.write_negated(f, a),
            ExprKind::Cast { operand, to } => {
                f.write_str("CAST(")?;
                self.write(f, operand, Level::Or)?;
                write!(f, " AS {to})")
            }
            ExprKind::Call { function, arguments } => {
                f.write_str(&function.node)?;
                self.list(f, arguments)
            }
            ExprKind::Any { list, test } => {
                Writer { any: Some(list) }.write(f, test, Level::Comparison)
            }
            _ if kind.level() == Level::Comparison => self.write_comparison(f, kind),
            _ => self.write_primary(f, kind),
        }
    }

    /// `-a`. A number is kept in parentheses, or it would be read as a negative literal; a second minus
    /// is kept apart, or the two would begin a comment.
    fn write_negated(self, f: &mut fmt::Formatter<'_>, operand: &Expr) -> fmt::Result {
        let number = matches!(
            operand.node,
            ExprKind::Literal(Literal::Value(Value::Integer(_) | Value::Double(_)))
                | ExprKind::Duration(_)
        );
        let negative = number && operand.to_string().starts_with('-');
        if negative || matches!(operand.node, ExprKind::Negate(_)) {
            f.write_str("- ")?;
            return self.write(f, operand, Level::Unary);
        }
        f.write_str("-")?;
        if number {
            f.write_str("(")?;
            self.write(f, operand, Level::Or)?;
            return f.write_str(")");
        }
        self.write(f, operand, Level::Unary)
    }

    fn write_comparison(self, f: &mut fmt::Formatter<'_>, kind: &ExprKind) -> fmt::Result {
        let operand = kind.operands()[0];
        self.write(f, operand, Level::Concatenation)?;
        // only the operand on the left is the element
        let plain = Writer { any: None };
        match kind {
            ExprKind::Compare { op, right, .. } => {
                write!(f, " {} ", op.symbol())?;
                plain.write(f, right, Level::Concatenation)
            }
            ExprKind::Is { what, negated, .. } => {
                let what = match what {
                    IsWhat::Null => "NULL",
                    IsWhat::True => "TRUE",
                    IsWhat::False => "FALSE",
                };
                write!(f, " IS {}{what}", if *negated { "NOT " } else { "" })
            }
            ExprKind::Between { low, high, negated, .. } => {
                write!(f, "{} BETWEEN ", not(*negated))?;
                plain.write(f, low, Level::Concatenation)?;
                f.write_str(" AND ")?;
                plain.write(f, high, Level::Concatenation)
            }
            ExprKind::In { items, negated, .. } => {
                write!(f, "{} IN ", not(*negated))?;
                plain.list(f, items)
            }
            ExprKind::Contains { quantifier, items, negated, .. } => {
                write!(f, "{} CONTAINS ", not(*negated))?;
                plain.write_contains(f, *quantifier, items)
            }
            ExprKind::Affix { kind, items, negated, .. } => {
                let word = if *kind == AffixKind::Starts { "STARTS" } else { "ENDS" };
                write!(f, "{} {word} WITH ", not(*negated))?;
                match &items[..] {
                    // a parenthesis would be read as that of a list
                    [item] if !item.node.starts_with_parenthesis() => {
                        plain.write(f, item, Level::Concatenation)
                    }
                    _ => plain.list(f, items),
                }
            }
            ExprKind::Matches { pattern, negated, .. } => {
                write!(f, "{} MATCHES {}", not(*negated), pattern.node)
            }
            _ => Ok(()),
        }
    }

    fn write_contains(
        self,
        f: &mut fmt::Formatter<'_>,
        quantifier: Quantifier,
        items: &[Expr],
    ) -> fmt::Result {
        match (quantifier, items) {
            (Quantifier::One, [item]) => return self.write(f, item, Level::Concatenation),
            (Quantifier::Any, _) => f.write_str("ANY ")?,
            (Quantifier::All, _) => f.write_str("ALL ")?,
            (Quantifier::One, _) => {}
        }
        self.list(f, items)
    }

    fn write_primary(self, f: &mut fmt::Formatter<'_>, kind: &ExprKind) -> fmt::Result {
        match kind {
            ExprKind::Literal(literal) => literal.fmt(f),
            ExprKind::Duration(duration) => duration.fmt(f),
            ExprKind::Timestamp(text) => write_typed(f, "TIMESTAMP", text),
            ExprKind::Semver(text) => write_typed(f, "SEMVER", text),
            ExprKind::Version(text) => write_typed(f, "VERSION", text),
            ExprKind::Attribute(path) => write_path(f, path),
            ExprKind::CheckValue(steps) => {
                f.write_str("VALUE")?;
                steps.iter().try_for_each(|step| {
                    f.write_str(".")?;
                    write_step(f, step, false)
                })
            }
            ExprKind::Key(name) => write!(f, "KEY({})", name.node),
            ExprKind::InSegment(Some(name)) => write!(f, "IN SEGMENT {}", name.node),
            ExprKind::InSegment(None) => f.write_str("IN SEGMENT EVERYONE"),
            ExprKind::InList(list) => write!(f, "IN LIST {list}"),
            ExprKind::Behaviour(behaviour) => behaviour.fmt(f),
            ExprKind::Element => {
                f.write_str("ANY(")?;
                if let Some(list) = self.any {
                    Writer { any: None }.write(f, list, Level::Or)?;
                }
                f.write_str(")")
            }
            _ => Ok(()),
        }
    }

    fn list(self, f: &mut fmt::Formatter<'_>, items: &[Expr]) -> fmt::Result {
        f.write_str("(")?;
        self.join(f, items, ", ", Level::Or)?;
        f.write_str(")")
    }

    fn join(
        self,
        f: &mut fmt::Formatter<'_>,
        items: &[Expr],
        separator: &str,
        loosest: Level,
    ) -> fmt::Result {
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                f.write_str(separator)?;
            }
            self.write(f, item, loosest)?;
        }
        Ok(())
    }
}

fn not(negated: bool) -> &'static str {
    if negated { " NOT" } else { "" }
}

fn write_typed(f: &mut fmt::Formatter<'_>, word: &str, text: &str) -> fmt::Result {
    write!(f, "{word} ")?;
    write_text(f, text)
}

impl Level {
    fn tighter(self) -> Self {
        match self {
            Self::Or => Self::And,
            Self::And => Self::Not,
            Self::Not => Self::Comparison,
            Self::Comparison => Self::Concatenation,
            Self::Concatenation => Self::Sum,
            Self::Sum => Self::Product,
            Self::Product => Self::Unary,
            Self::Unary | Self::Primary => Self::Primary,
        }
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
