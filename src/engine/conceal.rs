//! Concealment: errors and notes do not show what else stands in a statement that is about what is sensitive.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Session;
use crate::error::{Error, Note};
use crate::model::{Secrets, Span};
use crate::syntax::{Token, TokenKind, Tokens};

/// Names of sensitive keys and attributes that are still to be declared.
pub(super) type Declared = BTreeSet<Arc<str>>;

impl Session {
    /// An error as it may be shown. Of a statement that names a sensitive key or attribute, or is about sensitivity, it
    /// has the words and names, and no literal: any may be a value of that.
    pub(super) fn conceal(&self, error: Error) -> Error {
        self.conceal_among(&Declared::new(), error)
    }

    /// The same, where more is to be sensitive than is yet.
    pub(super) fn conceal_among(&self, declared: &Declared, error: Error) -> Error {
        let Some(place) = error.place() else { return error };
        let statement = Arc::clone(&place.statement);
        let is_secret = self.is_about_secrets(declared, &statement);
        if is_secret { error.masked(&literals(&statement)) } else { error }
    }

    /// A note as it may be shown, as an error is.
    pub(super) fn conceal_note(&self, note: Note) -> Note {
        self.conceal_note_among(&Declared::new(), note)
    }

    /// The same, where more is to be sensitive than is yet.
    pub(super) fn conceal_note_among(&self, declared: &Declared, note: Note) -> Note {
        let Some(place) = note.place() else { return note };
        let statement = Arc::clone(&place.statement);
        let is_secret = self.is_about_secrets(declared, &statement);
        if is_secret { note.masked(&literals(&statement)) } else { note }
    }

    fn is_about_secrets(&self, declared: &Declared, statement: &str) -> bool {
        let catalog = self.seen_catalog();
        let secrets = Secrets::of(&catalog);
        let hides_step = |step: &str| secrets.hide_attribute(step) || declared.contains(step);
        let hides = |name: &str| secrets.hide_named(name) || hides_step(name);
        Tokens::new(statement).any(|token| match token.kind {
            TokenKind::Word => {
                token.text.eq_ignore_ascii_case("SENSITIVE")
                    || hides(token.text)
                    || token.text.split('.').any(hides_step)
            }
            TokenKind::Name => hides(&token.text.trim_matches('"').replace("\"\"", "\"")),
            TokenKind::Json => {
                secrets.hide_members(token.text)
                    || declared.iter().any(|name| token.text.contains(&**name))
            }
            _ => false,
        })
    }
}

/// Where the literals of a statement are.
fn literals(statement: &str) -> Vec<Span> {
    let mut end = 0;
    let spans = Tokens::new(statement).map(|token| {
        let start = end;
        end += token.text.len();
        (token, Span::new(start, end))
    });
    spans.filter(|(token, _)| is_literal(token)).map(|(_, span)| span).collect()
}

fn is_literal(token: &Token<'_>) -> bool {
    let is_truth = |word: &str| ["TRUE", "FALSE"].iter().any(|is| word.eq_ignore_ascii_case(is));
    match token.kind {
        TokenKind::Text | TokenKind::Json => true,
        TokenKind::Word => {
            token.text.starts_with(|c: char| c.is_ascii_digit()) || is_truth(token.text)
        }
        _ => false,
    }
}
