//! What else is wrong with a config that is refused: all of it is told at once.

use super::Statement;
use super::alone::filled;
use super::binder::Binder;
use super::part::Parts;
use crate::error::{Error, ErrorKind, Short};
use crate::limits::ECHO_CHARS;
use crate::model::{Expr, ExprKind};

/// How many other names are looked at: near ones are looked for of each.
pub(crate) const MOST: usize = 16;

/// The error of a statement, with a hint at what else of it is wrong: names of segments and keys, and values of keys.
pub(crate) fn with_others(error: Error, statement: &Statement, binder: &Binder<'_>) -> Error {
    let parts = Parts::of(statement);
    let segments = parts.segments.iter().filter_map(|name| binder.usable_segment_id(name).err());
    let keys = parts.columns.iter().filter_map(|column| binder.usable_key(&column.key).err());
    let known = parts.cells().filter(|(key, _)| binder.usable_key(key).is_ok());
    let cells = known.filter_map(|(key, spec)| filled(binder, &key.node, spec).err());
    let named = parts.conditions.iter().flat_map(|condition| unknown_names(condition, binder));
    with(error, segments.chain(keys).chain(cells).chain(named.take(MOST)).collect())
}

/// The error with labels and a hint for others, of which it is one; else it is about something else, which may be the cause
/// of these.
pub(crate) fn with(error: Error, mut others: Vec<Error>) -> Error {
    // what has no value yet is no cause of what is wrong with names
    let is_missing = matches!(error.kind(), ErrorKind::UnknownParameter { .. });
    if !is_missing && !others.iter().any(|other| other.span() == error.span()) {
        return error;
    }
    others.retain(|other| other.span() != error.span());
    others.sort_by_key(|other| other.span().map_or(0, |span| span.start));
    let error = others.iter().fold(error, |error, other| match (other.span(), said(other)) {
        (Some(span), Some(text)) => error.label(span, text),
        _ => error,
    });
    let mut told: Vec<_> = others.iter().filter_map(said).collect();
    told.dedup();
    if told.is_empty() {
        return error;
    }
    let text = told.join("; ");
    let error = others.iter().find_map(gives).into_iter().fold(error, Error::hint);
    match text.char_indices().nth(4 * ECHO_CHARS).and_then(|(end, _)| text.get(..end)) {
        Some(head) => error.hint(format!("also wrong: {head}…")),
        None => error.hint(format!("also wrong: {text}")),
    }
}

/// The error of a statement in which a value is missing, too: that one, unless the other is one whatever the value is.
pub(crate) fn with_missing(error: Error, missing: Error) -> Error {
    if !matches!(error.kind(), ErrorKind::Unknown { .. } | ErrorKind::Archived { .. }) {
        return missing;
    }
    let text = missing.to_string();
    if error.hints().iter().any(|hint| hint.contains(&text)) {
        return error;
    }
    let error = missing.span().into_iter().fold(error, |error, span| error.label(span, &*text));
    let error = error.hint(format!("also wrong: {text}"));
    gives(&missing).into_iter().fold(error, Error::hint)
}

/// How a parameter gets the value that is missing.
fn gives(missing: &Error) -> Option<String> {
    let ErrorKind::UnknownParameter { name } = missing.kind() else { return None };
    let name = Short(name);
    Some(format!("`-v {name}=…` gives `:{name}` a value"))
}

/// The errors of the names of segments and keys in a condition.
fn unknown_names<'e>(
    condition: &'e Expr,
    binder: &'e Binder<'_>,
) -> impl Iterator<Item = Error> + 'e {
    let mut todo = vec![condition];
    let every = std::iter::from_fn(move || {
        let expr = todo.pop()?;
        todo.extend(expr.node.operands().into_iter().rev());
        Some(expr)
    });
    every.filter_map(|expr| match &expr.node {
        ExprKind::InSegment(Some(name)) => binder.usable_segment(name).err(),
        ExprKind::Key(name) => binder.usable_key(name).err(),
        _ => None,
    })
}

/// What an error says, without values: one of them may be of a sensitive key.
fn said(error: &Error) -> Option<String> {
    match error.kind() {
        ErrorKind::Unknown { .. }
        | ErrorKind::Archived { .. }
        | ErrorKind::SplitSum { .. }
        | ErrorKind::UnknownParameter { .. } => Some(error.to_string()),
        ErrorKind::KeyType { key, kind, .. } => {
            Some(format!("key `{}` is {kind}, and a value is not", key.as_str()))
        }
        ErrorKind::CheckFailed { key, .. } => {
            Some(format!("a value does not pass the CHECK of key `{}`", key.as_str()))
        }
        _ => None,
    }
}
