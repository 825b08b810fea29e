//! Keys that are looked up once.

use super::Database;
use super::from_value::unknown_key;
use crate::error::Result;
use crate::eval::{self, Evaluation, Moment};
use crate::model::{Context, KeyId, Name};

/// A key that was looked up once, for code that evaluates it often: an evaluation by it does not search for
/// its name. Cheap to clone, and valid for all states of its store, those to come too.
///
/// In another store it stands for the key of the same name.
///
/// ```
/// # let db = pcq::Database::in_memory()?;
/// # db.execute("CREATE KEY Dark_Key BOOLEAN DEFAULT FALSE;")?;
/// let dark = db.key("Dark_Key")?;
/// let user = pcq::Context::new("u1");
/// assert!(!db.get::<bool>(&dark, &user)?);
/// assert_eq!(db.snapshot().evaluate(&dark, &user).key(), dark.name());
/// # Ok::<(), pcq::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct KeyHandle {
    name: Name,
    id: KeyId,
    /// The store that the number is of.
    lineage: u64,
}

impl KeyHandle {
    /// The name of the key.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.name
    }
}

impl Database {
    /// Looks up a key, to be evaluated any number of times.
    ///
    /// # Errors
    ///
    /// `unknown-key` if there is no such key.
    pub fn key(&self, name: &str) -> Result<KeyHandle> {
        let state = self.state();
        let unknown = || {
            let names = state.catalog.keys().map(|key| key.name.as_str());
            unknown_key(name).suggest(name, names)
        };
        let key = state.catalog.key_named(name).ok_or_else(unknown)?;
        Ok(KeyHandle { name: key.name.clone(), id: key.id, lineage: state.snapshot.lineage() })
    }
}

/// What says which key is meant: its name, or a [`KeyHandle`].
pub trait AsKey: sealed::Sealed {
    /// What is said.
    #[doc(hidden)]
    fn designation(&self) -> Designation<'_>;
}

/// How a key is named.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub enum Designation<'k> {
    Name(&'k str),
    Handle(&'k KeyHandle),
}

impl<'k> Designation<'k> {
    pub(super) fn name(self) -> &'k str {
        match self {
            Self::Name(name) => name,
            Self::Handle(handle) => handle.name.as_str(),
        }
    }

    /// Evaluates the key; `None` if there is none.
    pub(super) fn evaluate(
        self,
        snapshot: &eval::Snapshot,
        context: &Context,
        moment: Moment<'_>,
    ) -> Option<Evaluation> {
        match self {
            Self::Handle(handle) if handle.lineage == snapshot.lineage() => {
                snapshot.evaluate_id(handle.id, context, moment)
            }
            _ => snapshot.evaluate_at(self.name(), context, moment),
        }
    }
}

mod sealed {
    pub trait Sealed {}

    impl Sealed for str {}
    impl Sealed for String {}
    impl Sealed for super::Name {}
    impl Sealed for super::KeyHandle {}
    impl<T: Sealed + ?Sized> Sealed for &T {}
}

impl AsKey for str {
    fn designation(&self) -> Designation<'_> {
        Designation::Name(self)
    }
}

impl AsKey for String {
    fn designation(&self) -> Designation<'_> {
        Designation::Name(self)
    }
}

impl AsKey for Name {
    fn designation(&self) -> Designation<'_> {
        Designation::Name(self.as_str())
    }
}

impl AsKey for KeyHandle {
    fn designation(&self) -> Designation<'_> {
        Designation::Handle(self)
    }
}

impl<T: AsKey + ?Sized> AsKey for &T {
    fn designation(&self) -> Designation<'_> {
        (**self).designation()
    }
}
