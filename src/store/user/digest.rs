//! Digests of the ids of events, by which an id is looked up.

use redb::TableDefinition;
use sha2::{Digest as _, Sha256};

use super::run::Item;
use crate::error::Result;
use crate::store::codec::{pack, unpack};
use crate::store::tables::{Bytes, EVENT_IDS, PageKey};

/// The digest of an id: the first 128 bits of its SHA-256.
pub(super) fn digest(id: &str) -> u128 {
    let hash = Sha256::digest(id);
    hash.iter().take(16).fold(0, |digest, byte| digest << 8 | u128::from(*byte))
}

/// The number of the user of an event, as a run has it under the digest of the event's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner(pub(super) u32);

impl Item for Owner {
    type Key = u128;
    const TABLE: TableDefinition<'static, PageKey<u128>, Bytes> = EVENT_IDS;

    fn put(&self, bytes: &mut Vec<u8>) -> Result<()> {
        pack(&self.0, bytes)
    }

    fn take(mut bytes: &[u8]) -> Option<Self> {
        let owner = unpack(&mut bytes).map(Self)?;
        bytes.is_empty().then_some(owner)
    }

    fn join(&mut self, later: Self) -> Option<Self> {
        Some(std::mem::replace(self, later))
    }
}
