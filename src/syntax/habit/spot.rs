//! Places at which statements do not parse.

use crate::syntax::rules::Rule;
use crate::syntax::token::{Tokens, is_word};

/// A place at which a statement does not parse.
#[derive(Clone, Copy)]
pub(in crate::syntax) struct Spot<'t> {
    /// The statement up to it.
    pub(in crate::syntax) before: &'t str,
    /// The token that stands there.
    pub(in crate::syntax) token: &'t str,
    /// What follows the token.
    pub(in crate::syntax) after: &'t str,
    /// What could stand there.
    pub(in crate::syntax) positives: &'t [Rule],
}

impl<'t> Spot<'t> {
    pub(super) fn wants(self, rule: Rule) -> bool {
        self.positives.contains(&rule)
    }

    pub(super) fn wants_any(self, rules: &[Rule]) -> bool {
        rules.iter().any(|rule| self.wants(*rule))
    }

    /// The last tokens before it, in capitals, the nearest first.
    pub(super) fn words_before(self) -> Vec<String> {
        let mut words = solid(self.before).map(str::to_ascii_uppercase).collect::<Vec<_>>();
        words.reverse();
        words
    }

    /// Whether the tokens before it are these, the last of them right before it.
    pub(super) fn comes_after(self, words: &[&str]) -> bool {
        self.words_before().iter().zip(words.iter().rev()).filter(|(a, b)| a == b).count()
            == words.len()
    }

    /// Whether a word follows the token.
    pub(super) fn continues(self, word: &str) -> bool {
        self.next().is_some_and(|next| next.eq_ignore_ascii_case(word))
    }

    pub(super) fn next(self) -> Option<&'t str> {
        solid(self.after).next()
    }

    pub(super) fn is(self, word: &str) -> bool {
        self.token.eq_ignore_ascii_case(word)
    }

    pub(super) fn is_any(self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(word))
    }
}

/// The tokens of a text that mean something.
pub(super) fn solid(text: &str) -> impl Iterator<Item = &str> {
    Tokens::new(text).filter(|token| !token.kind.is_trivia()).map(|token| token.text)
}

/// Whether a token is a word that could be a name.
pub(super) fn is_bare(token: &str) -> bool {
    token.chars().all(is_word)
        && !token.starts_with(|c: char| c.is_ascii_digit())
        && !token.is_empty()
}
