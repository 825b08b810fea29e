//! Compiler of conditions to programs: names resolved, literals read.

use std::sync::Arc;

use super::check::Checker;
use super::field::{Field, Fields};
use super::finder::Finder;
use super::function::Function;
use super::literal::{self, Type, literal, literal_text, reading};
use super::literals::Literals;
use super::lookup::Bound;
use super::measure::Measure;
use super::pattern::Pattern;
use super::program::{Constant, Node, NodeId, Nodes, Program};
use super::reading::put_readings;
use super::scope::{CheckScope, ElementScope, EventScope, Scope};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{CONDITION_REGEX_BYTES, CONDITION_REGEXES};
use crate::model::{
    AffixKind, AttributeType, Behaviour, CompareOp, Expr, ExprKind, KeyType, Literal, Quantifier,
    ReadAs, Short, Span, Spanned, Value,
};
use crate::stack;

/// Every how many levels an evaluation looks whether there is room on the stack for as many more.
const STEP: usize = 8;

/// Length from which on a list of literals is not looked at item by item.
const LITERALS_FROM: usize = 9;

/// Checks a condition where it stands; its regexes are not looked at.
pub(crate) fn check(expr: &Expr, scope: &dyn Scope) -> Result<()> {
    Checker::new(scope).condition("a condition", expr)
}

/// Checks a condition where it stands, and compiles it.
pub(crate) fn compile(expr: &Expr, scope: &dyn Scope) -> Result<Program> {
    Checker::new(scope).condition("a condition", expr)?;
    let (program, regexes) = build(expr, scope, &Fields::default(), Form::Quick)?;
    check_regexes(&regexes)?;
    Ok(program)
}

/// Checks the `CHECK` of a key or an attribute of a type, and compiles it.
pub(crate) fn compile_check(check: &Expr, kind: AttributeType) -> Result<Program> {
    let scope = CheckScope(kind);
    let Some(Type::Declared(_)) = Type::of_attribute(kind) else { return compile(check, &scope) };
    Checker::new(&scope).condition("a condition", check)?;
    let mut read = check.clone();
    put_readings(&mut read, &scope)?;
    compile(&read, &scope)
}

/// Compiles a condition that was stored to a program that shares its fields with others. Its regexes are compiled when
/// they are first asked for.
pub(super) fn compile_with(expr: &Expr, scope: &dyn Scope, fields: &Fields) -> Result<Program> {
    Checker::new(scope).condition("a condition", expr)?;
    build(expr, scope, fields, Form::Quick).map(|(program, _)| program)
}

/// Compiles a condition that was checked, with a node for each part of it.
pub(super) fn compile_plain(expr: &Expr, scope: &dyn Scope, fields: &Fields) -> Result<Program> {
    build(expr, scope, fields, Form::Plain).map(|(program, _)| program)
}

/// Checks an expression of a query, a condition or one of any type, and tells its type, if that is known.
pub(crate) fn check_asked(
    expr: &Expr,
    scope: &dyn Scope,
    is_condition: bool,
) -> Result<Option<Type>> {
    Checker::new(scope).asked(expr, is_condition)
}

/// Compiles an expression of a query that was checked. Its operands may be instants, so they are looked at one by one.
pub(crate) fn compile_asked(expr: &Expr, scope: &dyn Scope) -> Result<Program> {
    let (program, regexes) = build(expr, scope, &Fields::default(), Form::Plain)?;
    check_regexes(&regexes)?;
    Ok(program)
}

/// Checks an expression of any type where it stands, and compiles it.
#[cfg(test)]
pub(crate) fn compile_value(expr: &Expr, scope: &dyn Scope) -> Result<Program> {
    Checker::new(scope).value(expr)?;
    build(expr, scope, &Fields::default(), Form::Quick).map(|(program, _)| program)
}

/// Layout of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// A node for each part of the condition, as `EXPLAIN` tells of them.
    Plain,
    /// One node for the commonest tests, with their operands inside, which takes less time.
    Quick,
}

/// The regexes of a condition, and where they stand.
type Regexes = Vec<(Arc<Pattern>, Span)>;

fn build(
    expr: &Expr,
    scope: &dyn Scope,
    fields: &Fields,
    form: Form,
) -> Result<(Program, Regexes)> {
    let (nodes, regexes) = (Vec::new(), Vec::new());
    let mut builder = Builder { scope, fields, form, nodes, regexes, depth: 0 };
    builder.expr(expr)?;
    Ok((Program::new(builder.nodes), builder.regexes))
}

/// Lays out nodes, operands before what they are operands of. Its depth is bounded: the check came first.
struct Builder<'a> {
    scope: &'a dyn Scope,
    fields: &'a Fields,
    form: Form,
    nodes: Vec<Node>,
    regexes: Regexes,
    /// How many parts there are around the one that is laid out.
    depth: usize,
}

impl Builder<'_> {
    /// Takes note of a regex, of which there are not too many.
    fn note(&mut self, pattern: Arc<Pattern>, span: Span) -> Result<()> {
        self.regexes.push((pattern, span));
        let (limit, found) = (CONDITION_REGEXES, self.regexes.len());
        if found > limit {
            let kind = ErrorKind::TooMany { what: "a condition", limit, unit: "regexes", found };
            return Err(Error::new(kind).at(span));
        }
        Ok(())
    }

    fn pattern(&mut self, literal: &Spanned<Literal>) -> Result<Arc<Pattern>> {
        let pattern = self.fields.pattern(regex(literal)?);
        self.note(Arc::clone(&pattern), literal.span)?;
        Ok(pattern)
    }

    fn expr(&mut self, expr: &Expr) -> Result<NodeId> {
        self.expr_as(expr, None)
    }

    /// Lays out nodes in a row, behind all that they are made of.
    fn list(&mut self, items: &[Expr]) -> Result<Nodes> {
        self.list_as(items, None)
    }

    fn list_as(&mut self, items: &[Expr], what: Option<ReadAs>) -> Result<Nodes> {
        let nodes = items.iter().map(|item| self.node_as(item, what));
        let nodes = nodes.collect::<Result<Vec<_>>>()?;
        self.side_by_side(nodes)
    }

    fn side_by_side(&mut self, nodes: Vec<Node>) -> Result<Nodes> {
        let start = number(self.nodes.len())?;
        self.nodes.extend(nodes);
        Ok(Nodes { start, end: number(self.nodes.len())? })
    }

    fn case(
        &mut self,
        subject: Option<&Expr>,
        branches: &[(Expr, Expr)],
        otherwise: Option<&Expr>,
    ) -> Result<Node> {
        let what = subject.and_then(reading);
        let subject = subject.map(|subject| self.expr(subject)).transpose()?;
        let mut parts = Vec::new();
        for (when, then) in branches {
            parts.push(self.node_as(when, what)?);
            parts.push(self.node(then)?);
        }
        if let Some(otherwise) = otherwise {
            parts.push(self.node(otherwise)?);
        }
        Ok(Node::Case { subject, parts: self.side_by_side(parts)? })
    }

    fn node(&mut self, expr: &Expr) -> Result<Node> {
        self.depth += 1;
        let node = stack::step(|| self.part(expr))?;
        let is_step = self.depth.is_multiple_of(STEP) && !expr.node.is_flat();
        self.depth -= 1;
        if !is_step {
            return Ok(node);
        }
        self.nodes.push(node);
        number(self.nodes.len() - 1).map(Node::Deep)
    }

    fn part(&mut self, expr: &Expr) -> Result<Node> {
        let span = expr.span;
        Ok(match &expr.node {
            ExprKind::Literal(Literal::Value(value)) => {
                Node::Constant(Constant::Value(value.clone()))
            }
            ExprKind::Literal(Literal::Parameter(name)) => {
                return Err(literal::unknown_parameter(name).at(span));
            }
            ExprKind::Duration(duration) => Node::Constant(Constant::Duration(*duration)),
            ExprKind::Read { what, operand } => match literal_text(operand) {
                Some(text) => Node::Constant(Constant::read(*what, text, span)?),
                None => Node::Read { what: *what, operand: self.expr(operand)? },
            },
            ExprKind::Inside { operand, steps } => {
                Node::Inside { operand: self.expr(operand)?, steps: Arc::clone(steps) }
            }
            ExprKind::Attribute(path) => Node::Attribute(self.fields.at(path)),
            ExprKind::CheckValue(path) => Node::CheckValue(Arc::clone(path)),
            ExprKind::Element => Node::Element,
            ExprKind::InList(list) => Node::List(*list),
            ExprKind::Key(_) | ExprKind::InSegment(_) => self.reference(&expr.node)?,
            ExprKind::And(_)
            | ExprKind::Or(_)
            | ExprKind::Not(_)
            | ExprKind::Any { .. }
            | ExprKind::Each { .. } => self.connective(&expr.node)?,
            ExprKind::Arithmetic { .. } | ExprKind::Negate(_) | ExprKind::Cast { .. } => {
                self.calculation(&expr.node)?
            }
            ExprKind::Call { function, arguments } => {
                let made = Function::prepare(&function.node, arguments);
                let made = made.map_err(|error| error.at(function.span))?;
                Node::Call { function: Box::new(made), arguments: self.list(arguments)? }
            }
            ExprKind::Case { subject, branches, otherwise } => {
                self.case(subject.as_deref(), branches, otherwise.as_deref())?
            }
            ExprKind::Behaviour(behaviour) => Node::Behaviour(self.behaviour(behaviour, span)?),
            _ => self.test(&expr.node)?,
        })
    }

    /// A function over events; one that is known needs no work.
    fn behaviour(&mut self, behaviour: &Behaviour, span: Span) -> Result<Arc<Measure>> {
        let mut regexes = Vec::new();
        let measure = self.fields.measure(behaviour, || {
            let filter = behaviour.filter.as_ref();
            let filter = filter.map(|expr| build(expr, &EventScope, self.fields, Form::Quick));
            let filter = filter.transpose()?.map(|(program, found)| {
                regexes = found;
                program
            });
            Measure::new(behaviour, filter)
        })?;
        if regexes.is_empty() {
            regexes.extend(measure.patterns().map(|pattern| (Arc::clone(pattern), span)));
        }
        regexes.into_iter().try_for_each(|(pattern, span)| self.note(pattern, span))?;
        Ok(measure)
    }

    /// A condition over the elements of a list.
    fn filter(&mut self, filter: &Expr) -> Result<Program> {
        let scope = ElementScope { is_timeless: false }; // that was checked
        let (program, regexes) = build(filter, &scope, self.fields, Form::Quick)?;
        regexes.into_iter().try_for_each(|(pattern, span)| self.note(pattern, span))?;
        Ok(program)
    }

    fn reference(&mut self, kind: &ExprKind) -> Result<Node> {
        match kind {
            ExprKind::Key(name) => {
                let (id, _) = self.scope.key(name)?;
                Ok(Node::Key(id))
            }
            ExprKind::InSegment(Some(name)) => {
                let id = self.scope.segment(name)?;
                Ok(Node::Segment(id))
            }
            _ => Ok(Node::Constant(Constant::Value(Value::Boolean(true)))), // `EVERYONE`
        }
    }

    fn connective(&mut self, kind: &ExprKind) -> Result<Node> {
        Ok(match kind {
            ExprKind::And(items) => Node::And(self.list(items)?),
            ExprKind::Or(items) => Node::Or(self.list(items)?),
            ExprKind::Not(operand) => Node::Not(self.expr(operand)?),
            ExprKind::Any { list, test } => {
                Node::Any { list: self.expr(list)?, test: self.expr(test)? }
            }
            ExprKind::Each { every, list, filter } => Node::Each {
                every: *every,
                list: self.expr(list)?,
                filter: Arc::new(self.filter(filter)?),
            },
            _ => Node::NULL,
        })
    }

    fn calculation(&mut self, kind: &ExprKind) -> Result<Node> {
        Ok(match kind {
            ExprKind::Arithmetic { op, left, right } => {
                Node::Arithmetic { op: *op, left: self.expr(left)?, right: self.expr(right)? }
            }
            ExprKind::Negate(operand) => Node::Negate(self.expr(operand)?),
            ExprKind::Cast { operand, to } => {
                let (operand, to) = (self.expr(operand)?, *to);
                let is_written = self.scope.asks() && to == KeyType::String;
                if is_written { Node::Written(operand) } else { Node::Cast { operand, to } }
            }
            _ => Node::NULL,
        })
    }

    fn test(&mut self, kind: &ExprKind) -> Result<Node> {
        Ok(match kind {
            ExprKind::Compare { op, left, right } => self.comparison(*op, left, right)?,
            ExprKind::Is { operand, what, negated } => {
                Node::Is { operand: self.expr(operand)?, what: *what, negated: *negated }
            }
            ExprKind::Between { operand, low, high, negated } => Node::Between {
                operand: self.expr(operand)?,
                low: self.expr_as(low, reading(operand))?,
                high: self.expr_as(high, reading(operand))?,
                negated: *negated,
            },
            ExprKind::Among { operand, answer, negated } => {
                Node::Among { operand: self.expr(operand)?, answer: *answer, negated: *negated }
            }
            ExprKind::In { operand, items, negated } => {
                self.membership(operand, items, *negated)?
            }
            ExprKind::Contains { operand, quantifier, items, negated } => {
                self.containment(operand, *quantifier, items, *negated)?
            }
            ExprKind::Affix { operand, kind, items, negated } => {
                self.affix(operand, *kind, items, *negated)?
            }
            ExprKind::Matches { operand, pattern, negated } => Node::Matches {
                operand: self.expr(operand)?,
                pattern: self.pattern(pattern)?,
                negated: *negated,
            },
            _ => Node::NULL,
        })
    }

    fn comparison(&mut self, op: CompareOp, left: &Expr, right: &Expr) -> Result<Node> {
        let negated = op == CompareOp::NotEqual;
        if negated || op == CompareOp::Equal {
            let either = self.text_is(left, right).or_else(|| self.text_is(right, left));
            if let Some((field, text)) = either {
                return Ok(Node::TextIs { field, text, negated });
            }
        }
        // an attribute on the left is read once for each user, whatever it is compared with
        let turned = self.plain_field(right).is_some() && self.plain_field(left).is_none();
        let (op, left, right) = if turned { (op.turned(), right, left) } else { (op, left, right) };
        if let (Some(field), Some(bound)) = (self.plain_field(left), bound(left, right)?) {
            return Ok(Node::Bounded { field, op, bound });
        }
        let [to_left, to_right] = [reading(right), reading(left)];
        Ok(Node::Compare {
            op,
            left: self.expr_as(left, to_left)?,
            right: self.expr_as(right, to_right)?,
        })
    }

    /// An expression beside one that is read as something: a text is read once, so that no evaluation has to.
    fn node_as(&mut self, expr: &Expr, what: Option<ReadAs>) -> Result<Node> {
        match what.zip(literal_text(expr)) {
            Some((what, text)) => Ok(Node::Constant(Constant::read(what, text, expr.span)?)),
            None => self.node(expr),
        }
    }

    fn expr_as(&mut self, expr: &Expr, what: Option<ReadAs>) -> Result<NodeId> {
        let node = self.node_as(expr, what)?;
        self.nodes.push(node);
        number(self.nodes.len() - 1)
    }

    /// An attribute and a short text, if that is what two expressions are.
    fn text_is(&self, left: &Expr, right: &Expr) -> Option<(Arc<Field>, Short)> {
        Some((self.field(left)?, Short::new(literal_text(right)?)?))
    }

    /// The field of an attribute without steps, or of one that is read as something.
    fn plain_field(&self, expr: &Expr) -> Option<Arc<Field>> {
        match &expr.node {
            ExprKind::Read { operand, .. } => self.field(operand),
            _ => self.field(expr),
        }
    }

    /// The field of an attribute without steps.
    fn field(&self, expr: &Expr) -> Option<Arc<Field>> {
        let ExprKind::Attribute(path) = &expr.node else { return None };
        (self.form == Form::Quick && path.len() == 1).then(|| self.fields.at(path))
    }

    fn membership(&mut self, operand: &Expr, items: &[Expr], negated: bool) -> Result<Node> {
        let texts: Option<Vec<&str>> = items.iter().map(literal_text).collect();
        if let (Some(field), Some(texts)) = (self.field(operand), short_texts(texts.as_ref())) {
            return Ok(Node::TextIn { field, texts, negated });
        }
        let what = reading(operand);
        let operand = self.expr(operand)?;
        Ok(match literals(items).filter(|_| what.is_none()) {
            Some(literals) => Node::InLiterals { operand, literals, negated },
            None => Node::In { operand, items: self.list_as(items, what)?, negated },
        })
    }

    fn containment(
        &mut self,
        operand: &Expr,
        quantifier: Quantifier,
        items: &[Expr],
        negated: bool,
    ) -> Result<Node> {
        let (operand, all) = (self.expr(operand)?, quantifier == Quantifier::All);
        Ok(match literals(items) {
            Some(literals) => Node::ContainsLiterals { operand, all, literals, negated },
            None => Node::Contains { operand, all, items: self.list(items)?, negated },
        })
    }

    fn affix(
        &mut self,
        operand: &Expr,
        kind: AffixKind,
        items: &[Expr],
        negated: bool,
    ) -> Result<Node> {
        let operand = self.expr(operand)?;
        Ok(match affixes(kind, items) {
            Some(finder) => Node::AffixTexts { operand, kind, finder, negated },
            None => Node::Affix { operand, kind, items: self.list(items)?, negated },
        })
    }
}

/// The literal that an attribute is compared with, if that is what an expression is. The attribute may be read as
/// something, the literal then is, too.
fn bound(attribute: &Expr, literal: &Expr) -> Result<Option<Bound>> {
    let (what, text) = match (&literal.node, reading(attribute)) {
        (ExprKind::Literal(Literal::Value(Value::Integer(number))), None) => {
            return Ok(Some(Bound::Integer(*number)));
        }
        (ExprKind::Read { what, operand }, known) if known.is_none_or(|known| known == *what) => {
            (Some(*what), literal_text(operand))
        }
        (_, what) => (what, literal_text(literal)),
    };
    let read = what.zip(text).map(|(what, text)| Constant::read(what, text, literal.span));
    Ok(match read.transpose()? {
        Some(Constant::Timestamp(at)) => Some(Bound::Timestamp(at)),
        Some(Constant::Semver(version)) => Some(Bound::Semver(version)),
        Some(Constant::Version(version)) => Some(Bound::Version(version)),
        _ => None,
    })
}

/// The items of a list, if there are many and all of them are literals.
fn literals(items: &[Expr]) -> Option<Arc<Literals>> {
    let values: Option<Vec<_>> = items.iter().map(literal).collect();
    let values = values.filter(|values| values.len() >= LITERALS_FROM)?;
    Some(Arc::new(Literals::new(values.into_iter())))
}

/// Finder of the texts of a list, if there are many and all of them are literals.
fn affixes(kind: AffixKind, items: &[Expr]) -> Option<Arc<Finder>> {
    let texts: Option<Vec<&str>> = items.iter().map(literal_text).collect();
    let texts = texts.filter(|texts| texts.len() >= LITERALS_FROM)?;
    Some(Arc::new(match kind {
        AffixKind::Starts => Finder::new(texts),
        AffixKind::Ends => {
            let backwards = |text: &str| text.bytes().rev().collect::<Vec<u8>>();
            Finder::new(texts.into_iter().map(backwards).collect())
        }
    }))
}

/// Texts as sorted words, if all of them are short.
fn short_texts(texts: Option<&Vec<&str>>) -> Option<Arc<[Short]>> {
    let mut words: Vec<_> = texts?.iter().map(|text| Short::new(text)).collect::<Option<_>>()?;
    words.sort_unstable();
    words.dedup();
    Some(words.into())
}

/// The number of a node.
fn number(n: usize) -> Result<NodeId> {
    let many = ErrorKind::TooMany {
        what: "a condition",
        limit: u32::MAX as usize,
        unit: "parts",
        found: n,
    };
    u32::try_from(n).map_err(|_| Error::new(many))
}

/// The text of a regex.
fn regex(pattern: &Spanned<Literal>) -> Result<&Arc<str>> {
    let span = pattern.span;
    match &pattern.node {
        Literal::Value(Value::String(text)) => Ok(text),
        Literal::Value(other) => {
            Err(literal::mismatch("MATCHES", "a regex as a literal", other, span))
        }
        Literal::Parameter(name) => Err(literal::unknown_parameter(name).at(span)),
    }
}

/// Refuses regexes that are none, and those that are too large together.
fn check_regexes(found: &[(Arc<Pattern>, Span)]) -> Result<()> {
    let mut bytes = 0;
    for (pattern, span) in found {
        bytes += pattern.check().map_err(|error| error.at(*span))?;
        if bytes > CONDITION_REGEX_BYTES {
            return Err(Error::new(ErrorKind::RegexesTooLarge).at(*span));
        }
    }
    Ok(())
}
