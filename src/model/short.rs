//! Short texts in two words, so that comparing them looks nowhere else.

use std::num::NonZeroU64;

/// A text of at most 15 bytes: two are the same text if and only if their words are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Short(u64, NonZeroU64);

impl Short {
    /// The bytes that there is room for, beside one for the length.
    const BYTES: usize = 15;

    /// Packs a text; `None` if it is longer than 15 bytes.
    pub(crate) fn new(text: &str) -> Option<Self> {
        if text.len() > Self::BYTES {
            return None;
        }
        let mut bytes = [0; 16];
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        // one more than the length: the empty text, too, has a word that is not zero
        bytes[Self::BYTES] = u8::try_from(text.len() + 1).ok()?;
        let [low, high] =
            [bytes.first_chunk()?, bytes.last_chunk()?].map(|b| u64::from_le_bytes(*b));
        NonZeroU64::new(high).map(|high| Self(low, high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_equal_only_for_equal_texts() {
        let texts = ["", "\0", "\0\0", "a", "a\0", "b", "iPhone", "123456789012345", "é"];
        for a in texts {
            for b in texts {
                assert_eq!(Short::new(a) == Short::new(b), a == b, "{a:?} {b:?}");
            }
            assert!(Short::new(a).is_some());
        }
        assert_eq!(Short::new("1234567890123456"), None);
    }
}
