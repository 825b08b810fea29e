//! Clauses of an `ALTER` that may each be there once.

use crate::error::{ErrorKind, Result};
use crate::syntax::{Cursor, Node};

/// Builds the changes that an `ALTER` makes; two of one clause would leave open which is meant.
pub(super) fn changes<T>(
    nodes: Cursor<'_>,
    build: impl Fn(&Node<'_>) -> Result<T>,
    clause: impl Fn(&T) -> &'static str,
) -> Result<Vec<T>> {
    let mut changes = Vec::new();
    for node in nodes {
        let change = build(&node)?;
        let name = clause(&change);
        if changes.iter().any(|other| clause(other) == name) {
            let error = node.error(ErrorKind::Duplicate { what: "clause", name: name.to_owned() });
            return Err(error.hint("leave one of them out: each clause stands once"));
        }
        changes.push(change);
    }
    Ok(changes)
}
