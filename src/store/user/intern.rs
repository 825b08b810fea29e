//! Numbers in place of the ids of users and the names of events.

use redb::{ReadableTable, ReadableTableMetadata, Table, WriteTransaction};

use super::batch::{Batch, Line, lost};
use crate::error::Result;
use crate::store::failure::{OrFail, corrupt};
use crate::store::tables::{EVENT_NAMES, EVENT_NUMBERS, USER_IDS, USER_NUMBERS};

/// The numbers of users and names, by their indexes in a batch; of those that stand in some of its lines.
pub(super) struct Numbers {
    users: Vec<Option<u32>>,
    names: Vec<Option<u32>>,
}

impl Numbers {
    pub(super) fn of(
        transaction: &WriteTransaction,
        next_user: &mut u32,
        batch: &Batch,
        lines: &[&Line],
    ) -> Result<Self> {
        let users = user_numbers(transaction, next_user, batch, lines)?;
        let mut events = EventNames::open(transaction)?;
        let mut names = vec![None; batch.names.len()];
        for index in indexes(lines.iter().filter_map(|line| line.name)) {
            if let (Some(own), Some(name)) = (names.get_mut(index), batch.names.get_index(index)) {
                *own = Some(events.number(name)?);
            }
        }
        Ok(Self { users, names })
    }

    /// That of the user of a line.
    pub(super) fn user(&self, line: &Line) -> Result<u32> {
        self.users.get(line.user).copied().flatten().ok_or_else(lost)
    }

    /// That of the name of a line, if it has one.
    pub(super) fn name(&self, line: &Line) -> Result<Option<u32>> {
        let Some(index) = line.name else { return Ok(None) };
        self.names.get(index).copied().flatten().ok_or_else(lost).map(Some)
    }
}

fn user_numbers(
    transaction: &WriteTransaction,
    next: &mut u32,
    batch: &Batch,
    lines: &[&Line],
) -> Result<Vec<Option<u32>>> {
    let indexes = indexes(lines.iter().map(|line| line.user));
    let id = |index: usize| batch.users.get_index(index).map(|id| (prefix(id), &**id, index));
    let mut users: Vec<(u64, &str, usize)> = indexes.into_iter().filter_map(id).collect();
    users.sort_unstable();
    let ids: Vec<_> = users.iter().map(|(_, id, _)| *id).collect();
    let found = UserNumbers::open(transaction)?.numbers(&ids, next)?;
    let mut numbers = vec![None; batch.users.len()];
    for ((_, _, index), number) in users.into_iter().zip(found) {
        if let Some(own) = numbers.get_mut(index) {
            *own = Some(number);
        }
    }
    Ok(numbers)
}

/// Each index once.
fn indexes(indexes: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut indexes: Vec<_> = indexes.collect();
    indexes.sort_unstable();
    indexes.dedup();
    indexes
}

/// What most ids differ in, in their order.
fn prefix(id: &str) -> u64 {
    let mut prefix = [0; 8];
    prefix.iter_mut().zip(id.bytes()).for_each(|(to, byte)| *to = byte);
    u64::from_be_bytes(prefix)
}

/// Number of known users for each one that is looked up, below which all of them are read in one sweep.
const SWEEP_FROM: u64 = 4;

/// Ids of users and their numbers, open for writing.
pub(super) struct UserNumbers<'t> {
    numbers: Table<'t, &'static str, u32>,
    ids: Table<'t, u32, &'static str>,
}

impl<'t> UserNumbers<'t> {
    pub(super) fn open(transaction: &'t WriteTransaction) -> Result<Self> {
        Ok(Self {
            numbers: transaction.open_table(USER_NUMBERS).or_fail()?,
            ids: transaction.open_table(USER_IDS).or_fail()?,
        })
    }

    /// The numbers of users, the next ones if need be, in the order of their ids.
    fn numbers(&mut self, ids: &[&str], next: &mut u32) -> Result<Vec<u32>> {
        let known = self.known(ids)?;
        let number =
            |(id, known): (&&str, Option<u32>)| known.map_or_else(|| self.add(id, next), Ok);
        ids.iter().zip(known).map(number).collect()
    }

    /// The numbers of those users who have one; the ids are sorted.
    fn known(&self, ids: &[&str]) -> Result<Vec<Option<u32>>> {
        let all = self.numbers.len().or_fail()?;
        if ids.len() as u64 * SWEEP_FROM < all {
            let number =
                |id: &&str| Ok(self.numbers.get(*id).or_fail()?.map(|number| number.value()));
            return ids.iter().map(number).collect();
        }
        // one sweep through all users costs less than looking for so many
        let mut rows = self.numbers.iter().or_fail()?;
        let mut row = rows.next().transpose().or_fail()?;
        let mut known = Vec::with_capacity(ids.len());
        for id in ids {
            while row.as_ref().is_some_and(|(other, _)| other.value() < *id) {
                row = rows.next().transpose().or_fail()?;
            }
            let same = row.as_ref().filter(|(other, _)| other.value() == *id);
            known.push(same.map(|(_, number)| number.value()));
        }
        Ok(known)
    }

    /// Gives a user the next number.
    fn add(&mut self, id: &str, next: &mut u32) -> Result<u32> {
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

/// Names of events and their numbers, open for writing. They belong to no user, so they stay.
struct EventNames<'t> {
    numbers: Table<'t, &'static str, u32>,
    names: Table<'t, u32, &'static str>,
}

impl<'t> EventNames<'t> {
    fn open(transaction: &'t WriteTransaction) -> Result<Self> {
        Ok(Self {
            numbers: transaction.open_table(EVENT_NUMBERS).or_fail()?,
            names: transaction.open_table(EVENT_NAMES).or_fail()?,
        })
    }

    /// The number of a name, a new one if need be.
    fn number(&mut self, name: &str) -> Result<u32> {
        let number = self.numbers.get(name).or_fail()?.map(|number| number.value());
        number.map_or_else(|| self.add(name), Ok)
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
