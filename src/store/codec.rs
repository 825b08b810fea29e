//! Codec of records: how one becomes bytes, and bytes become one.
//!
//! A record is one byte for the codec, one for the schema of its type, the payload, and the CRC-32
//! (little-endian) of all before it. Decoding is total: whatever the bytes are, it gives the record or
//! says what is wrong, and a length in them cannot ask for much more memory than they take themselves.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::failure::corrupt;
use crate::error::{ErrorKind, Result};

/// The codec of all records so far: bincode 2, integers of variable length, little-endian.
const BINCODE: u8 = 1;
/// The bytes around the payload.
const FRAME: usize = 2 + size_of::<u32>();
/// The longest record.
const RECORD_BYTES: usize = 256 << 20;
/// The longest payload of a short record, and of a medium one.
const SHORT: usize = 4 << 10;
const MEDIUM: usize = 1 << 20;
/// How many bytes a byte of a payload counts as, at most: a number takes one byte or more, and counts as what it takes in
/// memory.
const ROOM: usize = 8;

/// A type that stands in a table. A type never changes once it was released: a new one with the next
/// schema number takes its location, and [`decode_either`] reads both.
pub(super) trait Record: Serialize + DeserializeOwned {
    /// The number of the schema.
    const SCHEMA: u8;
}

/// The codec, which refuses a length before it takes memory for it, if there is no room for that.
fn config<const BYTES: usize>() -> impl bincode::config::Config {
    bincode::config::standard().with_limit::<BYTES>()
}

/// Makes the bytes of a record.
pub(super) fn encode<R: Record>(record: &R) -> Result<Vec<u8>> {
    encode_packed::<R>(|bytes| pack(record, bytes))
}

/// Makes the bytes of a record whose payload is packed part by part.
pub(super) fn encode_packed<R: Record>(
    payload: impl FnOnce(&mut Vec<u8>) -> Result<()>,
) -> Result<Vec<u8>> {
    let mut bytes = vec![BINCODE, R::SCHEMA];
    payload(&mut bytes)?;
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    if bytes.len() > RECORD_BYTES {
        let (limit, found) = (RECORD_BYTES, bytes.len());
        return Err(
            ErrorKind::TooMany { what: "a stored object", limit, unit: "bytes", found }.into()
        );
    }
    Ok(bytes)
}

/// Reads the bytes of a record; `location` names the table and the key.
pub(super) fn decode<R: Record>(bytes: &[u8], location: impl Fn() -> String) -> Result<R> {
    let damaged = |why: &str| corrupt(format!("{}: {why}", location()));
    if !(FRAME..=RECORD_BYTES).contains(&bytes.len()) {
        return Err(damaged("the length is impossible"));
    }
    let payload = checked(bytes).ok_or_else(|| damaged("the checksum is wrong"))?;
    match payload {
        [BINCODE, schema, payload @ ..] if *schema == R::SCHEMA => {
            read(payload).ok_or_else(|| damaged("the contents are not a record"))
        }
        _ => Err(damaged("the codec or schema is unknown")),
    }
}

/// The number of the schema of a record.
pub(super) fn schema(bytes: &[u8]) -> Option<u8> {
    bytes.get(1).copied()
}

/// Reads the bytes of a record, or of the type whose place it took.
pub(super) fn decode_either<R, Old>(bytes: &[u8], location: impl Fn() -> String) -> Result<R>
where
    R: Record + From<Old>,
    Old: Record,
{
    match schema(bytes) {
        Some(schema) if schema == Old::SCHEMA => decode::<Old>(bytes, location).map(R::from),
        _ => decode(bytes, location),
    }
}

/// The bytes without their checksum, if it is right.
fn checked(bytes: &[u8]) -> Option<&[u8]> {
    let (body, sum) = bytes.split_last_chunk::<4>()?;
    (crc32fast::hash(body) == u32::from_le_bytes(*sum)).then_some(body)
}

/// Reads a payload, with the least room that is enough for any of its length.
fn read<R: Record>(payload: &[u8]) -> Option<R> {
    match payload.len() {
        length if length <= SHORT => read_within::<R, { ROOM * SHORT }>(payload),
        length if length <= MEDIUM => read_within::<R, { ROOM * MEDIUM }>(payload),
        _ => read_within::<R, RECORD_BYTES>(payload),
    }
}

fn read_within<R: Record, const BYTES: usize>(payload: &[u8]) -> Option<R> {
    let (record, used) = bincode::serde::decode_from_slice(payload, config::<BYTES>()).ok()?;
    (used == payload.len()).then_some(record)
}

/// Appends the payload of a value, without a frame: for what is one of many in a record.
pub(super) fn pack(value: &impl Serialize, bytes: &mut Vec<u8>) -> Result<()> {
    let packed = bincode::serde::encode_into_std_write(value, bytes, config::<RECORD_BYTES>());
    packed.map(drop).map_err(|e| corrupt(format!("a record cannot be written: {e}")))
}

/// Takes what was packed off the front; `None` if the bytes are damaged.
pub(super) fn unpack<'b, T: Deserialize<'b>>(bytes: &mut &'b [u8]) -> Option<T> {
    let (value, used) =
        bincode::serde::borrow_decode_from_slice(bytes, config::<RECORD_BYTES>()).ok()?;
    *bytes = bytes.get(used..)?;
    Some(value)
}
