//! What the fuzzer asks of pages of runs.

use super::digest::Owner;
use super::run::page_items;
use crate::store::codec::encode;
use crate::store::record::{BlockRecord, Packed, PageRecord};

/// The blocks of a page.
pub(in crate::store) fn page(bytes: &[u8], each: &mut dyn FnMut(&BlockRecord)) {
    let items = page_items::<BlockRecord>((1, 1, 0), &record(bytes)).unwrap_or_default();
    for (_, block) in &items {
        each(block);
    }
}

/// The owners of the ids of events in a page.
pub(in crate::store) fn ids(bytes: &[u8]) {
    drop(page_items::<Owner>((1, 1, 0), &record(bytes)));
}

fn record(bytes: &[u8]) -> Vec<u8> {
    encode(&PageRecord(Packed(bytes.to_vec()))).expect("it can be written")
}
