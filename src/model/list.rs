//! Ids of users in lists, many of them in little memory.

use crate::error::{ErrorKind, Result};

/// Objection to a list that is referred to by hand.
pub(crate) const LISTS_ARE_LOADED: &str =
    "a list comes into a segment by `pcq list` or the library";

/// Ids of users one after the other in one text: 4 bytes for each besides its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct UserIds {
    text: String,
    /// End of each in the text.
    ends: Vec<u32>,
}

impl UserIds {
    /// Adds an id.
    pub(crate) fn push(&mut self, id: &str) -> Result<()> {
        let found = self.text.len() + id.len();
        let end = u32::try_from(found).map_err(|_| {
            let (what, limit, unit) = ("the ids of users in lists", u32::MAX as usize, "bytes");
            ErrorKind::TooMany { what, limit, unit, found }
        })?;
        self.make_room(id.len());
        self.text.push_str(id);
        self.ends.push(end);
        Ok(())
    }

    /// Takes memory for an id, and for an eighth as much as there is: twice as much would be too much of a long list.
    fn make_room(&mut self, bytes: usize) {
        if self.text.capacity() - self.text.len() < bytes {
            self.text.reserve_exact(bytes.max(self.text.len() / 8));
        }
        if self.ends.len() == self.ends.capacity() {
            self.ends.reserve_exact(16.max(self.ends.len() / 8));
        }
    }

    /// These ids and others behind them.
    pub(crate) fn with(&self, others: &[&str]) -> Result<Self> {
        let bytes = self.text.len() + others.iter().map(|id| id.len()).sum::<usize>();
        let mut all = Self {
            text: String::with_capacity(bytes),
            ends: Vec::with_capacity(self.len() + others.len()),
        };
        all.text.push_str(&self.text);
        all.ends.extend(&self.ends);
        others.iter().try_for_each(|id| all.push(id))?;
        Ok(all)
    }

    /// Number of ids.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The id at an index, from 0.
    #[inline]
    pub(crate) fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).unwrap_or(&0);
        self.text.get(*start as usize..end as usize)
    }

    /// The last one.
    pub(crate) fn last(&self) -> Option<&str> {
        self.get(self.len().checked_sub(1)?)
    }

    /// The ids in their order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// The same ids in the order of their bytes, each once.
    pub(crate) fn sorted(&self) -> Result<Self> {
        let mut ids: Vec<&str> = self.iter().collect();
        ids.sort_unstable();
        ids.dedup();
        Self::default().with(&ids)
    }

    /// Gives back the memory that was taken for more to come.
    pub(crate) fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    /// The bytes that it takes.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.text.capacity() + self.ends.capacity() * size_of::<u32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_kept_and_sorted() {
        let mut ids = UserIds::default();
        for id in ["u2", "é", "u1", "u2", "u10"] {
            ids.push(id).unwrap();
        }
        assert_eq!(ids.iter().collect::<Vec<_>>(), ["u2", "é", "u1", "u2", "u10"]);
        assert_eq!(ids.sorted().unwrap().iter().collect::<Vec<_>>(), ["u1", "u10", "u2", "é"]);
        assert_eq!((ids.len(), ids.last(), ids.get(5)), (5, Some("u10"), None));
        assert_eq!(UserIds::default().last(), None);
    }
}
