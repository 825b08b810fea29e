//! What is known of users: stored one by one or in batches, and kept ready for those who are asked about.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use super::Database;
use crate::behaviour::UserHistory;
use crate::error::Result;
use crate::model::{Context, Entry, Event, Fact, Object, Profile, Timestamp, What};
use crate::store::Added;

/// How many facts [`Database::track_all`] makes durable at once.
const BATCH: usize = 65_536;

/// How many bytes of facts, about, end a batch before that.
const BATCH_BYTES: usize = 32 << 20;

/// The memory that users who were asked about may take, in bytes; about as much again while it is renewed.
const MEMORY: usize = 32 << 20;

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
    young: HashMap<Arc<str>, Arc<UserHistory>>,
    old: HashMap<Arc<str>, Arc<UserHistory>>,
    /// What the young ones take.
    bytes: usize,
    /// How often something was stored: what was read before and is put in after is out of date.
    stored: u64,
    /// Whether something is being stored.
    storing: bool,
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
            if let Some(found) = known.get(user) {
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

    /// Stores entries, and takes them up. The caller holds the lock of the writer.
    ///
    /// Meanwhile nothing that others read is put in: nobody could say whether the entries are in it.
    pub(super) fn storing(
        &self,
        entries: &[Entry],
        store: impl FnOnce() -> Result<Added>,
    ) -> Result<Added> {
        if entries.is_empty() {
            return store();
        }
        self.nobody.store(false, Ordering::Release);
        self.known().storing = true;
        let added = store();
        // which events were ignored is not said, and after an error not even whether any was stored: then the
        // users are read anew
        let all = added.as_ref().is_ok_and(|added| added.repeated == 0);
        let grown = self.taken(entries).into_iter().filter(|_| all);
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

    /// Takes the users out whom entries are about, each with theirs. What is made of them is made without the
    /// lock: whoever reads does not wait for it.
    fn taken(&self, entries: &[Entry]) -> Vec<(Arc<str>, Arc<UserHistory>, Vec<Entry>)> {
        let mut known = self.known();
        let kept = by_user(entries.iter().filter(|entry| known.has(&entry.user)));
        let take = |(user, own): (&str, _)| Some((Arc::from(user), known.take(user)?, own));
        kept.into_iter().filter_map(take).collect()
    }

    /// Forgets the users who were asked about: something of any of them may be gone from the store.
    pub(super) fn forget(&self) {
        let mut known = self.known();
        *known = Known { stored: known.stored + 1, storing: known.storing, ..Known::default() };
    }
}

impl Known {
    fn get(&mut self, user: &str) -> Option<Arc<UserHistory>> {
        if let Some(found) = self.young.get(user) {
            return Some(Arc::clone(found));
        }
        let (user, found) = self.old.remove_entry(user)?;
        self.put(user, Arc::clone(&found));
        Some(found)
    }

    fn has(&self, user: &str) -> bool {
        self.young.contains_key(user) || self.old.contains_key(user)
    }

    fn take(&mut self, user: &str) -> Option<Arc<UserHistory>> {
        let old = self.old.remove(user);
        let young = self.young.remove(user);
        let freed = young.as_deref().map_or(0, |history| bytes(user, history));
        self.bytes = self.bytes.saturating_sub(freed);
        young.or(old)
    }

    fn put(&mut self, user: Arc<str>, history: Arc<UserHistory>) {
        self.take(&user);
        self.bytes += bytes(&user, &history);
        self.young.insert(user, history);
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
fn by_user<'e>(entries: impl Iterator<Item = &'e Entry>) -> HashMap<&'e str, Vec<Entry>> {
    let mut users: HashMap<&str, Vec<Entry>> = HashMap::new();
    for entry in entries {
        users.entry(&entry.user).or_default().push(entry.clone());
    }
    users
}

/// What [`Database::track_all`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tracked {
    /// How many facts were stored.
    pub added: u64,
    /// How many events were ignored, because the store has seen their ids.
    pub repeated: u64,
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
    /// grow with their number.
    ///
    /// After an error the batches before it are stored. Events with ids can then be stored again, from the
    /// first: those that the store has are ignored.
    ///
    /// # Errors
    ///
    /// As for [`Database::track`].
    pub fn track_all<F: Into<Fact>>(&self, facts: impl IntoIterator<Item = F>) -> Result<Tracked> {
        self.refuse_read_only()?;
        let mut facts = facts.into_iter().map(|fact| fact.into().entry(self.now())).peekable();
        let mut tracked = Tracked::default();
        while facts.peek().is_some() {
            let batch = batch(&mut facts);
            batch.iter().try_for_each(Entry::check)?;
            let added = self.add_entries(&batch)?;
            tracked.added += added.added;
            tracked.repeated += added.repeated;
        }
        Ok(tracked)
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

/// The next entries, as many as are made durable at once.
fn batch(entries: &mut impl Iterator<Item = Entry>) -> Vec<Entry> {
    let (mut batch, mut bytes) = (Vec::new(), 0);
    while batch.len() < BATCH && bytes < BATCH_BYTES {
        let Some(entry) = entries.next() else { break };
        bytes += entry.bytes();
        batch.push(entry);
    }
    batch
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
        histories.storing(&first, store).unwrap();
        assert_eq!(events(&histories, &first), 1);
    }

    /// Who began to read before the commit, and is done after it, has what is out of date.
    #[test]
    fn what_was_read_before_it_was_stored_is_not_kept() {
        let (histories, first) = (Histories::new(false), [seen(1)]);
        let read = || {
            histories.storing(&first, || Ok(added(0)))?;
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
}
