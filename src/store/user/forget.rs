//! Forgetting of a user: the entries, the ids of their events, and the id of the user are erased.

use redb::WriteTransaction;

use super::erase::erase;
use super::intern::UserNumbers;
use super::totals::{put_totals, totals};
use crate::error::Result;
use crate::store::failure::OrFail;
use crate::store::tables::META;

/// Erases all that is known of a user: entries, the ids of events, the user.
pub(super) fn forget(transaction: &WriteTransaction, user: &str) -> Result<()> {
    let Some(number) = UserNumbers::open(transaction)?.remove(user)? else {
        return Ok(());
    };
    let mut totals = totals(&transaction.open_table(META).or_fail()?)?;
    erase(transaction, &mut totals, &[number], &|_| false)?;
    put_totals(transaction, &totals)
}
