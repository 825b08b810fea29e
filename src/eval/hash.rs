//! Hash functions of other systems, for conditions that repeat the shares of users which these drew.

use std::fmt::Write as _;

use md5::{Digest as _, Md5};
use serde::Serialize;
use sha1::Sha1;
use sha2::Sha256;

use super::bucket::{Murmur, fnv1a};
use super::operand::{Operand, whole};

/// A hash that conditions may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Murmur3,
    /// The same over CBOR.
    Murmur3Cbor,
    Fnv1a,
    Crc32,
    Xxh3,
    Md5,
    Sha1,
    Sha256,
}

impl Algorithm {
    pub(crate) const ALL: [Self; 8] = [
        Self::Murmur3,
        Self::Murmur3Cbor,
        Self::Fnv1a,
        Self::Crc32,
        Self::Xxh3,
        Self::Md5,
        Self::Sha1,
        Self::Sha256,
    ];

    /// The name that conditions use.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Murmur3 => "murmur3",
            Self::Murmur3Cbor => "murmur3-cbor",
            Self::Fnv1a => "fnv1a",
            Self::Crc32 => "crc32",
            Self::Xxh3 => "xxh3",
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// Number of bits of the hash.
    pub(crate) fn bits(self) -> u32 {
        match self {
            Self::Murmur3 | Self::Murmur3Cbor | Self::Fnv1a | Self::Crc32 => 32,
            Self::Xxh3 => 64,
            Self::Md5 => 128,
            Self::Sha1 => 160,
            Self::Sha256 => 256,
        }
    }

    /// The largest seed; `None` if the hash takes none.
    pub(crate) fn largest_seed(self) -> Option<i64> {
        match self {
            Self::Murmur3 | Self::Murmur3Cbor => Some(i64::from(u32::MAX)),
            Self::Xxh3 => Some(i64::MAX),
            _ => None,
        }
    }

    /// Looks at the bytes that are hashed of a value: its text, or its CBOR. `None` if it has none.
    pub(super) fn with_bytes<T>(
        self,
        value: Operand<'_>,
        look: impl FnOnce(&[u8]) -> T,
    ) -> Option<T> {
        match self {
            Self::Murmur3Cbor => cbor(&value).map(|bytes| look(&bytes)),
            _ => value.with_text(|text| look(text.as_bytes())),
        }
    }

    /// Hashes bytes. The seed is 0 for those that take none.
    pub(crate) fn digest(self, bytes: &[u8], seed: u64) -> Digest {
        match self {
            Self::Murmur3 | Self::Murmur3Cbor => {
                let seed = u32::try_from(seed).unwrap_or_default();
                Digest::new(&Murmur::new(seed).feed(bytes).finish().to_be_bytes())
            }
            Self::Fnv1a => Digest::new(&fnv1a(bytes).to_be_bytes()),
            Self::Crc32 => Digest::new(&crc32fast::hash(bytes).to_be_bytes()),
            Self::Xxh3 => {
                Digest::new(&xxhash_rust::xxh3::xxh3_64_with_seed(bytes, seed).to_be_bytes())
            }
            Self::Md5 => Digest::new(&Md5::digest(bytes)),
            Self::Sha1 => Digest::new(&Sha1::digest(bytes)),
            Self::Sha256 => Digest::new(&Sha256::digest(bytes)),
        }
    }
}

/// The canonical CBOR (RFC 8949, section 4.2) of a text, a number or a boolean. A whole double below 2^63 is an integer.
fn cbor(value: &Operand<'_>) -> Option<Vec<u8>> {
    match value {
        Operand::Boolean(b) => cbor_of(b),
        Operand::Integer(n) => cbor_of(n),
        Operand::Double(d) => whole(*d).map_or_else(|| cbor_of(d), |n| cbor_of(&n)),
        Operand::Text(text) => cbor_of(&**text),
        _ => None,
    }
}

fn cbor_of(value: &(impl Serialize + ?Sized)) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).ok()?;
    Some(bytes)
}

/// A hash as a big-endian number of up to 256 bits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Digest {
    bytes: [u8; 32],
    length: usize,
}

impl Digest {
    fn new(hash: &[u8]) -> Self {
        let mut bytes = [0; 32];
        bytes.iter_mut().zip(hash).for_each(|(to, from)| *to = *from);
        Self { bytes, length: hash.len().min(32) }
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// The whole hash, or the first 60 bits of a longer one.
    pub(crate) fn number(&self) -> i64 {
        if self.length <= 4 {
            return self.bytes().iter().fold(0, |n, byte| n << 8 | i64::from(*byte));
        }
        let first = self.bytes.first_chunk::<8>().map_or(0, |first| u64::from_be_bytes(*first));
        i64::try_from(first >> 4).unwrap_or_default()
    }

    /// The first `bits` bits as a number, modulo a positive one.
    pub(crate) fn modulo(&self, modulus: u64, bits: u32) -> Option<i64> {
        let modulus = u128::from(modulus);
        let mut left = bits;
        let mut rest: u128 = 0;
        for byte in self.bytes() {
            let take = left.min(8);
            left -= take;
            let piece = u128::from(*byte).checked_shr(8 - take)?;
            rest = (rest << take | piece).checked_rem(modulus)?;
        }
        i64::try_from(rest).ok()
    }

    /// The hash in lower-case hexadecimal digits.
    pub(crate) fn hex(&self) -> String {
        self.bytes().iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}"); // a String takes everything
            text
        })
    }
}
