//! Instants as other programs write them.

use super::flaw::{abridged, wrong_type};
use crate::shell::row_format::TimeUnit;
use pcq::model::TimestampError;
use pcq::{Error, Timestamp, Value};

/// The start of 1980: numbers that are before it as milliseconds are seconds of our time.
const EARLIEST_MICROS: i64 = 315_532_800_000_000;

/// Reads a timestamp, or a number in a unit; if none is said, in milliseconds, which must look like some.
pub(super) fn instant(value: &Value, unit: Option<TimeUnit>) -> Result<Timestamp, Error> {
    let scale = if unit == Some(TimeUnit::S) { 1000 } else { 1 };
    let found = match value {
        Value::String(text) => return Ok(Timestamp::parse(&abridged(text))?),
        Value::Integer(count) => count.checked_mul(scale * 1000).and_then(Timestamp::from_micros),
        #[expect(clippy::cast_precision_loss, reason = "it is 1 or 1000")]
        Value::Double(count) => Timestamp::from_millis(count * scale as f64),
        other => return Err(wrong_type("`at`", "a timestamp or a number", other)),
    };
    let found = found.ok_or_else(|| out_of_range(value, unit))?;
    if unit.is_none() && found.as_micros() < EARLIEST_MICROS {
        return Err(like_seconds(value));
    }
    Ok(found)
}

fn out_of_range(value: &Value, unit: Option<TimeUnit>) -> Error {
    let error = Error::from(TimestampError::Range(value.to_string()));
    if unit == Some(TimeUnit::S) {
        return error.hint("`--time-unit s` takes it for seconds; without it, it is milliseconds");
    }
    error
}

fn like_seconds(value: &Value) -> Error {
    Error::from(TimestampError::LikeSeconds(value.to_string())).hint(
        "`--time-unit s` takes numbers for seconds, and `--time-unit ms` for milliseconds, however long ago",
    )
}

/// Reads the same from a cell, where a number is a text like any other.
pub(super) fn instant_of_cell(cell: &str, unit: Option<TimeUnit>) -> Result<Timestamp, Error> {
    match Value::from_json(cell) {
        Ok(number @ (Value::Integer(_) | Value::Double(_))) => instant(&number, unit),
        _ => instant(&cell.into(), unit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_texts_or_milliseconds() {
        let time = Timestamp::parse("2026-02-22T00:00:00Z").unwrap();
        for cell in ["2026-02-22T00:00:00Z", "1771718400000", "1771718400000.0", "1.7717184e12"] {
            assert_eq!(instant_of_cell(cell, None).unwrap(), time, "{cell}");
        }
        let millis = Some(TimeUnit::Ms);
        assert_eq!(instant(&Value::Integer(-1), millis).unwrap().as_micros(), -1000);
        assert_eq!(instant(&Value::Double(0.5), millis).unwrap().as_micros(), 500);
        for wrong in [Value::Null, true.into(), i64::MAX.into(), 1e300.into(), "2026".into()] {
            assert!(instant(&wrong, millis).is_err(), "{wrong}");
        }
    }

    #[test]
    fn seconds_are_read_as_such_only_if_that_is_said() {
        let time = Timestamp::parse("2026-02-22T00:00:00Z").unwrap();
        let seconds = Some(TimeUnit::S);
        for cell in ["1771718400", "1771718400.0", "2026-02-22T00:00:00Z"] {
            assert_eq!(instant_of_cell(cell, seconds).unwrap(), time, "{cell}");
        }
        assert_eq!(
            instant_of_cell("1771718400.25", seconds).unwrap().as_micros() % 1_000_000,
            250_000
        );
        for cell in ["1771718400", "1771718400.5", "0", "-5", "315532799999"] {
            assert_eq!(instant_of_cell(cell, None).unwrap_err().code(), "bad-time", "{cell}");
        }
        assert!(instant_of_cell("315532800000", None).is_ok());
        let error = instant_of_cell("1771718400000", seconds).unwrap_err();
        assert!(error.hints()[0].contains("milliseconds"), "{error:?}");
    }
}
