//! Expiry: events that are older than their retention are dropped.

use std::collections::HashMap;

use redb::{ReadableTable as _, WriteTransaction};

use super::base::{UserBlock, base_from};
use super::cursor::Merge;
use super::erase::erase;
use super::intern::UserNumbers;
use super::totals::{put_totals, totals};
use crate::error::{Error, Result};
use crate::model::Timestamp;
use crate::store::failure::OrFail;
use crate::store::image::Image;
use crate::store::record::{BlockRecord, EntryRecord};
use crate::store::tables::{EVENT_NUMBERS, META, RUNS};

/// How many bytes of entries one transaction looks at, or somewhat more. Few in the tests, so that they see how
/// one goes on where another ended.
const BATCH_BYTES: usize = if cfg!(test) { 2_000 } else { 16 << 20 };

/// Result of one transaction of an expiry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Expired {
    /// How many events it dropped.
    pub(crate) dropped: u64,
    /// The number of the last user that it looked at; `None` if there is none after that.
    pub(crate) last: Option<u32>,
}

/// Drops events of the users after one, by their numbers, which merges do not change. Nothing is changed where there
/// is nothing to drop. The image is that of the state that the transaction began with.
pub(in crate::store) fn expire(
    transaction: &WriteTransaction,
    image: Image,
    oldest: &dyn Fn(&str) -> Option<Timestamp>,
    after: Option<u32>,
) -> Result<Expired> {
    let limits = limits(&image, oldest)?;
    let first = after.map_or(Some(0), |after| after.checked_add(1));
    let Some(first) = first.filter(|_| !limits.is_empty()) else { return Ok(Expired::default()) };
    let look = Look::at(&image, &limits, first)?;
    drop(image);
    if look.users.is_empty() {
        return Ok(Expired { dropped: 0, last: look.last });
    }
    let mut totals = totals(&transaction.open_table(META).or_fail()?)?;
    let dropped = erase(transaction, &mut totals, &look.users, &|entry| !is_over(&limits, entry))?;
    put_totals(transaction, &totals)?;
    let mut users = UserNumbers::open(transaction)?;
    look.gone.iter().try_for_each(|user| users.remove_numbered(*user))?;
    Ok(Expired { dropped, last: look.last })
}

/// The time before which events are dropped, by the numbers of their names.
fn limits(image: &Image, oldest: &dyn Fn(&str) -> Option<Timestamp>) -> Result<HashMap<u32, i64>> {
    let mut limits = HashMap::new();
    let Some(numbers) = image.optional_table(EVENT_NUMBERS)? else { return Ok(limits) };
    for entry in numbers.iter().or_fail()? {
        let (name, number) = entry.or_fail()?;
        limits.extend(oldest(name.value()).map(|at| (number.value(), at.as_micros())));
    }
    Ok(limits)
}

fn is_over(limits: &HashMap<u32, i64>, entry: &EntryRecord<'_>) -> bool {
    let limit = entry.name().and_then(|name| limits.get(&name));
    limit.is_some_and(|limit| entry.at() < *limit)
}

/// Look of one transaction at the entries of some users.
#[derive(Default)]
struct Look {
    /// The users who have something to drop.
    users: Vec<u32>,
    /// Those of them who have nothing else.
    gone: Vec<u32>,
    /// The last user, if there is one after that.
    last: Option<u32>,
}

impl Look {
    /// Looks at users from one on, as many as a transaction may.
    fn at(image: &Image, limits: &HashMap<u32, i64>, first: u32) -> Result<Self> {
        let (mut look, mut bytes, mut user) = (Self::default(), 0, User::default());
        for block in in_order(base_from(image, first)?, runs_from(image, first)?) {
            let (number, block) = block?;
            if number != user.number {
                look.meet(&user);
                if bytes >= BATCH_BYTES {
                    look.last = Some(user.number);
                    return Ok(look);
                }
                user = User { number, ..User::default() };
            }
            bytes += block.packed.0.len();
            block.each(
                || format!("the entries of user {number}"),
                |entry| {
                    *(if is_over(limits, &entry) { &mut user.drops } else { &mut user.keeps }) =
                        true;
                    Ok(())
                },
            )?;
        }
        look.meet(&user);
        Ok(look)
    }

    fn meet(&mut self, user: &User) {
        self.users.extend(user.drops.then_some(user.number));
        self.gone.extend((user.drops && !user.keeps).then_some(user.number));
    }
}

/// The blocks of all runs from a user on, each with the number of its user.
fn runs_from(image: &Image, first: u32) -> Result<impl Iterator<Item = Result<UserBlock>>> {
    let (runs, totals) = (image.optional_table(RUNS)?, totals(&image.table(META)?)?);
    let merge = runs.map(|runs| {
        let merge = Merge::<BlockRecord>::from(&runs, totals.parts(), first)?;
        Ok::<_, Error>((runs, merge))
    });
    Ok(merge
        .transpose()?
        .into_iter()
        .flat_map(|(runs, mut merge)| std::iter::from_fn(move || merge.next(&runs).transpose())))
}

/// Two iterators over blocks as one, in the order of the users.
fn in_order(
    one: impl Iterator<Item = Result<UserBlock>>,
    other: impl Iterator<Item = Result<UserBlock>>,
) -> impl Iterator<Item = Result<UserBlock>> {
    let (mut one, mut other) = (one.peekable(), other.peekable());
    // an error comes at once
    let user = |next: &Result<UserBlock>| next.as_ref().map_or(0, |(user, _)| *user);
    std::iter::from_fn(move || match (one.peek().map(user), other.peek().map(user)) {
        (Some(own), Some(before)) if before < own => other.next(),
        (Some(_), _) => one.next(),
        (None, _) => other.next(),
    })
}

/// Entries of a user, as a look finds them.
#[derive(Default)]
struct User {
    number: u32,
    drops: bool,
    keeps: bool,
}
