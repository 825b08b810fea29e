//! Keys: the values an app reads by name.

use std::sync::Arc;

use super::{Condition, KeyId, KeyType, Name, Value};

/// A key as it stands at one revision.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// Its number.
    pub id: KeyId,
    /// Its name, which never changes.
    pub name: Name,
    /// Its type, which never changes.
    pub kind: KeyType,
    /// The value where no row gives one.
    pub default: Value,
    /// What every value of the key must make true.
    pub check: Option<Condition>,
    /// Whether its values are for apps alone, and are shown to nobody else.
    pub sensitive: bool,
    /// What it is for.
    pub description: Option<Arc<str>>,
    /// Whether it is archived.
    pub archived: bool,
    /// How often it was created or altered: 1, 2, …
    pub version: u32,
}
