//! What else is wrong with a config that is refused: all of it is told at once.

use super::Statement;
use super::alone::filled;
use super::binder::Binder;
use super::part::Parts;
use crate::error::{Error, ErrorKind};
use crate::limits::ECHO_CHARS;

/// The error of a statement, with a hint at what else of it is wrong: names of segments and keys, and values of keys.
pub(crate) fn with_others(error: Error, statement: &Statement, binder: &Binder<'_>) -> Error {
    let parts = Parts::of(statement);
    let segments = parts.segments.iter().filter_map(|name| binder.usable_segment_id(name).err());
    let keys = parts.columns.iter().filter_map(|column| binder.usable_key(&column.key).err());
    let known = parts.cells().filter(|(key, _)| binder.usable_key(key).is_ok());
    let cells = known.filter_map(|(key, spec)| filled(binder, &key.node, spec).err());
    let mut others: Vec<_> = segments.chain(keys).chain(cells).collect();
    if !others.iter().any(|other| other.span() == error.span()) {
        return error; // it is about something else, which may be the cause of these
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
    match text.char_indices().nth(4 * ECHO_CHARS).and_then(|(end, _)| text.get(..end)) {
        Some(head) => error.hint(format!("also wrong: {head}…")),
        None => error.hint(format!("also wrong: {text}")),
    }
}

/// What an error says, without values: one of them may be of a sensitive key.
fn said(error: &Error) -> Option<String> {
    match error.kind() {
        ErrorKind::Unknown { .. } | ErrorKind::Archived { .. } | ErrorKind::SplitSum { .. } => {
            Some(error.to_string())
        }
        ErrorKind::KeyType { key, kind, .. } => {
            Some(format!("key `{}` is {kind}, and a value is not", key.as_str()))
        }
        ErrorKind::CheckFailed { key, .. } => {
            Some(format!("a value does not pass the CHECK of key `{}`", key.as_str()))
        }
        _ => None,
    }
}
