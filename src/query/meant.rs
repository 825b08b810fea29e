//! What may have been meant by a name that no column has.

use crate::error::{Error, ErrorKind, Names, closest};
use crate::model::{Expr, ExprKind, Literal, Span, compared};

/// The error for a name that none of some columns has; `others` are names that could have been meant, too.
pub(super) fn unknown_column<'n>(
    name: &'n str,
    span: Span,
    columns: &[&'n str],
    others: impl Iterator<Item = &'n str>,
) -> Error {
    let error = Error::from(ErrorKind::UnknownColumn { name: name.to_owned() }).at(span);
    let meant =
        called(columns, name).or_else(|| closest(name, columns.iter().copied().chain(others)));
    let (error, member) = match meant {
        Some(meant) => (error.hint(format!("did you mean `{meant}`?")), String::new()),
        None => (error, member_hint(columns, name)),
    };
    error.hint(format!("the columns are {}{member}", Names(columns)))
}

/// The column that people call by another name.
fn called<'n>(columns: &[&'n str], name: &str) -> Option<&'n str> {
    let called: &[&str] = match name.to_ascii_lowercase().as_str() {
        "name" => &["key", "segment", "config", "attribute", "event"],
        "id" | "user_id" => &["user"],
        "value" => &["default"],
        "timestamp" | "date" | "updated" | "updated_at" => &["time", "at", "changed"],
        _ => return None,
    };
    called.iter().find_map(|known| columns.iter().find(|column| *column == known)).copied()
}

/// How a member of a column is written, if one of it may have been meant.
fn member_hint(columns: &[&str], name: &str) -> String {
    let objects =
        [("properties", "a property of an event"), ("attributes", "an attribute of a user")];
    let is_simple = name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let column = objects.iter().find(|(column, _)| is_simple && columns.contains(column));
    column.map_or_else(String::new, |(column, what)| format!("; {what} is `{column}.{name}`"))
}

/// The error of a condition, with a hint if it is about the name of no column where a text may be meant.
pub(super) fn meant_as_text(condition: &Expr, error: Error) -> Error {
    let ErrorKind::UnknownColumn { name } = error.kind() else { return error };
    let compared = condition.node.parts().filter_map(|(part, _)| compared(part));
    let mut others = compared.flat_map(|(_, others)| others);
    let is_it = |other: &Expr| {
        let is_name = matches!(&other.node, ExprKind::Attribute(path) if path.len() == 1);
        is_name && Some(other.span) == error.span()
    };
    if !others.any(is_it) {
        return error;
    }
    let text = Literal::from(&**name);
    error.hint(format!("a text is in single quotes: `{text}`"))
}
