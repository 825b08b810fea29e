//! Checker of histories: there is an order of all commits, that of their revisions, in which each read what those
//! before it wrote; who looks sees one state of that order, none that was not begun, none older than what was
//! acknowledged, and none older than what its process saw before.

use std::collections::BTreeMap;

use crate::record::{Operation, Values, What};

/// What is wrong with a history.
type Fault = String;

/// Commit in the order of revisions.
struct Step<'h> {
    operation: &'h Operation,
    read: &'h Values,
    wrote: &'h Values,
}

/// States by their revisions, and who made them.
struct Order<'h> {
    /// The revision of the first state.
    base: u64,
    steps: Vec<Step<'h>>,
    /// The first state, and those after each step.
    states: Vec<Values>,
}

/// Checks a history that began at a revision with some values.
pub(crate) fn check(base: u64, first: &Values, history: &[Operation]) -> Result<(), Fault> {
    let order = Order::of(base, first, history)?;
    order.check_reads()?;
    order.check_time()?;
    order.check_looks(history)
}

impl<'h> Order<'h> {
    fn of(base: u64, first: &Values, history: &'h [Operation]) -> Result<Self, Fault> {
        let mut commits = BTreeMap::new();
        for operation in history {
            let What::Commit { revision, read, wrote } = &operation.what else { continue };
            if commits.insert(*revision, Step { operation, read, wrote }).is_some() {
                return Err(format!("revision {revision} was given twice"));
            }
        }
        let mut states = vec![first.clone()];
        for (revision, wanted) in commits.keys().zip(base + 1..) {
            if *revision != wanted {
                return Err(format!("revision {wanted} was made by nobody"));
            }
        }
        for step in commits.values() {
            let mut state = states[states.len() - 1].clone();
            state.extend(step.wrote);
            states.push(state);
        }
        Ok(Self { base, steps: commits.into_values().collect(), states })
    }

    /// Each commit read the state before it, so it could have run alone.
    fn check_reads(&self) -> Result<(), Fault> {
        for (index, step) in self.steps.iter().enumerate() {
            if !agrees(step.read, &self.states[index]) {
                let revision = self.base + 1 + index as u64;
                return Err(format!(
                    "revision {revision} was not checked against the one before it"
                ));
            }
        }
        Ok(())
    }

    /// What began after the end of another comes after it.
    fn check_time(&self) -> Result<(), Fault> {
        let mut latest_start = 0;
        for (step, revision) in self.steps.iter().zip(self.base + 1..) {
            if step.operation.end < latest_start {
                return Err(format!(
                    "revision {revision} ended before one of those before it began"
                ));
            }
            latest_start = latest_start.max(step.operation.start);
        }
        Ok(())
    }

    /// The newest state that was acknowledged before an instant.
    fn acknowledged(&self, at: u64) -> usize {
        let ended = |step: &Step<'_>| step.operation.end < at;
        self.steps.iter().rposition(ended).map_or(0, |index| index + 1)
    }

    /// The newest state that was begun before an instant.
    fn begun(&self, at: u64) -> usize {
        let began = |step: &Step<'_>| step.operation.start < at;
        self.steps.iter().rposition(began).map_or(0, |index| index + 1)
    }

    fn check_looks(&self, history: &[Operation]) -> Result<(), Fault> {
        let mut looks: Vec<_> = history
            .iter()
            .filter_map(|operation| match &operation.what {
                What::Look { revision, seen, is_fresh } => {
                    Some((operation, *revision, seen, *is_fresh))
                }
                _ => None,
            })
            .collect();
        looks.sort_by_key(|(operation, ..)| operation.start);
        // of each process: when looks ended, and the earliest state that they can have seen
        let mut seen_before: BTreeMap<usize, Vec<(u64, usize)>> = BTreeMap::new();
        for (operation, revision, seen, is_fresh) in looks {
            let known = seen_before.entry(operation.process).or_default();
            let ended = known.iter().filter(|(end, _)| *end < operation.start);
            let before = ended.map(|(_, state)| *state).max().unwrap_or(0);
            let acknowledged = if is_fresh { self.acknowledged(operation.start) } else { 0 };
            let newest = self.begun(operation.end);
            let is_seen = |state: &usize| {
                let is_it = revision.is_none_or(|revision| revision == self.base + *state as u64);
                is_it && agrees(seen, &self.states[*state])
            };
            let state = (before.max(acknowledged)..=newest).find(is_seen).ok_or_else(|| {
                let why = match (0..self.states.len()).find(is_seen) {
                    None => "is no state at all",
                    Some(state) if state > newest => "was not begun",
                    Some(state) if state < acknowledged => "is older than what was acknowledged",
                    Some(_) => "is older than what the process saw before",
                };
                format!("process {} saw what {why}: {operation:?}", operation.process)
            })?;
            known.push((operation.end, state));
        }
        Ok(())
    }
}

fn agrees(some: &Values, state: &Values) -> bool {
    some.iter().all(|(register, value)| state.get(register) == Some(value))
}

/// Commit in a forged history: `(start, end)`, the revision, what was read, what was written.
type Forged<'f> = ((u64, u64), u64, &'f [(usize, i64)], &'f [(usize, i64)]);

fn commit(((start, end), revision, read, wrote): Forged<'_>) -> Operation {
    let values = |all: &[(usize, i64)]| all.iter().copied().collect();
    let what = What::Commit { revision, read: values(read), wrote: values(wrote) };
    Operation { process: 0, start, end, what }
}

fn look(
    process: usize,
    (start, end): (u64, u64),
    revision: Option<u64>,
    seen: &[(usize, i64)],
) -> Operation {
    let what = What::Look { revision, seen: seen.iter().copied().collect(), is_fresh: true };
    Operation { process, start, end, what }
}

fn last_seen(mut look: Operation) -> Operation {
    if let What::Look { is_fresh, .. } = &mut look.what {
        *is_fresh = false;
    }
    look
}

/// A sound history of two registers after revision 2: three commits, of which the last two overlap.
fn sound() -> Vec<Operation> {
    vec![
        commit(((10, 20), 3, &[(0, 0), (1, 0)], &[(0, 1)])),
        look(1, (15, 16), None, &[(0, 0), (1, 0)]),
        look(0, (21, 22), Some(3), &[(0, 1), (1, 0)]),
        commit(((30, 50), 5, &[(0, 1), (1, 2)], &[(0, 3)])),
        commit(((32, 40), 4, &[], &[(1, 2)])),
        look(1, (41, 60), None, &[(0, 3)]),
        last_seen(look(2, (70, 71), None, &[(0, 1), (1, 0)])),
        look(0, (80, 81), Some(5), &[(0, 3), (1, 2)]),
    ]
}

fn fault(change: impl FnOnce(&mut Vec<Operation>)) -> String {
    let mut history = sound();
    change(&mut history);
    check(2, &Values::from([(0, 0), (1, 0)]), &history).unwrap_err()
}

#[test]
fn a_sound_history_is_sound() {
    assert_eq!(check(2, &Values::from([(0, 0), (1, 0)]), &sound()), Ok(()));
}

#[test]
fn planted_faults_are_found() {
    let faults = [
        (fault(|h| h[4] = commit(((32, 40), 5, &[], &[(1, 2)]))), "revision 5 was given twice"),
        (fault(|h| drop(h.remove(4))), "revision 4 was made by nobody"),
        // a lost update: it read what was there before revision 4
        (
            fault(|h| h[3] = commit(((30, 50), 5, &[(1, 0)], &[(0, 3)]))),
            "revision 5 was not checked",
        ),
        (fault(|h| h[3] = commit(((10, 31), 5, &[], &[(0, 3)]))), "revision 5 ended before"),
        // half of revision 5 with what was there before revision 4
        (fault(|h| h[7] = look(0, (80, 81), None, &[(0, 3), (1, 0)])), "is no state at all"),
        (fault(|h| h[7] = look(0, (80, 81), Some(4), &[(0, 3), (1, 2)])), "is no state at all"),
        (fault(|h| h[2] = look(0, (21, 22), None, &[(0, 3), (1, 2)])), "was not begun"),
        (
            fault(|h| h[2] = look(0, (21, 22), None, &[(0, 0)])),
            "is older than what was acknowledged",
        ),
        (
            fault(|h| h.push(last_seen(look(0, (90, 91), None, &[(0, 1)])))),
            "is older than what the process saw",
        ),
    ];
    for (found, wanted) in faults {
        assert!(found.contains(wanted), "{wanted}: {found}");
    }
}
