//! Layout of tapes: which conditions a tape tests itself, and their words.

use std::sync::Arc;

use super::field::Field;
use super::flow::{FALSE, Flow, Step, StepId, TRUE, Test};
use super::lookup::Bound;
use super::plan_row::{ALL, PlanRow};
use super::tape::{Head, Kind, Straight, Tape, Target};
use super::word_set::WordSet;
use crate::model::{CompareOp, SegmentId, Short};

/// Largest number of words that the tests of a condition may take: one that takes more is decided once for a user.
const CONDITION_WORDS: usize = 64;
/// Largest number of texts of a list beside the words.
const LIST_TEXTS: usize = 64;

/// A test that is laid out, or two that are made at once.
#[derive(Clone, Copy)]
enum Unit<'f> {
    One(&'f Step),
    /// Whether two attributes are short texts.
    Two(&'f Step, &'f Step),
}

impl Tape {
    /// Lays out the tape of rows; of each is asked the flow of its condition, if the tape may test it. `None` if it
    /// tests none, or would be too long.
    pub(super) fn new<'f>(
        rows: &[PlanRow],
        flow: impl Fn(usize, SegmentId) -> Option<&'f Flow>,
    ) -> Option<Self> {
        let flows = rows.iter().enumerate();
        let flows = flows.map(|(row, plan)| flow(row, plan.test.segment).filter(|f| is_simple(f)));
        let flows: Vec<_> = flows.collect();
        let mut end = 0;
        let mut starts = Vec::with_capacity(rows.len() + 1);
        for (number, (row, flow)) in rows.iter().zip(&flows).enumerate() {
            let length = row_length(row, *flow);
            starts.push(if length > 0 { Target::test(end)? } else { Target::row(number)? });
            end += length;
        }
        starts.push(Target::NO_ROW);
        let is_of_use =
            starts.first() == Target::test(0).as_ref() && flows.iter().any(Option::is_some);
        let mut tape = is_of_use.then(Self::default)?;
        tape.straight = straight(rows, &flows).unwrap_or_default();
        for (number, (row, next)) in rows.iter().zip(starts.iter().skip(1)).enumerate() {
            tape.lay_row(number, row, flows.get(number).copied().flatten(), *next)?;
        }
        tape.beside.fields.shrink_to_fit();
        Some(tape)
    }

    /// Lays out a row: the test of its segment, then that of its rollout.
    fn lay_row(
        &mut self,
        number: usize,
        row: &PlanRow,
        own: Option<&Flow>,
        no: Target,
    ) -> Option<()> {
        let (won, is_all) = (Target::row(number)?, row.test.rollout == ALL);
        let end = self.words.len() + test_length(row, own);
        let yes = if is_all { won } else { Target::test(end)? };
        match own {
            Some(flow) => self.lay_flow(flow, yes, no)?,
            None if row.test.segment.is_everyone() => {}
            None => {
                let head = Head { kind: Kind::Segment, yes, no, ..Head::default() };
                self.words.extend([head.to_word(), row.test.segment.0.into()]);
            }
        }
        if !is_all {
            let argument = u16::try_from(number).ok()?;
            let head = Head { kind: Kind::Rollout, argument, yes: won, no, ..Head::default() };
            self.words.push(head.to_word());
        }
        Some(())
    }

    /// Lays out the steps of a flow from the first to be made, which is its last.
    fn lay_flow(&mut self, flow: &Flow, yes: Target, no: Target) -> Option<()> {
        let units = units(flow);
        let mut places = vec![None; flow.steps.len()];
        let mut end = self.words.len();
        for (id, unit) in &units {
            *places.get_mut(*id)? = Some(Target::test(end)?);
            end += unit.length();
        }
        let leads_to = |id: StepId| match id {
            TRUE => Some(yes),
            FALSE => Some(no),
            step => places.get(step as usize).copied().flatten(),
        };
        for (_, unit) in &units {
            let (yes, no) = unit.leads_to();
            self.lay_unit(
                *unit,
                Head { yes: leads_to(yes)?, no: leads_to(no)?, ..Head::default() },
            )?;
        }
        Some(())
    }

    fn lay_unit(&mut self, unit: Unit<'_>, head: Head) -> Option<()> {
        match unit {
            Unit::One(step) => self.lay(&step.test, head),
            Unit::Two(a, b) => {
                let ((name, first), (second, other)) = (a.test.text()?, b.test.text()?);
                let (name, argument) = (self.name(name)?, self.name(second)?.into());
                let head = Head { kind: Kind::Texts, name, wanted: true, argument, ..head };
                self.words.push(head.to_word());
                self.words.extend(first.words().into_iter().chain(other.words()));
                Some(())
            }
        }
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
        if let Some(set) = word_set(texts) {
            self.words.push(Head { kind: Kind::Words, argument: set.bits, ..head }.to_word());
            self.words.extend(set.words());
            return Some(());
        }
        let argument = u16::try_from(self.beside.lists.len()).ok()?;
        self.beside.lists.push(Arc::clone(texts));
        self.words.push(Head { kind: Kind::List, argument, ..head }.to_word());
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

impl Test {
    /// The attribute and the text, if it is asked whether it is that.
    fn text(&self) -> Option<(&Arc<Field>, &Short)> {
        if let Self::TextIs(field, text, true) = self { Some((field, text)) } else { None }
    }
}

impl Unit<'_> {
    /// Number of words of it.
    fn length(&self) -> usize {
        match self {
            Self::One(step) => length(step),
            Self::Two(..) => 5,
        }
    }

    /// The steps that it leads to: if it is what is wanted, and if not.
    fn leads_to(&self) -> (StepId, StepId) {
        let (Self::One(last) | Self::Two(_, last)) = self;
        (last.yes, last.no)
    }
}

/// What is laid out of a flow, each with the number of its first step, from the first to be made.
fn units(flow: &Flow) -> Vec<(usize, Unit<'_>)> {
    let mut units = Vec::with_capacity(flow.steps.len());
    let mut steps = flow.steps.iter().enumerate().rev().peekable();
    while let Some((id, step)) = steps.next() {
        let second = steps.next_if(|(next, second)| is_second(flow, step, second, *next));
        let unit = second.map_or(Unit::One(step), |(_, second)| Unit::Two(step, second));
        units.push((id, unit));
    }
    units
}

/// Whether two tests can be made at once: both ask for a text, and nothing but the first leads to the second.
fn is_second(flow: &Flow, first: &Step, second: &Step, id: usize) -> bool {
    let leads = |target: StepId| target as usize == id;
    let ways = flow.steps.iter().flat_map(|step| [step.yes, step.no]).filter(|to| leads(*to));
    let are_texts = first.test.text().is_some() && second.test.text().is_some();
    are_texts && leads(first.yes) && first.no == second.no && ways.count() == 1
}

/// Whether all tests of a condition are of numbered attributes and short, and they begin with the last.
fn is_simple(flow: &Flow) -> bool {
    let is_simple = |step: &Step| match &step.test {
        Test::TextIs(field, ..) | Test::Bounded(field, ..) => field.number().is_some(),
        Test::TextIn(field, texts, _) => field.number().is_some() && texts.len() <= LIST_TEXTS,
        Test::Node(..) => false,
    };
    let is_last = flow.steps.len().checked_sub(1).is_some_and(|last| last == flow.start as usize);
    let may_fit = flow.steps.len() <= CONDITION_WORDS;
    may_fit && is_last && flow.steps.iter().all(is_simple) && flow_length(flow) <= CONDITION_WORDS
}

/// The places of all tests, if those of each row are all to pass, and there are few.
fn straight(rows: &[PlanRow], flows: &[Option<&Flow>]) -> Option<Straight> {
    let (mut straight, mut end) = (Straight::default(), 0);
    for (row, flow) in rows.iter().zip(flows) {
        if row.test.rollout != ALL || rows.len() > Straight::TESTS {
            return None;
        }
        let units = match flow {
            Some(flow) => units(flow),
            None if row.test.segment.is_everyone() => break,
            None => return None,
        };
        if !are_all_to_pass(&units) {
            return None;
        }
        for (_, unit) in &units {
            *straight.places.get_mut(usize::from(straight.count))? = u8::try_from(end).ok()?;
            straight.count += 1;
            end += unit.length();
        }
    }
    Some(straight)
}

/// Whether each leads to the next, or else to the end.
fn are_all_to_pass(units: &[(usize, Unit<'_>)]) -> bool {
    let next = units.iter().skip(1).map(|(id, _)| StepId::try_from(*id).unwrap_or(FALSE));
    let mut ways = units.iter().zip(next.chain([TRUE]));
    ways.all(|((_, unit), next)| unit.leads_to() == (next, FALSE))
}

/// Number of words of a row.
fn row_length(row: &PlanRow, own: Option<&Flow>) -> usize {
    test_length(row, own) + usize::from(row.test.rollout != ALL)
}

/// Number of words of the test of a row's segment.
fn test_length(row: &PlanRow, own: Option<&Flow>) -> usize {
    match own {
        Some(flow) => flow_length(flow),
        None if row.test.segment.is_everyone() => 0,
        None => 2,
    }
}

fn flow_length(flow: &Flow) -> usize {
    units(flow).iter().map(|(_, unit)| unit.length()).sum()
}

/// Number of words of a step.
fn length(step: &Step) -> usize {
    1 + match &step.test {
        Test::TextIs(..) => 2,
        Test::TextIn(_, texts, _) => word_set(texts).map_or(0, |set| set.length()),
        Test::Bounded(_, _, Bound::Integer(_), _) => 1,
        Test::Bounded(_, _, Bound::Semver(_), _) => 3,
        _ => 0,
    }
}

/// The texts of a list as a set that is in the words, if they are few and of a word each.
fn word_set(texts: &[Short]) -> Option<WordSet> {
    let words: Vec<_> = texts.iter().map(|text| text.word()).filter(|word| *word > 0).collect();
    if words.len() == texts.len() { WordSet::new(&words) } else { None }
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
