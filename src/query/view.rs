//! View: all that a statement reads, one state of the store at one instant.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::budget::Budget;
use super::pending::Pending;
use super::remembered::PastStates;
use super::rows::Rows;
use crate::behaviour::UserHistory;
use crate::error::{Error, Result};
use crate::eval::Snapshot;
use crate::limits::QUERY_BYTES;
use crate::model::{
    Catalog, Change, Config, ConfigId, Context, Object, Secrets, Spanned, Timestamp, Version,
    VersionReader,
};
use crate::statement::find::unknown_version;
use crate::statement::{Parameters, Preview};
use crate::store::{Reader, Watch};

/// Lender of readers and histories, which a view takes when it first needs them: the engine.
pub(crate) trait Lender {
    /// Begins to read one state of the store.
    fn reader(&self) -> Result<Reader>;

    /// The current history of a user. It may come from a cache, and be newer than the state that the reader of a
    /// view reads.
    fn history(&self, user: &str) -> Result<Arc<UserHistory>>;
}

/// Forecaster of writes: the session of the engine, which can make one and throw it away.
pub(crate) trait Forecaster {
    /// Who would get other values by a write.
    fn forecast(&self, view: &View<'_>, preview: &Preview) -> Result<Rows>;
}

/// View of one state of the store at one instant, with what the open transaction wrote.
///
/// All that it reads of the store it reads by one reader, which is begun when something is first read: a `GET`
/// is answered from the snapshot alone.
pub(crate) struct View<'v> {
    lender: &'v dyn Lender,
    /// Who tells what a write would change.
    forecaster: Option<&'v dyn Forecaster>,
    /// The state that was committed, without what the open transaction wrote: what others commit later is not seen.
    committed: Arc<Snapshot>,
    pub(super) now: Timestamp,
    pub(super) parameters: &'v Parameters,
    pub(super) pending: Option<Pending<'v>>,
    /// Versions that the store does not have yet.
    pub(super) versions: Option<&'v HashMap<(ConfigId, u32), Arc<Version>>>,
    /// Changes that it may not have yet, each with the number of its commit.
    pub(super) underway: &'v [(u64, Change)],
    /// States of the past that were made lately.
    pub(super) past: &'v PastStates,
    /// Tells whether a scan is to end.
    pub(super) watch: Watch<'v>,
    /// Whether values of sensitive keys are shown.
    shows_secrets: bool,
    /// How much memory the rows of the statement may take.
    budget: Budget<'v>,
    reader: OnceCell<Reader>,
    /// Whether histories are those that the reader reads, and no newer ones.
    is_pinned: bool,
    /// If it is of another instant: the view of now, and the state of then if that was before.
    today: Option<(&'v View<'v>, Option<Snapshot>)>,
}

impl<'v> View<'v> {
    /// A view of what the engine has, outside any transaction.
    pub(crate) fn new(
        lender: &'v dyn Lender,
        committed: Arc<Snapshot>,
        now: Timestamp,
        parameters: &'v Parameters,
        past: &'v PastStates,
        watch: Watch<'v>,
    ) -> Self {
        let (pending, versions, reader) = (None, None, OnceCell::new());
        let (shows_secrets, is_pinned, underway) = (false, false, &[][..]);
        let budget = Budget::new(QUERY_BYTES, &watch);
        Self {
            lender,
            forecaster: None,
            committed,
            now,
            parameters,
            pending,
            versions,
            underway,
            past,
            watch,
            shows_secrets,
            budget,
            reader,
            is_pinned,
            today: None,
        }
    }

    /// The view of somebody who can tell what a write would change.
    pub(crate) fn foreseeing(self, forecaster: &'v dyn Forecaster) -> Self {
        Self { forecaster: Some(forecaster), ..self }
    }

    /// Who would get other values by a write.
    pub(super) fn forecast(&self, preview: &Preview) -> Result<Rows> {
        let forecaster = self.forecaster.ok_or_else(|| Error::bug("nobody foresees"))?;
        forecaster.forecast(self, preview)
    }

    /// The view of a transaction.
    pub(crate) fn with_pending(self, pending: Option<Pending<'v>>) -> Self {
        let versions = pending.as_ref().map(|pending| pending.versions);
        Self { pending, versions, ..self }
    }

    /// The view of a write, which also sees versions and changes that are on their way to the store.
    pub(crate) fn with_underway(
        self,
        versions: &'v HashMap<(ConfigId, u32), Arc<Version>>,
        underway: &'v [(u64, Change)],
    ) -> Self {
        Self { versions: Some(versions), underway, ..self }
    }

    /// The view of who may see values of sensitive keys, and asked for that.
    pub(crate) fn showing_secrets(self, shows_secrets: bool) -> Self {
        Self { shows_secrets, ..self }
    }

    /// The view of who may take so much memory for the rows of a statement.
    pub(crate) fn allowing(self, query_bytes: usize) -> Self {
        Self { budget: Budget::new(query_bytes, &self.watch), ..self }
    }

    /// The view of who reads for a long time while others write: all that it sees is of the instant at which this is called.
    pub(crate) fn pinned(self) -> Result<Self> {
        self.reader()?;
        Ok(Self { is_pinned: true, ..self })
    }

    /// The values that are not shown. A key that is sensitive today has none of its values shown, older ones neither.
    pub(super) fn secrets(&self) -> Secrets<'_> {
        let today = self.today.as_ref().map_or(self.catalog(), |(today, _)| today.catalog());
        self.secrets_of(today)
    }

    /// The values of a catalog that are not shown.
    pub(super) fn secrets_of<'c>(&self, catalog: &'c Catalog) -> Secrets<'c> {
        if self.shows_secrets { Secrets::none() } else { Secrets::of(catalog) }
    }

    /// The objects.
    pub(crate) fn catalog(&self) -> &Catalog {
        if let Some(then) = self.then() {
            return then.catalog();
        }
        self.pending.as_ref().map_or(self.committed.catalog(), |pending| pending.draft.catalog())
    }

    /// The objects, compiled.
    pub(crate) fn snapshot(&self) -> Result<&Snapshot> {
        if let Some(then) = self.then() {
            return Ok(then);
        }
        self.pending.as_ref().map_or(Ok(&self.committed), |pending| pending.draft.snapshot())
    }

    /// The values of the parameters of the statement.
    pub(crate) fn parameters(&self) -> &Parameters {
        self.parameters
    }

    /// The instant.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// How much memory the rows of the statement may take, whatever instants it is about.
    pub(super) fn budget(&self) -> &Budget<'v> {
        self.today.as_ref().map_or(&self.budget, |(today, _)| today.budget())
    }

    /// What tells whether the work on it is to end.
    pub(crate) fn watch(&self) -> &Watch<'v> {
        &self.watch
    }

    /// The reader of the store.
    pub(crate) fn reader(&self) -> Result<&Reader> {
        if let Some((today, _)) = &self.today {
            return today.reader();
        }
        if let Some(reader) = self.reader.get() {
            return Ok(reader);
        }
        let reader = self.lender.reader()?;
        Ok(self.reader.get_or_init(|| reader))
    }

    /// The newest state without what the open transaction wrote.
    pub(super) fn committed(&self) -> &Snapshot {
        &self.committed
    }

    /// The newest committed revision that is seen. What the reader has beyond that came later than the state.
    pub(super) fn newest(&self) -> u64 {
        self.then().map_or_else(|| self.committed().revision(), Snapshot::revision)
    }

    /// The state of an earlier instant, if it is the view of one.
    fn then(&self) -> Option<&Snapshot> {
        self.today.as_ref()?.1.as_ref()
    }

    /// Whether it is of an earlier instant than now.
    pub(super) fn is_past(&self) -> bool {
        self.then().is_some()
    }

    /// The view of another instant; `then`: the state of an earlier one.
    pub(super) fn of_instant(&self, at: Timestamp, then: Option<Snapshot>) -> View<'_> {
        let committed = Arc::clone(&self.committed);
        let view =
            View::new(self.lender, committed, at, self.parameters, self.past, self.watch.again());
        let view = view.with_pending(self.pending.clone()).showing_secrets(self.shows_secrets);
        let (versions, underway, today) = (self.versions, self.underway, Some((self, then)));
        let is_pinned = self.is_pinned;
        View { versions, underway, is_pinned, today, ..view }
    }

    /// What the open transaction changed, as far as it is seen: nothing of it was there earlier.
    pub(super) fn pending_changes(&self) -> Option<&Pending<'v>> {
        self.pending.as_ref().filter(|_| !self.is_past())
    }

    /// Whether the open transaction says something of users.
    pub(super) fn has_pending_users(&self) -> bool {
        !self.pending_users().is_empty()
    }

    /// The history of a user.
    pub(crate) fn history(&self, user: &str) -> Result<Arc<UserHistory>> {
        let history = self.committed_history(user)?;
        Ok(match &self.pending {
            Some(pending) => pending.over(user, history),
            None => history,
        })
    }

    /// The history of a user without what the open transaction says.
    pub(super) fn committed_history(&self, user: &str) -> Result<Arc<UserHistory>> {
        if self.is_pinned {
            return Ok(Arc::new(UserHistory::new(self.reader()?.user_entries(user)?)));
        }
        self.lender.history(user)
    }

    /// Whether the open transaction forgets a user, as far as it is seen.
    pub(super) fn forgets(&self, user: &str) -> bool {
        self.pending.as_ref().is_some_and(|pending| pending.facts.forgets(user))
    }

    /// What was seen last before this is kept no longer in the traffic; `None`: everything is kept.
    pub(super) fn oldest_traffic(&self) -> Option<Timestamp> {
        let today = self.today.as_ref().map_or(self, |(today, _)| today);
        today.catalog().recording.map(|recording| recording.oldest(today.now))
    }

    /// Whether the open transaction says anything of a user.
    pub(super) fn is_told_of(&self, user: &str) -> bool {
        self.pending.as_ref().is_some_and(|pending| pending.is_told_of(user))
    }

    /// The users with facts in the open transaction, in byte order.
    pub(super) fn pending_users(&self) -> BTreeSet<Arc<str>> {
        self.pending.as_ref().map(Pending::users).unwrap_or_default()
    }

    /// A version of a config, which may be one of the past.
    pub(super) fn version_of(
        &self,
        config: &Config,
        number: &Spanned<u64>,
    ) -> Result<Arc<Version>> {
        let wanted = u32::try_from(number.node).ok().filter(|n| (1..=config.newest).contains(n));
        let found = match wanted {
            Some(wanted) => match config.versions.get(wanted) {
                Some(version) => Some(Arc::clone(version)),
                None => self.version(config.head.id, wanted)?,
            },
            None => None,
        };
        found.ok_or_else(|| unknown_version(config, number))
    }
}

/// The attributes and the past of a user at an instant.
pub(super) fn context(user: Option<Arc<str>>, history: Arc<UserHistory>, at: Timestamp) -> Context {
    context_with(user, history, &Object::new(), at)
}

/// The attributes and the past of a user at an instant, and the attributes that are given beside them.
pub(super) fn context_with(
    user: Option<Arc<str>>,
    history: Arc<UserHistory>,
    given: &Object,
    at: Timestamp,
) -> Context {
    if history.is_empty() {
        return Context::of(user, given);
    }
    let known = Context::of(user, &history.profile(at)).with_past(history, Vec::new());
    known.with_all(given)
}
