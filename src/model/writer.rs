//! The canonical text of expressions.

use std::fmt::{self, Display};
use std::sync::Arc;

use super::name::write_column;
use super::{
    AffixKind, Aggregate, ArithmeticOp, Behaviour, Expr, ExprKind, Fold, HIDDEN, IsWhat, Literal,
    Quantifier, ReadAs, Value, Window, write_path, write_step,
};
use crate::stack;

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => write_value(f, value),
            Self::Parameter(name) if **name == *HIDDEN => f.write_str(HIDDEN),
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
fn write_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    write!(f, "'{}'", text.replace('\'', "''"))
}

impl fmt::Display for ExprKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Writer { any: None, asks: false }.write_bare(f, self)
    }
}

/// Writes an expression as it stands in a query.
pub(crate) fn asked(expr: &Expr) -> impl Display {
    Asked(expr)
}

/// An expression that stands in a query.
pub(super) struct Asked<'a>(pub(super) &'a Expr);

impl fmt::Display for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Writer { any: None, asks: true }.write_bare(f, &self.0.node)
    }
}

/// The parts of a condition that `AND` or `OR` joins, each with the word before it; another condition is one part.
pub(crate) fn parts(condition: &Expr) -> Vec<String> {
    let (items, word, loosest) = match &condition.node {
        ExprKind::And(items) => (items, "AND ", Level::Not),
        ExprKind::Or(items) => (items, "OR ", Level::And),
        _ => return vec![condition.to_string()],
    };
    let word = |at| if at > 0 { word } else { "" };
    let part = |(at, expr)| format!("{}{}", word(at), Part { expr, loosest });
    items.iter().enumerate().map(part).collect()
}

/// Writes a part of an expression, in parentheses if it binds more loosely than it may.
struct Part<'e> {
    expr: &'e Expr,
    loosest: Level,
}

impl fmt::Display for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Writer { any: None, asks: false }.write(f, self.expr, self.loosest)
    }
}

/// Writes expressions; `any` is the list of the `ANY(…)` whose test is being written.
#[derive(Clone, Copy)]
struct Writer<'a> {
    any: Option<&'a Expr>,
    /// Whether it stands in a query.
    asks: bool,
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
        stack::step(|| self.write_kind(f, kind))
    }

    fn write_kind(self, f: &mut fmt::Formatter<'_>, kind: &ExprKind) -> fmt::Result {
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
            ExprKind::Read { what, operand } => self.write_read(f, *what, operand),
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
                Writer { any: Some(list), ..self }.write(f, test, Level::Comparison)
            }
            ExprKind::Each { .. } => self.write_primary(f, kind),
            _ if kind.level() == Level::Comparison => self.write_comparison(f, kind),
            _ => self.write_primary(f, kind),
        }
    }

    /// `TIMESTAMP a` and the like. What does not begin as an operand does is kept in parentheses, or the word would
    /// be the name of an attribute.
    fn write_read(self, f: &mut fmt::Formatter<'_>, what: ReadAs, operand: &Expr) -> fmt::Result {
        write!(f, "{} ", what.keyword())?;
        let bare = match &operand.node {
            ExprKind::Literal(_) | ExprKind::Duration(_) => !operand.to_string().starts_with('-'),
            ExprKind::Read { .. }
            | ExprKind::Attribute(_)
            | ExprKind::CheckValue(_)
            | ExprKind::Key(_)
            | ExprKind::Inside { .. }
            | ExprKind::Cast { .. }
            | ExprKind::Call { .. } => true,
            _ => false,
        };
        self.write(f, operand, if bare { Level::Unary } else { Level::Never })
    }

    /// `-a`. A number is kept in parentheses, or it would be read as a negative literal; a second minus
    /// is kept apart, or the two would begin a comment.
    fn write_negated(self, f: &mut fmt::Formatter<'_>, operand: &Expr) -> fmt::Result {
        let number = matches!(
            operand.node,
            ExprKind::Literal(Literal::Value(Value::Integer(_) | Value::Double(_)))
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
        if let Some(operand) = kind.operands().first() {
            self.write(f, operand, Level::Concatenation)?;
        }
        // only the operand on the left is the element
        let plain = Writer { any: None, ..self };
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
            ExprKind::InQuery { query, negated, .. } => {
                write!(f, "{} IN ({query})", not(*negated))
            }
            ExprKind::Among { answer, negated, .. } => {
                write!(f, "{} IN query_{}", not(*negated), answer + 1)
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
            ExprKind::Attribute(path) if self.asks => write_column_path(f, path),
            ExprKind::Attribute(path) => write_path(f, path),
            ExprKind::Case { subject, branches, otherwise } => {
                self.write_case(f, subject.as_deref(), branches, otherwise.as_deref())
            }
            ExprKind::Fold { fold, distinct, operand, filter } => {
                self.write_fold(f, (*fold, *distinct), operand.as_deref(), filter.as_deref())
            }
            ExprKind::Subquery(query) => write!(f, "({query})"),
            ExprKind::Exists(query) => write!(f, "EXISTS ({query})"),
            ExprKind::CheckValue(steps) => {
                f.write_str("VALUE")?;
                write_steps(f, steps)
            }
            ExprKind::Inside { operand, steps } => {
                self.write(f, operand, Level::Primary)?;
                write_steps(f, steps)
            }
            ExprKind::Each { every, list, filter } => {
                f.write_str(if *every { "EVERY(" } else { "ANY(" })?;
                let plain = Writer { any: None, ..self };
                plain.write(f, list, Level::Or)?;
                f.write_str(" WHERE ")?;
                plain.write(f, filter, Level::Or)?;
                f.write_str(")")
            }
            ExprKind::Key(name) => write!(f, "KEY({})", name.node),
            ExprKind::InSegment(Some(name)) => write!(f, "IN SEGMENT {}", name.node),
            ExprKind::InSegment(None) => f.write_str("IN SEGMENT EVERYONE"),
            ExprKind::InList(list) => write!(f, "IN LIST {list}"),
            ExprKind::Behaviour(behaviour) => behaviour.fmt(f),
            ExprKind::Element => {
                f.write_str("ANY(")?;
                if let Some(list) = self.any {
                    Writer { any: None, ..self }.write(f, list, Level::Or)?;
                }
                f.write_str(")")
            }
            _ => Ok(()),
        }
    }

    fn write_case(
        self,
        f: &mut fmt::Formatter<'_>,
        subject: Option<&Expr>,
        branches: &[(Expr, Expr)],
        otherwise: Option<&Expr>,
    ) -> fmt::Result {
        let plain = Writer { any: None, ..self };
        let pair = |f: &mut fmt::Formatter<'_>, word, expr| {
            f.write_str(word)?;
            plain.write(f, expr, Level::Or)
        };
        f.write_str("CASE")?;
        subject.map_or(Ok(()), |subject| pair(f, " ", subject))?;
        for (when, then) in branches {
            pair(f, " WHEN ", when)?;
            pair(f, " THEN ", then)?;
        }
        otherwise.map_or(Ok(()), |otherwise| pair(f, " ELSE ", otherwise))?;
        f.write_str(" END")
    }

    fn write_fold(
        self,
        f: &mut fmt::Formatter<'_>,
        (fold, distinct): (Fold, bool),
        operand: Option<&Expr>,
        filter: Option<&Expr>,
    ) -> fmt::Result {
        let plain = Writer { any: None, ..self };
        write!(f, "{}({}", fold.keyword(), if distinct { "DISTINCT " } else { "" })?;
        match operand {
            Some(operand) => plain.write(f, operand, Level::Or)?,
            None => f.write_str("*")?,
        }
        f.write_str(")")?;
        let Some(filter) = filter else { return Ok(()) };
        f.write_str(" FILTER (WHERE ")?;
        plain.write(f, filter, Level::Or)?;
        f.write_str(")")
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

/// Writes a path that begins with a column or a source of a query.
fn write_column_path(f: &mut fmt::Formatter<'_>, path: &[Arc<str>]) -> fmt::Result {
    let Some((first, steps)) = path.split_first() else { return Ok(()) };
    write_column(f, first)?;
    write_steps(f, steps)
}

fn write_steps(f: &mut fmt::Formatter<'_>, steps: &[Arc<str>]) -> fmt::Result {
    steps.iter().try_for_each(|step| {
        f.write_str(".")?;
        write_step(f, step, false)
    })
}

impl ExprKind {
    /// Whether its text starts with a parenthesis where a sum may stand bare.
    fn starts_with_parenthesis(&self) -> bool {
        let (mut kind, mut loosest) = (self, Level::Concatenation);
        while kind.level() >= loosest {
            let Self::Arithmetic { left, .. } = kind else { return false };
            (kind, loosest) = (&left.node, kind.level());
        }
        true
    }

    /// Its precedence; an expression that binds looser than its place allows is written in parentheses.
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
            | Self::InQuery { .. }
            | Self::Among { .. }
            | Self::Any { .. }
            | Self::Each { .. } => Level::Comparison,
            Self::Arithmetic { op, .. } => match op {
                ArithmeticOp::Concatenate => Level::Concatenation,
                ArithmeticOp::Add | ArithmeticOp::Subtract => Level::Sum,
                _ => Level::Product,
            },
            Self::Negate(_) | Self::Read { .. } => Level::Unary,
            _ => Level::Primary,
        }
    }
}

/// Precedence of an expression, from the loosest.
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
    /// That of a place where everything stands in parentheses.
    Never,
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
            Self::Unary | Self::Primary | Self::Never => Self::Primary,
        }
    }
}

/// Writes it as it is read: `DID` without parentheses, if it has no filter.
impl fmt::Display for Behaviour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.aggregate == Aggregate::Did && self.filter.is_none() {
            write!(f, "DID {}", self.event)?;
            return self.write_window(f);
        }
        write!(f, "{}(EVENT {}", self.aggregate, self.event)?;
        if let Some(path) = &self.of {
            f.write_str(" OF ")?;
            write_path(f, path)?;
        }
        self.equals.iter().try_for_each(|literal| write!(f, " = {literal}"))?;
        self.filter.iter().try_for_each(|filter| write!(f, " WHERE {filter}"))?;
        self.write_window(f)?;
        self.zone.iter().try_for_each(|zone| write!(f, ", {zone}"))?;
        f.write_str(")")
    }
}

impl Behaviour {
    fn write_window(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.window.iter().try_for_each(|window| write!(f, " {window}"))
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Within(duration) => write!(f, "WITHIN {duration}"),
            Self::Since(from) => write!(f, "SINCE {from}"),
            Self::Span { from, to } => write!(f, "FROM {from} TO {to}"),
        }
    }
}
