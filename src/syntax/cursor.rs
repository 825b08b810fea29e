//! Nodes of the tree that pest makes of a statement, and cursors over their children.

use pest::iterators::{Pair, Pairs};

use super::rules::Rule;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Span, Spanned};

/// A node of the tree of a statement.
#[derive(Clone, Debug)]
pub(crate) struct Node<'a>(Pair<'a, Rule>);

impl<'a> Node<'a> {
    pub(super) fn new(pair: Pair<'a, Rule>) -> Self {
        Self(pair)
    }

    /// Which rule of the grammar it is.
    pub(crate) fn rule(&self) -> Rule {
        self.0.as_rule()
    }

    /// From its first token to its last: a rule that ends in an optional part has read the blanks before it.
    pub(crate) fn span(&self) -> Span {
        let mut last = self.0.clone();
        while let Some(inner) = last.clone().into_inner().next_back() {
            last = inner;
        }
        Span::new(self.0.as_span().start(), last.as_span().end())
    }

    /// Where it starts.
    pub(super) fn start(&self) -> usize {
        self.0.as_span().start()
    }

    /// Where it ends, blanks after it and all.
    pub(super) fn end(&self) -> usize {
        self.0.as_span().end()
    }

    /// The text of a token.
    pub(crate) fn text(&self) -> &'a str {
        self.0.as_str()
    }

    /// The text from the first token to the last.
    pub(crate) fn trimmed(&self) -> &'a str {
        let length = (self.span().end - self.span().start) as usize;
        self.text().get(..length).unwrap_or(self.text())
    }

    /// A walk over its children.
    pub(crate) fn children(&self) -> Cursor<'a> {
        Cursor { nodes: self.0.clone().into_inner(), parent: self.clone() }
    }

    /// Every node below it, parents before children.
    pub(super) fn descendants(&self) -> impl Iterator<Item = Self> + use<'a> {
        self.0.clone().into_inner().flatten().map(Node)
    }

    /// Attaches the place of the node.
    pub(crate) fn spanned<T>(&self, node: T) -> Spanned<T> {
        Spanned::new(node, self.span())
    }

    /// An error at the place of the node.
    pub(crate) fn error(&self, kind: ErrorKind) -> Error {
        Error::new(kind).at(self.span())
    }

    /// The error of a node that the grammar does not let stand here: never seen, unless by a mistake of ours.
    pub(crate) fn unexpected(&self) -> Error {
        Error::bug(format!("{:?} in a tree", self.rule())).at(self.span())
    }
}

/// A walk over the children of a node, token by token as the grammar has them.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    nodes: Pairs<'a, Rule>,
    parent: Node<'a>,
}

impl<'a> Iterator for Cursor<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Node<'a>> {
        self.nodes.next().map(Node)
    }
}

impl<'a> Cursor<'a> {
    /// The rule of the next child.
    pub(crate) fn peek(&self) -> Option<Rule> {
        self.nodes.peek().map(|pair| pair.as_rule())
    }

    /// The next child.
    pub(crate) fn node(&mut self) -> Result<Node<'a>> {
        self.next().ok_or_else(|| self.parent.unexpected())
    }

    /// The next child, if it is of a rule.
    pub(crate) fn accept(&mut self, rule: Rule) -> Option<Node<'a>> {
        (self.peek() == Some(rule)).then(|| self.next()).flatten()
    }

    /// Whether the next child is a given keyword or sign, which is passed over.
    pub(crate) fn saw(&mut self, rule: Rule) -> bool {
        self.accept(rule).is_some()
    }

    /// The next child, after the keywords and signs that are there only to be read by people.
    pub(crate) fn operand(&mut self) -> Result<Node<'a>> {
        loop {
            let node = self.node()?;
            if !node.rule().is_filler() {
                return Ok(node);
            }
        }
    }
}
