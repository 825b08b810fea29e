//! Changes as they are written: each in the first schema that can say it.

use super::v1::ChangeRecord1;
use super::v2::ChangeRecord2;
use super::version::encode_new_version;
use crate::error::Result;
use crate::model::Change;
use crate::store::codec::encode;

/// Encodes a change, so that programs read it that know no more than it says.
pub(in crate::store) fn encode_change(change: &Change) -> Result<Vec<u8>> {
    match change {
        Change::Key(key) if key.sensitive => encode(&ChangeRecord2::from(change)),
        Change::Version(version) => encode_new_version(version),
        _ => encode(&ChangeRecord1::from(change)),
    }
}
