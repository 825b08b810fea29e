//! What rows are sorted by, as it is written.

use super::plan::Key;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Expr, ExprKind, Literal, Sort, Value};

/// The key of what rows are sorted by, which stands at a place.
pub(super) fn key(sort: &Sort, place: usize) -> Key {
    Key { place, descending: sort.descending, nulls_first: sort.nulls_first }
}

/// What rows are sorted by, as it is written.
pub(super) fn texts(order: &[Sort]) -> String {
    order.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The item whose number an expression is, from 0, if it is one.
pub(super) fn numbered(expr: &Expr, items: usize) -> Result<Option<usize>> {
    let ExprKind::Literal(Literal::Value(Value::Integer(number))) = &expr.node else {
        return Ok(None);
    };
    let place = usize::try_from(*number).ok().and_then(|number| number.checked_sub(1));
    if let Some(place) = place.filter(|place| *place < items) {
        return Ok(Some(place));
    }
    let name = number.to_string();
    let hint = match items {
        1 => "it is the number of an item, and there is one: 1".to_owned(),
        _ => format!("it is the number of an item, from 1 to {items}"),
    };
    Err(Error::from(ErrorKind::UnknownColumn { name }).at(expr.span).hint(hint))
}
