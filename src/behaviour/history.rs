//! History of one user: the events by name, and the attributes over time.

use std::collections::HashMap;
use std::sync::Arc;

use crate::error::{ErrorKind, Result};
use crate::limits::USER_ATTRIBUTES;
use crate::model::{
    Answer, Entry, Judge, Measured, Object, Past, Question, Timestamp, Value, What,
};

use super::profile::ProfileHistory;
use super::track::{Record, Track};

/// History of one user: the events by name, and the attributes over time.
#[derive(Clone, Debug, Default)]
pub(crate) struct UserHistory {
    /// Shared with the history that this one goes on from, where nothing is new.
    tracks: HashMap<Arc<str>, Arc<Track>>,
    profile: ProfileHistory,
    /// Number of entries received.
    received: u64,
    /// About what the entries take, without the series.
    bytes: usize,
}

/// An event, as it is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EventRef<'h> {
    pub(crate) name: &'h Arc<str>,
    pub(crate) at: Timestamp,
    pub(crate) properties: &'h Arc<Object>,
    pub(crate) id: Option<&'h Arc<str>>,
}

impl UserHistory {
    /// History of the entries of one user, which come in order of receipt.
    pub(crate) fn new(entries: impl IntoIterator<Item = Entry>) -> Self {
        let mut history = Self::default();
        history.extend(entries);
        history
    }

    /// Adds entries that were received later, in order of receipt. However their times are mixed, they are sorted
    /// once.
    pub(crate) fn extend(&mut self, entries: impl IntoIterator<Item = Entry>) {
        let mut more = More::default();
        for entry in entries {
            if entry.what == What::Forget {
                (*self, more) = Default::default();
            } else {
                self.received += 1;
                self.bytes += more.take(entry, self.received);
            }
        }
        for (name, records) in more.events {
            Arc::make_mut(self.tracks.entry(name).or_default()).extend(records);
        }
        self.profile.extend(more.profiles);
    }

    /// The attributes at an instant, whenever they were received.
    pub(crate) fn profile(&self, at: Timestamp) -> Object {
        self.profile.at(at)
    }

    /// Whether something was known at an instant: an attribute, or an event.
    pub(crate) fn is_known_at(&self, at: Timestamp) -> bool {
        let has_event = |track: &Track| track.records().iter().any(|record| record.at <= at);
        self.profile.is_known_at(at) || self.tracks.values().any(|track| has_event(track))
    }

    /// Refuses more attributes than a user may have.
    pub(crate) fn refuse_too_many(&self, attributes: &Object) -> Result<()> {
        let (limit, found) = (USER_ATTRIBUTES, self.profile.count_with(attributes));
        if found > limit {
            let (what, unit) = ("the profile of a user", "attributes");
            return Err(ErrorKind::TooMany { what, limit, unit, found }.into());
        }
        Ok(())
    }

    /// Whether nothing is known.
    pub(crate) fn is_empty(&self) -> bool {
        self.tracks.is_empty() && self.profile.is_empty()
    }

    /// The events of all names in order of time, then receipt.
    pub(crate) fn events(&self) -> impl Iterator<Item = EventRef<'_>> {
        let tracks = self.tracks.iter();
        let all = tracks.flat_map(|(name, track)| track.records().iter().map(move |r| (name, r)));
        let mut all: Vec<_> = all.collect();
        all.sort_unstable_by_key(|(_, record)| (record.at, record.receipt));
        all.into_iter().map(|(name, record)| EventRef {
            name,
            at: record.at,
            properties: &record.properties,
            id: record.id.as_ref(),
        })
    }

    /// The time of the first event of a name after an instant.
    pub(crate) fn next_event(&self, name: &str, after: Timestamp) -> Option<Timestamp> {
        self.tracks.get(name)?.next_after(after)
    }

    /// The properties of the events of a name, in order of time.
    pub(crate) fn events_named(&self, name: &str) -> impl Iterator<Item = &Object> {
        let records = self.tracks.get(name).into_iter().flat_map(|track| track.records());
        records.map(|record| &*record.properties)
    }

    /// The first instant after one at which some attributes are set or removed.
    pub(crate) fn next_setting(
        &self,
        is_wanted: impl Fn(&Arc<str>) -> bool,
        after: Timestamp,
    ) -> Option<Timestamp> {
        self.profile.next_setting(is_wanted, after)
    }

    /// About how much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        let series: usize = self.tracks.values().map(|track| track.series_bytes()).sum();
        size_of::<Self>() + self.tracks.len() * TRACK + self.bytes + series
    }
}

/// Entries on their way into a history, apart by what they are about.
#[derive(Debug, Default)]
struct More {
    events: HashMap<Arc<str>, Vec<Record>>,
    profiles: Vec<(Timestamp, Arc<Object>)>,
}

impl More {
    /// Takes an entry in; gives about what it takes in memory.
    fn take(&mut self, entry: Entry, receipt: u64) -> usize {
        match entry.what {
            What::Event { name, properties, id } => {
                let record = Record { at: entry.at, receipt, properties, id };
                let bytes = bytes_of_record(&record);
                self.events.entry(name).or_default().push(record);
                bytes
            }
            What::Profile(attributes) => {
                let bytes = bytes_of(&attributes);
                self.profiles.push((entry.at, attributes));
                bytes
            }
            What::Forget => 0,
        }
    }
}

impl Past for UserHistory {
    fn measure<'h>(
        &'h self,
        question: &Question,
        judge: &dyn Judge,
        at: Timestamp,
    ) -> Measured<'h> {
        match self.tracks.get(&question.event) {
            Some(track) => track.measure(question, judge, at),
            None => Measured {
                answer: Answer::of_nothing(question.aggregate),
                until: Timestamp::MAX,
                events: 0,
                ready: true,
            },
        }
    }
}

/// The events of a name begin with room for 64.
const TRACK: usize = size_of::<(Arc<str>, Track)>() + 64 * size_of::<usize>();

fn bytes_of_record(record: &Record) -> usize {
    let id = record.id.as_ref().map_or(0, |id| id.len());
    size_of::<Record>() + 3 * size_of::<usize>() + id + bytes_of(&record.properties)
}

/// An object takes its members, and beside each its hash and its place among the hashes.
fn bytes_of(members: &Object) -> usize {
    const MEMBER: usize = size_of::<(Arc<str>, Value)>() + 2 * size_of::<usize>();
    let each = members.iter().map(|(name, value)| MEMBER + name.len() + bytes_of_value(value));
    size_of::<Object>() + each.sum::<usize>()
}

/// Bytes that a value takes beside itself.
fn bytes_of_value(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::List(items) => items.iter().map(|v| size_of::<Value>() + bytes_of_value(v)).sum(),
        Value::Object(members) => bytes_of(members),
        _ => 0,
    }
}
