//! Short texts in two words, so that comparing them looks nowhere else.

use std::num::NonZeroU64;

/// A text of at most 15 bytes: two are the same text if and only if their words are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Short(u64, NonZeroU64);

impl Short {
    /// The bytes that there is room for, beside one for the length.
    const BYTES: u8 = 15;

    /// Packs a text; `None` if it is longer than 15 bytes.
    ///
    /// The words are read from the text itself, in pieces that overlap: bytes that are put in a row first would have
    /// to be written before they can be read as words.
    #[inline]
    pub(crate) fn new(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let length = u8::try_from(bytes.len()).ok().filter(|length| *length <= Self::BYTES)?;
        let (low, high) = words(bytes);
        // one more than the length: the empty text, too, has a word that is not zero
        let high = high | u64::from(length + 1) << 56;
        NonZeroU64::new(high).map(|high| Self(low, high))
    }

    /// Both words.
    #[inline]
    pub(crate) fn words(self) -> [u64; 2] {
        [self.0, self.1.get()]
    }

    /// The text.
    pub(crate) fn text(self) -> String {
        let Self(low, high) = self;
        let [high @ .., length] = high.get().to_le_bytes();
        let bytes = low.to_le_bytes().into_iter().chain(high);
        let bytes: Vec<u8> = bytes.take(usize::from(length).saturating_sub(1)).collect();
        String::from_utf8(bytes).unwrap_or_default()
    }

    /// A hash of the text: both halves of the product of its words.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "both halves are taken")]
    pub(crate) fn hash(self) -> u64 {
        // digits of pi, so that words with few bits set are mixed, too
        let (low, high) = (self.0 ^ 0x243f_6a88_85a3_08d3, self.1.get() ^ 0x1319_8a2e_0370_7344);
        let product = u128::from(low) * u128::from(high);
        product as u64 ^ (product >> 64) as u64
    }

    /// The text of both words.
    #[inline]
    pub(crate) fn of([low, high]: [u64; 2]) -> Option<Self> {
        NonZeroU64::new(high).map(|high| Self(low, high))
    }

    /// The text in one word, if it has at most seven bytes: two have the same only if they are the same. Else 0, which
    /// is the word of none.
    #[inline]
    pub(crate) fn word(self) -> u64 {
        let beyond = self.0 >> 56 | self.1.get() << 8;
        if beyond == 0 { self.0 | self.1.get() } else { 0 }
    }
}

/// The first eight bytes of at most 15, and those after them, the first lowest.
#[inline]
fn words(bytes: &[u8]) -> (u64, u64) {
    if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        let beyond = 8 * (bytes.len() - 8);
        // in two steps, as all 64 bits cannot be shifted at once
        let high = u64::from_le_bytes(*last) >> 8 >> (56 - beyond);
        return (u64::from_le_bytes(*first), high);
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        let beyond = 8 * (bytes.len() - 4);
        let last = u64::from(u32::from_le_bytes(*last)) << beyond;
        return (u64::from(u32::from_le_bytes(*first)) | last, 0);
    }
    let low = bytes.iter().rev().fold(0, |low, byte| low << 8 | u64::from(*byte));
    (low, 0)
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

    #[test]
    fn one_word_is_enough_for_seven_bytes() {
        let texts =
            ["", "\0", "a", "1234567", "123456\0", "1234567\0", "12345678", "1234567\0\0", "é"];
        let word = |text: &&str| Short::new(text).unwrap().word();
        for a in &texts {
            assert!(a.len() > 7 || word(a) > 0, "{a:?}");
            for b in &texts {
                assert!(word(a) != word(b) || a == b || word(a) == 0, "{a:?} {b:?}");
            }
        }
        assert_eq!(word(&"12345678"), 0);
    }

    #[test]
    fn hashes_of_like_texts_are_spread() {
        let names = |n: u32| [format!("key{n}"), format!("flag_{n:04}"), format!("{n}-on")];
        let hashes = (0..1_000).flat_map(names).map(|name| Short::new(&name).unwrap().hash());
        let mut buckets: Vec<u64> = hashes.map(|hash| hash % 8_192).collect();
        buckets.sort_unstable();
        buckets.dedup();
        // of 3,000 that are put into 8,192 at random some 2,512 are alone or first
        assert!((2_400..2_620).contains(&buckets.len()), "{}", buckets.len());
    }

    #[test]
    fn words_are_the_bytes_of_the_text_and_its_length() {
        let text = "abcdefghijklmno";
        for length in 0..=text.len() {
            let mut bytes = [0; 16];
            bytes[..length].copy_from_slice(&text.as_bytes()[..length]);
            bytes[15] = u8::try_from(length + 1).unwrap();
            let word = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
            let wanted = NonZeroU64::new(word(8)).map(|high| Short(word(0), high));
            assert_eq!(Short::new(&text[..length]), wanted, "{length}");
        }
    }
}
