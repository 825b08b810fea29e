//! Values of a property of events, each under a number.

use std::collections::HashMap;
use std::hash::RandomState;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smallvec::SmallVec;

use crate::model::{Aggregate, Answer, Frame, Judge, Question, Value};

use super::answer::{SeriesAnswer, integer, small};
use super::sliding::{Seen, Sliding};

/// The most events that are sorted by value, and the most values that are counted one by one, by bisection in the
/// positions of each. Above that a sliding window is kept.
const FEW: usize = 64;

/// The most questions whose wanted values are kept.
const WANTED: usize = 64;

/// The most frames of which a sliding window is kept.
const FRAMES: usize = 8;

/// The values in a range, each with its number.
type Few = SmallVec<[(Seen, u32); FEW]>;

/// Number of the value of an event that has none.
const MISSING: u32 = u32::MAX;

/// The values of events in a row.
#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    /// The index of each event in the history.
    indices: Vec<u32>,
    /// The number of the value of each event.
    numbers: Vec<u32>,
    /// By number.
    known: Vec<Value>,
    /// The positions in the row that each value has.
    positions: Vec<Vec<u32>>,
    by_hash: HashMap<u64, SmallVec<[u32; 2]>>,
    hasher: RandomState,
    memo: Memo,
}

/// Memo of what questions found, for the next ones; a copy begins without.
#[derive(Debug, Default)]
struct Memo {
    /// The wanted values by question.
    wanted: Mutex<HashMap<u64, Arc<[u32]>>>,
    sliding: Mutex<HashMap<Frame, Sliding>>,
}

impl Clone for Memo {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Values {
    pub(super) fn push(&mut self, index: usize, value: Option<&Value>) {
        let position = small(self.numbers.len());
        let number = value.map_or(MISSING, |value| self.number(value));
        if let Some(positions) = self.positions.get_mut(number as usize) {
            positions.push(position);
        }
        self.indices.push(small(index));
        self.numbers.push(number);
    }

    /// The number of a value, a new one if it was not there before.
    fn number(&mut self, value: &Value) -> u32 {
        let alike = self.by_hash.entry(value.same_hash(&self.hasher)).or_default();
        let known = alike.iter().find(|number| {
            self.known.get(**number as usize).is_some_and(|known| known.same(value))
        });
        if let Some(number) = known {
            return *number;
        }
        let number = small(self.known.len());
        alike.push(number);
        self.known.push(value.clone());
        self.positions.push(Vec::new());
        self.memo.wanted = Mutex::default();
        number
    }

    /// Forgets all from the `len`-th on; values that are nowhere any more keep their numbers.
    pub(super) fn truncate(&mut self, len: usize) {
        for number in self.numbers.drain(len..) {
            if let Some(positions) = self.positions.get_mut(number as usize) {
                positions.pop();
            }
        }
        self.indices.truncate(len);
        self.memo = Memo::default();
    }

    pub(super) fn answer(
        &self,
        question: &Question,
        judge: &dyn Judge,
        range: Range<usize>,
    ) -> SeriesAnswer {
        match question.aggregate {
            Aggregate::Favorite => self.favorite(question.frame, range),
            Aggregate::Share => SeriesAnswer::Answer(self.share(question, judge, range)),
            _ => SeriesAnswer::Answer(integer(self.distinct(question.frame, range))),
        }
    }

    fn distinct(&self, frame: Frame, range: Range<usize>) -> usize {
        match self.few(&range) {
            Some(few) => few.len(),
            None => self.slide(frame, range, Sliding::distinct),
        }
    }

    /// The first of the most frequent value, of equals of the one that is seen last.
    fn favorite(&self, frame: Frame, range: Range<usize>) -> SeriesAnswer {
        let number = match self.few(&range) {
            Some(few) => few.into_iter().max().map(|(_, number)| number),
            None => self.slide(frame, range.clone(), Sliding::favorite),
        };
        let positions = number.and_then(|number| self.positions.get(number as usize));
        let first = positions.and_then(|positions| within(positions, &range).first());
        let index = first.and_then(|first| self.indices.get(*first as usize));
        index.map_or(SeriesAnswer::Answer(Answer::Null), |index| {
            SeriesAnswer::ValueOf(*index as usize)
        })
    }

    /// The values in a range with their numbers, if there are few events in it, or few values at all.
    fn few(&self, range: &Range<usize>) -> Option<Few> {
        if range.len() <= FEW {
            Some(self.few_events(range))
        } else if self.known.len() <= FEW {
            Some(self.few_values(range))
        } else {
            None
        }
    }

    fn few_events(&self, range: &Range<usize>) -> Few {
        let events = range.clone().zip(self.numbers.get(range.clone()).unwrap_or_default());
        let there = events.filter(|(_, number)| **number != MISSING);
        let mut events: SmallVec<[(u32, u32); FEW]> =
            there.map(|(position, number)| (*number, small(position))).collect();
        events.sort_unstable();
        let alike = events.chunk_by(|(a, _), (b, _)| a == b);
        alike
            .filter_map(|alike| alike.last().map(|last| seen(alike.len(), last.1, last.0)))
            .collect()
    }

    fn few_values(&self, range: &Range<usize>) -> Few {
        let values = self.positions.iter().zip(0..);
        let there = values.map(|(positions, number)| (within(positions, range), number));
        let there = there
            .filter_map(|(positions, number)| Some((positions.len(), *positions.last()?, number)));
        there.map(|(count, last, number)| seen(count, last, number)).collect()
    }

    /// Asks a window that is moved here from where the last question of this frame left it.
    fn slide<T>(&self, frame: Frame, range: Range<usize>, ask: fn(&Sliding) -> T) -> T {
        let mut kept = lock(&self.memo.sliding);
        if kept.len() >= FRAMES && !kept.contains_key(&frame) {
            kept.clear();
        }
        let sliding = kept.entry(frame).or_default();
        sliding.move_to(range, &self.numbers, &self.positions);
        ask(sliding)
    }

    #[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^32 events")]
    fn share(
        &self,
        question: &Question,
        judge: &dyn Judge,
        range: Range<usize>,
    ) -> Answer<'static> {
        let wanted = self.wanted(question.number, judge);
        let positions = wanted.iter().filter_map(|number| self.positions.get(*number as usize));
        let count: usize = positions.map(|positions| within(positions, &range).len()).sum();
        Answer::Double(count as f64 / range.len() as f64)
    }

    /// The values that a question looks for: each is judged once.
    fn wanted(&self, question: u64, judge: &dyn Judge) -> Arc<[u32]> {
        if let Some(wanted) = lock(&self.memo.wanted).get(&question) {
            return Arc::clone(wanted);
        }
        let judged = (0..).zip(&self.known).filter(|(_, value)| judge.is_wanted(value));
        let wanted: Arc<[u32]> = judged.map(|(number, _)| number).collect();
        let mut kept = lock(&self.memo.wanted);
        if kept.len() >= WANTED {
            kept.clear();
        }
        kept.insert(question, Arc::clone(&wanted));
        wanted
    }

    /// About what it takes; the values themselves are the history's.
    pub(super) fn bytes(&self) -> usize {
        let each_event = 3 * size_of::<u32>();
        let each_value = size_of::<Value>() + size_of::<Vec<u32>>() + 5 * size_of::<u64>();
        let sliding: usize = lock(&self.memo.sliding).values().map(Sliding::bytes).sum();
        self.numbers.capacity() * each_event + self.known.len() * each_value + sliding
    }
}

fn seen(count: usize, last: u32, number: u32) -> (Seen, u32) {
    (Seen { count: small(count), last }, number)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The positions that are in a range.
fn within<'p>(positions: &'p [u32], range: &Range<usize>) -> &'p [u32] {
    let before = |end: usize| positions.partition_point(|position| (*position as usize) < end);
    positions.get(before(range.start)..before(range.end)).unwrap_or_default()
}
