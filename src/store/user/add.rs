//! Adding a batch.

use std::collections::HashSet;

use redb::{ReadableTable, Table, WriteTransaction};

use super::block::{Packer, put_block};
use super::event_id::EventIds;
use super::fold::{Folding, fold};
use super::forget::forget;
use super::intern::Users;
use crate::error::Result;
use crate::model::{Entry, What};
use crate::store::codec::{decode, encode};
use crate::store::failure::{OrFail, corrupt};
use crate::store::list;
use crate::store::record::{BlockRecord, TotalsRecord};
use crate::store::tables::{Bytes, META, TOTALS_KEY, USER_LOG};

/// What became of a batch of entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Added {
    /// Those that took effect, also those that made a user forgotten.
    pub(crate) added: u64,
    /// Events with an id that the store has seen: they are ignored.
    pub(crate) repeated: u64,
}

/// Adds entries in their order.
pub(in crate::store) fn add(
    transaction: &WriteTransaction,
    entries: &[Entry],
    folding: Folding,
) -> Result<Added> {
    let mut added = Added::default();
    if entries.is_empty() {
        return Ok(added);
    }
    let mut totals = totals(&transaction.open_table(META).or_fail()?)?;
    for part in entries.split_inclusive(|entry| entry.what == What::Forget) {
        let (known, gone) = match part.split_last() {
            Some((last, known)) if last.what == What::Forget => (known, Some(&last.user)),
            _ => (part, None),
        };
        append(transaction, &mut totals, known, &mut added)?;
        if let Some(user) = gone {
            list::forget(transaction, user)?;
            forget(transaction, &mut totals, user)?;
            added.added += 1;
        }
    }
    if totals.tail > folding.limit(totals.base) {
        fold(transaction, &mut totals)?;
    }
    put_totals(transaction, &totals)?;
    Ok(added)
}

/// What is counted of users; nothing before the first entry.
pub(super) fn totals(meta: &impl ReadableTable<&'static str, Bytes>) -> Result<TotalsRecord> {
    let place = || "the totals of users in table `pcq.meta`".to_owned();
    let found = meta.get(TOTALS_KEY).or_fail()?;
    found.map_or(Ok(TotalsRecord::default()), |bytes| decode(bytes.value(), place))
}

pub(super) fn put_totals(transaction: &WriteTransaction, totals: &TotalsRecord) -> Result<()> {
    let mut meta = transaction.open_table(META).or_fail()?;
    meta.insert(TOTALS_KEY, encode(totals)?.as_slice()).or_fail().map(drop)
}

/// Appends entries to the tail, those of each user together: so each table is gone through in its order.
fn append(
    transaction: &WriteTransaction,
    totals: &mut TotalsRecord,
    entries: &[Entry],
    added: &mut Added,
) -> Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let mut ids = EventIds::open(transaction)?;
    let repeated = ids.repeated(entries)?;
    let fresh = by_user(entries, &repeated);
    added.added += fresh.len() as u64;
    added.repeated += repeated.len() as u64;
    let mut appender = Appender::open(transaction, totals)?;
    for of_user in fresh.chunk_by(|a, b| a.user == b.user) {
        let user = appender.append(of_user)?;
        ids.note(user, of_user);
    }
    ids.write()
}

/// The entries that are not left out, in the order of users, and of receipt.
fn by_user<'e>(entries: &'e [Entry], without: &HashSet<usize>) -> Vec<&'e Entry> {
    let entries = entries.iter().enumerate().filter(|(place, _)| !without.contains(place));
    let mut fresh: Vec<_> = entries.map(|(_, entry)| entry).collect();
    fresh.sort_by(|a, b| a.user.cmp(&b.user));
    fresh
}

/// The end of the tail.
struct Appender<'t> {
    users: Users<'t>,
    packer: Packer<'t>,
    log: Table<'t, (u64, u32), Bytes>,
    totals: &'t mut TotalsRecord,
}

impl<'t> Appender<'t> {
    fn open(transaction: &'t WriteTransaction, totals: &'t mut TotalsRecord) -> Result<Self> {
        Ok(Self {
            users: Users::open(transaction)?,
            packer: Packer::open(transaction)?,
            log: transaction.open_table(USER_LOG).or_fail()?,
            totals,
        })
    }

    /// Appends entries of one user; gives the user's number.
    fn append(&mut self, entries: &[&Entry]) -> Result<u32> {
        let Some(first) = entries.first() else { return Ok(0) };
        let user = self.users.number(&first.user, &mut self.totals.user)?;
        let mut block = BlockRecord::default();
        for entry in entries {
            let one = self.packer.pack(entry)?;
            if let Some(full) = block.extend(one) {
                self.put(user, &full)?;
            }
        }
        self.put(user, &block)?;
        Ok(user)
    }

    fn put(&mut self, user: u32, block: &BlockRecord) -> Result<()> {
        put_block(&mut self.log, (self.totals.row, user), block)?;
        let full = || corrupt("table `pcq.user_log` has no number left");
        self.totals.row = self.totals.row.checked_add(1).ok_or_else(full)?;
        self.totals.tail += u64::from(block.count);
        Ok(())
    }
}
