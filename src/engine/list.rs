//! Lists of users: loaded into segments, and kept in memory as long as a segment refers to them.

use super::user_list::UserList;
use super::{Outcome, Session};
use crate::error::{Error, Result, TransactionState};
use crate::model::{ListId, Name, Role, Spanned, UserIds};
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
        let mut list = UserList::new();
        for id in ids {
            list.push(id.as_ref())?;
        }
        self.load_user_list(segment, list)
    }

    /// Loads a list of users that was put together before.
    ///
    /// # Errors
    ///
    /// Those of [`Session::load_list`].
    pub fn load_user_list<N>(&mut self, segment: N, list: UserList) -> Result<u64>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        self.database().require(Role::Publish)?;
        let segment = Spanned::unplaced(segment.try_into().map_err(Into::into)?);
        let ids = list.sorted()?;
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
        // first of all, so that nothing is written in vain; what holds when it is queued is what counts
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
