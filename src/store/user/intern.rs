//! Numbers in place of the ids of users and the names of events.

use std::collections::HashMap;
use std::sync::Arc;

use redb::{ReadableTable, Table, WriteTransaction};

use crate::error::Result;
use crate::store::failure::{OrFail, corrupt};
use crate::store::tables::{EVENT_NAMES, EVENT_NUMBERS, USER_IDS, USER_NUMBERS};

/// The users, open for writing.
pub(super) struct Users<'t> {
    numbers: Table<'t, &'static str, u32>,
    ids: Table<'t, u32, &'static str>,
}

impl<'t> Users<'t> {
    pub(super) fn open(transaction: &'t WriteTransaction) -> Result<Self> {
        Ok(Self {
            numbers: transaction.open_table(USER_NUMBERS).or_fail()?,
            ids: transaction.open_table(USER_IDS).or_fail()?,
        })
    }

    /// The number of a user, the next one if need be.
    pub(super) fn number(&mut self, id: &str, next: &mut u32) -> Result<u32> {
        if let Some(number) = self.numbers.get(id).or_fail()? {
            return Ok(number.value());
        }
        let number = *next;
        *next = number.checked_add(1).ok_or_else(|| full("pcq.users"))?;
        self.numbers.insert(id, number).or_fail()?;
        self.ids.insert(number, id).or_fail()?;
        Ok(number)
    }

    /// Takes a user away; gives the number that the user had.
    pub(super) fn remove(&mut self, id: &str) -> Result<Option<u32>> {
        let Some(number) = self.numbers.remove(id).or_fail()?.map(|number| number.value()) else {
            return Ok(None);
        };
        self.ids.remove(number).or_fail()?;
        Ok(Some(number))
    }

    /// Takes the user with a number away.
    pub(super) fn remove_numbered(&mut self, number: u32) -> Result<()> {
        let id = self.ids.remove(number).or_fail()?.map(|id| id.value().to_owned());
        id.map_or(Ok(()), |id| self.numbers.remove(id.as_str()).or_fail().map(drop))
    }
}

/// Whether no user is known.
pub(in crate::store) fn is_empty(transaction: &WriteTransaction) -> Result<bool> {
    Ok(transaction.open_table(USER_NUMBERS).or_fail()?.first().or_fail()?.is_none())
}

/// The names of events, open for writing. They belong to no user, so they stay.
pub(super) struct EventNames<'t> {
    numbers: Table<'t, &'static str, u32>,
    names: Table<'t, u32, &'static str>,
    known: HashMap<Arc<str>, u32>,
}

impl<'t> EventNames<'t> {
    pub(super) fn open(transaction: &'t WriteTransaction) -> Result<Self> {
        Ok(Self {
            numbers: transaction.open_table(EVENT_NUMBERS).or_fail()?,
            names: transaction.open_table(EVENT_NAMES).or_fail()?,
            known: HashMap::new(),
        })
    }

    /// The number of a name, a new one if need be.
    pub(super) fn number(&mut self, name: &Arc<str>) -> Result<u32> {
        if let Some(number) = self.known.get(name) {
            return Ok(*number);
        }
        let number = self.numbers.get(&**name).or_fail()?.map(|number| number.value());
        let number = number.map_or_else(|| self.add(name), Ok)?;
        self.known.insert(Arc::clone(name), number);
        Ok(number)
    }

    fn add(&mut self, name: &str) -> Result<u32> {
        let last = self.names.last().or_fail()?.map_or(0, |(number, _)| number.value());
        let number = last.checked_add(1).ok_or_else(|| full("pcq.event_names"))?;
        self.numbers.insert(name, number).or_fail()?;
        self.names.insert(number, name).or_fail()?;
        Ok(number)
    }
}

fn full(table: &str) -> crate::error::Error {
    corrupt(format!("table `{table}` has no number left"))
}
