//! Places in the text of a statement.

use std::fmt;

use crate::stack;

/// A range of bytes in the text of one statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// The offset of the first byte.
    pub start: u32,
    /// The offset after the last byte.
    pub end: u32,
}

impl Span {
    /// Makes a span; offsets past `u32::MAX` (never reached: a statement has 1 MiB) are clamped.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        let clamp = |n| u32::try_from(n).unwrap_or(u32::MAX);
        Self { start: clamp(start), end: clamp(end) }
    }

    /// The span so many bytes further on.
    pub(crate) fn moved(self, by: u32) -> Self {
        Self { start: self.start.saturating_add(by), end: self.end.saturating_add(by) }
    }

    /// The smallest span that covers both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// A piece of syntax and its place. Equality and hashing ignore the place.
///
/// Expressions are made of such pieces: whatever goes down one has room for each.
pub struct Spanned<T> {
    /// What stands there.
    pub node: T,
    /// Where it stands; empty if it was built by the library rather than parsed.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Attaches a place to a piece of syntax.
    pub fn new(node: T, span: Span) -> Self {
        Self { node, span }
    }

    /// Makes a piece of syntax that stands in no text.
    pub fn unplaced(node: T) -> Self {
        Self { node, span: Span::default() }
    }
}

impl<T: Clone> Clone for Spanned<T> {
    fn clone(&self) -> Self {
        stack::step(|| Self { node: self.node.clone(), span: self.span })
    }
}

impl<T: fmt::Debug> fmt::Debug for Spanned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { node, span } = self;
        let mut told = f.debug_struct("Spanned");
        stack::step(|| told.field("node", node).field("span", span).finish())
    }
}

/// Writes the piece of syntax.
impl<T: fmt::Display> fmt::Display for Spanned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.node.fmt(f)
    }
}

impl<T: PartialEq> PartialEq for Spanned<T> {
    fn eq(&self, other: &Self) -> bool {
        stack::step(|| self.node == other.node)
    }
}

impl<T: Eq> Eq for Spanned<T> {}

impl<T> From<T> for Spanned<T> {
    fn from(node: T) -> Self {
        Self::unplaced(node)
    }
}
