//! Sets of words that are looked up by one multiplication, with each word in a place of its own.

use smallvec::SmallVec;

/// Set of words, as it is looked up.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct WordSet {
    /// The number of places, as a power of two.
    pub(super) bits: u16,
    /// What words are multiplied by, so that no two lead to the same place.
    multiplier: u64,
    /// The words in their places; a free one has a word that is in another, too.
    places: SmallVec<[u64; 16]>,
}

/// Largest number of words.
const WORDS: usize = 16;
/// Number of multipliers that are tried for a number of places. Of ten words in sixteen places one of forty will do.
const TRIES: u64 = 128;

impl WordSet {
    /// Set of words; `None` if there are none, or too many, or no place is found for each.
    pub(super) fn new(words: &[u64]) -> Option<Self> {
        let least = words.len().checked_next_power_of_two()?.trailing_zeros();
        let fits = !words.is_empty() && words.len() <= WORDS;
        let sizes = fits.then_some([least, least + 1]).into_iter().flatten();
        let mut sizes = sizes.filter_map(|bits| u16::try_from(bits).ok());
        sizes.find_map(|bits| (0..TRIES).find_map(|n| Self::placed(words, bits, multiplier(n))))
    }

    fn placed(words: &[u64], bits: u16, multiplier: u64) -> Option<Self> {
        let first = *words.first()?;
        let mut places = SmallVec::from_elem(first, 1 << bits);
        let mut taken = 0_u64;
        for word in words {
            let place = place(*word, multiplier, bits);
            let is_free = taken >> place & 1 == 0;
            let at = places.get_mut(place).filter(|at| is_free || **at == *word)?;
            (*at, taken) = (*word, taken | 1 << place);
        }
        Some(Self { bits, multiplier, places })
    }

    /// Number of words that it takes to write it.
    pub(super) fn length(&self) -> usize {
        1 + self.places.len()
    }

    /// The set as words.
    pub(super) fn words(&self) -> impl Iterator<Item = u64> {
        [self.multiplier].into_iter().chain(self.places.iter().copied())
    }

    /// Whether a word is in a set that was written; `None` if what is there is none.
    #[inline]
    pub(super) fn has(set: &[u64], bits: u16, word: u64) -> Option<bool> {
        let (multiplier, places) = set.split_first()?;
        Some(*places.get(place(word, *multiplier, bits))? == word)
    }
}

/// The place of a word: the highest bits of the product.
#[inline]
fn place(word: u64, multiplier: u64, bits: u16) -> usize {
    (word.wrapping_mul(multiplier) >> 1 >> (63 - (bits & 63))) as usize
}

/// Numbers that look random, and are odd.
fn multiplier(n: u64) -> u64 {
    // digits of pi, and of the golden ratio
    let mixed = (n ^ 0x243f_6a88_85a3_08d3).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) | 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Short;

    fn has(set: &WordSet, word: u64) -> Option<bool> {
        WordSet::has(&set.words().collect::<Vec<_>>(), set.bits, word)
    }

    proptest! {
        #[test]
        fn what_is_in_a_set_is_found_and_nothing_else(
            words in prop::collection::vec(prop_oneof![1_u64..40, 1..=u64::MAX], 1..=16),
            others in prop::collection::vec(any::<u64>(), 20),
        ) {
            if let Some(set) = WordSet::new(&words) {
                prop_assert_eq!(set.words().count(), set.length());
                for word in words.iter().chain(&others).copied().chain(0..42) {
                    prop_assert_eq!(has(&set, word), Some(words.contains(&word)), "{}", word);
                }
            }
        }
    }

    #[test]
    fn countries_have_a_set_of_sixteen_places() {
        let countries = ["US", "CA", "GB", "DE", "FR", "IN", "JP", "BR", "AU", "MX"];
        let words = countries.map(|text| Short::new(text).unwrap().word());
        assert_eq!(WordSet::new(&words).map(|set| set.length()), Some(17));
        assert_eq!(WordSet::new(&words[..1]).map(|set| set.length()), Some(2));
        assert_eq!((WordSet::new(&[]), WordSet::new(&[5; 17])), (None, None));
    }
}
