//! Finder: which of many texts are in a text, told by one pass over it.

/// Automaton of Aho and Corasick over the bytes of texts.
///
/// Its states are numbered from the shortest beginnings to the longest, so that those that go on from one are a row,
/// and each takes some ten bytes. None lists the texts that end in it: all lists together could have as many entries
/// as the texts have bytes, to the square.
#[derive(Debug)]
pub(super) struct Finder {
    /// The first state that goes on from each, and where the last one's row ends.
    rows: Box<[u32]>,
    /// The byte that leads to each state.
    bytes: Box<[u8]>,
    /// The state of the longest text that ends as this one does.
    shorter: Box<[u32]>,
    /// Whether a text is this state.
    whole: Box<[bool]>,
    /// Whether a text is this state, or what it ends in.
    ended: Box<[bool]>,
}

/// Texts with a beginning in common: a part of the sorted ones, and how many bytes that has.
struct Branch {
    from: usize,
    to: usize,
    length: usize,
}

impl Finder {
    /// Makes a finder of texts.
    pub(super) fn new<T: AsRef<[u8]> + Ord>(mut texts: Vec<T>) -> Self {
        texts.sort_unstable();
        texts.dedup();
        let (mut rows, mut bytes, mut whole) = (Vec::new(), vec![0], Vec::new());
        let mut branches = vec![Branch { from: 0, to: texts.len(), length: 0 }];
        let mut state = 0;
        while let Some(&Branch { from, to, length }) = branches.get(state) {
            rows.push(number(branches.len()));
            let own = texts.get(from..to).unwrap_or_default();
            let is_whole = own.first().is_some_and(|text| text.as_ref().len() == length);
            whole.push(is_whole);
            let mut start = from + usize::from(is_whole);
            let longer = own.get(usize::from(is_whole)..).unwrap_or_default();
            let at = |text: &T| text.as_ref().get(length).copied().unwrap_or_default();
            for alike in longer.chunk_by(|a, b| at(a) == at(b)) {
                bytes.extend(alike.first().map(at));
                branches.push(Branch { from: start, to: start + alike.len(), length: length + 1 });
                start += alike.len();
            }
            state += 1;
        }
        rows.push(number(branches.len()));
        let (rows, bytes) = (rows.into(), bytes.into());
        Self { rows, bytes, shorter: [].into(), ended: whole.clone().into(), whole: whole.into() }
            .linked()
    }

    /// Finds of each state what it ends in; that of a shorter one is known by then.
    fn linked(mut self) -> Self {
        self.shorter = vec![0; self.whole.len()].into();
        for state in 0..number(self.whole.len()) {
            for next in self.row(state) {
                let byte = self.bytes.get(next as usize).copied().unwrap_or_default();
                let shorter = if state == 0 { 0 } else { self.step(self.shorter(state), byte) };
                let ended = self.has_ended(next) || self.has_ended(shorter);
                if let Some(own) = self.shorter.get_mut(next as usize) {
                    *own = shorter;
                }
                if let Some(own) = self.ended.get_mut(next as usize) {
                    *own = ended;
                }
            }
        }
        self
    }

    /// Whether any of the texts is in a text.
    pub(super) fn any_in(&self, text: &str) -> bool {
        let mut state = 0;
        self.has_ended(state)
            || text.bytes().any(|byte| {
                state = self.step(state, byte);
                self.has_ended(state)
            })
    }

    /// Whether all of the texts are in a text.
    pub(super) fn all_in(&self, text: &str) -> bool {
        let mut seen = vec![false; self.whole.len()];
        let mut see = |state: u32| {
            if let Some(seen) = seen.get_mut(state as usize) {
                *seen = true;
            }
        };
        let mut state = 0;
        see(state);
        for byte in text.bytes() {
            state = self.step(state, byte);
            see(state);
        }
        // what a text ends in was seen with it: longer states come later
        for state in (1..seen.len()).rev() {
            let shorter = self.shorter.get(state).filter(|_| seen.get(state) == Some(&true));
            if let Some(seen) = shorter.and_then(|shorter| seen.get_mut(*shorter as usize)) {
                *seen = true;
            }
        }
        self.whole.iter().zip(seen).all(|(whole, seen)| !whole || seen)
    }

    /// Whether bytes begin with any of the texts.
    pub(super) fn begins(&self, bytes: impl IntoIterator<Item = u8>) -> bool {
        let (mut state, mut bytes) = (0, bytes.into_iter());
        loop {
            if self.whole.get(state as usize) == Some(&true) {
                return true;
            }
            let next = bytes.next().and_then(|byte| self.next(state, byte));
            let Some(next) = next else { return false };
            state = next;
        }
    }

    fn has_ended(&self, state: u32) -> bool {
        self.ended.get(state as usize) == Some(&true)
    }

    fn shorter(&self, state: u32) -> u32 {
        self.shorter.get(state as usize).copied().unwrap_or_default()
    }

    /// The states that go on from one.
    fn row(&self, state: u32) -> std::ops::Range<u32> {
        let state = state as usize;
        match (self.rows.get(state), self.rows.get(state + 1)) {
            (Some(from), Some(to)) => *from..*to,
            _ => 0..0,
        }
    }

    /// The state that goes on from one with a byte.
    fn next(&self, state: u32, byte: u8) -> Option<u32> {
        let row = self.row(state);
        let bytes = self.bytes.get(row.start as usize..row.end as usize)?;
        let place = bytes.binary_search(&byte).ok()?;
        Some(row.start + number(place))
    }

    /// The longest state that what was read ends in, after one more byte.
    fn step(&self, mut state: u32, byte: u8) -> u32 {
        loop {
            match self.next(state, byte) {
                Some(next) => return next,
                None if state == 0 => return 0,
                None => state = self.shorter(state),
            }
        }
    }
}

/// A number of states: conditions are shorter than 2^32 bytes.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_finds_what_looking_for_each_finds(
            texts in prop::collection::vec("[ab]{0,5}", 0..12),
            text in "[abc]{0,30}",
        ) {
            let finder = Finder::new(texts.clone());
            let in_text = |part: &String| text.contains(part.as_str());
            prop_assert_eq!(finder.any_in(&text), texts.iter().any(in_text));
            prop_assert_eq!(finder.all_in(&text), texts.iter().all(in_text));
            let begins = texts.iter().any(|part| text.starts_with(part.as_str()));
            prop_assert_eq!(finder.begins(text.bytes()), begins);
        }
    }

    /// Each text is in all longer ones: lists of those that end in a state would have half a million entries.
    #[test]
    fn it_takes_a_state_for_each_byte_at_most() {
        let texts: Vec<_> = (1..=1_000).map(|length| "a".repeat(length)).collect();
        let finder = Finder::new(texts);
        assert_eq!((finder.whole.len(), finder.rows.len()), (1_001, 1_002));
        assert!(finder.all_in(&"a".repeat(1_000)) && !finder.all_in(&"a".repeat(999)));
    }
}
