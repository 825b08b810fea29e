//! Lengths in stored bytes, at their edges and past them.

use crate::store::codec::{Record, decode, encode};
use crate::store::record::{Packed, PageRecord, RevisionRecord, TimelineRecord};

/// The longest payload of a short record, and of a medium one.
const EDGES: [usize; 2] = [4 << 10, 1 << 20];

/// The bytes of a record with a payload.
fn framed<R: Record>(payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![1, R::SCHEMA];
    bytes.extend_from_slice(payload);
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    bytes
}

fn read<R: Record>(bytes: &[u8]) -> Option<R> {
    decode::<R>(bytes, String::new).ok()
}

/// Numbers that take a byte each count as most.
#[test]
fn a_record_of_any_length_is_read() {
    for edge in EDGES {
        for length in edge - 8..edge + 4 {
            let record = TimelineRecord(vec![7; length]);
            assert_eq!(read(&encode(&record).unwrap()), Some(record), "{length} numbers");
            let record = PageRecord(Packed(vec![7; length]));
            assert_eq!(read(&encode(&record).unwrap()), Some(record), "{length} bytes");
        }
    }
}

/// The length of a text or of bytes, which are taken whole.
#[test]
fn a_length_asks_for_little_more_than_there_is() {
    for length in [1, 250, 251, 4 << 10, 1 << 20, 256 << 20, u64::MAX] {
        let mut said = vec![253];
        said.extend(length.to_le_bytes());
        let with_actor = [&[2, 1][..], &said].concat();
        for bytes in [framed::<PageRecord>(&said), framed::<RevisionRecord>(&with_actor)] {
            let memory = allocation_counter::measure(|| {
                assert_eq!(read::<PageRecord>(&bytes), None);
                assert_eq!(read::<RevisionRecord>(&bytes), None);
            });
            assert!(memory.bytes_max < 40 << 10, "{} bytes for {length}", memory.bytes_max);
        }
    }
}
