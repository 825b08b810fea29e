//! Schema 1 of the records of lists of users.

use serde::{Deserialize, Serialize};

use super::Packed;
use crate::store::codec::Record;

records!(ListRecord, ListBlockRecord, Edition);

/// A list that a segment refers to.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct ListRecord {
    /// How many ids it has.
    pub(in crate::store) ids: u64,
}

/// Ids of a list in order, each packed by the codec: how many bytes it shares with the one before it, and the
/// rest of it.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct ListBlockRecord {
    pub(in crate::store) count: u32,
    pub(in crate::store) packed: Packed,
}

/// The edition of a list: a number drawn anew whenever the ids of the list change, so that two lists with the same
/// one have the same ids, whatever files they are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Edition(pub(in crate::store) u64);
