//! Totals of users: the runs in their order, how much is in each, and the numbers that are next.

use redb::{ReadableTable, WriteTransaction};

use crate::error::Result;
use crate::store::codec::{decode_either, encode};
use crate::store::failure::{OrFail, corrupt};
use crate::store::record::{RunRecord, TotalsRecord, TotalsRecord1};
use crate::store::tables::{Bytes, META, TOTALS_KEY};

/// Reads the totals of users; before the first entry they are empty.
pub(super) fn totals(meta: &impl ReadableTable<&'static str, Bytes>) -> Result<TotalsRecord> {
    const LOCATION: &str = "the totals of users in table `pcq.meta`";
    let Some(bytes) = meta.get(TOTALS_KEY).or_fail()? else { return Ok(TotalsRecord::default()) };
    let totals =
        decode_either::<TotalsRecord, TotalsRecord1>(bytes.value(), || LOCATION.to_owned())?;
    // else a new run would be written into an old one
    if !totals.is_ordered() {
        return Err(corrupt(format!("{LOCATION}: the runs are not numbered in their order")));
    }
    Ok(totals)
}

/// Writes the totals of users.
pub(super) fn put_totals(transaction: &WriteTransaction, totals: &TotalsRecord) -> Result<()> {
    let mut meta = transaction.open_table(META).or_fail()?;
    meta.insert(TOTALS_KEY, encode(totals)?.as_slice()).or_fail().map(drop)
}

impl TotalsRecord {
    /// The numbers of all runs and their sources, in the order in which the entries of one user were received.
    pub(super) fn parts(&self) -> impl Iterator<Item = u64> {
        self.runs.iter().flat_map(RunRecord::parts)
    }

    /// The number of the next run.
    pub(super) fn next_run(&mut self) -> Result<u64> {
        let none = || corrupt("no number is left for a run");
        self.run = self.run.checked_add(1).ok_or_else(none)?;
        Ok(self.run)
    }

    /// Whether runs are numbered in their order, and no number is that of two.
    fn is_ordered(&self) -> bool {
        let mut parts: Vec<_> = self.parts().collect();
        parts.sort_unstable();
        self.runs.is_sorted_by_key(|run| run.number)
            && parts.is_sorted_by(|a, b| a < b)
            && parts.last().is_none_or(|last| *last <= self.run)
    }
}

impl RunRecord {
    /// The numbers of the run and of its sources.
    pub(super) fn parts(&self) -> impl Iterator<Item = u64> {
        [self.number].into_iter().chain(self.sources.iter().copied())
    }
}
