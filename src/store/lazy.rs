//! Tables of one transaction that are opened when they are first used: to open one takes about as long as to write an
//! entry, and a revision writes to few of them.

use redb::{Key, Table, TableDefinition, Value, WriteTransaction};

use super::failure::OrFail;
use crate::error::Result;

/// Table that may not be open yet.
pub(super) struct Lazy<'t, K: Key + 'static, V: Value + 'static> {
    transaction: &'t WriteTransaction,
    definition: TableDefinition<'static, K, V>,
    opened: Option<Table<'t, K, V>>,
}

impl<'t, K: Key + 'static, V: Value + 'static> Lazy<'t, K, V> {
    pub(super) fn new(
        transaction: &'t WriteTransaction,
        definition: TableDefinition<'static, K, V>,
    ) -> Self {
        Self { transaction, definition, opened: None }
    }

    /// The table, which is made if the file lacks it.
    pub(super) fn open(&mut self) -> Result<&mut Table<'t, K, V>> {
        match self.opened {
            Some(ref mut opened) => Ok(opened),
            ref mut closed => {
                Ok(closed.insert(self.transaction.open_table(self.definition).or_fail()?))
            }
        }
    }
}
