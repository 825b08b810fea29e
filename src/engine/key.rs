//! Handles of keys that are looked up once, and references to keys.

use super::from_value::unknown_key;
use crate::error::Result;
use crate::eval::{self, SlotRef};
use crate::model::{KeyId, Name};

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

    /// Looks a key up.
    pub(super) fn find(name: &str, snapshot: &eval::Snapshot) -> Result<Self> {
        let catalog = snapshot.catalog();
        let key = catalog.key_named(name).ok_or_else(|| {
            unknown_key(name).suggest(name, catalog.keys().map(|key| key.name.as_str()))
        })?;
        Ok(Self { name: key.name.clone(), id: key.id, lineage: snapshot.lineage() })
    }
}

/// Reference to a key: its name, or a [`KeyHandle`].
pub trait AsKey: sealed::Sealed {
    /// Refers to the key.
    #[doc(hidden)]
    fn as_key(&self) -> KeyRef<'_>;
}

/// Reference to a key, by its name or by what was looked up.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub enum KeyRef<'k> {
    Name(&'k str),
    Handle(&'k KeyHandle),
}

impl<'k> KeyRef<'k> {
    pub(super) fn name(self) -> &'k str {
        match self {
            Self::Name(name) => name,
            Self::Handle(handle) => handle.name.as_str(),
        }
    }

    /// Finds the key in a state; `None` if there is none.
    #[inline]
    pub(super) fn find(self, snapshot: &eval::Snapshot) -> Option<SlotRef<'_>> {
        match self {
            Self::Handle(handle) if handle.lineage == snapshot.lineage() => {
                snapshot.numbered(handle.id)
            }
            _ => snapshot.named(self.name()),
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
    fn as_key(&self) -> KeyRef<'_> {
        KeyRef::Name(self)
    }
}

impl AsKey for String {
    fn as_key(&self) -> KeyRef<'_> {
        KeyRef::Name(self)
    }
}

impl AsKey for Name {
    fn as_key(&self) -> KeyRef<'_> {
        KeyRef::Name(self.as_str())
    }
}

impl AsKey for KeyHandle {
    fn as_key(&self) -> KeyRef<'_> {
        KeyRef::Handle(self)
    }
}

impl<T: AsKey + ?Sized> AsKey for &T {
    fn as_key(&self) -> KeyRef<'_> {
        (**self).as_key()
    }
}
