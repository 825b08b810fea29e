//! Expected errors: what stands before a statement that is asserted to fail.
//!
//! A statement that is too long or nests too deeply is never given to the grammar, and can be asserted to fail
//! all the same.

use super::token::{Token, TokenKind, Tokens, is_blank};

/// Code of an expected error as it is written, and where what must fail begins after it, in bytes of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expected<'t> {
    /// A text in quotes, or a parameter.
    pub(crate) code: &'t str,
    /// Where the code begins.
    pub(crate) at: usize,
    /// Where what must fail begins, with the comments before it.
    pub(crate) rest: usize,
}

/// The errors that a statement is expected to fail with, from the outside in: `ASSERT ERROR 'code'`, again and again.
pub(crate) fn expected_errors(text: &str) -> impl Iterator<Item = Expected<'_>> {
    let mut solid = solid(text);
    std::iter::from_fn(move || {
        let is_word = |token: Option<(usize, Token<'_>)>, word: &str| {
            token.is_some_and(|(_, token)| token.text.eq_ignore_ascii_case(word))
        };
        if !is_word(solid.next(), "ASSERT") || !is_word(solid.next(), "ERROR") {
            return None;
        }
        let (at, code) = solid.next()?;
        let is_code = matches!(code.kind, TokenKind::Text | TokenKind::Parameter);
        let after = text.get(at + code.text.len()..)?.trim_start_matches(is_blank);
        let rest = text.len() - after.len();
        is_code.then_some(Expected { code: code.text, at, rest })
    })
}

/// The tokens that are no blanks or comments, each with its place.
fn solid(text: &str) -> impl Iterator<Item = (usize, Token<'_>)> {
    let mut at = 0;
    let placed = Tokens::new(text).map(move |token| {
        let start = at;
        at += token.text.len();
        (start, token)
    });
    placed.filter(|(_, token)| !token.kind.is_trivia())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assertions_may_stand_in_one_another() {
        let text = "Assert error 'a' /* x */ ASSERT ERROR :b\nGET c";
        let found: Vec<_> =
            expected_errors(text).map(|e| (e.code, &text[e.at..], &text[e.rest..])).collect();
        let inner = "/* x */ ASSERT ERROR :b\nGET c";
        assert_eq!(found, [("'a'", &text[13..], inner), (":b", ":b\nGET c", "GET c")]);
        for text in ["", "GET a", "ASSERT", "ASSERT GET a = 1", "ASSERT ERROR x GET a"] {
            assert_eq!(expected_errors(text).next(), None, "{text}");
        }
    }
}
