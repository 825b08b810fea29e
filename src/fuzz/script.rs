//! Scripts: cut into statements, parsed, written, formatted.

use std::io::BufReader;

use crate::limits::STATEMENT_BYTES;
use crate::script::{Script, ScriptStatement};
use crate::statement::Statement;

/// Any bytes are a script or say where they are none, whatever the pieces in which they are read. A statement that is
/// written and parsed again is the same statement; a script that is formatted stays as it is when it is formatted again.
///
/// # Panics
///
/// Where that is not so.
pub fn script(bytes: &[u8]) {
    let whole: Vec<_> = Script::lenient(bytes).map(|found| told(&found)).collect();
    for at_once in [1, 3] {
        let pieces = BufReader::with_capacity(at_once, bytes);
        let pieces: Vec<_> = Script::lenient(pieces).map(|found| told(&found)).collect();
        assert_eq!(whole, pieces, "read {at_once} bytes at a time");
    }
    for statement in Script::lenient(bytes).map_while(Result::ok) {
        if let Ok(statement) = statement.result() {
            stays(statement);
        }
    }
    if let Some(once) = formatted(bytes) {
        assert_eq!(formatted(once.as_bytes()).as_ref(), Some(&once), "formatted twice");
    }
}

fn told(found: &crate::Result<ScriptStatement>) -> String {
    match found {
        Ok(s) => format!("{}:{} {:?} {:?}", s.line(), s.column(), s.text(), s.result()),
        Err(error) => format!("{error:?}"),
    }
}

fn stays(statement: &Statement) {
    let text = statement.to_string();
    if text.len() > STATEMENT_BYTES {
        return; // written, it has blanks where it had none
    }
    let again = Statement::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(*statement, again, "{text}");
    assert_eq!(again.to_string(), text);
}

/// The script as it is formatted, if it is one.
fn formatted(bytes: &[u8]) -> Option<String> {
    Script::lenient(bytes).formatted().collect::<Result<String, _>>().ok()
}
