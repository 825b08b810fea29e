//! Track: the events of one name, in order of time.

use std::hash::Hash;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use imbl::Vector;
use indexmap::{Equivalent, IndexMap};

use crate::model::{Answer, Judge, Measured, Object, Path, Question, Timestamp};

use super::answer::SeriesAnswer;
use super::interval::Interval;
use super::series::{Series, SummaryKind, property};

/// The most series that are kept of events of one name.
const SERIES: usize = 1_000;

/// An event is put in its place by itself if so many times as many are later as come with it: else they are merged.
const APART: usize = if cfg!(test) { 4 } else { 1_000 };

/// An event, as it is kept under its name.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) at: Timestamp,
    /// Grows with every entry of the user.
    pub(super) receipt: u64,
    pub(super) properties: Arc<Object>,
    pub(super) id: Option<Arc<str>>,
}

/// The events of one name in order of time, then receipt, and what is kept ready of them.
#[derive(Debug, Default)]
pub(super) struct Track {
    /// Each on its own, so that few take little and a change copies little.
    records: Vector<Arc<Record>>,
    /// Locked for look-ups only: events are judged while it is free.
    series: RwLock<IndexMap<SeriesKey, Slot>>,
}

/// Key of a series: the condition that its events pass, and the summary that it keeps of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct SeriesKey {
    kind: SummaryKind,
    of: Option<Path>,
    filter: Arc<str>,
}

/// A [`SeriesKey`] that only refers.
#[derive(Hash)]
struct KeyRef<'q> {
    kind: SummaryKind,
    of: Option<&'q Path>,
    filter: &'q Arc<str>,
}

impl Equivalent<SeriesKey> for KeyRef<'_> {
    fn equivalent(&self, key: &SeriesKey) -> bool {
        self.kind == key.kind && self.of == key.of.as_ref() && self.filter == &key.filter
    }
}

impl KeyRef<'_> {
    fn to_key(&self) -> SeriesKey {
        SeriesKey { kind: self.kind, of: self.of.cloned(), filter: Arc::clone(self.filter) }
    }
}

#[derive(Clone, Debug)]
struct Slot {
    series: Arc<Series>,
    /// Number of records, from the first on, that the series has judged.
    covered: usize,
}

impl Clone for Track {
    fn clone(&self) -> Self {
        let series = self.series.read().unwrap_or_else(PoisonError::into_inner).clone();
        Self { records: self.records.clone(), series: RwLock::new(series) }
    }
}

impl Track {
    pub(super) fn records(&self) -> &Vector<Arc<Record>> {
        &self.records
    }

    /// Adds events that were received after all others, in any order of time. What series hold of later ones is
    /// judged again.
    pub(super) fn extend(&mut self, mut records: Vec<Record>) {
        // those of one time stay in the order of their receipt
        records.sort_by_key(|record| record.at);
        let Some(first) = records.first() else { return };
        let index = self.index_after(first.at.as_micros());
        for slot in self.series.get_mut().unwrap_or_else(PoisonError::into_inner).values_mut() {
            slot.covered = slot.covered.min(index);
        }
        if self.records.len() - index > records.len().saturating_mul(APART) {
            for record in records {
                self.insert(record);
            }
        } else {
            self.merge(index, records);
        }
    }

    fn insert(&mut self, record: Record) {
        let index = self.index_after(record.at.as_micros());
        self.records.insert(index, Arc::new(record));
    }

    /// Merges events, in order of time, with those from an index on, which were received before them.
    fn merge(&mut self, index: usize, records: Vec<Record>) {
        let later = self.records.split_off(index);
        let mut records = records.into_iter().peekable();
        for known in later {
            while let Some(record) = records.next_if(|record| record.at < known.at) {
                self.records.push_back(Arc::new(record));
            }
            self.records.push_back(known);
        }
        self.records.extend(records.map(Arc::new));
    }

    /// The index after the records up to an instant.
    fn index_after(&self, micros: i64) -> usize {
        if self.records.last().is_none_or(|last| last.at.as_micros() <= micros) {
            return self.records.len();
        }
        let after = self.records.binary_search_by(|record| {
            record.at.as_micros().cmp(&micros).then(std::cmp::Ordering::Less)
        });
        after.unwrap_or_else(|index| index)
    }

    /// The time of the first record after an instant.
    pub(super) fn next_after(&self, at: Timestamp) -> Option<Timestamp> {
        Some(self.records.get(self.index_after(at.as_micros()))?.at)
    }

    pub(super) fn measure(
        &self,
        question: &Question,
        judge: &dyn Judge,
        at: Timestamp,
    ) -> Measured<'_> {
        let interval = Interval::new(question.frame, at);
        let Some(filter) = &question.filter else {
            return self.go_through(question, judge, interval);
        };
        let kind = SummaryKind::of(question.aggregate);
        let of = question.of.as_ref().filter(|_| kind != SummaryKind::Times);
        let (series, ready) = self.series(&KeyRef { kind, of, filter }, judge);
        let range = series.range(interval);
        Measured {
            events: range.len(),
            until: interval.until(series.times(), range.clone()),
            answer: self.answer(series.answer(question, judge, range), question),
            ready,
        }
    }

    /// Judges the events of an interval one by one; which of them pass is true of this instant only.
    fn go_through(
        &self,
        question: &Question,
        judge: &dyn Judge,
        interval: Interval,
    ) -> Measured<'_> {
        let start = self.index_after(interval.first.saturating_sub(1));
        let end = self.index_after(interval.last);
        let mut series = Series::new(SummaryKind::of(question.aggregate));
        self.judge(&mut series, start..end.max(start), question.of.as_ref(), judge);
        let range = 0..series.times().len();
        Measured {
            events: range.len(),
            until: interval.next_instant(),
            answer: self.answer(series.answer(question, judge, range), question),
            ready: false,
        }
    }

    /// Appends the records of a range that pass.
    fn judge(
        &self,
        series: &mut Series,
        range: Range<usize>,
        of: Option<&Path>,
        judge: &dyn Judge,
    ) {
        let records = self.records.focus().narrow(range.clone());
        for (index, record) in range.zip(records) {
            if judge.passes(&record.properties) {
                let value = of.and_then(|of| property(&record.properties, of));
                series.push(record.at.as_micros(), index, value);
            }
        }
    }

    fn answer(&self, found: SeriesAnswer, question: &Question) -> Answer<'_> {
        let index = match found {
            SeriesAnswer::Answer(answer) => return answer,
            SeriesAnswer::ValueOf(index) => index,
        };
        let record = self.records.get(index).zip(question.of.as_ref());
        let value = record.and_then(|(record, of)| property(&record.properties, of));
        value.map_or(Answer::Null, Answer::Value)
    }

    /// The series of all records under a key, and whether it was kept as it is.
    fn series(&self, key: &KeyRef<'_>, judge: &dyn Judge) -> (Arc<Series>, bool) {
        let map = self.series.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = map.get(key).filter(|slot| slot.covered == self.records.len()) {
            return (Arc::clone(&slot.series), true);
        }
        drop(map);
        let slot = self.complete(self.take(key), key, judge);
        let series = Arc::clone(&slot.series);
        self.keep(key, slot);
        (series, false)
    }

    /// Takes out what there is of a series, so that it can grow in place if no other history has it.
    fn take(&self, key: &KeyRef<'_>) -> Slot {
        let mut map = self.series.write().unwrap_or_else(PoisonError::into_inner);
        let kept = map.swap_remove(key);
        kept.unwrap_or_else(|| Slot { series: Arc::new(Series::new(key.kind)), covered: 0 })
    }

    fn complete(&self, mut slot: Slot, key: &KeyRef<'_>, judge: &dyn Judge) -> Slot {
        let series = Arc::make_mut(&mut slot.series);
        let last = slot.covered.checked_sub(1).and_then(|last| self.records.get(last));
        series.truncate(last.map(|last| last.at.as_micros()));
        self.judge(series, slot.covered..self.records.len(), key.of, judge);
        slot.covered = self.records.len();
        slot
    }

    fn keep(&self, key: &KeyRef<'_>, slot: Slot) {
        let mut map = self.series.write().unwrap_or_else(PoisonError::into_inner);
        if map.len() >= SERIES {
            map.clear();
        }
        map.insert(key.to_key(), slot);
    }

    /// About what the series take.
    pub(super) fn series_bytes(&self) -> usize {
        let map = self.series.read().unwrap_or_else(PoisonError::into_inner);
        map.iter()
            .map(|(key, slot)| {
                size_of::<(SeriesKey, Slot)>() + key.filter.len() + slot.series.bytes()
            })
            .sum()
    }
}
