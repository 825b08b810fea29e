//! Expressions: trees of conditions, made of the flat lists of the grammar.

use std::sync::Arc;

use super::cursor::{Cursor, Node};
use super::literal::column_of_value;
use super::operator::{arithmetic, arithmetic_op, binds, compare_op, fold, is_what, quantifier};
use super::rules::Rule;
use crate::error::{ErrorKind, Result};
use crate::limits;
use crate::model::{
    AffixKind, Aggregate, ArithmeticOp, Behaviour, Expr, ExprKind, KeyType, ListId, Literal, Name,
    Path, Quantifier, ReadAs, Span, Spanned, Window,
};
use crate::stack;

impl Cursor<'_> {
    /// A condition, with or without parentheses of its own around it.
    pub(crate) fn condition(&mut self) -> Result<Expr> {
        let node = self.operand()?;
        match node.rule() {
            Rule::check | Rule::columns_where | Rule::event_where | Rule::element_where => {
                node.children().condition()
            }
            _ => Builder::default().condition(&node),
        }
    }
}

/// Builds expressions, and counts how deep they nest.
#[derive(Debug, Default)]
pub(super) struct Builder {
    depth: usize,
    /// How many operators of sums there are on the way from the root.
    chain: usize,
    /// Whether names are columns: then `VALUE` is one, too.
    asks: bool,
}

impl Builder {
    /// Builds what stands in a query.
    pub(super) fn of_query() -> Self {
        Self { asks: true, ..Self::default() }
    }

    /// A condition: the operands of `OR`, each a list of those of `AND`.
    pub(super) fn condition(&mut self, node: &Node<'_>) -> Result<Expr> {
        self.nested(node, |builder| builder.alternatives(node))
    }

    /// Builds what is one level deeper.
    pub(super) fn nested<T>(
        &mut self,
        node: &Node<'_>,
        build: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        self.enter(node, 1)?;
        let inner = build(self)?;
        self.depth -= 1;
        Ok(inner)
    }

    fn enter(&mut self, node: &Node<'_>, levels: usize) -> Result<()> {
        self.depth += levels;
        if self.depth > limits::NESTING {
            return Err(node.error(ErrorKind::NestingTooDeep { what: "conditions" }));
        }
        Ok(())
    }

    fn alternatives(&mut self, node: &Node<'_>) -> Result<Expr> {
        stack::step(|| self.alternatives_of(node))
    }

    fn alternatives_of(&mut self, node: &Node<'_>) -> Result<Expr> {
        let mut children = node.children();
        let mut alternatives = Vec::new();
        let mut all = vec![self.negation(&mut children)?];
        while let Some(operator) = children.next() {
            if operator.rule() == Rule::k_or {
                alternatives.push(join(std::mem::take(&mut all), ExprKind::And));
            }
            all.push(self.negation(&mut children)?);
        }
        alternatives.push(join(all, ExprKind::And));
        Ok(join(alternatives, ExprKind::Or))
    }

    /// `NOT`s and what they negate.
    fn negation(&mut self, children: &mut Cursor<'_>) -> Result<Expr> {
        let mut nots = Vec::new();
        while let Some(not) = children.accept(Rule::k_not) {
            self.enter(&not, 1)?;
            nots.push(not.span());
        }
        let inner = self.comparison(&children.node()?)?;
        self.depth -= nots.len();
        Ok(nots.into_iter().rev().fold(inner, |inner, not| {
            let span = not.to(inner.span);
            Spanned::new(ExprKind::Not(Box::new(inner)), span)
        }))
    }

    fn comparison(&mut self, node: &Node<'_>) -> Result<Expr> {
        let mut children = node.children();
        let left = children.node()?;
        let left = match left.rule() {
            Rule::any | Rule::every => return self.quantified(&left),
            _ => self.sum(&left)?,
        };
        self.optional_tail(left, children.next(), node.span())
    }

    fn optional_tail(&mut self, left: Expr, tail: Option<Node<'_>>, span: Span) -> Result<Expr> {
        match tail {
            Some(tail) => self.tail(left, &tail, span),
            None => Ok(left),
        }
    }

    /// `ANY(…)` or `EVERY(…)`, and what follows it.
    fn quantified(&mut self, node: &Node<'_>) -> Result<Expr> {
        let mut children = node.children();
        let every = children.node()?.rule() == Rule::k_every;
        let list = children.operand()?;
        let negated = children.peek() == Some(Rule::rparen) && is_negated(node);
        let levels = 1 + usize::from(negated);
        self.enter(node, levels)?;
        let list = Box::new(self.alternatives(&list)?);
        let filter = children.accept(Rule::k_where).map(|_| self.filter(&mut children));
        let filter = filter.transpose()?;
        self.depth -= levels;
        let Some(filter) = filter else {
            // `ANY(list) NOT IN …` is `NOT (ANY(list) IN …)`, and counts as such
            let any = self.any(list, children, node)?;
            let not = |any| node.spanned(ExprKind::Not(Box::new(any)));
            return Ok(if negated { not(any) } else { any });
        };
        let span = Span { end: children.node()?.span().end, ..node.span() };
        let each = Spanned::new(ExprKind::Each { every, list, filter: Box::new(filter) }, span);
        self.optional_tail(each, children.next(), node.span())
    }

    /// The condition of a `WHERE` within a condition.
    fn filter(&mut self, children: &mut Cursor<'_>) -> Result<Expr> {
        let asks = std::mem::replace(&mut self.asks, false);
        let filter = self.alternatives(&children.operand()?.children().operand()?);
        self.asks = asks;
        filter
    }

    /// What follows `ANY(list`: steps into the element, and its test.
    fn any(&mut self, list: Box<Expr>, children: Cursor<'_>, node: &Node<'_>) -> Result<Expr> {
        let steps = children.clone().steps()?;
        let tail = children.last().ok_or_else(|| node.unexpected())?;
        let element = node.spanned(inside(ExprKind::Element, steps, node.span()));
        let test = Box::new(positive(self.tail(element, &tail, node.span())?));
        Ok(node.spanned(ExprKind::Any { list, test }))
    }

    fn tail(&mut self, left: Expr, tail: &Node<'_>, span: Span) -> Result<Expr> {
        let mut children = tail.children();
        let left = Box::new(left);
        let kind = match tail.rule() {
            Rule::compare => {
                let op = compare_op(&children.node()?);
                ExprKind::Compare { op, left, right: Box::new(self.sum(&children.node()?)?) }
            }
            Rule::is => {
                children.saw(Rule::k_is);
                let negated = children.saw(Rule::k_not);
                ExprKind::Is { operand: left, what: is_what(&children.node()?), negated }
            }
            _ => {
                let negated = children.saw(Rule::k_not);
                self.test(left, &children.node()?, negated)?
            }
        };
        Ok(Spanned::new(kind, span))
    }

    fn test(&mut self, operand: Box<Expr>, node: &Node<'_>, negated: bool) -> Result<ExprKind> {
        let mut children = node.children();
        Ok(match node.rule() {
            Rule::between => {
                let low = Box::new(self.sum(&children.operand()?)?);
                let high = Box::new(self.sum(&children.operand()?)?);
                ExprKind::Between { operand, low, high, negated }
            }
            Rule::in_list if is_query(&children) => {
                let query = children.operand()?.children().operand()?;
                ExprKind::InQuery { operand, query: Box::new(self.query(&query)?), negated }
            }
            Rule::in_list => {
                ExprKind::In { operand, items: self.items(&children.operand()?)?, negated }
            }
            Rule::contains => {
                children.saw(Rule::k_contains);
                let quantifier = children
                    .accept(Rule::quantifier)
                    .map_or(Quantifier::One, |node| quantifier(&node));
                ExprKind::Contains {
                    operand,
                    quantifier,
                    items: self.items(&children.node()?)?,
                    negated,
                }
            }
            Rule::affix => {
                let starts = children.peek() == Some(Rule::k_starts);
                let kind = if starts { AffixKind::Starts } else { AffixKind::Ends };
                ExprKind::Affix { operand, kind, items: self.items(&children.operand()?)?, negated }
            }
            Rule::matches => ExprKind::Matches { operand, pattern: children.literal()?, negated },
            _ => return Err(node.unexpected()),
        })
    }

    /// The items of a list in parentheses, or the one operand that stands instead of it.
    fn items(&mut self, node: &Node<'_>) -> Result<Vec<Expr>> {
        if node.rule() == Rule::sum {
            return Ok(vec![self.sum(node)?]);
        }
        let items = self.nested(node, |builder| builder.conditions(node.children()))?;
        if items.is_empty() {
            return Err(node.error(ErrorKind::EmptyList).hint("write what may be in it"));
        }
        Ok(items)
    }

    /// The conditions among children: items of a list, arguments of a call.
    fn conditions(&mut self, children: Cursor<'_>) -> Result<Vec<Expr>> {
        let conditions = children.filter(|child| child.rule() == Rule::condition);
        conditions.map(|condition| self.alternatives(&condition)).collect()
    }

    /// Operands joined by operators that calculate. Those that bind looser wait on a stack until what
    /// is on their right is complete.
    fn sum(&mut self, node: &Node<'_>) -> Result<Expr> {
        let operators = node.children().filter(|child| child.rule() == Rule::sum_op).count();
        self.lengthen(node, operators)?;
        let sum = self.sum_of(node.children())?;
        self.chain -= operators;
        Ok(sum)
    }

    /// Bounds the height of the tree, which long sums make as high as parentheses do.
    fn lengthen(&mut self, node: &Node<'_>, operators: usize) -> Result<()> {
        self.chain += operators;
        let (limit, found) = (limits::CHAIN_DEPTH, self.chain);
        if found > limit {
            let what = "a calculation";
            return Err(node.error(ErrorKind::TooMany { what, limit, unit: "operators", found }));
        }
        Ok(())
    }

    fn sum_of(&mut self, mut children: Cursor<'_>) -> Result<Expr> {
        let mut left = self.signed(&mut children)?;
        let mut waiting: Vec<(Expr, ArithmeticOp)> = Vec::new();
        while let Some(operator) = children.next() {
            let op = arithmetic_op(&operator);
            while let Some((first, before)) =
                waiting.pop_if(|(_, before)| binds(*before) >= binds(op))
            {
                left = arithmetic(first, before, left);
            }
            waiting.push((left, op));
            left = self.signed(&mut children)?;
        }
        Ok(waiting.into_iter().rev().fold(left, |right, (left, op)| arithmetic(left, op, right)))
    }

    /// Minus signs, words such as `SEMVER`, and what they stand before; a minus before a number belongs to it.
    fn signed(&mut self, children: &mut Cursor<'_>) -> Result<Expr> {
        let mut signs = Vec::new();
        while let Some(sign) =
            children.accept(Rule::minus).or_else(|| children.accept(Rule::reading))
        {
            signs.push(sign);
        }
        let node = children.node()?;
        let is_number = node.rule() == Rule::number;
        let literal_sign = signs.pop_if(|sign| is_number && sign.rule() == Rule::minus);
        for sign in &signs {
            self.enter(sign, 1)?;
        }
        let inner = match (node.rule(), literal_sign) {
            (Rule::number, sign) => number(&node, sign.as_ref())?,
            _ => self.operand(&node)?,
        };
        self.depth -= signs.len();
        Ok(signs.iter().rev().fold(inner, |inner, sign| {
            let span = sign.span().to(inner.span);
            Spanned::new(applied(sign, Box::new(inner)), span)
        }))
    }

    fn operand(&mut self, node: &Node<'_>) -> Result<Expr> {
        let mut children = node.children();
        let kind = match node.rule() {
            Rule::group => {
                // its place is that of the parentheses, so that errors point at all of it
                let inner = self.condition(&children.operand()?)?;
                return Ok(node.spanned(inner.node));
            }
            Rule::duration => ExprKind::Duration(node.duration()?.node),
            Rule::path => ExprKind::Attribute(node.path()?.node),
            Rule::check_value if self.asks => {
                ExprKind::Attribute(column_of_value(&children.steps()?))
            }
            Rule::check_value => ExprKind::CheckValue(children.steps()?),
            Rule::subquery => ExprKind::Subquery(Box::new(self.query(&children.operand()?)?)),
            Rule::exists => {
                let query = children.operand()?.children().operand()?;
                ExprKind::Exists(Box::new(self.query(&query)?))
            }
            Rule::case_of => self.nested(node, |builder| builder.case(children))?,
            Rule::aggregate => self.nested(node, |builder| builder.fold(children))?,
            Rule::in_segment => ExprKind::InSegment(segment(&mut children)?),
            Rule::listed => ExprKind::InList(list(&mut children)?),
            Rule::key_value => {
                let key = ExprKind::Key(children.name()?);
                inside(key, children.steps()?, node.span())
            }
            Rule::cast => self.nested(node, |builder| builder.cast(&mut children))?,
            Rule::call => self.nested(node, |builder| builder.call(children))?,
            Rule::behaviour | Rule::did => {
                let behaviour = self.nested(node, |builder| builder.behaviour(children))?;
                ExprKind::Behaviour(Box::new(behaviour))
            }
            _ => ExprKind::Literal(node.literal()?.node),
        };
        Ok(node.spanned(kind))
    }

    fn cast(&mut self, children: &mut Cursor<'_>) -> Result<ExprKind> {
        let operand = Box::new(self.alternatives(&children.operand()?)?);
        let to = match children.operand()?.children().node()?.rule() {
            Rule::k_boolean => KeyType::Boolean,
            Rule::k_integer => KeyType::Integer,
            Rule::k_double => KeyType::Double,
            _ => KeyType::String,
        };
        Ok(ExprKind::Cast { operand, to })
    }

    /// A function over events; what may be missing is told from what comes next.
    fn behaviour(&mut self, mut children: Cursor<'_>) -> Result<Behaviour> {
        let aggregate = aggregate(&children.node()?)?;
        children.saw(Rule::lparen);
        children.saw(Rule::k_event);
        let event = children.literal()?;
        let of = if children.saw(Rule::k_of) { Some(children.path()?.node) } else { None };
        let equals = children.literal_after(Rule::equals)?;
        let filter =
            if children.saw(Rule::k_where) { Some(self.filter(&mut children)?) } else { None };
        let window = children.accept(Rule::window).map(|node| window(node.children()));
        let window = window.transpose()?;
        let zone = children.literal_after(Rule::comma)?;
        Ok(Behaviour { aggregate, event, of, equals, filter, window, zone })
    }

    fn case(&mut self, mut children: Cursor<'_>) -> Result<ExprKind> {
        children.saw(Rule::k_case);
        let subject = children.accept(Rule::condition).map(|node| self.boxed(&node)).transpose()?;
        let mut branches = Vec::new();
        while let Some(branch) = children.accept(Rule::case_branch) {
            let mut parts = branch.children();
            let when = self.alternatives(&parts.operand()?)?;
            branches.push((when, self.alternatives(&parts.operand()?)?));
        }
        let otherwise = children.saw(Rule::k_else).then(|| self.boxed(&children.node()?));
        Ok(ExprKind::Case { subject, branches, otherwise: otherwise.transpose()? })
    }

    fn fold(&mut self, mut children: Cursor<'_>) -> Result<ExprKind> {
        let fold = fold(&children.node()?)?;
        children.saw(Rule::lparen);
        let distinct = children.saw(Rule::k_distinct);
        let operand = children.accept(Rule::condition).map(|node| self.boxed(&node)).transpose()?;
        let filter = children.find(|node| node.rule() == Rule::condition);
        let filter = filter.map(|node| self.boxed(&node)).transpose()?;
        Ok(ExprKind::Fold { fold, distinct, operand, filter })
    }

    fn boxed(&mut self, node: &Node<'_>) -> Result<Box<Expr>> {
        self.alternatives(node).map(Box::new)
    }

    fn call(&mut self, mut children: Cursor<'_>) -> Result<ExprKind> {
        let function = children.node()?;
        let name: Arc<str> = function.text().to_ascii_uppercase().into();
        let function = function.spanned(name);
        Ok(ExprKind::Call { function, arguments: self.conditions(children)? })
    }
}

/// Whether what stands after an `IN` is a query.
fn is_query(children: &Cursor<'_>) -> bool {
    children.clone().any(|node| node.rule() == Rule::subquery)
}

fn aggregate(node: &Node<'_>) -> Result<Aggregate> {
    let word = node.text();
    let named = |aggregate: &Aggregate| aggregate.keyword().eq_ignore_ascii_case(word);
    Aggregate::ALL.into_iter().find(named).ok_or_else(|| node.unexpected())
}

fn window(mut children: Cursor<'_>) -> Result<Window> {
    Ok(match children.node()?.rule() {
        Rule::k_within => Window::Within(children.length()?),
        Rule::k_since => Window::Since(children.literal()?),
        _ => Window::Span { from: children.literal()?, to: children.literal()? },
    })
}

/// One operand alone, or several joined.
fn join(mut operands: Vec<Expr>, make: impl FnOnce(Vec<Expr>) -> ExprKind) -> Expr {
    match (operands.len(), operands.pop()) {
        (1, Some(only)) => only,
        (_, Some(last)) => {
            let span = operands.first().map_or(last.span, |first| first.span.to(last.span));
            operands.push(last);
            Spanned::new(make(operands), span)
        }
        (_, None) => Expr::unplaced(make(operands)),
    }
}

fn number(node: &Node<'_>, sign: Option<&Node<'_>>) -> Result<Expr> {
    let value = node.number(sign.is_some())?;
    let span = sign.map_or(node.span(), |sign| sign.span().to(node.span()));
    Ok(Spanned::new(ExprKind::Literal(Literal::Value(value)), span))
}

/// Whether the test of an `ANY(list)` has a `NOT`.
fn is_negated(any: &Node<'_>) -> bool {
    let test = any.children().last();
    test.is_some_and(|test| test.children().peek() == Some(Rule::k_not))
}

/// The test without its `NOT`, which stands before the `ANY(…)` instead.
fn positive(mut test: Expr) -> Expr {
    match &mut test.node {
        ExprKind::Between { negated, .. }
        | ExprKind::In { negated, .. }
        | ExprKind::Contains { negated, .. }
        | ExprKind::Affix { negated, .. }
        | ExprKind::Matches { negated, .. } => *negated = false,
        _ => {}
    }
    test
}

fn segment(children: &mut Cursor<'_>) -> Result<Option<Spanned<Name>>> {
    let segment = children.segment()?;
    Ok(segment.node.map(|name| Spanned::new(name, segment.span)))
}

/// The number of a list. One that no list can have is that of none.
fn list(children: &mut Cursor<'_>) -> Result<ListId> {
    children.saw(Rule::k_in);
    children.saw(Rule::k_list);
    let number = children.integer()?.node;
    Ok(ListId(u32::try_from(number).unwrap_or(u32::MAX)))
}

/// What a sign or a word makes of the operand behind it.
fn applied(sign: &Node<'_>, operand: Box<Expr>) -> ExprKind {
    let is = |what: &ReadAs| what.keyword().eq_ignore_ascii_case(sign.text());
    match [ReadAs::Timestamp, ReadAs::Semver, ReadAs::Version].into_iter().find(is) {
        Some(what) => ExprKind::Read { what, operand },
        None => ExprKind::Negate(operand),
    }
}

/// What steps lead to inside an operand, if there are any.
fn inside(operand: ExprKind, steps: Path, span: Span) -> ExprKind {
    if steps.is_empty() {
        return operand;
    }
    ExprKind::Inside { operand: Box::new(Spanned::new(operand, span)), steps }
}
