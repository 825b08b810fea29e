//! The records of users.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::restore::{Result, time, value};
use crate::model::{Entry, Object, Timestamp, Value, What};
use crate::store::codec::Record;

records!(TotalsRecord1, BlockRecord, PageRecord);

/// Totals of the tables of users.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct TotalsRecord {
    /// The number of the next user. It only rises, so that a number never means two users.
    pub(in crate::store) user: u32,
    /// The number of the last run that was made, from 1.
    pub(in crate::store) run: u64,
    /// The runs, in order of receipt.
    pub(in crate::store) runs: Vec<RunRecord>,
}

impl Record for TotalsRecord {
    const SCHEMA: u8 = 2;
}

/// Totals of a run and its sources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct RunRecord {
    pub(in crate::store) number: u64,
    pub(in crate::store) entries: u64,
    /// The bytes of the entries.
    pub(in crate::store) bytes: u64,
    /// The runs that are being moved into it, in order of receipt.
    pub(in crate::store) sources: Vec<u64>,
}

/// The number of the run that has the ids of the events in the base, and after a write the base itself.
pub(in crate::store) const BASE_RUN: u64 = 0;

/// [`TotalsRecord`] in files of format 1.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct TotalsRecord1 {
    user: u32,
    run: u64,
    runs: Vec<RunRecord1>,
    /// The entries in the base.
    base: u64,
}

/// [`RunRecord`] in files of format 1.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct RunRecord1 {
    number: u64,
    entries: u64,
    bytes: u64,
}

impl From<TotalsRecord1> for TotalsRecord {
    fn from(first: TotalsRecord1) -> Self {
        let base = RunRecord1 { number: BASE_RUN, entries: first.base, bytes: 0 };
        let base = (first.base > 0).then_some(base);
        let runs = base.into_iter().chain(first.runs);
        let runs = runs.map(|RunRecord1 { number, entries, bytes }| RunRecord {
            number,
            entries,
            bytes,
            sources: Vec::new(),
        });
        Self { user: first.user, run: first.run, runs: runs.collect() }
    }
}

/// Items of a run, one after the other: the key, the length of the rest, the rest.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct PageRecord(pub(in crate::store) Packed);

/// Entries of one user in order of receipt, each packed by the codec.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct BlockRecord {
    pub(in crate::store) count: u32,
    pub(in crate::store) packed: Packed,
}

/// Bytes that are copied whole: serde would hand on a vector byte by byte.
#[derive(Debug, Default, PartialEq)]
pub(in crate::store) struct Packed(pub(in crate::store) Vec<u8>);

impl Serialize for Packed {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Packed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_byte_buf(PackedVisitor)
    }
}

struct PackedVisitor;

impl Visitor<'_> for PackedVisitor {
    type Value = Packed;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> std::result::Result<Packed, E> {
        Ok(Packed(bytes.to_vec()))
    }

    fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> std::result::Result<Packed, E> {
        Ok(Packed(bytes))
    }
}

/// An entry but for its user, whom the key of its block names.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct EntryRecord<'b> {
    at: i64,
    #[serde(borrow)]
    what: WhatRecord<'b>,
}

/// Properties and attributes are their JSON text.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum WhatRecord<'b> {
    Event { name: u32, properties: &'b str, id: Option<&'b str> },
    Profile(&'b str),
}

impl<'b> EntryRecord<'b> {
    /// The record of an event by the number of its name, or of attributes, from their JSON text.
    pub(in crate::store) fn new(
        at: Timestamp,
        json: &'b str,
        name: Option<u32>,
        id: Option<&'b str>,
    ) -> Self {
        let what = match name {
            Some(name) => WhatRecord::Event { name, properties: json, id },
            None => WhatRecord::Profile(json),
        };
        Self { at: at.as_micros(), what }
    }

    /// From when on it is true, in microseconds.
    pub(in crate::store) fn at(&self) -> i64 {
        self.at
    }

    /// The id of an event.
    pub(in crate::store) fn id(&self) -> Option<&'b str> {
        if let WhatRecord::Event { id, .. } = self.what { id } else { None }
    }

    /// Whether it is an event.
    pub(in crate::store) fn is_event(&self) -> bool {
        matches!(self.what, WhatRecord::Event { .. })
    }

    /// The number of its event.
    pub(in crate::store) fn name(&self) -> Option<u32> {
        if let WhatRecord::Event { name, .. } = self.what { Some(name) } else { None }
    }

    /// Becomes the model's type, or says why it cannot; with the properties of events, or without.
    pub(in crate::store) fn restore(
        &self,
        user: &Arc<str>,
        names: &HashMap<u32, Arc<str>>,
        reads_properties: bool,
    ) -> Result<Entry> {
        let what = match &self.what {
            WhatRecord::Event { name, properties, id } => What::Event {
                name: Arc::clone(named(*name, names)?),
                properties: if reads_properties { object(properties)? } else { Arc::default() },
                id: id.map(Arc::from),
            },
            WhatRecord::Profile(attributes) => What::Profile(object(attributes)?),
        };
        Ok(Entry { user: Arc::clone(user), at: time(self.at)?, what })
    }

    /// Becomes what is read of an event; `None` if it is no event, or none that is wanted.
    pub(in crate::store) fn read(
        &self,
        user: &Arc<str>,
        names: &HashMap<u32, Arc<str>>,
        reads: &EventReads<'_>,
    ) -> Result<Option<Entry>> {
        let WhatRecord::Event { name, properties, id } = &self.what else { return Ok(None) };
        let (name, at) = (named(*name, names)?, time(self.at)?);
        if !(reads.is_wanted)(name, at) {
            return Ok(None);
        }
        let properties =
            if reads.properties { object(properties)? } else { Arc::clone(&reads.nothing) };
        let id = id.filter(|_| reads.ids).map(Arc::from);
        let what = What::Event { name: Arc::clone(name), properties, id };
        Ok(Some(Entry { user: Arc::clone(user), at, what }))
    }
}

/// What is read of events.
pub(crate) struct EventReads<'r> {
    properties: bool,
    ids: bool,
    /// Whether an event of a name and an instant is wanted.
    is_wanted: &'r dyn Fn(&str, Timestamp) -> bool,
    /// The properties where they are not read.
    nothing: Arc<Object>,
}

impl<'r> EventReads<'r> {
    /// The users, names and instants of events of which something holds, and more if that is said.
    pub(crate) fn new(
        properties: bool,
        ids: bool,
        is_wanted: &'r dyn Fn(&str, Timestamp) -> bool,
    ) -> Self {
        Self { properties, ids, is_wanted, nothing: Arc::default() }
    }
}

/// The name of events that has a number.
fn named(number: u32, names: &HashMap<u32, Arc<str>>) -> Result<&Arc<str>> {
    names.get(&number).ok_or_else(|| format!("no event has the number {number}"))
}

fn object(json: &str) -> Result<Arc<Object>> {
    match value(json)? {
        Value::Object(members) => Ok(members),
        _ => Err("the properties are no object".to_owned()),
    }
}
