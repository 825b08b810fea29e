//! Records of versions in which a rollout goes by an attribute: schema 2 of a version, schema 3 of a change.

use serde::{Deserialize, Serialize};

use super::v1::{ChangeRecord1, PublicationRecord, VersionRecord1};
use super::v2::ChangeRecord2;
use crate::error::Result;
use crate::model::{Change, Version};
use crate::store::codec::{Record, decode, decode_either};

/// The attributes by which rollouts go: the number of the row, from 0, and the steps.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct ByRecord(pub(super) Vec<(u32, Vec<String>)>);

/// A version, and by what its rollouts go: of schema 1 all go by users.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct VersionRecord {
    pub(super) version: VersionRecord1,
    pub(super) by: ByRecord,
}

/// A change, and by what the rollouts of the version go that it may add.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct ChangeRecord {
    pub(super) change: ChangeRecord2,
    pub(super) by: ByRecord,
}

impl Record for VersionRecord {
    const SCHEMA: u8 = 2;
}

impl Record for ChangeRecord {
    const SCHEMA: u8 = 3;
}

/// Reads a change of any schema.
pub(in crate::store) fn decode_change(
    bytes: &[u8],
    location: impl Fn() -> String,
) -> Result<ChangeRecord> {
    match bytes {
        [_, ChangeRecord::SCHEMA, ..] => decode(bytes, location),
        _ => decode_either::<ChangeRecord2, ChangeRecord1>(bytes, location).map(ChangeRecord::from),
    }
}

impl ChangeRecord {
    /// The publication that it is, if it is one.
    pub(in crate::store) fn publication(self) -> Option<PublicationRecord> {
        let ChangeRecord1::Publication(publication) = self.change.change else { return None };
        Some(publication)
    }
}

impl ByRecord {
    /// Whether all rollouts go by users.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&Version> for ByRecord {
    fn from(version: &Version) -> Self {
        let rows = (0..).zip(&version.rows).filter_map(|(row, r)| Some((row, r.by.as_ref()?)));
        let steps =
            rows.map(|(row, by)| (row, by.iter().map(|step| step.as_ref().to_owned()).collect()));
        Self(steps.collect())
    }
}

impl From<&Version> for VersionRecord {
    fn from(version: &Version) -> Self {
        Self { version: version.into(), by: version.into() }
    }
}

impl From<VersionRecord1> for VersionRecord {
    fn from(version: VersionRecord1) -> Self {
        Self { version, by: ByRecord::default() }
    }
}

impl From<&Change> for ChangeRecord {
    fn from(change: &Change) -> Self {
        let by = match change {
            Change::Version(version) => (&**version).into(),
            _ => ByRecord::default(),
        };
        Self { change: change.into(), by }
    }
}

impl From<ChangeRecord2> for ChangeRecord {
    fn from(change: ChangeRecord2) -> Self {
        Self { change, by: ByRecord::default() }
    }
}

impl From<ChangeRecord1> for ChangeRecord {
    fn from(change: ChangeRecord1) -> Self {
        ChangeRecord2::from(change).into()
    }
}
