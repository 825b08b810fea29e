//! Domain of a key: the values that it takes.

use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result, Short};
use crate::eval::{self, Program};
use crate::limits::VALUE_BYTES;
use crate::model::{Condition, HIDDEN, Key, KeyType, Literal, Name, Span, Value, check_text};

/// Domain of a key: its type, and what its `CHECK` lets pass.
pub(crate) struct Domain<'k> {
    name: &'k Name,
    kind: KeyType,
    check: Option<(Arc<str>, Program)>,
    /// Whether its values are shown in no error.
    hidden: bool,
}

impl<'k> Domain<'k> {
    /// Domain of a key.
    pub(crate) fn of(key: &'k Key) -> Result<Self> {
        Self::new(&key.name, key.kind, key.check.as_ref(), key.sensitive)
    }

    /// Domain of a key that is being made.
    pub(crate) fn new(
        name: &'k Name,
        kind: KeyType,
        check: Option<&Condition>,
        hidden: bool,
    ) -> Result<Self> {
        let check = check
            .map(|c| {
                let text = if hidden { check_text(c) } else { Arc::clone(c.text()) };
                Ok::<_, Error>((text, eval::compile_check(c.expr(), kind.into())?))
            })
            .transpose()?;
        Ok(Self { name, kind, check, hidden })
    }

    /// Makes a value one that the key takes, or says why it cannot be.
    pub(crate) fn admit(&self, value: Value, span: Span) -> Result<Value> {
        let refuse = |kind: ErrorKind| {
            let error = Error::from(kind).at(span);
            Err(if self.hidden { error.concealed() } else { error })
        };
        let Some(admitted) = self.kind.admit(value.clone()) else {
            let hint = near(self.kind, &value).filter(|_| !self.hidden);
            let (key, kind, value) = (self.name.clone(), self.kind, self.told(value));
            let refused = refuse(ErrorKind::KeyType { key, kind, value });
            return refused.map_err(|error| hint.into_iter().fold(error, Error::hint));
        };
        let bytes = admitted.to_string().len();
        if bytes > VALUE_BYTES {
            let (what, limit, unit) = ("a value", VALUE_BYTES, "bytes");
            return refuse(ErrorKind::TooMany { what, limit, unit, found: bytes });
        }
        if self.passes(&admitted) {
            return Ok(admitted);
        }
        let check = self.check.as_ref().map_or_else(|| "".into(), |(text, _)| Arc::clone(text));
        let (key, value) = (self.name.clone(), self.told(admitted));
        refuse(ErrorKind::CheckFailed { key, value, check })
    }

    /// A value as an error may tell it.
    fn told(&self, value: Value) -> Literal {
        if self.hidden { Literal::hidden() } else { value.into() }
    }

    /// A value as a list of values may show it.
    pub(crate) fn shown(&self, value: &Value) -> String {
        if self.hidden { HIDDEN.to_owned() } else { Short(&value.to_string()).to_string() }
    }

    /// Whether a value of the right type makes the `CHECK` true.
    pub(crate) fn passes(&self, value: &Value) -> bool {
        self.check.as_ref().is_none_or(|(_, program)| eval::passes_check(program, value))
    }
}

/// What to write for a value of another type that is likely meant as one of this.
fn near(kind: KeyType, value: &Value) -> Option<String> {
    let meant = match (kind, value) {
        (KeyType::Boolean, Value::Integer(0)) => "FALSE".to_owned(),
        (KeyType::Boolean, Value::Integer(1)) => "TRUE".to_owned(),
        (KeyType::Boolean, Value::String(text)) => match text.to_ascii_lowercase().as_str() {
            "false" | "off" | "no" | "0" => "FALSE".to_owned(),
            "true" | "on" | "yes" | "1" => "TRUE".to_owned(),
            _ => return None,
        },
        (KeyType::Integer | KeyType::Double, Value::String(text)) => {
            kind.admit(crate::syntax::value(text).ok()?)?.to_string()
        }
        (KeyType::String, Value::Integer(_) | Value::Double(_) | Value::Boolean(_)) => {
            format!("'{value}'")
        }
        _ => return None,
    };
    Some(format!("write `{meant}`"))
}
