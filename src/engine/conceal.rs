//! Concealment: errors and notes do not show what else stands in a statement that is about what is sensitive.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Database, Session};
use crate::error::{Error, Note, Veil};
use crate::model::{Catalog, Secrets, Span};
use crate::syntax::{Token, TokenKind, Tokens};

/// Names of sensitive keys and attributes that are still to be declared.
pub(super) type Declared = BTreeSet<Arc<str>>;

impl Database {
    /// Whether the values of an attribute are for apps alone, as it was declared.
    ///
    /// ```
    /// let db = pcq::Database::in_memory()?;
    /// db.execute("CREATE ATTRIBUTE tax_number STRING SENSITIVE;")?;
    /// assert!(db.is_sensitive("tax_number") && !db.is_sensitive("city"));
    /// # Ok::<(), pcq::Error>(())
    /// ```
    #[must_use]
    pub fn is_sensitive(&self, attribute: &str) -> bool {
        Secrets::of(self.newest().catalog()).hide_attribute(attribute)
    }
}

impl Session {
    /// An error as it may be shown. Of a statement that names a sensitive key or attribute, or is about sensitivity, it
    /// has the words and the names of what there is, and no literal: any may be a value of that.
    pub(super) fn conceal(&self, error: Error) -> Error {
        self.conceal_among(&Declared::new(), error)
    }

    /// The same, where more is to be sensitive than is yet.
    pub(super) fn conceal_among(&self, declared: &Declared, error: Error) -> Error {
        match error.place() {
            Some(place) if self.is_about_secrets(declared, &place.statement) => self.masked(error),
            _ => error,
        }
    }

    /// An error of a statement that is told as part of another one, as it may be shown.
    pub(super) fn conceal_inner(&self, statement: &str, error: Error) -> Error {
        let is_secret = self.is_about_secrets(&Declared::new(), statement);
        if is_secret { self.masked(error) } else { error }
    }

    /// A note as it may be shown, as an error is.
    pub(super) fn conceal_note(&self, note: Note) -> Note {
        self.conceal_note_among(&Declared::new(), note)
    }

    /// The same, where more is to be sensitive than is yet.
    pub(super) fn conceal_note_among(&self, declared: &Declared, note: Note) -> Note {
        let Some(place) = note.place() else { return note };
        if !self.is_about_secrets(declared, &place.statement) {
            return note;
        }
        let catalog = self.seen_catalog();
        note.masked(&Veil::new(&|text| hidden(&catalog, text)))
    }

    fn masked(&self, error: Error) -> Error {
        let catalog = self.seen_catalog();
        error.masked(&Veil::new(&|text| hidden(&catalog, text)))
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
            TokenKind::Name => hides(&unquoted(token.text)),
            TokenKind::Json => {
                secrets.hide_members(token.text)
                    || declared.iter().any(|name| token.text.contains(&**name))
            }
            _ => false,
        })
    }
}

/// Where a text has what may be a value: literals, and in double quotes what is the name of nothing, so that it may be
/// a text in the wrong quotes.
fn hidden(catalog: &Catalog, text: &str) -> Vec<Span> {
    let mut end = 0;
    let spans = Tokens::new(text).map(|token| {
        let start = end;
        end += token.text.len();
        (token, Span::new(start, end))
    });
    spans.filter(|(token, _)| may_be_value(catalog, token)).map(|(_, span)| span).collect()
}

fn may_be_value(catalog: &Catalog, token: &Token<'_>) -> bool {
    let is_truth = |word: &str| ["TRUE", "FALSE"].iter().any(|is| word.eq_ignore_ascii_case(is));
    match token.kind {
        TokenKind::Text | TokenKind::Json => true,
        TokenKind::Word => {
            token.text.starts_with(|c: char| c.is_ascii_digit()) || is_truth(token.text)
        }
        TokenKind::Name => !is_name(catalog, &unquoted(token.text)),
        _ => false,
    }
}

/// Whether something has a name.
fn is_name(catalog: &Catalog, name: &str) -> bool {
    catalog.attribute_named(name).is_some()
        || catalog.key_named(name).is_some()
        || catalog.segment_named(name).is_some()
        || catalog.config_named(name).is_some()
}

fn unquoted(name: &str) -> String {
    name.trim_matches('"').replace("\"\"", "\"")
}
