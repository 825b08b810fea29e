//! Questions: the functions over events that can decide over a key. They are answered when the context of a user is
//! made, once for all keys.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::compiled::Compiled;
use super::measure::Measure;
use super::program::Program;
use crate::model::{Reference, Referrer, SegmentId};

impl Compiled {
    /// The functions over events of all segments that a live or scheduled row depends on. `KEY(…)` leads to
    /// no others: what decides over a key is such a row.
    pub(super) fn find_questions(&self) -> Box<[Arc<Measure>]> {
        let served = self.asking.iter().filter(|id| self.is_served(**id));
        let programs = served.filter_map(|id| self.segment(*id)?.program(self));
        let measures = programs.flat_map(Program::measures);
        let by_number = measures.map(|measure| (measure.question().number, Arc::clone(measure)));
        by_number.collect::<BTreeMap<_, _>>().into_values().collect()
    }

    /// Whether a row is for a segment, or for one that refers to it.
    fn is_served(&self, segment: SegmentId) -> bool {
        let mut todo = vec![segment];
        let mut seen = BTreeSet::from([segment]);
        while let Some(segment) = todo.pop() {
            for referrer in self.catalog.referrers(Reference::Segment(segment)) {
                match referrer {
                    Referrer::Config(id) if self.serves(id, segment) => return true,
                    Referrer::Segment(id) if seen.insert(id) => todo.push(id),
                    _ => {}
                }
            }
        }
        false
    }
}
