//! Ids of events, by which one that comes twice is known.

use std::collections::HashSet;
use std::sync::Arc;

use redb::{ReadableTable, Table, WriteTransaction};
use sha2::{Digest as _, Sha256};

use crate::error::Result;
use crate::model::{Entry, What};
use crate::store::failure::OrFail;
use crate::store::read::Reader;
use crate::store::tables::{EVENT_IDS, LOG_EVENT_IDS, USER_IDS};

/// The digest by which an id is looked up: the first 128 bits of its SHA-256.
pub(super) fn digest(id: &str) -> u128 {
    let hash = Sha256::digest(id);
    hash.iter().take(16).fold(0, |digest, byte| digest << 8 | u128::from(*byte))
}

fn id(entry: &Entry) -> Option<&str> {
    if let What::Event { id, .. } = &entry.what { id.as_deref() } else { None }
}

/// The user of the event with an id, if there is one.
pub(in crate::store) fn event_user(reader: &Reader, id: &str) -> Result<Option<Arc<str>>> {
    let digest = digest(id);
    for definition in [LOG_EVENT_IDS, EVENT_IDS] {
        let Some(table) = reader.optional_table(definition)? else { continue };
        if let Some(number) = table.get(digest).or_fail()? {
            return user_numbered(reader, number.value());
        }
    }
    Ok(None)
}

fn user_numbered(reader: &Reader, number: u32) -> Result<Option<Arc<str>>> {
    let Some(ids) = reader.optional_table(USER_IDS)? else { return Ok(None) };
    Ok(ids.get(number).or_fail()?.map(|id| id.value().into()))
}

/// The ids, open for writing: those of the base, and those of the tail.
pub(super) struct EventIds<'t> {
    base: Table<'t, u128, u32>,
    tail: Table<'t, u128, u32>,
    added: Vec<(u128, u32)>,
}

impl<'t> EventIds<'t> {
    pub(super) fn open(transaction: &'t WriteTransaction) -> Result<Self> {
        Ok(Self {
            base: transaction.open_table(EVENT_IDS).or_fail()?,
            tail: transaction.open_table(LOG_EVENT_IDS).or_fail()?,
            added: Vec::new(),
        })
    }

    /// The places of the events with an id that was seen, in the store or earlier among these.
    pub(super) fn repeated(&self, entries: &[Entry]) -> Result<HashSet<usize>> {
        let digests = entries.iter().enumerate().filter_map(|(n, e)| Some((digest(id(e)?), n)));
        let mut digests: Vec<_> = digests.collect();
        digests.sort_unstable();
        let mut repeated = HashSet::new();
        for same in digests.chunk_by(|a, b| a.0 == b.0) {
            let Some((first, _)) = same.first() else { continue };
            let fresh = usize::from(!self.is_known(*first)?);
            repeated.extend(same.iter().skip(fresh).map(|(_, place)| *place));
        }
        Ok(repeated)
    }

    fn is_known(&self, digest: u128) -> Result<bool> {
        let there = |table: &Table<u128, u32>| -> Result<bool> {
            Ok(table.get(digest).or_fail()?.is_some())
        };
        Ok(there(&self.tail)? || there(&self.base)?)
    }

    /// Takes the ids of entries of a user up, to be written.
    pub(super) fn note(&mut self, user: u32, entries: &[&Entry]) {
        let ids = entries.iter().filter_map(|entry| id(entry));
        self.added.extend(ids.map(|id| (digest(id), user)));
    }

    /// Writes what was taken up, in the order of the table.
    pub(super) fn write(mut self) -> Result<()> {
        self.added.sort_unstable();
        for (digest, user) in &self.added {
            self.tail.insert(digest, user).or_fail()?;
        }
        Ok(())
    }
}

/// Moves the ids of the tail to those of the base.
pub(super) fn fold_ids(transaction: &WriteTransaction) -> Result<()> {
    let mut base = transaction.open_table(EVENT_IDS).or_fail()?;
    let tail = transaction.open_table(LOG_EVENT_IDS).or_fail()?;
    for entry in tail.iter().or_fail()? {
        let (digest, user) = entry.or_fail()?;
        base.insert(digest.value(), user.value()).or_fail()?;
    }
    drop(tail);
    transaction.delete_table(LOG_EVENT_IDS).or_fail().map(drop)
}
