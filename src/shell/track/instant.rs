//! Instants as other programs write them.

use super::flaw::{abridged, wrong_type};
use pcq::model::TimestampError;
use pcq::{Error, Timestamp, Value};

/// Reads a timestamp, or milliseconds since 1970.
pub(super) fn instant(value: &Value) -> Result<Timestamp, Error> {
    let found = match value {
        Value::String(text) => return Ok(Timestamp::parse(&abridged(text))?),
        Value::Integer(millis) => millis.checked_mul(1000).and_then(Timestamp::from_micros),
        Value::Double(millis) => Timestamp::from_millis(*millis),
        other => return Err(wrong_type("`at`", "a timestamp or epoch milliseconds", other)),
    };
    found.ok_or_else(|| TimestampError::Range(value.to_string()).into())
}

/// Reads the same from a cell, where a number is a text like any other.
pub(super) fn instant_of_cell(cell: &str) -> Result<Timestamp, Error> {
    match Value::from_json(cell) {
        Ok(number @ (Value::Integer(_) | Value::Double(_))) => instant(&number),
        _ => instant(&cell.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_texts_or_milliseconds() {
        let time = Timestamp::parse("2026-02-22T00:00:00Z").unwrap();
        for cell in ["2026-02-22T00:00:00Z", "1771718400000", "1771718400000.0", "1.7717184e12"] {
            assert_eq!(instant_of_cell(cell).unwrap(), time, "{cell}");
        }
        assert_eq!(instant(&Value::Integer(-1)).unwrap().as_micros(), -1000);
        assert_eq!(instant(&Value::Double(0.5)).unwrap().as_micros(), 500);
        for wrong in [Value::Null, true.into(), i64::MAX.into(), 1e300.into(), "2026".into()] {
            assert!(instant(&wrong).is_err(), "{wrong}");
        }
    }
}
