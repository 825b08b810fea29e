//! Layout of tapes: which conditions a tape tests itself, and their words.

use std::sync::Arc;

use super::field::Field;
use super::flow::{FALSE, Flow, Step, StepId, TRUE, Test};
use super::lookup::Bound;
use super::plan_row::{ALL, PlanRow};
use super::tape::{Head, Kind, Tape};
use crate::model::{CompareOp, SegmentId, Short};

/// Largest number of words that the tests of a condition may take: one that takes more is decided once for a user.
const CONDITION_WORDS: usize = 64;
/// Largest number of texts of a list that is in the words.
const LIST_WORDS: usize = 16;
/// Largest number of texts of a list beside the words.
const LIST_TEXTS: usize = 64;

impl Tape {
    /// Lays out the tape of rows; of each is asked the flow of its condition, if the tape may test it. `None` if it
    /// tests none, or would be too long.
    pub(super) fn new<'f>(
        rows: &[PlanRow],
        flow: impl Fn(usize, SegmentId) -> Option<&'f Flow>,
    ) -> Option<Self> {
        let (mut tape, mut tests) = (Self::default(), false);
        for (index, row) in rows.iter().enumerate() {
            let own = flow(index, row.test.segment).filter(|flow| is_simple(flow));
            tests |= own.is_some();
            tape.lay_row(u16::try_from(index).ok()?, row, own)?;
        }
        tape.words.push(Head::default().to_word());
        tape.beside.fields.shrink_to_fit();
        tests.then_some(tape)
    }

    /// Lays out a row: the test of its segment, then the row itself.
    fn lay_row(&mut self, number: u16, row: &PlanRow, own: Option<&Flow>) -> Option<()> {
        let start = self.words.len();
        let length = match own {
            Some(flow) => flow.steps.iter().map(length).sum(),
            None if row.test.segment.is_everyone() => 0,
            None => 2,
        };
        let (yes, no) = (target(start + length)?, target(start + length + 1)?);
        match own {
            Some(flow) => self.lay_flow(flow, yes, no)?,
            None if row.test.segment.is_everyone() => {}
            None => {
                let head = Head { kind: Kind::Segment, yes, no, ..Head::default() };
                self.words.extend([head.to_word(), row.test.segment.0.into()]);
            }
        }
        let kind = if row.test.rollout == ALL { Kind::Row } else { Kind::Rollout };
        let head = Head { kind, argument: number, yes: no, no, ..Head::default() };
        self.words.push(head.to_word());
        Some(())
    }

    /// Lays out the steps of a flow from the first to be made, which is its last.
    fn lay_flow(&mut self, flow: &Flow, yes: u16, no: u16) -> Option<()> {
        let mut places = vec![0; flow.steps.len()];
        let mut end = self.words.len();
        for (place, step) in places.iter_mut().zip(&flow.steps).rev() {
            (*place, end) = (target(end)?, end + length(step));
        }
        let leads_to = |id: StepId| match id {
            TRUE => Some(yes),
            FALSE => Some(no),
            step => places.get(step as usize).copied(),
        };
        for step in flow.steps.iter().rev() {
            let (yes, no) = (leads_to(step.yes)?, leads_to(step.no)?);
            self.lay(&step.test, Head { yes, no, ..Head::default() })?;
        }
        Some(())
    }

    /// Lays out a test.
    fn lay(&mut self, test: &Test, head: Head) -> Option<()> {
        match test {
            Test::TextIs(field, literal, wanted) => {
                let name = self.name(field)?;
                let head = Head { kind: Kind::Text, name, wanted: *wanted, ..head };
                self.words.push(head.to_word());
                self.words.extend(literal.words());
            }
            Test::TextIn(field, texts, wanted) => {
                let head = Head { name: self.name(field)?, wanted: *wanted, ..head };
                self.lay_list(texts, head)?;
            }
            Test::Bounded(field, op, bound, wanted) => {
                let argument = u16::try_from(self.beside.bounds.len()).ok()?;
                self.beside.bounds.push((*op, bound.clone()));
                let (kind, orders) = (bound_kind(bound), orders(*op, *wanted));
                let name = self.name(field)?;
                let head = Head { kind, name, wanted: *wanted, orders, argument, ..head };
                self.words.push(head.to_word());
                match bound {
                    Bound::Integer(number) => self.words.push(number.cast_unsigned()),
                    Bound::Semver(version) => self.words.extend(version.numbers()),
                    _ => {}
                }
            }
            Test::Node(..) => return None,
        }
        Some(())
    }

    fn lay_list(&mut self, texts: &Arc<[Short]>, head: Head) -> Option<()> {
        let (kind, argument) = if are_words(texts) {
            (Kind::Words, texts.len())
        } else {
            self.beside.lists.push(Arc::clone(texts));
            (Kind::List, self.beside.lists.len() - 1)
        };
        let head = Head { kind, argument: u16::try_from(argument).ok()?, ..head };
        self.words.push(head.to_word());
        if kind == Kind::Words {
            self.words.extend(texts.iter().map(|text| text.word()));
        }
        Some(())
    }

    /// The number of a field, which is noted.
    fn name(&mut self, field: &Arc<Field>) -> Option<u8> {
        let number = field.number()?;
        let fields = &mut self.beside.fields;
        if !fields.iter().any(|known| known.number() == Some(number)) {
            fields.push(Arc::clone(field));
        }
        Some(number)
    }
}

/// Whether all tests of a condition are of numbered attributes and short, and they begin with the last.
fn is_simple(flow: &Flow) -> bool {
    let is_simple = |step: &Step| match &step.test {
        Test::TextIs(field, ..) | Test::Bounded(field, ..) => field.number().is_some(),
        Test::TextIn(field, texts, _) => field.number().is_some() && texts.len() <= LIST_TEXTS,
        Test::Node(..) => false,
    };
    let is_last = flow.steps.len().checked_sub(1).is_some_and(|last| last == flow.start as usize);
    let words: usize = flow.steps.iter().map(length).sum();
    is_last && words <= CONDITION_WORDS && flow.steps.iter().all(is_simple)
}

/// Number of words of a step.
fn length(step: &Step) -> usize {
    1 + match &step.test {
        Test::TextIs(..) => 2,
        Test::TextIn(_, texts, _) if are_words(texts) => texts.len(),
        Test::Bounded(_, _, Bound::Integer(_), _) => 1,
        Test::Bounded(_, _, Bound::Semver(_), _) => 3,
        _ => 0,
    }
}

/// Whether the texts of a list are in the words.
fn are_words(texts: &[Short]) -> bool {
    texts.len() <= LIST_WORDS && texts.iter().all(|text| text.word() > 0)
}

fn bound_kind(bound: &Bound) -> Kind {
    match bound {
        Bound::Integer(_) => Kind::Integer,
        Bound::Semver(_) => Kind::Semver,
        Bound::Timestamp(_) | Bound::Version(_) => Kind::Bound,
    }
}

/// The orders by which a comparison is what is wanted of it, a bit each.
fn orders(op: CompareOp, wanted: bool) -> u8 {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let bits = [Less, Equal, Greater].into_iter().zip(0..);
    bits.fold(0, |all, (order, bit)| all | u8::from(op.holds(order) == wanted) << bit)
}

/// Place of a word, as a test leads to it.
fn target(place: usize) -> Option<u16> {
    u16::try_from(place).ok()
}
