//! Schema 1 of the records of deliveries.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::restore::{Result, value};
use crate::model::{ConfigId, Delivery, KeyId, Reason, SegmentId};
use crate::store::codec::Record;

records!(BatchRecord, SeriesRecord, CountsRecord, SketchRecord, KeySpanRecord);

/// The number of the batch that was added last.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct BatchRecord(pub(in crate::store) u64);

/// Record of a delivery that is counted.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct SeriesRecord {
    pub(in crate::store) key: u32,
    /// A config, and the number of a version of it.
    pub(in crate::store) owner: Option<(u32, u32)>,
    pub(in crate::store) segment: Option<u32>,
    variant: Option<String>,
    value: String,
    reason: u8,
}

/// Packed counts.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct CountsRecord(pub(in crate::store) Vec<u8>);

/// The stored form of a sketch.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct SketchRecord(pub(in crate::store) Vec<u8>);

/// When a key was delivered, in minutes since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct KeySpanRecord {
    pub(in crate::store) first: i64,
    pub(in crate::store) last: i64,
    /// The last by a row.
    pub(in crate::store) last_targeted: Option<i64>,
}

impl From<&Delivery> for SeriesRecord {
    fn from(delivery: &Delivery) -> Self {
        Self {
            key: delivery.key.0,
            owner: delivery.owner.map(|(config, version)| (config.0, version)),
            segment: delivery.segment.map(|segment| segment.0),
            variant: delivery.variant.as_ref().map(|variant| variant.as_ref().to_owned()),
            value: delivery.value.to_string(),
            reason: reason_number(delivery.reason),
        }
    }
}

impl SeriesRecord {
    /// Becomes the model's type, or says why it cannot.
    pub(in crate::store) fn restore(self) -> Result<Delivery> {
        Ok(Delivery {
            key: KeyId(self.key),
            owner: self.owner.map(|(config, version)| (ConfigId(config), version)),
            segment: self.segment.map(SegmentId),
            variant: self.variant.map(Arc::from),
            value: value(&self.value)?,
            reason: reason_numbered(self.reason)?,
        })
    }

    /// Whether a row of a config gave the value.
    pub(in crate::store) fn is_targeted(&self) -> bool {
        reason_numbered(self.reason).is_ok_and(Reason::is_targeted)
    }
}

impl KeySpanRecord {
    /// What one minute says.
    pub(in crate::store) fn of(minute: i64, targeted: bool) -> Self {
        Self { first: minute, last: minute, last_targeted: targeted.then_some(minute) }
    }

    /// What both say.
    pub(in crate::store) fn and(self, other: Self) -> Self {
        Self {
            first: self.first.min(other.first),
            last: self.last.max(other.last),
            last_targeted: self.last_targeted.max(other.last_targeted),
        }
    }
}

/// The number of a reason in the file.
fn reason_number(reason: Reason) -> u8 {
    match reason {
        Reason::TargetingMatch => 1,
        Reason::Split => 2,
        Reason::Default => 3,
        Reason::Static => 4,
        Reason::Disabled => 5,
        Reason::Archived => 6,
        Reason::UnknownKey => 7,
    }
}

fn reason_numbered(number: u8) -> Result<Reason> {
    Ok(match number {
        1 => Reason::TargetingMatch,
        2 => Reason::Split,
        3 => Reason::Default,
        4 => Reason::Static,
        5 => Reason::Disabled,
        6 => Reason::Archived,
        7 => Reason::UnknownKey,
        _ => return Err(format!("no reason has the number {number}")),
    })
}
