//! Schema 1 of the records of traffic.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::restore::{Result, value};
use super::v1::RecordingRecord;
use crate::model::{Recorded, Timestamp, Value};
use crate::store::codec::Record;

records!(MaybeRecordingRecord, ContextRecord, SweepRecord);

/// How traffic is recorded, if it is.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct MaybeRecordingRecord(pub(in crate::store) Option<RecordingRecord>);

/// A recorded context, but for its user.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct ContextRecord {
    pub(in crate::store) attributes: String,
    pub(in crate::store) first: i64,
    pub(in crate::store) last: i64,
    pub(in crate::store) count: u64,
}

/// The key of the context up to which those were looked at that may be kept no longer.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct SweepRecord {
    pub(in crate::store) has_user: u8,
    pub(in crate::store) user: String,
    pub(in crate::store) digest: u128,
}

impl ContextRecord {
    /// Becomes the model's type, or says why it cannot.
    pub(in crate::store) fn restore(self, user: Option<Arc<str>>) -> Result<Recorded> {
        let Value::Object(attributes) = value(&self.attributes)? else {
            return Err("the attributes are no object".to_owned());
        };
        let time = |micros| Timestamp::from_micros(micros).ok_or("a time is none".to_owned());
        let (first, last) = (time(self.first)?, time(self.last)?);
        if self.count == 0 || first > last {
            return Err("it was seen never, or last before first".to_owned());
        }
        Ok(Recorded { user, attributes, first, last, count: self.count })
    }
}
