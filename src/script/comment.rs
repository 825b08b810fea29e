//! Comments of a script, by where they stand.

use crate::syntax::Tokens;

/// Comments and blanks between two statements.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Trivia<'a> {
    pub(super) comments: Vec<Comment<'a>>,
    /// How many line breaks come after the last comment.
    pub(super) breaks_at_end: usize,
}

/// A comment, with its `--` or `/*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Comment<'a> {
    /// How many line breaks come before it, since the comment or statement before.
    pub(super) breaks_before: usize,
    pub(super) text: &'a str,
}

impl<'a> Trivia<'a> {
    /// Reads blanks and comments; a first line that starts with `#!` counts as a comment.
    pub(super) fn parse(text: &'a str) -> Self {
        let mut trivia = Self::default();
        for token in Tokens::new(text) {
            if token.kind.is_comment() {
                let breaks_before = std::mem::take(&mut trivia.breaks_at_end);
                trivia.comments.push(Comment { breaks_before, text: token.text.trim_end() });
            } else {
                trivia.breaks_at_end += token.text.matches('\n').count();
            }
        }
        trivia
    }

    /// How many comments stand on the line on which the text begins; those right before a statement on
    /// that line belong to it instead.
    pub(super) fn on_first_line(&self) -> usize {
        let count = self.comments.iter().take_while(|comment| comment.breaks_before == 0).count();
        let statement_follows = count == self.comments.len() && self.breaks_at_end == 0;
        if statement_follows { 0 } else { count }
    }
}

/// The comments between the last word of a statement and the end of its line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Trailing<'a> {
    /// Those that have to go before the statement, for want of room on its line.
    pub(super) moved: Vec<&'a str>,
    /// Those that stay on the line of its `;`.
    pub(super) kept: Vec<&'a str>,
}

impl<'a> Trailing<'a> {
    /// Reads comments, and keeps what fits on one line.
    pub(super) fn new(text: &'a str) -> Self {
        Self::of(Trivia::parse(text).comments.iter().map(|c| c.text).collect())
    }

    /// Keeps what fits on one line, which a `--` ends.
    pub(super) fn of(mut kept: Vec<&'a str>) -> Self {
        let ends_line = |text: &&str| text.starts_with("--") || text.contains('\n');
        let last = kept.len().saturating_sub(1);
        let first_kept = if kept.iter().take(last).any(ends_line) { last } else { 0 };
        let moved = kept.drain(..first_kept).collect();
        Self { moved, kept }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comments(text: &str) -> Vec<(usize, &str)> {
        Trivia::parse(text).comments.iter().map(|c| (c.breaks_before, c.text)).collect()
    }

    #[test]
    fn comments_know_the_line_breaks_before_them() {
        let text = " /* a /* b */ */ -- c \r\n\n\n-- d\n/* e\n */\n\n";
        assert_eq!(
            comments(text),
            [(0, "/* a /* b */ */"), (0, "-- c"), (3, "-- d"), (1, "/* e\n */")]
        );
        assert_eq!(Trivia::parse(text).breaks_at_end, 2);
        assert_eq!(Trivia::parse(text).on_first_line(), 2);
        assert_eq!(comments("#!/usr/bin/env pcq\n-- a"), [(0, "#!/usr/bin/env pcq"), (1, "-- a")]);
    }

    #[test]
    fn a_comment_before_a_statement_on_one_line_is_the_statement_s() {
        assert_eq!(Trivia::parse(" /* a */ ").on_first_line(), 0);
        assert_eq!(Trivia::parse(" /* a */\n").on_first_line(), 1);
    }

    #[test]
    fn trailing_comments_stay_as_far_as_they_fit() {
        let trailing = Trailing::new("/* a */ -- b");
        assert_eq!((trailing.moved, trailing.kept), (vec![], vec!["/* a */", "-- b"]));
        let trailing = Trailing::new("-- a\n-- b");
        assert_eq!((trailing.moved, trailing.kept), (vec!["-- a"], vec!["-- b"]));
        assert_eq!(Trailing::new("").kept, Vec::<&str>::new());
    }
}
