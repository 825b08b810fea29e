//! Facts about users: events and profiles stored one by one or in batches, and dropped when they are kept no longer;
//! histories, and contexts made of them.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;

use super::Database;
use super::commit::Proposal;
use crate::behaviour::UserHistory;
use crate::error::Result;
use crate::eval::Needs;
use crate::model::{
    Context, Entry, Event, Fact, Object, Profile, Role, Timestamp, Value, What, before,
};
use crate::query::Lender as _;
use crate::statement::profile::refuse_misfits;
use crate::store::{Added, Batch, Expired};

/// How many facts [`Database::track_all`] makes durable at once. Few in the tests, so that they see many batches.
const BATCH: usize = if cfg!(test) { 64 } else { 65_536 };

/// How many bytes of what the facts say end a batch before that.
const BATCH_BYTES: usize = 32 << 20;

/// Result of [`Database::track_all`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tracked {
    /// How many facts were stored.
    pub added: u64,
    /// How many events were ignored, because the store has seen their ids.
    pub repeated: u64,
}

impl Tracked {
    fn count(&mut self, added: Added) {
        self.added += added.added;
        self.repeated += added.repeated;
    }
}

impl Database {
    /// Stores an event, durable when this returns. Returns whether it is new: an event whose id the store has
    /// seen is ignored.
    ///
    /// ```
    /// # let db = pcq::Database::in_memory()?;
    /// let order = pcq::Event::new("Charged", "u1").with("amount", 12.5).id("order-7");
    /// assert!(db.track(order.clone())?);
    /// assert!(!db.track(order)?);
    /// # Ok::<(), pcq::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `limit` if a name or id is too long, `bad-literal` if one is empty, `read-only`, `not-allowed`, `io`.
    pub fn track(&self, event: Event) -> Result<bool> {
        self.add_fact(event.into()).map(|added| added.added > 0)
    }

    /// Stores attributes of a user, durable when this returns. What the user had before stays in the history.
    ///
    /// # Errors
    ///
    /// As for [`Database::track`]; `type-mismatch` or `check-failed` if one of the attributes is not what is declared,
    /// `duplicate` if one is `user_id`; `limit` if the user would have
    /// more than 10,000 of them ([`Database::track_all`] does not look).
    pub fn set_user(&self, profile: Profile) -> Result<()> {
        self.history(&profile.user)?.refuse_too_many(&profile.attributes)?;
        self.add_fact(profile.into()).map(drop)
    }

    /// Stores any number of events and profiles, in batches: each is durable as a whole, and memory does not
    /// grow with their number. While one is stored, by a thread of its own, the facts of the next are taken.
    ///
    /// After an error the batches before it are stored. Events with ids can then be stored again, from the
    /// first: those that the store has are ignored.
    ///
    /// # Errors
    ///
    /// As for [`Database::track`] and for what is declared. A profile has at most 10,000 attributes (`limit`); how many the user has already is not
    /// looked at, for that is to read what is known of each user, which takes ten times as long as storing a fact.
    pub fn track_all<F: Into<Fact>>(&self, facts: impl IntoIterator<Item = F>) -> Result<Tracked> {
        self.require(Role::Publish)?;
        self.refuse_write()?;
        let (mut facts, mut tracked) = (facts.into_iter(), Tracked::default());
        let (mut batch, mut next) = (Batch::default(), Batch::default());
        let mut more = self.fill(&mut batch, &mut facts)?;
        while more {
            // it becomes durable while the next one is made
            let (added, filled) = thread::scope(|scope| {
                let thread = thread::Builder::new().name("pcq-track".into());
                let storing = thread.spawn_scoped(scope, || self.add_batch(&batch));
                let filled = self.fill(&mut next, &mut facts);
                let added = match storing {
                    Ok(storing) => storing.join().unwrap_or_else(|panic| resume_unwind(panic)),
                    // the system has no thread to give
                    Err(_) => self.add_batch(&batch),
                };
                (added, filled)
            });
            tracked.count(added?);
            more = filled?;
            std::mem::swap(&mut batch, &mut next);
        }
        if !batch.is_empty() {
            tracked.count(self.add_batch(&batch)?);
        }
        Ok(tracked)
    }

    /// Takes as many facts as are made durable at once, in place of those that a batch has; gives whether there
    /// may be more.
    fn fill<F: Into<Fact>>(
        &self,
        batch: &mut Batch,
        facts: &mut impl Iterator<Item = F>,
    ) -> Result<bool> {
        batch.clear();
        while batch.len() < BATCH && batch.bytes() < BATCH_BYTES {
            let Some(fact) = facts.next() else { return Ok(false) };
            let entry = fact.into().entry(self.now());
            self.check_entry(&entry)?;
            batch.push(&entry)?;
        }
        Ok(true)
    }

    /// Erases all that is known of a user: the profile, the events and their ids, and the user's id in all lists,
    /// for every instant. The bytes are gone from the file after [`Database::compact`].
    ///
    /// # Errors
    ///
    /// `read-only`, `not-allowed`, `io`.
    pub fn forget_user(&self, user: &str) -> Result<()> {
        self.require(Role::Admin)?;
        self.refuse_write()?;
        let entry = Entry { user: user.into(), at: self.now(), what: What::Forget };
        self.add_entries(&[entry]).map(drop)
    }

    /// Drops the events that are kept no longer, with their ids; returns how many. Profiles stay. Recorded contexts that
    /// are kept no longer are dropped, too.
    ///
    /// How long events are kept `ALTER EVENT … KEEP` says. What a segment that is not archived may still look at,
    /// now or later, stays whatever that says, so no segment is changed by this. It goes in batches, each durable
    /// when it is done: after an error what was dropped before stays dropped. Others may read and write meanwhile.
    /// The bytes are gone from the file after [`Database::compact`].
    ///
    /// ```
    /// # let start = pcq::Timestamp::parse("2026-03-01T09:00:00Z")?;
    /// # let db = pcq::Database::builder().manual_clock(start).in_memory()?;
    /// db.execute("ALTER EVENT 'Video Watched' KEEP 90 DAYS;")?;
    /// db.track(pcq::Event::new("Video Watched", "u1").at(pcq::Timestamp::parse("2025-03-01T09:00:00Z")?))?;
    /// assert_eq!(db.expire()?, 1);
    /// # Ok::<(), pcq::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `read-only`, `not-allowed`, `io`.
    pub fn expire(&self) -> Result<u64> {
        self.require(Role::Admin)?;
        self.refuse_write()?;
        let mut dropped = 0;
        let mut after = None;
        self.sweep_contexts()?;
        loop {
            let batch = self.expire_batch(after)?;
            dropped += batch.dropped;
            after = batch.last;
            if after.is_none() {
                return Ok(dropped);
            }
        }
    }

    /// Drops what one transaction may. The rules and segments are asked anew each time: one may be made meanwhile
    /// that needs what was not dropped yet.
    fn expire_batch(&self, after: Option<u32>) -> Result<Expired> {
        let _writer = self.lock_writer()?;
        let (state, now) = (self.state(), self.now());
        let retention = &state.catalog().retention;
        if retention.is_forever() {
            return Ok(Expired::default());
        }
        let needs = Needs::of(state.catalog());
        let oldest = |event: &str| -> Option<Timestamp> {
            let kept = before(now, retention.of(event)?);
            Some(needs.start(event, now).map_or(kept, |needed| needed.min(kept)))
        };
        let expired = self.shared.store.expire(&oldest, after)?;
        if expired.dropped > 0 {
            self.shared.histories.clear();
        }
        Ok(expired)
    }

    /// Makes a context of what is known of a user at this instant: the profile as attributes, and what the
    /// segments of live and scheduled configs ask of the events. An evaluation for it then costs about what one
    /// costs without events; what is stored later it does not see.
    ///
    /// ```
    /// # let db = pcq::Database::in_memory()?;
    /// db.execute(
    ///     "CREATE KEY offer INTEGER DEFAULT 0;
    ///      CREATE SEGMENT buyers WHERE COUNT(EVENT 'Charged' WITHIN 7 DAYS) >= 2;
    ///      CREATE CONFIG offers SEGMENTS buyers KEY offer = 20;
    ///      PUBLISH CONFIG offers;",
    /// )?;
    /// db.track_all([pcq::Event::new("Charged", "u1"), pcq::Event::new("Charged", "u1")])?;
    /// assert_eq!(db.get::<i64>("offer", &db.context_for("u1")?)?, 20);
    /// # Ok::<(), pcq::Error>(())
    /// ```
    ///
    /// If the store is open for reading only, this looks at its file, as [`Database::refresh`] does.
    ///
    /// # Errors
    ///
    /// `io` or `store-corrupt` if the store cannot be read.
    pub fn context_for(&self, user: &str) -> Result<Context> {
        let sight = self.sight()?;
        let (state, history) = match &sight {
            Some(sight) => (Arc::clone(sight.state()), sight.history(user)?),
            None => (self.state(), self.history(user)?),
        };
        let now = self.now_by(sight.as_ref(), state.catalog().time);
        let questions = state.questions().iter();
        let ready = questions.map(|question| question.ready(&*history, now)).collect();
        let context = Context::of(Some(user.into()), &history.profile(now));
        Ok(context.with_past(history, ready))
    }

    /// The history of a user.
    pub(super) fn history(&self, user: &str) -> Result<Arc<UserHistory>> {
        let read = || Ok(UserHistory::new(self.shared.store.reader()?.user_entries(user)?));
        self.shared.histories.get(user, read)
    }

    /// Stores a batch under the lock of the writer.
    fn add_batch(&self, batch: &Batch) -> Result<Added> {
        let _writer = self.lock_writer()?;
        self.shared.histories.write(batch, || self.shared.store.add_batch(batch))
    }

    /// Stores entries that were checked, with what others commit meanwhile.
    pub(super) fn add_entries(&self, entries: &[Entry]) -> Result<Added> {
        let committed = self.commit(|_| {
            Ok(Some(Proposal { revision: None, entries: entries.to_vec(), list: None }))
        })?;
        Ok(committed.map(|committed| committed.added).unwrap_or_default())
    }

    /// Stores a fact.
    fn add_fact(&self, fact: Fact) -> Result<Added> {
        self.require(Role::Publish)?;
        self.refuse_write()?;
        let entry = fact.entry(self.now());
        self.check_entry(&entry)?;
        self.add_entries(&[entry])
    }

    /// Finds out whether the store would take a fact: whether its names and ids may be stored, and its attributes are what
    /// is declared.
    ///
    /// ```
    /// # let db = pcq::Database::in_memory()?;
    /// db.execute("CREATE ATTRIBUTE age INTEGER;")?;
    /// let profile = pcq::Profile::new("u1").with("age", "thirty");
    /// assert_eq!(db.check_fact(&profile.into()).unwrap_err().code(), "type-mismatch");
    /// # Ok::<(), pcq::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`Database::track`] and [`Database::set_user`], but for those of the file.
    pub fn check_fact(&self, fact: &Fact) -> Result<()> {
        fact.check()?;
        match fact {
            Fact::Profile(profile) => self.check_profile(&profile.attributes),
            Fact::Event(_) => Ok(()),
        }
    }

    fn check_entry(&self, entry: &Entry) -> Result<()> {
        entry.check()?;
        match &entry.what {
            What::Profile(attributes) => self.check_profile(attributes),
            What::Event { .. } | What::Forget => Ok(()),
        }
    }

    fn check_profile(&self, attributes: &Object) -> Result<()> {
        let state = self.state();
        let fits = |(name, value): (&Arc<str>, &Value)| state.misfit(name, value).is_none();
        if attributes.iter().all(fits) {
            return Ok(());
        }
        refuse_misfits(state.catalog(), attributes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_before_an_error_is_stored_by_the_batch() {
        let db = Database::in_memory().unwrap();
        let facts = |wrong: usize| {
            (0..300).map(move |n| Event::new(if n == wrong { "" } else { "Seen" }, format!("u{n}")))
        };
        for (wrong, stored) in [(10, 0), (63, 0), (64, 64), (170, 128), (299, 256)] {
            let db = Database::in_memory().unwrap();
            assert_eq!(db.track_all(facts(wrong)).unwrap_err().code(), "bad-literal");
            assert_eq!(db.shared.store.reader().unwrap().user_count().unwrap(), stored, "{wrong}");
        }
        let wanted = Tracked { added: 300, repeated: 0 };
        assert_eq!(db.track_all(facts(300)).unwrap(), wanted);
    }

    #[test]
    fn a_profile_has_no_more_attributes_than_a_user() {
        let db = Database::in_memory().unwrap();
        let profile = |count: usize| {
            (0..count).fold(Profile::new("u"), |profile, n| profile.with(format!("a{n}"), 1))
        };
        let most = crate::limits::USER_ATTRIBUTES;
        assert_eq!(db.track_all([profile(most + 1)]).unwrap_err().code(), "limit");
        assert!(db.history("u").unwrap().is_empty());
        assert_eq!(db.track_all([profile(most)]).unwrap().added, 1);
    }
}
