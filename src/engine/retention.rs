//! Retention: events that are kept no longer are dropped, and the file is made small again.

use super::Database;
use crate::error::Result;
use crate::eval::Needs;
use crate::model::{Timestamp, before};
use crate::store::Expired;

impl Database {
    /// Drops the events that are kept no longer, with their ids; returns how many. Profiles stay.
    ///
    /// How long events are kept `ALTER EVENT … KEEP` says. What a segment that is not archived may still look at,
    /// now or later, stays whatever that says, so no segment is changed by this. It goes in batches, each durable
    /// when it is done: after an error what was dropped before stays dropped. Others may read and write meanwhile.
    /// The bytes are gone from the file after [`Database::compact`].
    ///
    /// ```
    /// # let start = pcq::Timestamp::parse("2026-03-01T09:00:00Z")?;
    /// # let db = pcq::Database::builder().manual_clock(start).in_memory()?;
    /// db.execute("ALTER EVENT 'Video Watched' KEEP 90 DAYS;")?;
    /// db.track(pcq::Event::new("Video Watched", "u1").at(pcq::Timestamp::parse("2025-03-01T09:00:00Z")?))?;
    /// assert_eq!(db.expire()?, 1);
    /// # Ok::<(), pcq::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `read-only`, `io`.
    pub fn expire(&self) -> Result<u64> {
        self.refuse_read_only()?;
        let mut dropped = 0;
        let mut after = None;
        loop {
            let batch = self.expire_batch(after)?;
            dropped += batch.dropped;
            after = batch.last;
            if after.is_none() {
                return Ok(dropped);
            }
        }
    }

    /// Drops what one transaction may. The rules and segments are asked anew each time: one may be made meanwhile
    /// that needs what was not dropped yet.
    fn expire_batch(&self, after: Option<u32>) -> Result<Expired> {
        let _writer = self.lock_writer();
        let (state, now) = (self.state(), self.now());
        let retention = &state.catalog().retention;
        if retention.is_forever() {
            return Ok(Expired::default());
        }
        let needs = Needs::of(state.catalog());
        let oldest = |event: &str| -> Option<Timestamp> {
            let kept = before(now, retention.of(event)?);
            Some(needs.start(event, now).map_or(kept, |needed| needed.min(kept)))
        };
        let expired = self.shared.store.expire(&oldest, after)?;
        if expired.dropped > 0 {
            self.shared.histories.clear();
        }
        Ok(expired)
    }

    /// Makes the file anew, without what was dropped or forgotten: until then that may be found in it. Others may
    /// read meanwhile; a store in memory stays as it is.
    ///
    /// # Errors
    ///
    /// `read-only`, `io`.
    pub fn compact(&self) -> Result<()> {
        self.refuse_read_only()?;
        self.shared.store.compact()
    }
}
