//! What is known of users: stored one by one or in batches, and kept ready for those who are asked about.

use std::collections::HashMap;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::Database;
use crate::behaviour::UserHistory;
use crate::error::Result;
use crate::model::{Context, Entry, Event, Fact, Object, Profile, Timestamp, What};
use crate::store::{Added, Batch};

/// How many facts [`Database::track_all`] makes durable at once. Few in the tests, so that they see many batches.
const BATCH: usize = if cfg!(test) { 64 } else { 65_536 };

/// How many bytes of what the facts say end a batch before that.
const BATCH_BYTES: usize = 32 << 20;

/// The memory that users who were asked about may take, in bytes; about as much again while it is renewed. Little
/// in the tests.
const MEMORY: usize = if cfg!(test) { 64 << 10 } else { 32 << 20 };

/// The users who were asked about last, so that they need not be read again.
///
/// Those asked about since the last renewal are young. When they take their share of the memory they become the
/// old ones, and the old ones who were not asked about again are forgotten.
#[derive(Debug, Default)]
pub(super) struct Histories {
    known: Mutex<Known>,
    /// Whether the store knows no user at all, so that none need be looked for.
    nobody: AtomicBool,
}

#[derive(Debug, Default)]
struct Known {
    young: HashMap<Arc<str>, Kept>,
    old: HashMap<Arc<str>, Kept>,
    /// What the young ones took when they were weighed.
    bytes: usize,
    /// How often something was stored: what was read before and is put in after is out of date.
    stored: u64,
    /// Whether something is being stored.
    storing: bool,
}

/// A user who is kept.
#[derive(Debug)]
struct Kept {
    history: Arc<UserHistory>,
    /// What it took when it was weighed.
    bytes: usize,
}

impl Histories {
    pub(super) fn new(nobody: bool) -> Self {
        Self { known: Mutex::default(), nobody: AtomicBool::new(nobody) }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // what is kept is only ever replaced whole, so a panic leaves nothing half done
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of a user, read if need be.
    fn get(
        &self,
        user: &str,
        read: impl FnOnce() -> Result<UserHistory>,
    ) -> Result<Arc<UserHistory>> {
        if self.nobody.load(Ordering::Acquire) {
            return Ok(Arc::clone(&NOTHING));
        }
        let before = {
            let mut known = self.known();
            if let Some((found, before)) = known.get(user) {
                drop(known);
                self.weigh(user, &found, before);
                return Ok(found);
            }
            known.stored
        };
        let read = Arc::new(read()?);
        let mut known = self.known();
        if known.stored == before && !known.storing {
            known.put(user.into(), Arc::clone(&read));
        }
        Ok(read)
    }

    /// Weighs a user who is kept again: what is asked about a user makes it grow. That is done without the lock,
    /// because it waits for who asks about the user.
    fn weigh(&self, user: &str, history: &Arc<UserHistory>, before: usize) {
        let bytes = bytes(user, history);
        if bytes != before {
            self.known().reweigh(user, history, bytes);
        }
    }

    /// Stores entries, and takes them up. The caller holds the lock of the writer.
    ///
    /// Meanwhile nothing that others read is put in: nobody could say whether the entries are in it.
    pub(super) fn storing(
        &self,
        told: &(impl Told + ?Sized),
        store: impl FnOnce() -> Result<Added>,
    ) -> Result<Added> {
        if told.is_empty() {
            return store();
        }
        self.nobody.store(false, Ordering::Release);
        self.known().storing = true;
        let added = store();
        // which events were ignored is not said, and after an error not even whether any was stored: then the
        // users are read anew
        let all = added.as_ref().is_ok_and(|added| added.repeated == 0);
        let grown = self.taken(told, all).into_iter();
        let grown: Vec<_> =
            grown.map(|(user, history, entries)| (user, history.with(&entries))).collect();
        let mut known = self.known();
        known.stored += 1;
        known.storing = false;
        for (user, history) in grown {
            known.put(user, Arc::new(history));
        }
        added
    }

    /// Takes the users out whom entries are about, and gives each with theirs if they can grow. What is made of
    /// them is made without the lock: whoever reads does not wait for it.
    fn taken(
        &self,
        told: &(impl Told + ?Sized),
        grow: bool,
    ) -> Vec<(Arc<str>, Arc<UserHistory>, Vec<Entry>)> {
        let taken: HashMap<_, _> = {
            let mut known = self.known();
            if known.is_empty() {
                return Vec::new();
            }
            let users = told.users().filter_map(|user| Some((Arc::clone(user), known.take(user)?)));
            users.collect()
        };
        if !grow {
            return Vec::new();
        }
        // a user whose entries cannot be told again is read anew
        let entries = told.about(&|user| taken.contains_key(user)).unwrap_or_default();
        let mut entries = by_user(entries);
        let own = |(user, history)| Some((Arc::clone(&user), history, entries.remove(&user)?));
        taken.into_iter().filter_map(own).collect()
    }

    /// Forgets the users who were asked about: something of any of them may be gone from the store.
    pub(super) fn forget(&self) {
        let mut known = self.known();
        *known = Known { stored: known.stored + 1, storing: known.storing, ..Known::default() };
    }
}

impl Known {
    fn is_empty(&self) -> bool {
        self.young.is_empty() && self.old.is_empty()
    }

    /// A user, and what it took when it was weighed.
    fn get(&mut self, user: &str) -> Option<(Arc<UserHistory>, usize)> {
        if let Some(kept) = self.young.get(user) {
            return Some((Arc::clone(&kept.history), kept.bytes));
        }
        let (user, kept) = self.old.remove_entry(user)?;
        let found = (Arc::clone(&kept.history), kept.bytes);
        self.insert(user, kept);
        Some(found)
    }

    /// Notes what a user takes now, if it is still kept.
    fn reweigh(&mut self, user: &str, history: &Arc<UserHistory>, bytes: usize) {
        let Some(kept) = self.young.get_mut(user) else { return };
        if Arc::ptr_eq(&kept.history, history) {
            let before = std::mem::replace(&mut kept.bytes, bytes);
            self.bytes = self.bytes.saturating_sub(before) + bytes;
            self.renew();
        }
    }

    fn take(&mut self, user: &str) -> Option<Arc<UserHistory>> {
        let old = self.old.remove(user);
        let young = self.young.remove(user);
        self.bytes = self.bytes.saturating_sub(young.as_ref().map_or(0, |kept| kept.bytes));
        young.or(old).map(|kept| kept.history)
    }

    fn put(&mut self, user: Arc<str>, history: Arc<UserHistory>) {
        self.take(&user);
        let bytes = bytes(&user, &history);
        self.insert(user, Kept { history, bytes });
    }

    fn insert(&mut self, user: Arc<str>, kept: Kept) {
        self.bytes += kept.bytes;
        self.young.insert(user, kept);
        self.renew();
    }

    /// Makes the young ones the old ones once they take their share.
    fn renew(&mut self) {
        if self.bytes > MEMORY {
            self.bytes = 0;
            self.old = std::mem::take(&mut self.young);
        }
    }
}

/// What is known of a user of whom nothing is known.
static NOTHING: LazyLock<Arc<UserHistory>> = LazyLock::new(|| Arc::new(UserHistory::new([])));

/// What a user takes of the memory; users of whom nothing is known take some, too.
fn bytes(user: &str, history: &UserHistory) -> usize {
    user.len() + history.bytes() + 128
}

/// Entries by user, in order for each.
fn by_user(entries: Vec<Entry>) -> HashMap<Arc<str>, Vec<Entry>> {
    let mut users: HashMap<_, Vec<Entry>> = HashMap::new();
    for entry in entries {
        users.entry(Arc::clone(&entry.user)).or_default().push(entry);
    }
    users
}

/// What is stored of users at once.
pub(super) trait Told {
    fn is_empty(&self) -> bool;

    /// The users, some of them more than once.
    fn users(&self) -> impl Iterator<Item = &Arc<str>>;

    /// What is stored of those users whom a function chooses, in order of receipt.
    fn about(&self, chosen: &dyn Fn(&str) -> bool) -> Result<Vec<Entry>>;
}

impl Told for [Entry] {
    fn is_empty(&self) -> bool {
        <[Entry]>::is_empty(self)
    }

    fn users(&self) -> impl Iterator<Item = &Arc<str>> {
        self.iter().map(|entry| &entry.user)
    }

    fn about(&self, chosen: &dyn Fn(&str) -> bool) -> Result<Vec<Entry>> {
        Ok(self.iter().filter(|entry| chosen(&entry.user)).cloned().collect())
    }
}

impl Told for Batch {
    fn is_empty(&self) -> bool {
        self.is_empty()
    }

    fn users(&self) -> impl Iterator<Item = &Arc<str>> {
        self.users()
    }

    fn about(&self, chosen: &dyn Fn(&str) -> bool) -> Result<Vec<Entry>> {
        self.about(chosen)
    }
}

/// What [`Database::track_all`] did.
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
    /// `limit` if a name or id is too long, `bad-literal` if one is empty, `read-only`, `io`.
    pub fn track(&self, event: Event) -> Result<bool> {
        self.track_all([event]).map(|tracked| tracked.added > 0)
    }

    /// Stores attributes of a user, durable when this returns. What the user had before stays in the history.
    ///
    /// # Errors
    ///
    /// As for [`Database::track`]; `duplicate` if one of the attributes is `user_id`.
    pub fn set_user(&self, profile: Profile) -> Result<()> {
        self.track_all([profile]).map(drop)
    }

    /// Stores any number of events and profiles, in batches: each is durable as a whole, and memory does not
    /// grow with their number. While one is stored, by a thread of its own, the facts of the next are taken.
    ///
    /// After an error the batches before it are stored. Events with ids can then be stored again, from the
    /// first: those that the store has are ignored.
    ///
    /// # Errors
    ///
    /// As for [`Database::track`].
    pub fn track_all<F: Into<Fact>>(&self, facts: impl IntoIterator<Item = F>) -> Result<Tracked> {
        self.refuse_read_only()?;
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
            entry.check()?;
            batch.push(&entry)?;
        }
        Ok(true)
    }

    /// Erases all that is known of a user: the profile, the events and their ids, and the user's id in all lists,
    /// for every instant. The bytes are gone from the file after [`Database::compact`].
    ///
    /// # Errors
    ///
    /// `read-only`, `io`.
    pub fn forget_user(&self, user: &str) -> Result<()> {
        self.refuse_read_only()?;
        let entry = Entry { user: user.into(), at: self.now(), what: What::Forget };
        self.add_entries(&[entry]).map(drop)
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
    /// # Errors
    ///
    /// `io` or `store-corrupt` if the store cannot be read.
    pub fn context_for(&self, user: &str) -> Result<Context> {
        let (state, now) = (self.state(), self.now());
        let history = self.history(user)?;
        let questions = state.snapshot.questions().iter();
        let ready = questions.map(|question| question.ready(&*history, now)).collect();
        let context = Context::of(Some(user.into()), &history.profile(now));
        Ok(context.with_past(history, ready))
    }

    /// What is known of a user.
    pub(super) fn history(&self, user: &str) -> Result<Arc<UserHistory>> {
        let read = || Ok(UserHistory::new(self.shared.store.user_entries(user)?));
        if self.shared.read_only {
            // another process may write: what was read is soon out of date
            return read().map(Arc::new);
        }
        self.shared.histories.get(user, read)
    }

    /// Stores a batch.
    fn add_batch(&self, batch: &Batch) -> Result<Added> {
        let _writer = self.lock_writer();
        self.shared.histories.storing(batch, || self.shared.store.add_batch(batch))
    }

    /// Stores entries that were checked.
    pub(super) fn add_entries(&self, entries: &[Entry]) -> Result<Added> {
        let _writer = self.lock_writer();
        self.add_entries_locked(entries)
    }

    /// [`Self::add_entries`], by who holds the lock of the writer.
    pub(super) fn add_entries_locked(&self, entries: &[Entry]) -> Result<Added> {
        let store = || self.shared.store.add_entries(entries);
        let added = self.shared.histories.storing(entries, store)?;
        self.forget_listed(entries);
        Ok(added)
    }
}

/// The attributes and the past of a user at an instant.
pub(super) fn context(user: Option<Arc<str>>, history: Arc<UserHistory>, at: Timestamp) -> Context {
    if history.is_empty() {
        return Context::of(user, &Object::new());
    }
    Context::of(user, &history.profile(at)).with_past(history, Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(n: i64) -> Entry {
        Fact::from(Event::new("Seen", "ann").with("n", n)).entry(Timestamp::MIN)
    }

    fn events(histories: &Histories, stored: &[Entry]) -> usize {
        let read = || Ok(UserHistory::new(stored.to_vec()));
        histories.get("ann", read).unwrap().events().count()
    }

    fn added(repeated: u64) -> Added {
        Added { added: 1, repeated }
    }

    /// Who reads between the commit and what follows it sees the event already: it must not come twice.
    #[test]
    fn what_is_read_while_it_is_stored_is_not_counted_twice() {
        let (histories, first) = (Histories::new(false), [seen(1)]);
        let store = || {
            assert_eq!(events(&histories, &first), 1);
            Ok(added(0))
        };
        histories.storing(&first[..], store).unwrap();
        assert_eq!(events(&histories, &first), 1);
    }

    /// Who began to read before the commit, and is done after it, has what is out of date.
    #[test]
    fn what_was_read_before_it_was_stored_is_not_kept() {
        let (histories, first) = (Histories::new(false), [seen(1)]);
        let read = || {
            histories.storing(&first[..], || Ok(added(0)))?;
            Ok(UserHistory::new([]))
        };
        assert!(histories.get("ann", read).unwrap().is_empty());
        assert_eq!(events(&histories, &first), 1);
    }

    #[test]
    fn users_who_are_known_grow_or_are_read_anew() {
        let (histories, all) = (Histories::new(false), [seen(1), seen(2)]);
        assert_eq!(events(&histories, &all[..1]), 1);
        histories.storing(&all[1..], || Ok(added(0))).unwrap();
        assert_eq!(events(&histories, &[]), 2, "it was not read again");
        histories.storing(&all[1..], || Ok(added(1))).unwrap();
        assert_eq!(events(&histories, &all), 2, "an event that was ignored is not there");
    }

    #[test]
    fn what_came_before_an_error_is_stored_by_the_batch() {
        let db = Database::in_memory().unwrap();
        let facts = |wrong: usize| {
            (0..300).map(move |n| Event::new(if n == wrong { "" } else { "Seen" }, format!("u{n}")))
        };
        for (wrong, stored) in [(10, 0), (63, 0), (64, 64), (170, 128), (299, 256)] {
            let db = Database::in_memory().unwrap();
            assert_eq!(db.track_all(facts(wrong)).unwrap_err().code(), "bad-literal");
            assert_eq!(db.shared.store.user_count().unwrap(), stored, "{wrong}");
        }
        let wanted = Tracked { added: 300, repeated: 0 };
        assert_eq!(db.track_all(facts(300)).unwrap(), wanted);
    }

    #[test]
    fn what_a_batch_says_of_a_user_is_what_was_put_into_it() {
        let profile = Profile::new("bob").with("city", "Pune").with("plan", crate::Value::Null);
        let facts = [
            Fact::from(Event::new("Seen", "ann").with("n", 1.5).id("é1")),
            Fact::from(profile),
            Fact::from(Event::new("Left", "ann")),
        ];
        let entries = facts.map(|fact| fact.entry(Timestamp::MIN));
        let mut batch = Batch::default();
        entries.iter().try_for_each(|entry| batch.push(entry)).unwrap();
        assert_eq!(Told::about(&batch, &|_| true).unwrap(), entries);
        let [first, _, last] = &entries;
        assert_eq!(
            Told::about(&batch, &|user| user == "ann").unwrap(),
            [first, last].map(Clone::clone)
        );
    }

    #[test]
    fn users_who_were_asked_about_last_are_kept() {
        let (histories, mut read) = (Histories::new(false), 0);
        let mut ask = |user: &str| {
            let before = read;
            let entry = || {
                read += 1;
                Ok(UserHistory::new([seen(1)]))
            };
            histories.get(user, entry).unwrap();
            read > before
        };
        assert!(ask("dear"));
        for n in 0..2_000 {
            assert!(ask(&format!("u{n}")));
            assert!(!ask("dear"), "who is asked about again and again stays");
        }
        assert!(!ask("u1999") && ask("u3"));
        let known = histories.known();
        let weighed = |kept: &HashMap<_, Kept>| kept.values().map(|kept| kept.bytes).sum::<usize>();
        assert_eq!(weighed(&known.young), known.bytes);
        assert!(known.bytes <= MEMORY && weighed(&known.old) <= MEMORY + 2_000);
        assert!(known.young.len() + known.old.len() > 50);
    }

    #[test]
    fn what_questions_add_to_a_user_is_weighed() {
        let db = Database::in_memory().unwrap();
        db.execute(
            "CREATE KEY k INTEGER DEFAULT 0;
             CREATE SEGMENT s WHERE SUM(EVENT 'Seen' OF n WITHIN 7 DAYS) > 3;
             CREATE CONFIG c SEGMENTS s KEY k = 1;
             PUBLISH CONFIG c;",
        )
        .unwrap();
        db.track_all((0..50).map(|n| Event::new("Seen", "ann").with("n", n))).unwrap();
        let weigh = || {
            db.context_for("ann").unwrap();
            db.shared.histories.known().bytes
        };
        let (before, after) = (weigh(), weigh());
        assert!(before < after, "{before} {after}");
        assert_eq!(weigh(), after);
    }
}
