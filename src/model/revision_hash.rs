//! Hashes of revisions, each over what the revision did and the hash before it.

use std::fmt;

/// The fewest digits by which a hash is named: 48 bits.
const FEWEST_DIGITS: usize = 12;

/// Hash of a revision: SHA-256 over its number, its record, the records of its changes, and the hash of the
/// revision before it. So it stands for the whole history of objects up to there: whoever kept it can prove later that
/// the history goes on from it ([`Database::verify_from`](crate::Database::verify_from)). The ids in lists, users and
/// deliveries are not in it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RevisionHash(pub(crate) [u8; 32]);

impl RevisionHash {
    /// The first 16 of its 64 digits, as `SHOW HISTORY` has them.
    #[must_use]
    pub fn short(&self) -> String {
        let mut digits = self.to_string();
        digits.truncate(16);
        digits
    }

    /// Whether it begins with some digits, upper or lower case.
    pub(crate) fn begins_with(&self, digits: &str) -> bool {
        self.to_string().starts_with(&digits.to_ascii_lowercase())
    }

    /// Whether digits are enough of a hash to name it: 12 to 64 of base 16.
    pub(crate) fn is_named_by(digits: &str) -> bool {
        (FEWEST_DIGITS..=64).contains(&digits.len())
            && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    }
}

/// All 64 digits, in base 16.
impl fmt::Display for RevisionHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for RevisionHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
