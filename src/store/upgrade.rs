//! Upgrade of a file of an earlier format, as a part of the transaction that is the first to write revisions or facts of
//! users to it: a power cut leaves the file as it was, or all of it in the present format.

use redb::{ReadableTable, WriteTransaction};

use super::codec::{decode, encode};
use super::failure::OrFail;
use super::keep::Kept;
use super::record::{ConfigRecord, ConfigRecord1};
use super::tables::{Bytes, FORMAT, FORMAT_KEY, HEADS, META, kind_number};
use super::user;
use crate::error::Result;
use crate::model::ObjectKind;

/// Brings the file to the present format.
///
/// * From 1 to 2: entries of users become run 0.
/// * From 2 to 3: the publications in the heads of configs get a table of their own. The lists of timelines stay:
///   there is one of each revision.
/// * From 3 to 4: nothing. Large versions that are written from here on are edits; those that are there, in the log and
///   where they are kept, stay as they are.
/// * From 4 to 5: nothing. Attributes may be declared from here on.
/// * From 5 to 6: nothing. Traffic may be recorded from here on.
pub(super) fn upgrade(transaction: &WriteTransaction) -> Result<()> {
    let format = format_of(transaction)?;
    if format >= FORMAT {
        return Ok(());
    }
    if format < 2 {
        user::base_to_run(transaction)?;
    }
    if format < 3 {
        publications_to_table(transaction)?;
    }
    let mut meta = transaction.open_table(META).or_fail()?;
    meta.insert(FORMAT_KEY, FORMAT.to_le_bytes().as_slice()).or_fail().map(drop)
}

/// The format of the file; that of a new one is not written yet.
fn format_of(transaction: &WriteTransaction) -> Result<u32> {
    let meta = transaction.open_table(META).or_fail()?;
    let format = meta.get(FORMAT_KEY).or_fail()?;
    let format = format.and_then(|format| <[u8; 4]>::try_from(format.value()).ok());
    Ok(format.map_or(FORMAT, u32::from_le_bytes))
}

fn publications_to_table(transaction: &WriteTransaction) -> Result<()> {
    let mut heads = transaction.open_table(HEADS).or_fail()?;
    let mut kept = Kept::new(transaction);
    kept.make()?;
    for (id, record) in config_heads(&heads)? {
        for publication in &record.timeline {
            kept.put_publication(publication)?;
        }
        let key = (kind_number(ObjectKind::Config), id);
        heads.insert(key, encode(&record)?.as_slice()).or_fail()?;
    }
    Ok(())
}

fn config_heads(heads: &impl ReadableTable<(u8, u32), Bytes>) -> Result<Vec<(u32, ConfigRecord)>> {
    let kind = kind_number(ObjectKind::Config);
    let configs = heads.range((kind, 0)..=(kind, u32::MAX)).or_fail()?;
    let configs = configs.map(|entry| {
        let (key, bytes) = entry.or_fail()?;
        let (_, id) = key.value();
        let location = || format!("table `pcq.heads`, config {id}");
        Ok((id, ConfigRecord::from(decode::<ConfigRecord1>(bytes.value(), location)?)))
    });
    configs.collect()
}
