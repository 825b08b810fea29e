//! Sessions: the actor, comment and parameters of statements, and the open transaction.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::commit::{Ground, Proposal, Proposed};
use super::sight::Sight;
use super::strictness::Slips;
use super::transaction::Transaction;
use super::user_list::UserList;
use super::{Database, Outcome};
use crate::error::{Error, ErrorKind, Result, TransactionState};
use crate::eval::{Snapshot, unknown_parameter};
use crate::limits::KEPT_SCRIPT_BYTES;
use crate::model::{Catalog, Entry, ListId, Revision, Spanned, Timestamp, UserIds, What};
use crate::query::{Lender, View};
use crate::script::{Script, ScriptStatement};
use crate::statement::also;
use crate::statement::binder::{Binder, Origin};
use crate::statement::{Effect, Operation, Parameters, Plan, Statement, Target, Write};
use crate::transfer::Loading;

/// Statements in order, with what lasts from one to the next: actor, comment, parameters and an open
/// transaction, which is rolled back when the session is dropped.
///
/// ```
/// let db = pcq::Database::in_memory()?;
/// let mut session = db.session().with_actor("release-team");
/// session.execute("BEGIN; CREATE KEY a INTEGER DEFAULT 1; CREATE KEY b INTEGER DEFAULT 2;")?;
/// assert_eq!(db.revision(), 0);
/// session.execute("COMMIT;")?;
/// assert_eq!(db.revision(), 1);
/// # Ok::<(), pcq::Error>(())
/// ```
#[derive(Debug)]
pub struct Session {
    pub(super) db: Database,
    /// What the statement that runs sees, or the open transaction, of a store that is open for reading only.
    pub(super) sight: Option<Sight>,
    /// Whether a `GET` goes by what is in memory, if it can.
    remembers: bool,
    /// Whether a transaction in which a statement failed cannot be committed.
    fails_whole: bool,
    /// What becomes of slips.
    pub(super) slips: Slips,
    /// Whether values of sensitive keys are shown, if the session may see them.
    pub(super) asks_for_secrets: bool,
    pub(super) actor: Option<Arc<str>>,
    pub(super) comment: Option<Arc<str>>,
    pub(super) parameters: Parameters,
    pub(super) transaction: Option<Transaction>,
    pub(super) loading: Option<Loading>,
    /// Whether nobody wants any more what its statement gives.
    pub(super) is_unwanted: Option<Arc<AtomicBool>>,
    /// Lists of users whose segments are still to come, out of a dump of what stands today.
    pub(super) lists: BTreeMap<ListId, UserList>,
}

impl Session {
    pub(super) fn new(db: Database) -> Self {
        let slips = db.shared.slips;
        Self {
            db,
            sight: None,
            remembers: false,
            fails_whole: false,
            slips,
            asks_for_secrets: false,
            actor: None,
            comment: None,
            parameters: Parameters::new(),
            transaction: None,
            loading: None,
            is_unwanted: None,
            lists: BTreeMap::new(),
        }
    }

    /// A session of the same settings with other parameters, outside any transaction, for a prepared statement.
    pub(super) fn fork(&self, parameters: Parameters) -> Self {
        let (db, actor) = (self.db.clone(), self.actor.clone());
        let (comment, transaction, loading) = (self.comment.clone(), None, None);
        let (is_unwanted, lists) = (None, BTreeMap::new());
        let (sight, remembers, asks_for_secrets) = (None, true, self.asks_for_secrets);
        let (fails_whole, slips) = (self.fails_whole, self.slips);
        Self {
            db,
            sight,
            remembers,
            fails_whole,
            slips,
            asks_for_secrets,
            actor,
            comment,
            parameters,
            transaction,
            loading,
            is_unwanted,
            lists,
        }
    }

    /// Says who writes, as `SET ACTOR` does.
    #[must_use]
    pub fn with_actor(mut self, actor: impl Into<Arc<str>>) -> Self {
        self.actor = Some(actor.into());
        self
    }

    /// Says why, as `SET COMMENT` does.
    #[must_use]
    pub fn with_comment(mut self, comment: impl Into<Arc<str>>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    /// Gives the parameters of the statements to come their values.
    #[must_use]
    pub fn with_parameters(mut self, parameters: Parameters) -> Self {
        self.parameters = parameters;
        self
    }

    /// Who writes, if it was said.
    #[must_use]
    pub fn actor(&self) -> Option<&str> {
        self.actor.as_deref()
    }

    /// Gives the parameters of the statements to come other values.
    pub fn set_parameters(&mut self, parameters: Parameters) {
        self.parameters = parameters;
    }

    /// Makes the `COMMIT` of a transaction fail with `transaction-state` in which a statement failed, a read or an
    /// assertion too: nothing of it is written then, and it is over. It is for who goes on after an error that nobody
    /// has seen.
    ///
    /// ```
    /// let db = pcq::Database::in_memory()?;
    /// let mut session = db.session().failing_whole();
    /// session.execute("BEGIN; CREATE KEY a INTEGER DEFAULT 1;")?;
    /// assert!(session.execute("GET b;").is_err());
    /// assert_eq!(session.execute("COMMIT;").unwrap_err().code(), "transaction-state");
    /// assert!(!session.in_transaction());
    /// # Ok::<(), pcq::Error>(())
    /// ```
    #[must_use]
    pub fn failing_whole(mut self) -> Self {
        self.fails_whole = true;
        self
    }

    /// Whether what is legal and likely a slip is an error, `suspicious`, and nothing of it is stored; otherwise it is
    /// stored, and the outcome has a note of it. A session is as [`Builder::strict`](crate::Builder::strict) said, unless
    /// this says otherwise.
    ///
    /// ```
    /// let db = pcq::Database::in_memory()?;
    /// let slip = "CREATE SEGMENT phones WHERE device = \"iPhone\";";
    /// let error = db.session().strict(true).execute(slip).unwrap_err();
    /// assert_eq!((error.code(), error.hints()), ("suspicious", &["a text is in single quotes: `'iPhone'`".to_owned()][..]));
    /// let outcomes = db.execute(slip)?;
    /// assert_eq!(outcomes[0].notes()[0].code(), "suspicious");
    /// # Ok::<(), pcq::Error>(())
    /// ```
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.slips = Slips::refused(strict);
        self
    }

    /// The database of the session.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.db
    }

    /// Whether a transaction is open.
    #[must_use]
    pub fn in_transaction(&self) -> bool {
        self.transaction.is_some() || self.loading.is_some()
    }

    /// Runs a statement of a script; errors tell their place in it.
    pub fn run_parsed(&mut self, statement: &ScriptStatement) -> Result<Outcome> {
        let node = statement.result().map_err(Error::clone);
        let outcome = node.and_then(|node| self.run_named(node, || statement.parameters()));
        match outcome {
            Ok(outcome) => {
                Ok(outcome.with_each_note(|note| self.conceal_note(statement.locate_note(note))))
            }
            Err(error) => Err(self.failed(statement, error)),
        }
    }

    /// The error to report of a statement of a script that failed.
    pub(super) fn failed(&mut self, statement: &ScriptStatement, error: Error) -> Error {
        self.note_failure(statement.result().ok());
        self.conceal(statement.locate(error))
    }

    /// Remembers that a statement of the open transaction failed. If it is its `COMMIT`, because another had failed
    /// before, the transaction is over.
    fn note_failure(&mut self, statement: Option<&Statement>) {
        let is_commit = matches!(statement, Some(Statement::Commit(_)));
        if let Some(open) = self.transaction.as_mut().filter(|_| self.fails_whole) {
            if open.has_failed && is_commit {
                self.transaction = None;
                self.look_away();
            } else {
                open.has_failed = true;
            }
        }
    }

    /// Runs a script, and returns what each statement gave. The syntax of all of it is checked first;
    /// it stops at the first error.
    pub fn execute(&mut self, script: &str) -> Result<Vec<Outcome>> {
        let mut room = KEPT_SCRIPT_BYTES;
        let checked = Script::lenient(script.as_bytes()).check(&mut room);
        let checked = checked.map_err(|error| self.conceal(error))?;
        let statements = checked.statements(|| Ok::<_, Error>(script.as_bytes()))?;
        statements.map(|statement| self.run_parsed(&statement?)).collect()
    }

    /// The error to report: a parameter without a value comes before whatever else is wrong. The names of the
    /// parameters are asked for only then.
    pub(super) fn weigh(
        &self,
        parameters: impl FnOnce() -> Vec<Spanned<Arc<str>>>,
        error: Error,
    ) -> Error {
        weigh(&self.parameters, parameters, error)
    }

    // -- state

    /// The instant of a statement.
    pub(super) fn now(&self) -> Timestamp {
        match &self.transaction {
            Some(transaction) => self.now_at_least(transaction.base.catalog().time),
            None => self.now_at_least(self.state().catalog().time),
        }
    }

    /// The instant of the clock in the state that the session sees: another process may have moved a manual one since.
    fn now_at_least(&self, earliest: Option<Timestamp>) -> Timestamp {
        self.db.now_by(self.sight.as_ref(), earliest)
    }

    /// The state that the session sees, but for its transaction.
    fn state(&self) -> Arc<Snapshot> {
        self.sight.as_ref().map_or_else(|| self.db.state(), |sight| Arc::clone(sight.state()))
    }

    /// The objects that statements of the session go by, with what its transaction wrote.
    pub(super) fn seen_catalog(&self) -> Catalog {
        let open = self.transaction.as_ref();
        open.map_or_else(|| self.state().catalog().clone(), |open| open.draft.catalog().clone())
    }

    /// Takes a sight for a statement; the one of an open transaction stays.
    pub(super) fn look(&mut self, statement: &Statement) -> Result<()> {
        if self.in_transaction() {
            return Ok(());
        }
        self.sight = match statement {
            Statement::Get(get) if self.remembers => self.db.remembered(get, &self.parameters),
            _ => None,
        };
        if self.sight.is_none() {
            self.sight = self.db.sight()?;
        }
        Ok(())
    }

    /// Ends the sight of a statement. It keeps pages of the file, so only a transaction holds it longer.
    pub(super) fn look_away(&mut self) {
        if !self.in_transaction() {
            self.sight = None;
        }
    }

    /// What a statement of the session may read: the state of its transaction, or the current one.
    pub(super) fn view(&self) -> View<'_> {
        self.view_with(&self.parameters)
    }

    /// The same, of a statement that has other parameters.
    pub(super) fn view_with<'v>(&'v self, parameters: &'v Parameters) -> View<'v> {
        self.view_in(self.transaction.as_ref(), parameters)
    }

    fn view_in<'v>(
        &'v self,
        transaction: Option<&'v Transaction>,
        parameters: &'v Parameters,
    ) -> View<'v> {
        let state = transaction.map_or_else(|| self.state(), |open| Arc::clone(&open.base));
        let now = self.now_at_least(state.catalog().time);
        let pending = transaction.map(|open| {
            let comment = self.comment.clone();
            open.pending(self.next_revision(open.base.catalog(), now, comment))
        });
        self.view_of(state, now, parameters).with_pending(pending)
    }

    /// What a write of its own is checked against.
    pub(super) fn view_on<'v>(&'v self, ground: &'v Ground<'_>) -> View<'v> {
        let now = self.db.now_at_least(ground.state.catalog().time);
        let state = Arc::new(ground.state.clone());
        self.view_of(state, now, &self.parameters).with_underway(ground.versions, ground.changes)
    }

    fn view_of<'v>(
        &'v self,
        state: Arc<Snapshot>,
        now: Timestamp,
        parameters: &'v Parameters,
    ) -> View<'v> {
        let lender: &dyn Lender = match &self.sight {
            Some(sight) => sight,
            None => &self.db,
        };
        let watch = self.db.shared.store.desk().watch().unless(self.is_unwanted.as_deref());
        let past = &self.db.shared.past;
        let view = View::new(lender, state, now, parameters, past, watch);
        view.showing_secrets(self.shows_secrets())
            .allowing(self.db.shared.query_bytes)
            .foreseeing(self)
    }

    // -- writing

    /// Refuses to write where nothing but a dump can be written, or nothing.
    pub(super) fn check_writable(&self) -> Result<()> {
        self.db.refuse_write()?;
        if self.loading.is_some() {
            return Err(TransactionState::OnlyLoad.into());
        }
        Ok(())
    }

    /// Checks something against what a view shows.
    pub(super) fn bind<T>(
        &self,
        view: &View<'_>,
        check: impl FnOnce(&Binder<'_>) -> Result<T>,
    ) -> Result<T> {
        let (catalog, now, parameters) = (view.catalog(), view.now(), view.parameters());
        let role = self.database().role();
        check(&Binder { catalog, now, parameters, versions: view, role, origin: Origin::Writer })
    }

    /// Writes in the open transaction.
    pub(super) fn write(transaction: &mut Transaction, plan: Plan) -> Result<Outcome> {
        match plan {
            Plan::Unchanged { .. } => Ok(planned(plan)),
            Plan::Write(write) => {
                transaction.write(write.changes.changes, &write.after)?;
                Ok(changed(write.effect).noting(write.notes))
            }
        }
    }

    /// Commits a write by itself; `plan` checks it against the state that it is committed on.
    pub(super) fn commit_write(
        &self,
        list: Option<(ListId, &UserIds)>,
        plan: impl Fn(&Ground<'_>) -> Result<Plan>,
    ) -> Result<Outcome> {
        // it is planned anew as long as a commit before it fails, and the last plan counts
        let mut outcome = None;
        let committed = self.db.commit(|ground| {
            let write = match plan(ground)? {
                Plan::Unchanged { why, notes } => {
                    outcome = Some(unchanged(&why).noting(notes));
                    return Ok(None);
                }
                Plan::Write(write) => *write,
            };
            let Write { now, changes, after, effect, notes, comment } = write;
            outcome = Some(changed(effect).noting(notes));
            let comment = comment.or_else(|| self.comment.clone());
            let revision = self.next_revision(ground.state.catalog(), now, comment);
            let revision = Proposed { revision, changes: changes.changes, after };
            Ok(Some(Proposal { revision: Some(revision), entries: Vec::new(), list }))
        })?;
        let outcome = outcome.ok_or_else(|| Error::bug("a write was not planned"))?;
        Ok(outcome.of_revision(committed.and_then(|done| done.revision)))
    }

    // -- users

    /// Stores what a statement says of a user, in the open transaction or at once.
    pub(super) fn record(&mut self, entry: Entry) -> Result<Outcome> {
        if let Some(unchanged) = self.unknown(&entry)? {
            return Ok(unchanged);
        }
        if let What::Profile(attributes) = &entry.what {
            self.view().history(&entry.user)?.refuse_too_many(attributes)?;
        }
        let effect = Effect::of_entry(&entry);
        let is_new = match &mut self.transaction {
            Some(transaction) => transaction.record(entry, &self.db)?,
            None => self.db.add_entries(&[entry])?.repeated == 0,
        };
        if !is_new {
            return Ok(unchanged("the store has seen an event with this id"));
        }
        Ok(changed(effect))
    }

    /// What comes of forgetting a user of whom nothing is known.
    pub(super) fn unknown(&self, entry: &Entry) -> Result<Option<Outcome>> {
        let is_known = entry.what != What::Forget || self.knows(&entry.user)?;
        let why = || unchanged(&format!("nothing is known of user {}", entry.user));
        Ok((!is_known).then(why))
    }

    /// Whether anything is known of a user; that a list has the id is something, and so is a recorded context.
    fn knows(&self, user: &str) -> Result<bool> {
        let view = self.view();
        if !view.history(user)?.is_empty() {
            return Ok(true);
        }
        let forgotten = self.transaction.as_ref().is_some_and(|open| open.forgets(user));
        if forgotten {
            return Ok(false);
        }
        let reader = view.reader()?;
        let is_recorded =
            self.db.shared.deliveries.has_seen(user) || reader.has_contexts_of(user)?;
        Ok(is_recorded || reader.is_listed(user)?)
    }

    fn next_revision(
        &self,
        before: &Catalog,
        now: Timestamp,
        comment: Option<Arc<str>>,
    ) -> Revision {
        let (number, actor) = (before.revision + 1, self.actor.clone());
        Revision { number, time: before.time.map_or(now, |time| now.max(time)), actor, comment }
    }

    // -- transactions

    pub(super) fn begin(&mut self) -> Outcome {
        self.transaction = Some(Transaction::new(self.state()));
        done("began a transaction")
    }

    pub(super) fn rollback(&mut self) -> Outcome {
        self.transaction = None;
        self.loading = None;
        done("rolled back")
    }

    /// Finds out whether the open transaction can be committed.
    pub(super) fn check_commit(&self) -> Result<()> {
        let transaction = self.transaction.as_ref().ok_or_else(no_transaction)?;
        if transaction.has_failed {
            return Err(TransactionState::Failed.into());
        }
        transaction.check(self.state().revision(), self.now())
    }

    pub(super) fn commit(&mut self) -> Result<Outcome> {
        // taken first: a listener that panics must not leave a transaction open that is committed
        let transaction = self.transaction.take().ok_or_else(no_transaction)?;
        let result = self.commit_transaction(&transaction);
        if result.is_err() {
            self.transaction = Some(transaction);
        }
        result
    }

    /// Commits what a transaction wrote.
    fn commit_transaction(&self, transaction: &Transaction) -> Result<Outcome> {
        let committed = self.db.commit(|ground| {
            let now = self.db.now_at_least(ground.state.catalog().time);
            transaction.check(ground.state.revision(), now)?;
            let (entries, list) = (transaction.facts.entries().to_vec(), None);
            if transaction.changes_nothing() {
                let facts = Proposal { revision: None, entries, list };
                return Ok((!facts.entries.is_empty()).then_some(facts));
            }
            let (changes, after) =
                transaction.stamped(now, &self.view_in(Some(transaction), &self.parameters))?;
            let base = transaction.base.catalog();
            let revision = self.next_revision(base, now, self.comment.clone());
            let revision = Some(Proposed { revision, changes, after });
            Ok(Some(Proposal { revision, entries, list }))
        })?;
        let Some(committed) = committed else { return Ok(unchanged("nothing was written")) };
        let effect = Effect::on(Operation::Committed, Target::Store);
        Ok(changed(effect).of_revision(committed.revision))
    }
}

/// The error to report, by the values that there are for parameters.
pub(super) fn weigh(
    given: &Parameters,
    parameters: impl FnOnce() -> Vec<Spanned<Arc<str>>>,
    error: Error,
) -> Error {
    let told = match error.kind() {
        ErrorKind::UnknownParameter { name } => Some(&**name),
        _ => None,
    };
    let is_it = |name: &Spanned<Arc<str>>| match told {
        Some(told) => told == &*name.node,
        None => given.value(&name.node).is_none(),
    };
    let missing = parameters().into_iter().find(is_it);
    let is_told = told.is_some();
    match missing {
        Some(name) if is_told => error.at(name.span),
        Some(name) => also::with_missing(error, unknown_parameter(&name.node).at(name.span)),
        None => error,
    }
}

/// Outcome of a write that changes nothing, and why.
/// Outcome of a planned write, whose revision is not made yet.
pub(super) fn planned(plan: Plan) -> Outcome {
    match plan {
        Plan::Unchanged { why, notes } => unchanged(&why).noting(notes),
        Plan::Write(write) => changed(write.effect).noting(write.notes),
    }
}

pub(super) fn unchanged(why: &str) -> Outcome {
    Outcome::Unchanged { message: format!("nothing changed: {why}"), notes: Vec::new() }
}

/// Outcome of a write, whose revision is not made yet.
pub(super) fn changed(effect: Effect) -> Outcome {
    Outcome::Changed { effect, revision: None, notes: Vec::new() }
}

pub(super) fn done(message: impl Into<String>) -> Outcome {
    Outcome::Done { message: message.into() }
}

pub(super) fn no_transaction() -> Error {
    TransactionState::NotOpen.into()
}
