//! Model of a store that is too simple to be wrong.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::{Database, Outcome};
use crate::error::Result;
use crate::model::{Context, ObjectKind, Timestamp, Value};
use crate::query::Rows;
use crate::transfer::DumpKind;

/// How many keys, users and ids of a list there are.
pub(super) const SOME: u8 = 6;

/// State of a store.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Model {
    /// What evaluations see.
    pub(super) memory: Memory,
    /// What is known of users: the value of an attribute, and how many events.
    pub(super) users: BTreeMap<u8, (i64, usize)>,
    /// The values of the keys at the end of each instant.
    pub(super) past: BTreeMap<Timestamp, BTreeMap<u8, i64>>,
}

/// What is seen without a look at the disk.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Memory {
    pub(super) revision: u64,
    pub(super) now: Option<Timestamp>,
    pub(super) values: BTreeMap<u8, i64>,
    pub(super) members: BTreeSet<u8>,
}

impl Memory {
    /// What a database shows.
    pub(super) fn of(db: &Database) -> Self {
        let snapshot = db.snapshot();
        let value = |key: &str, user: String| {
            let evaluation = snapshot.evaluate(key, &Context::new(user));
            evaluation.value().clone()
        };
        let names = db.names(ObjectKind::Key);
        let keys = (0..SOME).filter(|n| names.iter().any(|name| name.as_str() == format!("k{n}")));
        let number = |n: u8| value(&format!("k{n}"), "u".to_owned()).as_integer();
        let is_member = |n: &u8| value("member", format!("v{n}")) == Value::from(true);
        Self {
            revision: db.revision(),
            now: Some(db.now()),
            values: keys.filter_map(|n| Some((n, number(n)?))).collect(),
            members: (0..SOME).filter(is_member).collect(),
        }
    }
}

impl Model {
    /// The same after a revision that does something.
    pub(super) fn revised(&self, change: impl FnOnce(&mut Memory)) -> Self {
        let mut next = self.clone();
        change(&mut next.memory);
        next.memory.revision += 1;
        next.remember();
        next
    }

    /// Keeps the values of this instant.
    pub(super) fn remember(&mut self) {
        if let Some(now) = self.memory.now {
            self.past.insert(now, self.memory.values.clone());
        }
    }

    /// Whether a database holds this: what it shows, what is known of users, and what was.
    pub(super) fn is_held(&self, db: &Database) -> Result<bool> {
        Ok(self.memory == Memory::of(db) && self.users == users(db)? && self.was_held(db)?)
    }

    fn was_held(&self, db: &Database) -> Result<bool> {
        for (at, values) in &self.past {
            let mut told = BTreeMap::new();
            let outcomes = db.execute(&format!("GET ALL FOR USER 'u' AS OF '{at}';"))?;
            let rows = outcomes.iter().filter_map(Outcome::rows);
            for row in rows.flat_map(Rows::rows) {
                let name = row.first().and_then(Value::as_str).unwrap_or_default();
                let number = name.strip_prefix('k').and_then(|number| number.parse().ok());
                let value = row.get(1).and_then(Value::as_integer);
                told.extend(number.zip(value));
            }
            if told != *values {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// What is known of users, out of a dump.
fn users(db: &Database) -> Result<BTreeMap<u8, (i64, usize)>> {
    let mut dump = Vec::new();
    db.dump(&mut dump, DumpKind::Current)?;
    let (dump, mut users) = (String::from_utf8_lossy(&dump), BTreeMap::new());
    for line in dump.lines() {
        let user = |rest: &str| rest.split('\'').next().and_then(|number| number.parse().ok());
        if let Some((user, rest)) =
            line.strip_prefix("SET USER 'u").and_then(|l| l.split_once('\''))
        {
            let value =
                rest.split(['=', 'A', ';']).nth(1).and_then(|value| value.trim().parse().ok());
            let known: &mut (i64, usize) = users.entry(user.parse().unwrap_or(SOME)).or_default();
            known.0 = value.unwrap_or(known.0);
        } else if let Some(rest) = line.strip_prefix("TRACK 'e' FOR USER 'u") {
            users.entry(user(rest).unwrap_or(SOME)).or_default().1 += 1;
        }
    }
    Ok(users)
}
