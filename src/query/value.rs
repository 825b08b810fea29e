//! Values of rows, made of what the model has.

use std::fmt;
use std::sync::Arc;

use crate::model::{Key, KeyType, Path, Share, Timestamp, Value, write_step};

const MICROS_PER_MINUTE: i64 = 60_000_000;

/// A text.
pub(super) fn text(text: &str) -> Value {
    Value::from(text)
}

/// Whether a key has values of JSON.
pub(super) fn is_json(key: Option<&Key>) -> bool {
    key.is_some_and(|key| key.kind == KeyType::Json)
}

/// A text that may be missing.
pub(super) fn optional(text: Option<&str>) -> Value {
    text.map_or(Value::Null, Value::from)
}

/// A text that may be missing, and is shared.
pub(super) fn maybe(text: Option<&Arc<str>>) -> Value {
    text.map_or(Value::Null, |text| Value::String(Arc::clone(text)))
}

/// A list of texts.
pub(super) fn texts(items: impl IntoIterator<Item = impl Into<Arc<str>>>) -> Value {
    let items: Vec<_> = items.into_iter().map(|text| Value::String(text.into())).collect();
    Value::from(items)
}

/// An object of JSON, by its members in order.
pub(super) fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let members = members.into_iter().map(|(name, value)| (name.into(), value));
    Value::Object(Arc::new(members.collect()))
}

/// A list of values.
pub(super) fn list(items: impl IntoIterator<Item = Value>) -> Value {
    Value::List(items.into_iter().collect())
}

/// A share in percent.
pub(super) fn percent(share: Share) -> Value {
    let thousandths = share.thousandths();
    if thousandths.is_multiple_of(1_000) {
        return Value::from(thousandths / 1_000);
    }
    Value::Double(f64::from(thousandths) / 1_000.0)
}

/// A path as statements write it.
pub(super) fn path_text(path: &Path) -> String {
    let steps: Vec<_> = path.iter().map(|step| step_text(step)).collect();
    steps.join(".")
}

/// A step of a path as statements write it.
pub(super) fn step_text(step: &str) -> String {
    WrittenStep(step).to_string()
}

/// Step of a path as statements write it.
struct WrittenStep<'s>(&'s str);

impl fmt::Display for WrittenStep<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_step(f, self.0, true)
    }
}

/// An instant.
pub(super) fn instant(at: Timestamp) -> Value {
    Value::from(at.to_string())
}

/// A count.
pub(super) fn count(count: impl TryInto<i64>) -> Value {
    Value::Integer(count.try_into().unwrap_or(i64::MAX))
}

/// Whether an object is archived.
pub(super) fn status(archived: bool) -> Value {
    text(if archived { "archived" } else { "active" })
}

/// The instant at which a minute begins.
pub(super) fn minute(minute: i64) -> Timestamp {
    Timestamp::clamped(minute.saturating_mul(MICROS_PER_MINUTE))
}

/// The nearest whole number.
#[expect(clippy::cast_possible_truncation, reason = "a cast keeps to the range")]
pub(super) fn rounded(number: f64) -> Value {
    Value::Integer(number.round() as i64)
}

/// A percentage, of three decimals; `NULL` of nothing.
#[expect(clippy::cast_precision_loss, reason = "it is rounded to three decimals")]
pub(super) fn share(part: u64, all: u64) -> Value {
    if all == 0 {
        return Value::Null;
    }
    Value::Double((part as f64 * 100_000.0 / all as f64).round() / 1_000.0)
}
