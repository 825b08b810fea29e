//! Dropping events that are not kept longer.

use std::collections::HashMap;

use redb::{ReadableTable, Table, WriteTransaction};

use super::add::{put_totals, totals};
use super::block::put_block;
use super::event_id::{BASE_RUN, Owner, digest};
use super::fold::{block_place, fold, read_block};
use super::intern::Users;
use super::run::{Item as _, remove_keys};
use crate::error::Result;
use crate::model::Timestamp;
use crate::store::failure::{OrFail, corrupt};
use crate::store::record::{BlockRecord, EntryRecord};
use crate::store::tables::{Bytes, EVENT_IDS, EVENT_NUMBERS, META, USER_ENTRIES};

/// How many bytes of blocks one transaction looks at, or somewhat more. Few in the tests, so that they see how
/// one goes on where another ended.
const BATCH_BYTES: usize = if cfg!(test) { 2_000 } else { 16 << 20 };

/// Where a block of the base is: the number of the user, and its own.
pub(crate) type Place = (u32, u32);

/// Blocks of the base, in their order.
type Blocks = Vec<(Place, BlockRecord)>;

/// What one transaction dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Expired {
    /// How many events.
    pub(crate) dropped: u64,
    /// The last place that it looked at; `None` if that was the end.
    pub(crate) last: Option<Place>,
}

/// Drops events from the blocks after a place. The tail is folded first, so all that there is of a user is in
/// the base.
pub(in crate::store) fn expire(
    transaction: &WriteTransaction,
    oldest: &dyn Fn(&str) -> Option<Timestamp>,
    after: Option<Place>,
) -> Result<Expired> {
    let limits = limits(transaction, oldest)?;
    if limits.is_empty() {
        return Ok(Expired::default());
    }
    let mut totals = totals(&transaction.open_table(META).or_fail()?)?;
    fold(transaction, &mut totals)?;
    let (sweep, last) = Sweep::run(transaction, &limits, after)?;
    let low = || corrupt("the totals of users in table `pcq.meta` are too low");
    totals.base = totals.base.checked_sub(sweep.dropped).ok_or_else(low)?;
    put_totals(transaction, &totals)?;
    let dropped = sweep.dropped;
    sweep.release(transaction)?;
    Ok(Expired { dropped, last })
}

/// The time before which events are dropped, by the numbers of their names.
fn limits(
    transaction: &WriteTransaction,
    oldest: &dyn Fn(&str) -> Option<Timestamp>,
) -> Result<HashMap<u32, i64>> {
    let mut limits = HashMap::new();
    for entry in transaction.open_table(EVENT_NUMBERS).or_fail()?.iter().or_fail()? {
        let (name, number) = entry.or_fail()?;
        limits.extend(oldest(name.value()).map(|at| (number.value(), at.as_micros())));
    }
    Ok(limits)
}

/// What is dropped on the way through the base.
struct Sweep<'l> {
    limits: &'l HashMap<u32, i64>,
    dropped: u64,
    /// The digests of the ids that are free again.
    digests: Vec<u128>,
    /// The users of whom nothing is left.
    gone: Vec<u32>,
}

impl<'l> Sweep<'l> {
    fn run(
        transaction: &WriteTransaction,
        limits: &'l HashMap<u32, i64>,
        after: Option<Place>,
    ) -> Result<(Self, Option<Place>)> {
        let mut base = transaction.open_table(USER_ENTRIES).or_fail()?;
        let (blocks, last) = blocks(&base, after)?;
        let mut sweep = Self { limits, dropped: 0, digests: Vec::new(), gone: Vec::new() };
        for of_user in blocks.chunk_by(|a, b| a.0.0 == b.0.0) {
            sweep.user(&mut base, of_user)?;
        }
        Ok((sweep, last))
    }

    /// Drops events from blocks of one user.
    fn user(
        &mut self,
        base: &mut Table<Place, Bytes>,
        blocks: &[(Place, BlockRecord)],
    ) -> Result<()> {
        let before = self.dropped;
        let kept = blocks.iter().map(|(place, block)| Ok((*place, self.stay(*place, block)?)));
        let kept = kept.collect::<Result<Vec<_>>>()?;
        if self.dropped == before {
            return Ok(());
        }
        for (place, _) in blocks {
            base.remove(place).or_fail()?;
        }
        put_together(base, kept)?;
        let Some(((user, _), _)) = blocks.first() else { return Ok(()) };
        if base.range((*user, 0)..=(*user, u32::MAX)).or_fail()?.next().is_none() {
            self.gone.push(*user);
        }
        Ok(())
    }

    /// What stays of a block.
    fn stay(&mut self, place: Place, block: &BlockRecord) -> Result<BlockRecord> {
        block.retained(
            || block_place(place),
            |entry| {
                let stays = !self.is_over(entry);
                if !stays {
                    self.dropped += 1;
                    self.digests.extend(entry.id().map(digest));
                }
                stays
            },
        )
    }

    fn is_over(&self, entry: &EntryRecord<'_>) -> bool {
        let limit = entry.name().and_then(|name| self.limits.get(&name));
        limit.is_some_and(|limit| entry.at() < *limit)
    }

    /// Takes away what belonged to what was dropped.
    fn release(mut self, transaction: &WriteTransaction) -> Result<()> {
        let mut ids = transaction.open_table(EVENT_IDS).or_fail()?;
        self.digests.sort_unstable();
        remove_keys(&mut ids, BASE_RUN, &self.digests, |Owner(_)| Ok(()))?;
        let mut users = Users::open(transaction)?;
        self.gone.into_iter().try_for_each(|user| users.remove_numbered(user))
    }
}

/// The blocks after a place, as many as a transaction looks at, and the last of them if there may be more.
fn blocks(base: &Table<Place, Bytes>, after: Option<Place>) -> Result<(Blocks, Option<Place>)> {
    let (mut blocks, mut bytes) = (Vec::new(), 0);
    let first = after.map_or((0, 0), |(user, block)| (user, block.saturating_add(1)));
    for block in base.range(first..).or_fail()? {
        let (place, record) = block.or_fail()?;
        let place = place.value();
        bytes += record.value().len();
        blocks.push((place, read_block(place, record.value())?));
        if bytes >= BATCH_BYTES {
            return Ok((blocks, Some(place)));
        }
    }
    Ok((blocks, None))
}

/// Writes what stays of blocks of a user, those together that fit into one: each under the number of one of
/// them, and in the same order.
fn put_together(base: &mut Table<Place, Bytes>, kept: Blocks) -> Result<()> {
    let mut kept = kept.into_iter().filter(|(_, block)| block.count > 0);
    let Some((mut place, mut open)) = kept.next() else { return Ok(()) };
    for (next, block) in kept {
        if let Some(full) = open.join(block) {
            put_block(base, place, &full)?;
            place = next;
        }
    }
    put_block(base, place, &open)
}
