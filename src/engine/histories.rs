//! Histories of users, cached for those who were asked about recently.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use super::queue::Queued;
use crate::behaviour::UserHistory;
use crate::error::Result;
use crate::model::Entry;
use crate::store::{Added, Batch};

/// How many bytes the cached histories may take; about as much again while the cache is renewed. Few in the tests.
const MEMORY: usize = if cfg!(test) { 64 << 10 } else { 32 << 20 };

/// Cache of the histories of recently asked users.
///
/// It has two generations: the histories asked for since the last renewal are young. When these take their share of
/// the memory they become the old ones, and the old ones that were not asked for again are dropped.
#[derive(Debug, Default)]
pub(super) struct Histories {
    cache: Mutex<Generations>,
    /// Whether the store has no users at all, so that none need be looked for.
    no_users: AtomicBool,
}

/// The two generations of the cache, by the ids of the users.
#[derive(Debug, Default)]
struct Generations {
    young: HashMap<Arc<str>, Cached>,
    old: HashMap<Arc<str>, Cached>,
    /// The size of the young generation as last measured.
    bytes: usize,
    /// How many writes were stored: a history that was read before one and is put in after it is out of date.
    writes: u64,
    /// Whether a write is being stored.
    writing: bool,
}

/// A history in the cache.
#[derive(Debug)]
struct Cached {
    history: Arc<UserHistory>,
    /// Its size as last measured.
    bytes: usize,
}

impl Histories {
    pub(super) fn new(no_users: bool) -> Self {
        Self { cache: Mutex::default(), no_users: AtomicBool::new(no_users) }
    }

    fn cache(&self) -> MutexGuard<'_, Generations> {
        // histories are only ever replaced whole, so a panic leaves nothing half done
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the history of a user, read if need be.
    pub(super) fn get(
        &self,
        user: &str,
        read: impl FnOnce() -> Result<UserHistory>,
    ) -> Result<Arc<UserHistory>> {
        if let Some(cached) = self.cached(user) {
            return Ok(cached);
        }
        let before = self.cache().writes;
        let read = Arc::new(read()?);
        let mut cache = self.cache();
        if cache.writes == before && !cache.writing {
            cache.put(user.into(), Arc::clone(&read));
        }
        Ok(read)
    }

    /// The history of a user, if none need be read for it.
    pub(super) fn cached(&self, user: &str) -> Option<Arc<UserHistory>> {
        if self.no_users.load(Ordering::Acquire) {
            return Some(nobody());
        }
        let (found, before) = self.cache().get(user)?;
        self.measure(user, &found, before);
        Some(found)
    }

    /// Measures a cached history again: it grows with the answers that it keeps. That is done without the lock,
    /// because it waits for whoever asks of that history.
    fn measure(&self, user: &str, history: &Arc<UserHistory>, before: usize) {
        let bytes = bytes(user, history);
        if bytes != before {
            self.cache().resize(user, history, bytes);
        }
    }

    /// Stores entries, and adds them to the cached histories. The caller holds the lock of the writer.
    ///
    /// Meanwhile no history that others read is cached: nobody could say whether the entries are in it.
    pub(super) fn write(
        &self,
        entries: &(impl Entries + ?Sized),
        store: impl FnOnce() -> Result<Added>,
    ) -> Result<Added> {
        if entries.is_empty() {
            return store();
        }
        self.no_users.store(false, Ordering::Release);
        self.cache().writing = true;
        let added = store();
        // which events were ignored is not said, and after an error not even whether any was stored: then the
        // users are read anew
        let all = added.as_ref().is_ok_and(|added| added.repeated == 0);
        let grown = self.take(entries, all).into_iter().map(|(user, history, entries)| {
            let mut history = Arc::unwrap_or_clone(history);
            history.extend(entries);
            (user, history)
        });
        let grown: Vec<_> = grown.collect();
        let mut cache = self.cache();
        cache.writes += 1;
        cache.writing = false;
        for (user, history) in grown {
            cache.put(user, Arc::new(history));
        }
        added
    }

    /// Takes the histories out that entries are about, and gives each with its entries if it can grow. It grows
    /// without the lock: whoever reads does not wait for it.
    fn take(
        &self,
        entries: &(impl Entries + ?Sized),
        grow: bool,
    ) -> Vec<(Arc<str>, Arc<UserHistory>, Vec<Entry>)> {
        let taken: HashMap<_, _> = {
            let mut cache = self.cache();
            if cache.is_empty() {
                return Vec::new();
            }
            let users = entries.users();
            users.filter_map(|user| Some((Arc::clone(user), cache.take(user)?))).collect()
        };
        if !grow {
            return Vec::new();
        }
        // a user whose entries cannot be restored is read anew
        let entries = entries.of(&|user| taken.contains_key(user)).unwrap_or_default();
        let mut entries = by_user(entries);
        let own = |(user, history)| Some((Arc::clone(&user), history, entries.remove(&user)?));
        taken.into_iter().filter_map(own).collect()
    }

    /// Drops all histories: events of any user may be gone from the store.
    pub(super) fn clear(&self) {
        let mut cache = self.cache();
        let (writes, writing) = (cache.writes + 1, cache.writing);
        *cache = Generations { writes, writing, ..Generations::default() };
    }
}

impl Generations {
    fn is_empty(&self) -> bool {
        self.young.is_empty() && self.old.is_empty()
    }

    /// A history and its size as last measured.
    fn get(&mut self, user: &str) -> Option<(Arc<UserHistory>, usize)> {
        if let Some(cached) = self.young.get(user) {
            return Some((Arc::clone(&cached.history), cached.bytes));
        }
        let (user, cached) = self.old.remove_entry(user)?;
        let found = (Arc::clone(&cached.history), cached.bytes);
        self.insert(user, cached);
        Some(found)
    }

    /// Notes the size of a history, if it is still cached.
    fn resize(&mut self, user: &str, history: &Arc<UserHistory>, bytes: usize) {
        let Some(cached) = self.young.get_mut(user) else { return };
        if Arc::ptr_eq(&cached.history, history) {
            let before = std::mem::replace(&mut cached.bytes, bytes);
            self.bytes = self.bytes.saturating_sub(before) + bytes;
            self.renew();
        }
    }

    fn take(&mut self, user: &str) -> Option<Arc<UserHistory>> {
        let old = self.old.remove(user);
        let young = self.young.remove(user);
        self.bytes = self.bytes.saturating_sub(young.as_ref().map_or(0, |cached| cached.bytes));
        young.or(old).map(|cached| cached.history)
    }

    fn put(&mut self, user: Arc<str>, history: Arc<UserHistory>) {
        self.take(&user);
        let bytes = bytes(&user, &history);
        self.insert(user, Cached { history, bytes });
    }

    fn insert(&mut self, user: Arc<str>, cached: Cached) {
        self.bytes += cached.bytes;
        self.young.insert(user, cached);
        self.renew();
    }

    /// Makes the young generation the old one once it takes its share.
    fn renew(&mut self) {
        if self.bytes > MEMORY {
            self.bytes = 0;
            self.old = std::mem::take(&mut self.young);
        }
    }
}

/// The history of whom nothing is known of.
pub(super) fn nobody() -> Arc<UserHistory> {
    static EMPTY: LazyLock<Arc<UserHistory>> = LazyLock::new(|| Arc::new(UserHistory::new([])));
    Arc::clone(&EMPTY)
}

/// The size of a history in the cache; an empty one takes some memory, too.
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

/// Entries that are stored at once.
pub(super) trait Entries {
    fn is_empty(&self) -> bool;

    /// Their users, some more than once.
    fn users(&self) -> impl Iterator<Item = &Arc<str>>;

    /// The entries of those users whom a function chooses, in order of receipt.
    fn of(&self, chosen: &dyn Fn(&str) -> bool) -> Result<Vec<Entry>>;
}

impl Entries for [Entry] {
    fn is_empty(&self) -> bool {
        <[Entry]>::is_empty(self)
    }

    fn users(&self) -> impl Iterator<Item = &Arc<str>> {
        self.iter().map(|entry| &entry.user)
    }

    fn of(&self, chosen: &dyn Fn(&str) -> bool) -> Result<Vec<Entry>> {
        Ok(self.iter().filter(|entry| chosen(&entry.user)).cloned().collect())
    }
}

impl Entries for [Queued] {
    fn is_empty(&self) -> bool {
        self.iter().all(|queued| queued.entries.is_empty())
    }

    fn users(&self) -> impl Iterator<Item = &Arc<str>> {
        self.iter().flat_map(|queued| Entries::users(&*queued.entries))
    }

    fn of(&self, chosen: &dyn Fn(&str) -> bool) -> Result<Vec<Entry>> {
        let mut all = Vec::new();
        for queued in self {
            all.extend(queued.entries.of(chosen)?);
        }
        Ok(all)
    }
}

impl Entries for Batch {
    fn is_empty(&self) -> bool {
        self.is_empty()
    }

    fn users(&self) -> impl Iterator<Item = &Arc<str>> {
        self.users()
    }

    fn of(&self, chosen: &dyn Fn(&str) -> bool) -> Result<Vec<Entry>> {
        self.about(chosen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Database;
    use crate::model::{Event, Fact, Profile, Timestamp};

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
        histories.write(&first[..], store).unwrap();
        assert_eq!(events(&histories, &first), 1);
    }

    /// Who began to read before the commit, and is done after it, has what is out of date.
    #[test]
    fn what_was_read_before_it_was_stored_is_not_kept() {
        let (histories, first) = (Histories::new(false), [seen(1)]);
        let read = || {
            histories.write(&first[..], || Ok(added(0)))?;
            Ok(UserHistory::new([]))
        };
        assert!(histories.get("ann", read).unwrap().is_empty());
        assert_eq!(events(&histories, &first), 1);
    }

    #[test]
    fn users_who_are_known_grow_or_are_read_anew() {
        let (histories, all) = (Histories::new(false), [seen(1), seen(2)]);
        assert_eq!(events(&histories, &all[..1]), 1);
        histories.write(&all[1..], || Ok(added(0))).unwrap();
        assert_eq!(events(&histories, &[]), 2, "it was not read again");
        histories.write(&all[1..], || Ok(added(1))).unwrap();
        assert_eq!(events(&histories, &all), 2, "an event that was ignored is not there");
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
        assert_eq!(Entries::of(&batch, &|_| true).unwrap(), entries);
        let [first, _, last] = &entries;
        assert_eq!(
            Entries::of(&batch, &|user| user == "ann").unwrap(),
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
        let cache = histories.cache();
        let measured =
            |kept: &HashMap<_, Cached>| kept.values().map(|cached| cached.bytes).sum::<usize>();
        assert_eq!(measured(&cache.young), cache.bytes);
        assert!(cache.bytes <= MEMORY && measured(&cache.old) <= MEMORY + 2_000);
        assert!(cache.young.len() + cache.old.len() > 50);
    }

    #[test]
    fn what_questions_add_to_a_user_is_measured() {
        let db = Database::in_memory().unwrap();
        db.execute(
            "CREATE KEY k INTEGER DEFAULT 0;
             CREATE SEGMENT s WHERE SUM(EVENT 'Seen' OF n WITHIN 7 DAYS) > 3;
             CREATE CONFIG c SEGMENTS s KEY k = 1;
             PUBLISH CONFIG c;",
        )
        .unwrap();
        db.track_all((0..50).map(|n| Event::new("Seen", "ann").with("n", n))).unwrap();
        let measure = || {
            db.context_for("ann").unwrap();
            db.shared.histories.cache().bytes
        };
        let (before, after) = (measure(), measure());
        assert!(before < after, "{before} {after}");
        assert_eq!(measure(), after);
    }
}
