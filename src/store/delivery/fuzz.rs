//! What the fuzzer asks of packed counts.

use super::bucket::{Counts, SIZES};

/// Packed counts of each size, and packed once more.
pub(in crate::store) fn counts(bytes: &[u8]) {
    for size in SIZES {
        let Some(counts) = Counts::unpack(bytes, size) else { continue };
        let packed = counts.pack();
        assert_eq!(Counts::unpack(&packed, size), Some(counts));
    }
}
