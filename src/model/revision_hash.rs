//! Hashes of revisions, each over what the revision did and the hash before it.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind, Result};

/// The fewest digits by which a hash is named: 48 bits.
const FEWEST_DIGITS: usize = 12;

/// Hash of a revision: SHA-256 over its number, its record, the records of its changes, and the hash of the
/// revision before it. So it stands for the whole history of objects up to there: whoever kept it can prove later that
/// the history goes on from it ([`Database::verify_from`](crate::Database::verify_from)). The ids in lists, users and
/// deliveries are not in it. Its text is 64 digits of base 16, upper or lower case.
///
/// ```
/// let db = pcq::Database::in_memory()?;
/// db.execute("CREATE KEY dark BOOLEAN DEFAULT FALSE;")?;
/// let kept = db.verify()?.newest_hash.expect("there is a revision").to_string();
/// db.execute("CREATE KEY title STRING DEFAULT 'Home';")?;
/// let hash: pcq::RevisionHash = kept.parse()?;
/// assert_eq!(db.verify_from(&hash.to_string())?.from, Some(1));
/// assert!(hash.to_string().starts_with(&hash.short()));
/// # Ok::<(), pcq::Error>(())
/// ```
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

impl FromStr for RevisionHash {
    type Err = Error;

    /// Reads all 64 digits, in base 16; anything else is a `bad-literal`.
    fn from_str(digits: &str) -> Result<Self> {
        let bytes: Option<Vec<u8>> = digits.as_bytes().chunks(2).map(byte).collect();
        let bytes = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        bytes.map(Self).ok_or_else(|| {
            let (what, why) = ("a hash", "64 digits of base 16 are one".to_owned());
            ErrorKind::BadLiteral { what, text: digits.to_owned(), why }.into()
        })
    }
}

/// The byte of two digits.
fn byte(digits: &[u8]) -> Option<u8> {
    let [high, low] = digits else { return None };
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| digit.try_into().ok());
    let (high, low): (u8, u8) = (digit(*high)?, digit(*low)?);
    Some(high << 4 | low)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_its_64_digits() {
        let digits = "0123456789abcdef".repeat(4);
        let hash: RevisionHash = digits.parse().unwrap();
        assert_eq!((hash.to_string(), hash.0[1]), (digits.clone(), 0x23));
        assert_eq!(digits.to_uppercase().parse::<RevisionHash>().unwrap(), hash);
        for wrong in [
            "",
            "0123",
            &digits[1..],
            &format!("{digits}0"),
            &digits.replace('f', "g"),
            &"é".repeat(32),
        ] {
            assert_eq!(wrong.parse::<RevisionHash>().unwrap_err().code(), "bad-literal", "{wrong}");
        }
    }
}
