//! Salvage of users: what is left of them in tables of which pages are missing.

use std::collections::BTreeSet;
use std::ops::{Bound, RangeInclusive};
use std::sync::Arc;

use redb::{ReadableTable, TableDefinition, Value, WriteTransaction};

use super::query::user_entries;
use super::totals::totals;
use crate::error::Result;
use crate::model::Entry;
use crate::store::failure::OrFail;
use crate::store::image::Image;
use crate::store::page::Gap;
use crate::store::tables::{EVENT_NAMES, EVENT_NUMBERS, META, PageKey, USER_IDS, USER_NUMBERS};

/// Completes the tables of texts and numbers from one another.
pub(in crate::store) fn complete(transaction: &WriteTransaction) -> Result<()> {
    both_ways(transaction, USER_NUMBERS, USER_IDS)?;
    both_ways(transaction, EVENT_NUMBERS, EVENT_NAMES)
}

fn both_ways(
    transaction: &WriteTransaction,
    numbers: TableDefinition<&'static str, u32>,
    texts: TableDefinition<u32, &'static str>,
) -> Result<()> {
    let mut numbers = transaction.open_table(numbers).or_fail()?;
    let mut texts = transaction.open_table(texts).or_fail()?;
    for entry in numbers.iter().or_fail()? {
        let (text, number) = entry.or_fail()?;
        if texts.get(number.value()).or_fail()?.is_none() {
            texts.insert(number.value(), text.value()).or_fail()?;
        }
    }
    for entry in texts.iter().or_fail()? {
        let (number, text) = entry.or_fail()?;
        if numbers.get(text.value()).or_fail()?.is_none() {
            numbers.insert(text.value(), number.value()).or_fail()?;
        }
    }
    Ok(())
}

/// Calls a function with each user and what is left of the entries, or why nothing is.
pub(in crate::store) fn each_left(
    image: &Image,
    mut take: impl FnMut(&str, Result<Vec<Entry>>) -> Result<()>,
) -> Result<()> {
    let Some(users) = image.optional_table(USER_NUMBERS)? else { return Ok(()) };
    for user in users.iter().or_fail()? {
        let (id, _) = user.or_fail()?;
        take(id.value(), user_entries(image, id.value()))?;
    }
    Ok(())
}

/// How many entries there are by what is counted of them.
pub(in crate::store) fn counted(image: &Image) -> Result<u64> {
    let totals = totals(&image.table(META)?)?;
    Ok(totals.runs.iter().map(|run| run.entries).sum())
}

/// The users, as far as their ids are known, of whom something may have been in gaps of the runs.
pub(in crate::store) fn in_gaps(image: &Image, gaps: &[Gap]) -> Result<BTreeSet<Arc<str>>> {
    let mut users = BTreeSet::new();
    let Some(ids) = image.optional_table(USER_IDS)? else { return Ok(users) };
    let runs: BTreeSet<_> = totals(&image.table(META)?)?.parts().collect();
    for numbers in gaps.iter().flat_map(|gap| numbers_in(gap, &runs)) {
        for entry in ids.range(numbers).or_fail()? {
            users.insert(Arc::from(entry.or_fail()?.1.value()));
        }
    }
    Ok(users)
}

/// The numbers of users that pages of runs in a gap may have: a page has its last user in its key. A run that is
/// missing altogether may have anybody.
fn numbers_in(gap: &Gap, runs: &BTreeSet<u64>) -> Vec<RangeInclusive<u32>> {
    let key = |bytes: &Option<Vec<u8>>| bytes.as_deref().map(PageKey::<u32>::from_bytes);
    let (after, before) = (key(&gap.after), key(&gap.before));
    let (first, last) =
        (after.map_or(0, |(run, ..)| run), before.map_or(u64::MAX, |(run, ..)| run));
    let inside = (Bound::Excluded(first), Bound::Excluded(last));
    match (after, before) {
        _ if first < last && runs.range(inside).next().is_some() => vec![0..=u32::MAX],
        (Some((_, from, _)), Some((_, to, _))) if first == last => vec![from..=to],
        (after, before) => {
            let ends = after.map(|(_, from, _)| from..=u32::MAX);
            ends.into_iter().chain(before.map(|(_, to, _)| 0..=to)).collect()
        }
    }
}
