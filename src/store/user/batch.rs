//! Batches: entries that are added together, kept in little memory until they are written to the file.

use std::ops::Range;
use std::sync::Arc;

use foldhash::fast::RandomState;
use indexmap::IndexSet;

use super::digest::digest;
use crate::error::{Error, Result};
use crate::model::{Entry, Timestamp, Value, What, write_json};
use crate::store::failure::corrupt;
use crate::store::record::EntryRecord;

type Texts = IndexSet<Arc<str>, RandomState>;

/// Batch of entries in order of receipt, none of which forgets a user.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(super) lines: Vec<Line>,
    pub(super) users: Texts,
    pub(super) names: Texts,
    /// The bytes of users and names.
    interned: usize,
    /// The attributes and properties as JSON, and the ids of events.
    text: Vec<u8>,
    /// The digests of the ids of events, and the indexes of their lines.
    pub(super) digests: Vec<(u128, usize)>,
}

/// Entry of a batch.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// The index of the user.
    pub(super) user: usize,
    /// The index of the name of an event; `None` if it is about the profile.
    pub(super) name: Option<usize>,
    at: Timestamp,
    json: Range<usize>,
    id: Option<Range<usize>>,
}

impl Batch {
    /// Appends an entry that was checked. One that forgets a user is left out: a batch cannot have it.
    pub(crate) fn push(&mut self, entry: &Entry) -> Result<()> {
        let (members, name, id) = match &entry.what {
            What::Event { name, properties, id } => (properties, Some(name), id.as_deref()),
            What::Profile(attributes) => (attributes, None, None),
            What::Forget => return Ok(()),
        };
        if let Some(id) = id {
            self.digests.push((digest(id), self.lines.len()));
        }
        let start = self.text.len();
        let failed = |_| corrupt("what is said of a user cannot be written");
        write_json(members, &mut self.text).map_err(failed)?;
        let json = start..self.text.len();
        let id = id.map(|id| {
            self.text.extend_from_slice(id.as_bytes());
            json.end..self.text.len()
        });
        let user = intern(&mut self.users, &entry.user, &mut self.interned);
        let name = name.map(|name| intern(&mut self.names, name, &mut self.interned));
        self.lines.push(Line { user, name, at: entry.at, json, id });
        Ok(())
    }

    /// How many entries it has.
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether it has none.
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The bytes that the entries take in memory, with their users and names.
    pub(crate) fn bytes(&self) -> usize {
        self.text.len() + self.interned
    }

    /// The users, each once.
    pub(crate) fn users(&self) -> impl Iterator<Item = &Arc<str>> {
        self.users.iter()
    }

    /// Takes all entries away, and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.lines.clear();
        self.users.clear();
        self.names.clear();
        self.interned = 0;
        self.text.clear();
        self.digests.clear();
    }

    /// The entries of users whom a function chooses, in order of receipt.
    pub(crate) fn about(&self, chosen: &dyn Fn(&str) -> bool) -> Result<Vec<Entry>> {
        let chosen: Vec<_> = self.users.iter().map(|user| chosen(user)).collect();
        let of_chosen = |line: &&Line| chosen.get(line.user).is_some_and(|chosen| *chosen);
        self.lines.iter().filter(of_chosen).map(|line| self.entry(line)).collect()
    }

    fn entry(&self, line: &Line) -> Result<Entry> {
        let json = Value::from_json(self.text(&line.json)?).map_err(|_| lost())?;
        let Value::Object(members) = json else { return Err(lost()) };
        let what = match line.name {
            Some(name) => What::Event {
                name: self.names.get_index(name).cloned().ok_or_else(lost)?,
                properties: members,
                id: line.id.as_ref().map(|id| self.text(id)).transpose()?.map(Arc::from),
            },
            None => What::Profile(members),
        };
        let user = self.users.get_index(line.user).cloned().ok_or_else(lost)?;
        Ok(Entry { user, at: line.at, what })
    }

    /// The record of a line; `name` is the number of the event.
    pub(super) fn record(&self, line: &Line, name: Option<u32>) -> Result<EntryRecord<'_>> {
        let id = line.id.as_ref().map(|id| self.text(id)).transpose()?;
        Ok(EntryRecord::new(line.at, self.text(&line.json)?, name, id))
    }

    fn text(&self, range: &Range<usize>) -> Result<&str> {
        let text = self.text.get(range.clone()).and_then(|text| str::from_utf8(text).ok());
        text.ok_or_else(lost)
    }
}

/// The index of a text among others; adds its bytes if it is new.
fn intern(texts: &mut Texts, text: &Arc<str>, bytes: &mut usize) -> usize {
    let (index, is_new) = texts.insert_full(Arc::clone(text));
    *bytes += if is_new { text.len() } else { 0 };
    index
}

/// Error for a part that a batch refers to and does not have, which cannot be.
pub(super) fn lost() -> Error {
    corrupt("an entry of a batch is lost")
}
