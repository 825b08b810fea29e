//! Versioned objects: keys, segments and attributes, of which each change has all of a version.

use std::sync::Arc;

use super::{Attribute, Change, Key, ObjectKind, Segment};

/// Object of which each change has all of a version.
pub(crate) trait Versioned {
    /// What it is.
    const KIND: ObjectKind;

    /// What a change makes of such an object, if it is about one.
    fn of(change: &Change) -> Option<&Arc<Self>>;

    /// Its number among its kind.
    fn number(&self) -> u32;

    /// The number of the version.
    fn version(&self) -> u32;
}

/// The first of some changes of an object that makes a version.
pub(crate) fn version_among<'c, T: Versioned + 'c>(
    changes: impl IntoIterator<Item = &'c Change>,
    version: u64,
) -> Option<&'c Arc<T>> {
    let mut made = changes.into_iter().filter_map(T::of);
    made.find(|object| u64::from(object.version()) == version)
}

macro_rules! versioned {
    ($($object:ident),*) => {$(
        impl Versioned for $object {
            const KIND: ObjectKind = ObjectKind::$object;

            fn of(change: &Change) -> Option<&Arc<Self>> {
                if let Change::$object(object) = change { Some(object) } else { None }
            }

            fn number(&self) -> u32 {
                self.id.0
            }

            fn version(&self) -> u32 {
                self.version
            }
        }
    )*};
}

versioned!(Key, Segment, Attribute);
