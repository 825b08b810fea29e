//! What the fuzzer asks of blocks of ids.

use super::block::{Packer, unpacked};
use crate::store::failure::corrupt;
use crate::store::record::ListBlockRecord;

/// The ids of a block, packed once more if they are in order.
pub(in crate::store) fn block(block: &ListBlockRecord) {
    let mut ids: Vec<String> = Vec::new();
    let take = &mut |id: &str| {
        ids.push(id.to_owned());
        Ok(())
    };
    if unpacked(block, take, || corrupt("no ids")).is_err() || !ids.is_sorted_by(|a, b| a < b) {
        return;
    }
    let (mut packer, mut blocks) = (Packer::default(), Vec::new());
    for id in &ids {
        blocks.extend(packer.push(id).expect("it can be packed"));
    }
    blocks.extend(packer.end());
    let mut again = Vec::new();
    for (_, block) in &blocks {
        let take = &mut |id: &str| {
            again.push(id.to_owned());
            Ok(())
        };
        unpacked(block, take, || corrupt("no ids")).expect("it was packed");
    }
    assert_eq!(ids, again);
}
