//! Walk over the log, revision by revision, forwards or backwards.

use redb::ReadOnlyTable;

use super::failure::{OrFail, Place, corrupt, guarded};
use super::handle::Handle;
use super::image::Image;
use super::lookup::{newest_in, revision_in};
use super::tables::{Bytes, CHANGES, Position, REVISIONS};
use super::version::{Changes, LastRead};
use crate::error::Result;
use crate::model::{Change, ConditionParser, Revision};

/// Iterator over revisions and what they did: of the state in which the walk began, one in memory at a time.
pub(crate) struct Walk {
    revisions: ReadOnlyTable<u64, Bytes>,
    changes: ReadOnlyTable<Position, Bytes>,
    last_read: LastRead,
    parser: ConditionParser,
    place: Place,
    /// The revisions still to be given; empty when `first` is after `last`.
    first: u64,
    last: u64,
    direction: Direction,
    /// Keeps the tables open.
    _handle: Handle,
}

/// Direction of a walk over the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    OldestFirst,
    NewestFirst,
}

impl std::fmt::Debug for Walk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Walk({}..={}, {:?})", self.first, self.last, self.direction)
    }
}

impl Walk {
    /// Begins a walk over the revisions from `first` to `last`, as far as there are any.
    pub(super) fn begin(
        image: &Image,
        place: &Place,
        first: u64,
        last: u64,
        direction: Direction,
    ) -> Result<Self> {
        let revisions = image.table(REVISIONS)?;
        let last = last.min(newest_in(&revisions)?);
        let (changes, parser) = (image.table(CHANGES)?, image.parser());
        Ok(Self {
            revisions,
            changes,
            last_read: LastRead::default(),
            parser,
            place: place.clone(),
            first: first.max(1),
            last,
            direction,
            _handle: image.handle().clone(),
        })
    }

    fn changes(&self) -> Changes<'_, ReadOnlyTable<Position, Bytes>> {
        Changes { table: &self.changes, parser: self.parser, last_read: &self.last_read }
    }

    fn read(&self, number: u64) -> Result<(Revision, Vec<Change>)> {
        let Some((revision, count)) = revision_in(&self.revisions, number)? else {
            return Err(corrupt(format!("table `pcq.revisions` has no record {number}")));
        };
        let (mut changes, log) = (Vec::new(), self.changes());
        for entry in self.changes.range((number, 0)..=(number, u32::MAX)).or_fail()? {
            let (at, bytes) = entry.or_fail()?;
            changes.push(log.read(bytes.value(), at.value())?);
        }
        if changes.len() as u64 != u64::from(count) {
            let found = changes.len();
            return Err(corrupt(format!(
                "revision {number} has {found} changes instead of {count}"
            )));
        }
        Ok((revision, changes))
    }
}

impl Iterator for Walk {
    type Item = Result<(Revision, Vec<Change>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.first > self.last {
            return None;
        }
        let number = match self.direction {
            Direction::OldestFirst => {
                self.first += 1;
                self.first - 1
            }
            Direction::NewestFirst => {
                self.last -= 1;
                self.last + 1
            }
        };
        Some(guarded(&self.place, || self.read(number)))
    }
}
