//! Blocks of ids: each id without the prefix that it shares with the one before it.

use crate::error::{Error, Result};
use crate::limits::ID_BYTES;
use crate::store::codec::{decode, pack, unpack};
use crate::store::failure::corrupt;
use crate::store::record::ListBlockRecord;

/// The most bytes of a block of more than one id: two fit into a page of redb, with their keys.
const BLOCK_BYTES: usize = 1_900;

/// Makes blocks of ids that come in order.
#[derive(Default)]
pub(super) struct Packer {
    first: String,
    last: String,
    block: ListBlockRecord,
}

impl Packer {
    /// Adds an id; gives the block before it with its first id, if that is full.
    pub(super) fn push(&mut self, id: &str) -> Result<Option<(String, ListBlockRecord)>> {
        let mut packed = Vec::new();
        pack(&beyond(&self.last, id), &mut packed)?;
        let fits = self.block.packed.0.len() + packed.len() <= BLOCK_BYTES;
        let full = if fits || self.block.count == 0 { None } else { self.end() };
        if self.block.count == 0 {
            id.clone_into(&mut self.first);
            packed.clear();
            pack(&beyond("", id), &mut packed)?;
        }
        self.block.count += 1;
        self.block.packed.0.extend(packed);
        id.clone_into(&mut self.last);
        Ok(full)
    }

    /// The block that is not full, with its first id; the next id begins another one.
    pub(super) fn end(&mut self) -> Option<(String, ListBlockRecord)> {
        let block = std::mem::take(&mut self.block);
        let first = std::mem::take(&mut self.first);
        self.last.clear();
        (block.count > 0).then_some((first, block))
    }
}

/// How many bytes an id has in common with the one before it, and the rest of it.
fn beyond<'i>(before: &str, id: &'i str) -> (u32, &'i str) {
    let shared = before.bytes().zip(id.bytes()).take_while(|(a, b)| a == b).count();
    // the rest is a text of its own
    let shared = (0..=shared).rev().find(|end| id.is_char_boundary(*end)).unwrap_or(0);
    (u32::try_from(shared).unwrap_or(0), id.get(shared..).unwrap_or(id))
}

/// Calls a function with each id of a block.
pub(super) fn unpacked(
    block: &ListBlockRecord,
    take: &mut impl FnMut(&str) -> Result<()>,
    damaged: impl Fn() -> Error,
) -> Result<()> {
    let (mut rest, mut id) = (block.packed.0.as_slice(), String::new());
    for _ in 0..block.count {
        let (shared, own): (u32, &str) = unpack(&mut rest).ok_or_else(&damaged)?;
        let shared = shared as usize;
        // an id that says little of itself may be long all the same, so its length has a bound
        let is_short = shared.saturating_add(own.len()) <= ID_BYTES;
        if !is_short || shared > id.len() || !id.is_char_boundary(shared) {
            return Err(damaged());
        }
        id.truncate(shared);
        id.push_str(own);
        take(&id)?;
    }
    if rest.is_empty() { Ok(()) } else { Err(damaged()) }
}

/// Reads a block of ids.
pub(super) fn read_block(key: (u32, &str), bytes: &[u8]) -> Result<ListBlockRecord> {
    decode(bytes, || location(key))
}

/// Calls a function with each id of a block.
pub(super) fn each_in(
    key: (u32, &str),
    bytes: &[u8],
    take: &mut impl FnMut(&str) -> Result<()>,
) -> Result<()> {
    let block = read_block(key, bytes)?;
    let damaged = || corrupt(format!("{}: these are no ids", location(key)));
    unpacked(&block, take, damaged)
}

/// Where a block is.
pub(super) fn location(key: (u32, &str)) -> String {
    format!("table `pcq.list_ids`, record {key:?}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::record::Packed;

    fn read(block: &ListBlockRecord) -> Result<Vec<String>> {
        let mut ids = Vec::new();
        let take = &mut |id: &str| {
            ids.push(id.to_owned());
            Ok(())
        };
        unpacked(block, take, || corrupt("no ids"))?;
        Ok(ids)
    }

    #[test]
    fn blocks_hold_what_was_packed() {
        let mut ids: Vec<String> = (0..1_000).map(|number| format!("user-{number}")).collect();
        ids.extend(["zé".into(), "zè".into(), "z".repeat(ID_BYTES), "zz".repeat(ID_BYTES / 4)]);
        ids.sort();
        let (mut packer, mut blocks) = (Packer::default(), Vec::new());
        for id in &ids {
            blocks.extend(packer.push(id).unwrap());
        }
        blocks.extend(packer.end());
        assert!(packer.end().is_none());
        let mut found = Vec::new();
        for (first, block) in &blocks {
            let ids = read(block).unwrap();
            assert_eq!(ids.first(), Some(first));
            assert!(block.count == 1 || block.packed.0.len() <= BLOCK_BYTES);
            found.extend(ids);
        }
        assert_eq!(found, ids);
        assert!(blocks.len() < 10, "{}", blocks.len());
    }

    #[test]
    fn damaged_blocks_are_told() {
        for packed in [vec![1, 1, b'a'], vec![0, 2, b'a'], vec![0, 1, b'a', 0], vec![0, 1, 0xff]] {
            assert!(read(&ListBlockRecord { count: 1, packed: Packed(packed) }).is_err());
        }
    }

    #[test]
    fn an_id_is_no_longer_than_it_may_be() {
        let block = |first: usize, second: &str| {
            let mut packed = Vec::new();
            pack(&(0_u32, "a".repeat(first)), &mut packed).unwrap();
            pack(&(u32::try_from(first).unwrap(), second), &mut packed).unwrap();
            read(&ListBlockRecord { count: 2, packed: Packed(packed) })
        };
        assert_eq!(block(ID_BYTES - 1, "b").unwrap()[1].len(), ID_BYTES);
        assert!(block(ID_BYTES, "b").is_err() && block(ID_BYTES + 1, "").is_err());
    }
}
