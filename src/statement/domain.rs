//! Domain of a key: the values that it takes.

use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::eval::{self, CheckScope, Program};
use crate::limits::VALUE_BYTES;
use crate::model::{Condition, Key, KeyType, Name, Span, Value};

/// Domain of a key: its type, and what its `CHECK` lets pass.
pub(crate) struct Domain<'k> {
    name: &'k Name,
    kind: KeyType,
    check: Option<(Arc<str>, Program)>,
}

impl<'k> Domain<'k> {
    /// Domain of a key.
    pub(crate) fn of(key: &'k Key) -> Result<Self> {
        Self::new(&key.name, key.kind, key.check.as_ref())
    }

    /// Domain of a key that is being made.
    pub(crate) fn new(name: &'k Name, kind: KeyType, check: Option<&Condition>) -> Result<Self> {
        let check = check
            .map(|c| {
                Ok::<_, Error>((Arc::clone(c.text()), eval::compile(c.expr(), &CheckScope(kind))?))
            })
            .transpose()?;
        Ok(Self { name, kind, check })
    }

    /// Makes a value one that the key takes, or says why it cannot be.
    pub(crate) fn admit(&self, value: Value, span: Span) -> Result<Value> {
        let refuse = |kind: ErrorKind| Err(Error::from(kind).at(span));
        let Some(admitted) = self.kind.admit(value.clone()) else {
            return refuse(ErrorKind::KeyType { key: self.name.clone(), kind: self.kind, value });
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
        refuse(ErrorKind::CheckFailed { key: self.name.clone(), value: admitted, check })
    }

    /// Whether a value of the right type makes the `CHECK` true.
    pub(crate) fn passes(&self, value: &Value) -> bool {
        self.check.as_ref().is_none_or(|(_, program)| eval::passes_check(program, value))
    }
}
