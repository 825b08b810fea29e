//! Additions of contexts, and erasure of those that are kept no longer, or whose user is forgotten.

use std::sync::Arc;

use redb::{ReadableTable, Table, WriteTransaction};

use super::place::{Place, read, within};
use crate::error::Result;
use crate::model::{Contexts, Recorded, Timestamp, Value};
use crate::store::codec::{decode, encode};
use crate::store::failure::OrFail;
use crate::store::record::{ContextRecord, SweepRecord};
use crate::store::tables::{Bytes, ContextKey, META, SWEPT_KEY, TRAFFIC};
use crate::store::watch::Watch;

/// How many contexts a batch looks at that may be kept no longer: these, or twice as many as it adds if that is more, so
/// that the table is gone through faster than it grows.
const LOOKED_AT: usize = if cfg!(test) { 4 } else { 1_024 };

/// Adds contexts to those that are there, and erases some of those that are kept no longer.
pub(in crate::store) fn add(transaction: &WriteTransaction, contexts: &Contexts) -> Result<()> {
    if contexts.seen.is_empty() {
        return Ok(());
    }
    let mut table = transaction.open_table(TRAFFIC).or_fail()?;
    for context in &contexts.seen {
        put(&mut table, context, contexts.oldest)?;
    }
    let Some(oldest) = contexts.oldest else { return Ok(()) };
    let mut meta = transaction.open_table(META).or_fail()?;
    let swept = swept(&meta)?;
    let last = sweep(&mut table, oldest, &swept, LOOKED_AT.max(contexts.seen.len() * 2))?;
    let record = encode(&SweepRecord::from(&last.unwrap_or_default()))?;
    meta.insert(SWEPT_KEY, record.as_slice()).or_fail().map(drop)
}

/// Adds a context to the one that is the same, unless that is kept no longer.
fn put(
    table: &mut Table<'_, ContextKey, Bytes>,
    context: &Recorded,
    oldest: Option<Timestamp>,
) -> Result<()> {
    let place = Place::of(context);
    let known = table.get(place.key()).or_fail()?.map(|bytes| read(place.key(), bytes.value()));
    let known = known.transpose()?.filter(|known| oldest.is_none_or(|at| known.last >= at));
    let sum = match known {
        Some(mut known) => {
            known.add(context);
            encode(&ContextRecord::from(&known))?
        }
        None => encode(&ContextRecord::from(context))?,
    };
    table.insert(place.key(), sum.as_slice()).or_fail().map(drop)
}

/// The place up to which contexts were looked at.
fn swept(meta: &impl ReadableTable<&'static str, Bytes>) -> Result<Place> {
    let location = || "`traffic_swept` in table `pcq.meta`".to_owned();
    let found = meta.get(SWEPT_KEY).or_fail()?;
    let record = found.map(|bytes| decode::<SweepRecord>(bytes.value(), location)).transpose()?;
    Ok(record.map(Place::from).unwrap_or_default())
}

/// Looks at so many contexts after a place, and erases those that were seen last before an instant; gives the place of the
/// last, or `None` if there is none after it.
fn sweep(
    table: &mut Table<'_, ContextKey, Bytes>,
    oldest: Timestamp,
    after: &Place,
    count: usize,
) -> Result<Option<Place>> {
    let (mut last, mut looked, mut over) = (None, 0, Vec::new());
    for entry in table.range(after.key()..).or_fail()?.take(count) {
        let (key, bytes) = entry.or_fail()?;
        looked += 1;
        let place = Place::at(key.value());
        if read(key.value(), bytes.value())?.last < oldest {
            over.push(place.clone());
        }
        last = Some(place);
    }
    for place in &over {
        table.remove(place.key()).or_fail()?;
    }
    Ok(last.filter(|_| looked == count))
}

/// Erases all contexts that were seen last before an instant.
pub(in crate::store) fn sweep_all(
    transaction: &WriteTransaction,
    oldest: Timestamp,
    watch: &Watch<'_>,
) -> Result<u64> {
    let mut table = transaction.open_table(TRAFFIC).or_fail()?;
    let mut over = Vec::new();
    for entry in table.iter().or_fail()? {
        watch.check()?;
        let (key, bytes) = entry.or_fail()?;
        if read(key.value(), bytes.value())?.last < oldest {
            over.push(Place::at(key.value()));
        }
    }
    for place in &over {
        watch.check()?;
        table.remove(place.key()).or_fail()?;
    }
    Ok(over.len() as u64)
}

/// Erases the contexts of a user.
pub(in crate::store) fn forget(transaction: &WriteTransaction, user: &str) -> Result<()> {
    let mut table = transaction.open_table(TRAFFIC).or_fail()?;
    table.retain_in(within(Some(user)), |_, _| false).or_fail()
}

impl From<&Recorded> for ContextRecord {
    fn from(context: &Recorded) -> Self {
        let attributes = Value::Object(Arc::clone(&context.attributes)).to_string();
        let (first, last) = (context.first.as_micros(), context.last.as_micros());
        Self { attributes, first, last, count: context.count }
    }
}
