//! Syntax: scripts cut into statements, and statements parsed to trees with the spans of their parts.
//!
//! Nothing outside of this module names pest.

mod complaint;
mod cursor;
mod expectation;
mod expression;
mod follow;
mod habit;
mod lexer;
mod literal;
mod misplaced;
mod operator;
mod query;
mod rules;
mod split;
mod token;
mod words;

pub(crate) use cursor::{Cursor, Node};
pub(crate) use expectation::{Expected, expected_errors};
pub(crate) use follow::{Follow, Typed, Wanted, follow, solid, typed};
pub(crate) use lexer::Mark;
pub(crate) use literal::column_of_value;
pub(crate) use rules::Rule;
pub(crate) use split::{LastEnd, Piece, Splitter, is_complete};
pub use token::{Token, TokenKind, Tokens};
#[cfg(test)]
pub(crate) use words::FIRST_WORDS;

use std::collections::HashSet;
use std::sync::Arc;

use pest::Parser as _;

use crate::error::{Error, ErrorKind, Result, Short};
use crate::limits::NESTING;
use crate::model::{Duration, Expr, Literal, Share, Span, Spanned, Value};
use crate::stack;

use expression::Builder;

/// Parses one statement, without its `;`, into its tree; a splitter has bounded its size and nesting.
pub(crate) fn statement(text: &str) -> Result<Node<'_>> {
    let node = parse(Rule::lone_statement, text)?;
    misplaced::check(&node)?;
    Ok(node)
}

/// Parses a condition that stands alone: that of a segment, or of a `CHECK`.
pub(crate) fn condition(text: &str, check: bool) -> Result<Expr> {
    split::check_condition(text)?;
    let node = parse(Rule::lone_condition, text)?;
    misplaced::check_condition(&node, check)?;
    Builder::default().condition(&node)
}

/// Parses a literal that stands alone, as the caller of a program gives it.
pub(crate) fn value(text: &str) -> Result<Value> {
    split::check(text)?;
    let node = parse(Rule::lone_literal, text)?;
    match node.literal()?.node {
        Literal::Value(value) => Ok(value),
        Literal::Parameter(_) => {
            let expected = vec!["a literal".to_owned()];
            Err(node.error(ErrorKind::Expected {
                expected,
                found: format!("`{}`", Short(node.text())),
            }))
        }
    }
}

/// The share of a text such as `12.5%`.
pub(crate) fn share(text: &str) -> Result<Share> {
    let number = text.strip_suffix('%').filter(|number| {
        let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
        [whole, part].iter().all(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()))
    });
    let number = number.ok_or_else(|| ErrorKind::NoShare { text: text.to_owned() })?;
    literal::share(number).map_err(Error::from)
}

/// The share of a number of percent.
pub(crate) fn share_of_number(number: &Value) -> Result<Share> {
    let text = number.to_string();
    if text.starts_with('-') {
        return Err(ErrorKind::NoShare { text }.into());
    }
    literal::share(&text).map_err(Error::from)
}

/// The duration of a text such as `7 DAYS`.
pub(crate) fn duration(text: &str) -> Result<Duration> {
    let why = || "it is not written as `7 DAYS`".to_owned();
    let (what, text) = ("the duration", text.to_owned());
    let node = parse(Rule::lone_duration, &text);
    let node = node.map_err(|_| ErrorKind::BadLiteral { what, text: text.clone(), why: why() })?;
    node.duration().map(|duration| duration.node)
}

/// The text that stands in single quotes.
pub(crate) fn unquote(quoted: &str) -> Arc<str> {
    literal::unquote(quoted, '\'')
}

/// The names of the parameters of a statement, in the order in which they first stand there, and where that is.
pub(crate) fn parameters(text: &str) -> Vec<Spanned<Arc<str>>> {
    let (mut seen, mut end) = (HashSet::new(), 0);
    let placed = Tokens::new(text).map(|token| {
        let start = end;
        end += token.text.len();
        (token, Span::new(start, end))
    });
    let parameters = placed.filter(|(token, _)| token.kind == TokenKind::Parameter);
    let names = parameters.map(|(token, span)| (token.text.trim_start_matches(':'), span));
    let first = names.filter(|(name, _)| seen.insert(*name));
    first.map(|(name, span)| Spanned::new(Arc::from(name), span)).collect()
}

fn parse(rule: Rule, text: &str) -> Result<Node<'_>> {
    let parsed = stack::levels(levels(text), || rules::Grammar::parse(rule, text));
    let mut pairs = parsed.map_err(|e| complaint::explain(text, &e))?;
    pairs.next().map(Node::new).ok_or_else(|| Error::bug("an empty tree"))
}

/// How deep a text nests at most: parentheses and `CASE`s, and in them a JSON literal or a comment.
fn levels(text: &str) -> usize {
    let opens = text.bytes().filter(|byte| matches!(byte, b'(' | b'[' | b'{' | b'*')).count();
    let cases =
        text.as_bytes().windows(4).filter(|word| word.eq_ignore_ascii_case(b"case")).count();
    (opens + cases).min(2 * NESTING)
}

#[cfg(test)]
mod tests;
