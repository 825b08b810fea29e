//! The bucket of a user, from the definition of the language.

/// How many buckets there are: thousandths of a percent.
pub(crate) const BUCKETS: u32 = 100_000;

/// The bucket of an id under a salt: `murmur3_x86_32("<salt>:<id>") × 100000 >> 32`.
pub(crate) fn bucket(salt: &str, id: &str) -> u32 {
    let hash = murmur3(format!("{salt}:{id}").as_bytes());
    u32::try_from((u64::from(hash) * u64::from(BUCKETS)) >> 32).expect("less than the buckets")
}

/// Murmur3, x86, 32 bits, seed 0.
fn murmur3(data: &[u8]) -> u32 {
    let blocks = data.chunks_exact(4);
    let tail = blocks.remainder().iter().rev().fold(0, |k, byte| k << 8 | u32::from(*byte));
    let body = blocks.fold(0u32, |hash, block| {
        let word = u32::from_le_bytes(block.try_into().expect("four bytes"));
        (hash ^ mix(word)).rotate_left(13).wrapping_mul(5).wrapping_add(0xE654_6B64)
    });
    let mut hash = body ^ mix(tail) ^ u32::try_from(data.len()).expect("a short text");
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x85EB_CA6B);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xC2B2_AE35);
    hash ^ (hash >> 16)
}

fn mix(word: u32) -> u32 {
    word.wrapping_mul(0xCC9E_2D51).rotate_left(15).wrapping_mul(0x1B87_3593)
}

#[test]
fn murmur3_has_its_published_values() {
    assert_eq!(murmur3(b""), 0);
    assert_eq!(murmur3(b"test"), 0xBA6B_D213);
    assert_eq!(murmur3(b"Hello, world!"), 0xC036_3E43);
}
