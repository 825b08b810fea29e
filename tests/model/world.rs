//! The model as a session sees it: every state it was ever in, a clock, and a transaction.

use std::cmp::Ordering;

use crate::edit::{self, Written};
use crate::evaluate;
use crate::operation::{Answer, Get, Micros, Op};
use crate::state::State;
use crate::value::compare;

/// Microseconds in a minute.
pub(crate) const MINUTE: Micros = 60_000_000;

/// The model of a store with one session.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) clock: Micros,
    /// The state after each revision with the time of its commit; revision 0 is the empty store.
    pub(crate) states: Vec<(Micros, State)>,
    transaction: Option<Transaction>,
}

#[derive(Clone, Debug)]
struct Transaction {
    state: State,
    written: bool,
}

/// What a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Something was written; the revision that it made, if it made one.
    Changed(Option<usize>),
    Unchanged,
    Done,
}

/// What comes of a statement, or the code of its error.
pub(crate) type Result = std::result::Result<Effect, &'static str>;

impl World {
    /// An empty store at an instant.
    pub(crate) fn new(clock: Micros) -> Self {
        Self { clock, states: vec![(Micros::MIN, State::default())], transaction: None }
    }

    /// The number of the newest revision.
    pub(crate) fn revision(&self) -> usize {
        self.states.len() - 1
    }

    /// The newest committed state.
    pub(crate) fn committed(&self) -> &State {
        &self.states[self.revision()].1
    }

    /// The state that the session sees.
    pub(crate) fn current(&self) -> &State {
        self.transaction.as_ref().map_or(self.committed(), |transaction| &transaction.state)
    }

    /// Whether a transaction is open.
    pub(crate) fn in_transaction(&self) -> bool {
        self.transaction.is_some()
    }

    /// The instants of the revisions, each once.
    pub(crate) fn instants(&self) -> Vec<Micros> {
        let mut times: Vec<_> = self.states.iter().skip(1).map(|(time, _)| *time).collect();
        times.dedup();
        times
    }

    /// Runs a statement.
    pub(crate) fn run(&mut self, op: &Op) -> Result {
        match op {
            Op::Begin if self.in_transaction() => Err("transaction-state"),
            Op::Begin => {
                let state = self.committed().clone();
                self.transaction = Some(Transaction { state, written: false });
                Ok(Effect::Done)
            }
            Op::Commit => self.commit(),
            Op::Rollback => {
                self.transaction.take().map(|_| Effect::Done).ok_or("transaction-state")
            }
            Op::Advance(minutes) => self.move_clock(self.clock + minutes * MINUTE),
            Op::SetClock(to) => self.move_clock(*to),
            Op::AssertError { code, statement } => match self.clone().run(statement) {
                Err(got) if got == *code => Ok(Effect::Done),
                _ => Err("assertion-failed"),
            },
            Op::AssertGet { get, value, reason } => {
                let got = self.get(get)?.remove(0);
                let same =
                    got.value == *value || compare(got.value, *value) == Some(Ordering::Equal);
                let holds = same && got.reason == *reason;
                if holds { Ok(Effect::Done) } else { Err("assertion-failed") }
            }
            _ => self.write(op),
        }
    }

    fn commit(&mut self) -> Result {
        let transaction = self.transaction.take().ok_or("transaction-state")?;
        if !transaction.written {
            return Ok(Effect::Unchanged);
        }
        self.states.push((self.clock, transaction.state));
        Ok(Effect::Changed(Some(self.revision())))
    }

    fn move_clock(&mut self, to: Micros) -> Result {
        if self.in_transaction() {
            return Err("transaction-state");
        }
        if to < self.clock {
            return Err("bad-time");
        }
        self.clock = to;
        Ok(Effect::Done)
    }

    fn write(&mut self, op: &Op) -> Result {
        let mut state = self.current().clone();
        let written: Written = edit::apply(&mut state, op, self.clock);
        if !written? {
            return Ok(Effect::Unchanged);
        }
        let Some(transaction) = &mut self.transaction else {
            self.states.push((self.clock, state));
            return Ok(Effect::Changed(Some(self.revision())));
        };
        *transaction = Transaction { state, written: true };
        Ok(Effect::Changed(None))
    }

    /// Answers a `GET`: at or after now in the state that the session sees, before now in what was
    /// committed by then.
    pub(crate) fn get(&self, get: &Get) -> std::result::Result<Vec<Answer>, &'static str> {
        let at = get.as_of.unwrap_or(self.clock);
        let past =
            || self.states.iter().rev().find(|(time, _)| *time <= at).map(|(_, state)| state);
        let state = if at >= self.clock { self.current() } else { past().expect("revision 0") };
        evaluate::answer(state, at, get)
    }
}
