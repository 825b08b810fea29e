//! Candidates of a completion.

use std::sync::Arc;

use crate::model::{ExprKind, ObjectKind};

/// Kind of a candidate of a completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum CandidateKind {
    /// A word of the language, or a sign.
    Word,
    /// A key, segment, config or declared attribute of the store.
    Object(ObjectKind),
    /// An attribute of users that is declared, or that conditions of the store ask for.
    Attribute,
    /// The name of an event that conditions of the store ask for, in quotes.
    Event,
    /// A column of the table that is asked for.
    Column,
    /// A table that a query reads.
    Table,
    /// A function.
    Function,
    /// The number of a version of the config that is named.
    Version,
    /// The code of an error, in quotes.
    Code,
    /// The name of a time zone, in quotes.
    Zone,
    /// A unit that an instant is cut to, in quotes.
    Unit,
}

/// Candidate of a completion.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// What it is.
    pub kind: CandidateKind,
    /// The text, as it is written in a statement.
    pub text: String,
}

pub(super) fn candidate(kind: CandidateKind, text: impl Into<String>) -> Candidate {
    Candidate { kind, text: text.into() }
}

/// An attribute or a column as it is written: in quotes where it must be.
pub(super) fn quoted(name: &str) -> String {
    ExprKind::Attribute([Arc::from(name)].into()).to_string()
}
