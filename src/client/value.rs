//! Values of keys as a client has them, each with its source: the store, the app's defaults or none.

use crate::eval::Evaluation;
use crate::model::{Name, Reason, Value};

/// Source of a client's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// The store gave it, and it is in force. [`ClientValue::reason`] says whether a row gave it or it is the
    /// key's own default, which is the store's answer too.
    Activated,
    /// The store gave it, and it waits for activation. Only [`Client::fetched`](super::Client::fetched)
    /// shows it; no getter of a client gives it.
    Cached,
    /// The app gave it by [`Client::set_defaults`](super::Client::set_defaults), and the store gave nothing:
    /// nothing was activated, or the key is not in what was.
    Default,
    /// There is no value: neither the store nor the app gave one.
    None,
}

/// Value of a key as a client has it, if there is one, with its source and reason.
///
/// Absent and empty are different. A value that is an empty text, an empty list or JSON `null` is
/// `Some` of [`ClientValue::value`]; only what has no value is `None`, and its source is [`Source::None`].
///
/// ```
/// use pcq::{Source, Value};
///
/// # let db = pcq::Database::in_memory()?;
/// db.execute("CREATE KEY banner STRING DEFAULT ''; CREATE KEY extra JSON DEFAULT NULL;")?;
/// let client = db.client(pcq::Context::new("ada"));
/// client.fetch_and_activate();
/// assert_eq!(client.value("banner").value(), Some(&Value::from("")));
/// assert_eq!(client.value("extra").value(), Some(&Value::Null));
/// assert_eq!(client.value("absent").value(), None);
/// assert_eq!(client.value("absent").source(), Source::None);
///
/// db.execute("ARCHIVE KEY banner;")?;
/// client.fetch_and_activate();
/// assert!(client.value("banner").is_gone());
/// # Ok::<(), pcq::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ClientValue {
    pub(super) key: Name,
    pub(super) source: Source,
    pub(super) evaluation: Option<Evaluation<'static>>,
    pub(super) default: Option<Value>,
    pub(super) gone: bool,
}

impl ClientValue {
    /// The name of the key.
    #[must_use]
    pub fn key(&self) -> &Name {
        &self.key
    }

    /// The value; `None` if there is none.
    #[must_use]
    pub fn value(&self) -> Option<&Value> {
        self.evaluation.as_ref().map(Evaluation::value).or(self.default.as_ref())
    }

    /// Where the value comes from.
    #[must_use]
    pub fn source(&self) -> Source {
        self.source
    }

    /// Whether the key was in force earlier for this user and is not any more, as it was archived: the value
    /// is the app's default again, or none.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.gone
    }

    /// Why the store gave the value; `None` if the store did not give it.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        self.evaluation.as_ref().map(Evaluation::reason)
    }

    /// What the store gave: config, version, segment and variant too; `None` if it gave nothing.
    #[must_use]
    pub fn evaluation(&self) -> Option<&Evaluation<'static>> {
        self.evaluation.as_ref()
    }
}
