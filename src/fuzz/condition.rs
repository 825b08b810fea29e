//! Conditions: parsed, written, compiled, evaluated.

use crate::eval::fuzz::evaluate;
use crate::limits::CONDITION_BYTES;
use crate::model::{Context, Value};
use crate::syntax;

/// Users of whom different things are known.
const USERS: [&str; 4] = [
    "{}",
    r#"{"a":1,"b":"x","c":[1,"x",null,true],"d":{"e":2.5},"country":"NO","beta":true,"age":30}"#,
    r#"{"a":"2.10.0-rc.1","b":"2026-03-01T09:00:00Z","c":"10.0.0.1","d":-9223372036854775808}"#,
    r#"{"a":1e308,"b":"é\u0000 Straße","c":[],"d":1772355600000,"country":"","age":-0.0}"#,
];

/// A text is a condition or says why not. Written and parsed again it is the same; compiled to its quick form it says of
/// each user what it says in its plain one.
///
/// # Panics
///
/// Where that is not so.
pub fn condition(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let users = USERS.map(user);
    for check in [false, true] {
        let Ok(expr) = syntax::condition(text, check) else { continue };
        let written = expr.to_string();
        if written.len() <= CONDITION_BYTES {
            let again = syntax::condition(&written, check);
            let again = again.unwrap_or_else(|error| panic!("{written}: {error}"));
            assert_eq!(expr, again, "{written}");
            assert_eq!(again.to_string(), written);
        }
        evaluate(&expr, &users);
    }
}

fn user(json: &str) -> Context {
    match Value::from_json(json) {
        Ok(Value::Object(attributes)) => Context::new("u1").with_all(&attributes),
        _ => Context::anonymous(),
    }
}
