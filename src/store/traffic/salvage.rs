//! Recorded contexts as they are put into another store.

use redb::{ReadableTable, WriteTransaction};

use super::add::add;
use super::place::{digest, read};
use crate::error::Result;
use crate::model::{Contexts, Recorded, Timestamp};
use crate::store::failure::OrFail;
use crate::store::image::Image;
use crate::store::tables::TRAFFIC;

/// How many contexts are added at once.
const BATCH: usize = if cfg!(test) { 8 } else { 65_536 };

/// Puts what is left of contexts into a store that has none; gives how many that are.
pub(in crate::store) fn copy_left(image: &Image, to: &WriteTransaction) -> Result<u64> {
    let mut left = 0;
    copy(image, to, |key, bytes| {
        let context = read(key, bytes).ok().filter(|context| digest(context) == key.2);
        left += u64::from(context.is_some());
        Ok(context)
    })?;
    Ok(left)
}

/// Puts contexts into a store that has none, with times that are brought down to a latest one; gives how many had a later
/// one.
pub(in crate::store) fn copy_until(
    image: &Image,
    to: &WriteTransaction,
    latest: Timestamp,
) -> Result<u64> {
    let mut later = 0;
    copy(image, to, |key, bytes| {
        let context = read(key, bytes)?;
        later += u64::from(context.last > latest);
        let (first, last) = (context.first.min(latest), context.last.min(latest));
        Ok(Some(Recorded { first, last, ..context }))
    })?;
    Ok(later)
}

fn copy(
    image: &Image,
    to: &WriteTransaction,
    mut made: impl FnMut((u8, &str, u128), &[u8]) -> Result<Option<Recorded>>,
) -> Result<()> {
    let Some(table) = image.optional_table(TRAFFIC)? else { return Ok(()) };
    let mut batch = Contexts::default();
    for entry in table.iter().or_fail()? {
        let (key, bytes) = entry.or_fail()?;
        batch.seen.extend(made(key.value(), bytes.value())?);
        if batch.seen.len() >= BATCH {
            add(to, &batch)?;
            batch.seen.clear();
        }
    }
    add(to, &batch)
}
