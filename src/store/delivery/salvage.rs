//! Salvage of deliveries: what is left of them in tables of which pages are missing, as tables that agree with one
//! another.

use std::collections::BTreeMap;

use redb::{ReadableTable, WriteTransaction};

use super::add::{digest, read_counts, read_span, read_users};
use super::bucket::size_numbered;
use super::check::{Reach, Reaches, agree, reaches_of};
use super::query::read_series;
use crate::error::Result;
use crate::model::{Catalog, ConfigId, KeyId};
use crate::store::codec::encode;
use crate::store::failure::OrFail;
use crate::store::image::Image;
use crate::store::record::{KeySpanRecord, SeriesRecord};
use crate::store::tables::{COUNTS, KEY_SPANS, SERIES, SERIES_NUMBERS, SKETCHES};

/// The key of each series, and whether a row gave it.
type Series = BTreeMap<u32, (u32, bool)>;

/// Puts what is left of deliveries into a store that has none; gives how many records of counts that are. What was
/// delivered of objects that the store has not is left out.
pub(in crate::store) fn copy_left(
    image: &Image,
    catalog: &Catalog,
    to: &WriteTransaction,
) -> Result<u64> {
    if image.optional_table(SERIES)?.is_none() {
        return Ok(0);
    }
    let series = copy_series(image, catalog, to)?;
    let (counts, reaches) = copy_counts(image, &series, to)?;
    copy_users(image, &series, to)?;
    copy_spans(image, &reaches, to)?;
    Ok(counts)
}

fn copy_series(image: &Image, catalog: &Catalog, to: &WriteTransaction) -> Result<Series> {
    let mut known = Series::new();
    let mut table = to.open_table(SERIES).or_fail()?;
    let mut numbers = to.open_table(SERIES_NUMBERS).or_fail()?;
    for entry in image.table(SERIES)?.iter().or_fail()? {
        let (number, bytes) = entry.or_fail()?;
        let record = read_series(number.value(), bytes.value()).ok();
        let Some(record) = record.filter(|record| is_of(record, catalog)) else { continue };
        let of = (record.key, record.is_targeted());
        if record.restore().is_ok() {
            table.insert(number.value(), bytes.value()).or_fail()?;
            numbers.insert(digest(bytes.value()), number.value()).or_fail()?;
            known.insert(number.value(), of);
        }
    }
    Ok(known)
}

/// Whether a catalog has what was delivered.
fn is_of(record: &SeriesRecord, catalog: &Catalog) -> bool {
    let has_config = |(config, _): (u32, u32)| catalog.config(ConfigId(config)).is_some();
    catalog.key(KeyId(record.key)).is_some() && record.owner.is_none_or(has_config)
}

fn copy_counts(image: &Image, series: &Series, to: &WriteTransaction) -> Result<(u64, Reaches)> {
    let (mut count, mut reaches) = (0, Reaches::new());
    let Some(from) = image.optional_table(COUNTS)? else { return Ok((count, reaches)) };
    let mut table = to.open_table(COUNTS).or_fail()?;
    for entry in from.iter().or_fail()? {
        let (key, bytes) = entry.or_fail()?;
        let (size, chunk, number) = key.value();
        let of = series.get(&number).zip(size_numbered(size));
        let counts = read_counts(key.value(), bytes.value()).ok();
        let Some(((of, size), counts)) = of.zip(counts) else { continue };
        table.insert(key.value(), bytes.value()).or_fail()?;
        reaches_of(*of, size, chunk, &counts, &mut reaches);
        count += 1;
    }
    Ok((count, reaches))
}

fn copy_users(image: &Image, series: &Series, to: &WriteTransaction) -> Result<()> {
    let Some(from) = image.optional_table(SKETCHES)? else { return Ok(()) };
    let mut table = to.open_table(SKETCHES).or_fail()?;
    for entry in from.iter().or_fail()? {
        let (key, bytes) = entry.or_fail()?;
        let is_known = series.contains_key(&key.value().1);
        if is_known && read_users(key.value(), bytes.value()).is_ok() {
            table.insert(key.value(), bytes.value()).or_fail()?;
        }
    }
    Ok(())
}

/// Copies the first and last minutes of each key; where they are not those of its counts, these say them.
fn copy_spans(image: &Image, reaches: &Reaches, to: &WriteTransaction) -> Result<()> {
    let from = image.optional_table(KEY_SPANS)?;
    let mut table = to.open_table(KEY_SPANS).or_fail()?;
    for ((key, _), all) in reaches.iter().filter(|((_, targeted), _)| !targeted) {
        let targeted = reaches.get(&(*key, true)).copied();
        let bytes = from.as_ref().map(|from| from.get(*key).or_fail()).transpose()?.flatten();
        let told = bytes.and_then(|bytes| read_span(*key, bytes.value()).ok());
        let told = told.filter(|told| agree(told, *all, targeted));
        let span = told.unwrap_or_else(|| KeySpanRecord {
            first: all.starts(),
            last: all.ends(),
            last_targeted: targeted.map(Reach::ends),
        });
        table.insert(*key, encode(&span)?.as_slice()).or_fail()?;
    }
    Ok(())
}
