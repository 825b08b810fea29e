//! States of a database, and its answers about the past.

use std::fmt::Write as _;
use std::hash::{BuildHasher as _, Hash};

use foldhash::fast::FixedState;

use crate::DumpKind;
use crate::engine::Database;
use crate::error::Result;
use crate::model::{Catalog, ConfigId, Granularity, Timestamp};
use crate::store::{DeliveryQuery, Desk, Period};

/// State of a database.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct State {
    memory: Memory,
    /// A hash of all that is in the file: history, lists, users and deliveries.
    file: u64,
}

/// What evaluations see.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Memory {
    catalog: Catalog,
    /// How long each list is.
    lists: String,
}

/// Answer about an instant of the past, when no later revision was known.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Past {
    /// The last revision up to then.
    pub(super) revision: u64,
    at: Timestamp,
    answer: u64,
}

impl State {
    pub(super) fn of(db: &Database) -> Result<Self> {
        let mut text = Vec::new();
        db.dump(&mut text, DumpKind::History)?;
        let file = hash(&(text, deliveries(db)?));
        Ok(Self { memory: Memory::of(db), file })
    }

    pub(super) fn revision(&self) -> u64 {
        self.memory.catalog.revision
    }

    pub(super) fn memory(&self) -> &Memory {
        &self.memory
    }
}

impl Memory {
    pub(super) fn of(db: &Database) -> Self {
        let state = db.state();
        Self { catalog: state.catalog().clone(), lists: format!("{:?}", state.lists()) }
    }
}

/// What was delivered, as text.
fn deliveries(db: &Database) -> Result<String> {
    let reader = db.shared.store.reader()?;
    let keys = reader.key_deliveries(Period::default(), &Desk::default().watch())?;
    let mut text = format!("{} {keys:?}", reader.last_delivery_batch()?);
    let (period, per) = (Period::default(), Granularity::Hour);
    for config in 1..=3 {
        let config = ConfigId(config);
        let query = DeliveryQuery {
            config: Some(config),
            key: None,
            segment: None,
            version: None,
            per,
            period,
        };
        let _ = write!(text, "{:?}", reader.deliveries(&query, &Desk::default().watch())?);
    }
    Ok(text)
}

impl Past {
    /// The answers about the instants of all revisions.
    pub(super) fn all(db: &Database) -> Result<Vec<Self>> {
        let reader = db.shared.store.reader()?;
        let mut all: Vec<Self> = Vec::new();
        for revision in reader.changes_since(0)? {
            let (revision, _) = revision?;
            all.pop_if(|last| last.at == revision.time);
            let answer = answer(db, revision.time)?;
            all.push(Self { revision: revision.number, at: revision.time, answer });
        }
        Ok(all)
    }

    /// Whether the answer is still the same.
    pub(super) fn holds(&self, db: &Database) -> Result<bool> {
        Ok(answer(db, self.at)? == self.answer)
    }
}

/// What is answered for somebody of whom nothing is known.
fn answer(db: &Database, at: Timestamp) -> Result<u64> {
    let question = format!("GET ALL FOR USER 'nobody' WITH {{\"country\": \"NO\"}} AS OF '{at}';");
    let outcomes = db.execute(&question)?;
    Ok(hash(&format!("{:?}", outcomes.first().and_then(|outcome| outcome.rows()))))
}

fn hash(of: &impl Hash) -> u64 {
    FixedState::default().hash_one(of)
}
