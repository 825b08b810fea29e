//! Buckets: the hash position of a user, `murmur3` (x86, 32 bits) of `<salt>:<id>`, scaled to 100,000 buckets.

/// Number of buckets: a share of one thousandth of a percent covers one.
const BUCKETS: u64 = 100_000;

/// The bucket of an id under a salt.
#[cfg(test)]
#[inline]
pub(crate) fn bucket(salt: &str, id: &str) -> u32 {
    Bucketer::new(salt).bucket(id)
}

/// A salt that is hashed already, so that an evaluation hashes the id alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucketer(Murmur);

impl Bucketer {
    /// Hashes a salt and the colon behind it.
    pub(crate) fn new(salt: &str) -> Self {
        Self(Murmur::new(0).feed(salt.as_bytes()).feed(b":"))
    }

    /// Hashes the salt of the splits of a row.
    pub(crate) fn of_split(salt: &str) -> Self {
        Self(Murmur::new(0).feed(salt.as_bytes()).feed(b"/split:"))
    }

    /// The bucket of an id: 0 to 99,999.
    pub(crate) fn bucket(self, id: &str) -> u32 {
        // the product is below 100,000 × 2^32
        let hash = self.0.feed(id.as_bytes()).finish();
        ((u64::from(hash) * BUCKETS) >> 32) as u32
    }
}

/// `murmur3` (x86, 32 bits) over bytes that come in pieces.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Murmur {
    hash: u32,
    /// The bytes that do not fill a block yet, the first lowest.
    tail: u32,
    /// Number of bytes of a block that wait in `tail`: 0 to 3.
    waiting: u32,
    length: u32,
}

impl Murmur {
    /// Starts a hash.
    pub(crate) fn new(seed: u32) -> Self {
        Self { hash: seed, tail: 0, waiting: 0, length: 0 }
    }

    /// Hashes more bytes.
    #[inline]
    pub(crate) fn feed(mut self, mut bytes: &[u8]) -> Self {
        while self.waiting > 0
            && let [first, rest @ ..] = bytes
        {
            self.push(*first);
            bytes = rest;
        }
        let (blocks, rest) = bytes.as_chunks::<4>();
        for block in blocks {
            self.mix(u32::from_le_bytes(*block));
            self.length = self.length.wrapping_add(4);
        }
        for byte in rest {
            self.push(*byte);
        }
        self
    }

    fn push(&mut self, byte: u8) {
        self.tail |= u32::from(byte) << (8 * self.waiting);
        self.waiting += 1;
        self.length = self.length.wrapping_add(1);
        if self.waiting == 4 {
            self.mix(self.tail);
            (self.tail, self.waiting) = (0, 0);
        }
    }

    fn mix(&mut self, block: u32) {
        self.hash = (self.hash ^ scramble(block)).rotate_left(13);
        self.hash = self.hash.wrapping_mul(5).wrapping_add(0xe654_6b64);
    }

    /// The hash of all that was fed.
    #[inline]
    pub(crate) fn finish(self) -> u32 {
        let mut hash = self.hash ^ scramble(self.tail) ^ self.length;
        hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
        hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
        hash ^ (hash >> 16)
    }
}

/// Zero stays zero, so an empty tail changes nothing.
fn scramble(block: u32) -> u32 {
    block.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593)
}

/// FNV-1a, 32 bits.
pub(crate) fn fnv1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}
