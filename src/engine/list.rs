//! Lists of users: loaded into segments, and kept in memory as long as a segment refers to them.

use super::{Outcome, Session};
use crate::error::{Error, ErrorKind, Result, TransactionState};
use crate::limits::LIST_IDS;
use crate::model::{ListId, Name, Role, Spanned, UserIds, check_user_id};
use crate::query::View;
use crate::statement::{Listed, Plan};

impl Session {
    /// [`Database::load_list`](super::Database::load_list), by the actor of the session and with its comment.
    ///
    /// # Errors
    ///
    /// Those of [`Database::load_list`](super::Database::load_list); `transaction-state` in a transaction.
    pub fn load_list<N, I>(&mut self, segment: N, ids: I) -> Result<u64>
    where
        N: TryInto<Name, Error: Into<Error>>,
        I: IntoIterator<Item: AsRef<str>>,
    {
        self.database().require(Role::Publish)?;
        let segment = Spanned::unplaced(segment.try_into().map_err(Into::into)?);
        let mut listed = UserIds::default();
        for id in ids {
            push(&mut listed, id.as_ref())?;
        }
        let ids = listed.sorted()?;
        drop(listed);
        self.put_list(&Listed { segment, description: None }, &ids)?;
        Ok(ids.len() as u64)
    }

    /// Writes a list, which is sorted, and then the revision that gives it to a segment.
    pub(super) fn put_list(&mut self, listed: &Listed, ids: &UserIds) -> Result<Outcome> {
        if self.in_transaction() {
            return Err(TransactionState::LoadInside { what: "list" }.into());
        }
        let db = self.database().clone();
        db.refuse_write()?;
        let _lists = db.lock_lists();
        // first of all, so that nothing is written in vain; what holds under the writer's lock is what counts
        self.check_listed(listed, ListId(1), &self.view())?;
        let list = db.shared.store.add_list(ids)?;
        self.commit_write(Some((list, ids)), |ground| {
            self.check_listed(listed, list, &self.view_on(ground))
        })
    }

    /// Plans what gives a list to a segment.
    pub(super) fn check_listed(
        &self,
        listed: &Listed,
        list: ListId,
        view: &View<'_>,
    ) -> Result<Plan> {
        self.check_writable()?;
        self.bind(view, |binder| listed.plan(binder, list))
    }
}

/// Adds an id to those of a list.
pub(super) fn push(ids: &mut UserIds, id: &str) -> Result<()> {
    check_user_id(id)?;
    ids.push(id)?;
    let (limit, found) = (LIST_IDS, ids.len());
    if found > limit {
        return Err(ErrorKind::TooMany { what: "a list", limit, unit: "ids", found }.into());
    }
    Ok(())
}
