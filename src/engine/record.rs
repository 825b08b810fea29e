//! Contexts that were recorded elsewhere, and erasure of those that are kept no longer.

use super::Database;
use crate::error::Result;
use crate::model::{Contexts, RecordedContext, Role};

/// How many contexts [`Database::record_traffic`] makes durable at once. Few in the tests, so that they see many batches.
const BATCH: usize = if cfg!(test) { 64 } else { 16_384 };

impl Database {
    /// Adds contexts to those that are recorded, in batches: each is durable as a whole, and memory does not grow with their
    /// number. They are kept as they are given, whether traffic is recorded or not, and whatever of them is read. Returns
    /// how many there were.
    ///
    /// ```
    /// # let db = pcq::Database::in_memory()?;
    /// let contexts = (0..3).map(|n| pcq::RecordedContext::new().user(format!("u{n}")).with("device", "iPhone"));
    /// assert_eq!(db.record_traffic(contexts)?, 3);
    /// # Ok::<(), pcq::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`RecordedContext::check`], `read-only`, `not-allowed`, `io`: the batches before are recorded.
    pub fn record_traffic(
        &self,
        contexts: impl IntoIterator<Item = RecordedContext>,
    ) -> Result<u64> {
        self.require(Role::Publish)?;
        self.refuse_write()?;
        let (mut batch, mut count) = (Contexts::default(), 0);
        for context in contexts {
            context.check()?;
            batch.seen.push(context.recorded(self.now()));
            count += 1;
            if batch.seen.len() >= BATCH {
                self.add_contexts(&mut batch)?;
            }
        }
        self.add_contexts(&mut batch)?;
        Ok(count)
    }

    fn add_contexts(&self, batch: &mut Contexts) -> Result<()> {
        let _writer = self.lock_writer()?;
        let recording = self.state().catalog().recording;
        batch.oldest = recording.map(|recording| recording.oldest(self.now()));
        self.shared.store.add_contexts(batch)?;
        batch.seen.clear();
        Ok(())
    }

    /// Drops the recorded contexts that are kept no longer.
    pub(super) fn sweep_contexts(&self) -> Result<()> {
        let Some(recording) = self.state().catalog().recording else { return Ok(()) };
        let _writer = self.lock_writer()?;
        self.shared.store.sweep_contexts(recording.oldest(self.now())).map(drop)
    }
}
