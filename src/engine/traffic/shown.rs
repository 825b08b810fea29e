//! State by which contexts are recorded, and the contexts that were seen while it was shown.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::kept::{Kept, Sum};
use crate::eval::Bucketer;
use crate::limits::WAITING_CONTEXT_BYTES;
use crate::model::{Catalog, Context, Object, Recorded, Recording, SampleStamp, Timestamp, Value};

/// The salt by which the users are chosen who are recorded.
const SALT: &str = "pcq/traffic";

/// How much memory a context takes beside its texts, in bytes, about.
const OVERHEAD: usize = 256;

/// State by which contexts are recorded.
pub(super) struct Shown {
    pub(super) recording: Recording,
    /// The share of users, as contexts know it.
    pub(super) share: SampleStamp,
    bucketer: Bucketer,
    catalog: Catalog,
    /// What of a context is kept, once somebody asked.
    kept: OnceLock<Kept>,
    seen: Mutex<Seen>,
}

/// A user, and the text of the attributes.
type Identity = (Option<Arc<str>>, String);

/// Contexts that were seen, by user and attributes.
#[derive(Default)]
struct Seen {
    contexts: HashMap<Identity, Recorded>,
    bytes: usize,
}

impl Shown {
    pub(super) fn new(recording: Recording, share: SampleStamp, catalog: Catalog) -> Self {
        let (kept, seen, bucketer) = (OnceLock::new(), Mutex::default(), Bucketer::new(SALT));
        Self { recording, share, bucketer, catalog, kept, seen }
    }

    /// Whether a user is one of those who are recorded; who has no id is.
    pub(super) fn has(&self, user: Option<&str>) -> bool {
        user.is_none_or(|user| self.bucketer.bucket(user) < self.recording.share.thousandths())
    }

    /// Adds a context; returns whether it is time to take out what was seen.
    pub(super) fn see(&self, context: &Context, at: Timestamp) -> bool {
        let mut given = context.given();
        given.retain(|_, value| value.flaw_inside(1).is_none());
        if let Some(kept) = self.kept.get() {
            given = kept.of(&given);
        }
        let attributes = Value::from(given);
        self.lock().add((context.user_id_shared(), attributes.to_string()), attributes, at)
    }

    /// Takes out what was seen, with what is kept of it.
    pub(super) fn take(&self, now: Timestamp, sum: &mut Sum) {
        let seen = std::mem::take(&mut *self.lock());
        if seen.contexts.is_empty() {
            return;
        }
        let kept = self.kept.get_or_init(|| Kept::new(&self.catalog, now));
        // of those that are equal then the attributes of the first are kept
        let mut contexts = Vec::from_iter(seen.contexts);
        contexts.sort_by(|(a, one), (b, other)| (one.first, a).cmp(&(other.first, b)));
        for (_, context) in contexts {
            sum.add(Recorded { attributes: Arc::new(kept.of(&context.attributes)), ..context });
        }
    }

    /// Whether nothing is to be taken out.
    pub(super) fn is_empty(&self) -> bool {
        self.lock().contexts.is_empty()
    }

    /// Whether a context of a user was seen.
    pub(super) fn has_seen(&self, user: &str) -> bool {
        self.lock().contexts.keys().any(|(known, _)| known.as_deref() == Some(user))
    }

    /// Forgets the contexts of a user.
    pub(super) fn forget(&self, user: &str) {
        let mut seen = self.lock();
        let Seen { contexts, bytes } = &mut *seen;
        contexts.retain(|key, _| {
            let stays = key.0.as_deref() != Some(user);
            *bytes -= if stays { 0 } else { bytes_of(key) };
            stays
        });
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How much memory a context takes, in bytes, about.
fn bytes_of((user, attributes): &Identity) -> usize {
    user.as_deref().map_or(0, str::len) + attributes.len() * 2 + OVERHEAD
}

impl Seen {
    /// Adds a context, or passes over it if it is a new one and there are too many; returns whether there are many now.
    fn add(&mut self, key: Identity, attributes: Value, at: Timestamp) -> bool {
        let bytes = bytes_of(&key);
        match self.contexts.entry(key) {
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                (known.first, known.last) = (known.first.min(at), known.last.max(at));
                known.count = known.count.saturating_add(1);
                return false;
            }
            Entry::Vacant(_) if self.bytes + bytes > WAITING_CONTEXT_BYTES => return false,
            Entry::Vacant(free) => {
                let (user, attributes) = (free.key().0.clone(), object(attributes));
                free.insert(Recorded { user, attributes, first: at, last: at, count: 1 });
            }
        }
        let was_less = self.bytes < WAITING_CONTEXT_BYTES / 2;
        self.bytes += bytes;
        was_less && self.bytes >= WAITING_CONTEXT_BYTES / 2
    }
}

fn object(value: Value) -> Arc<Object> {
    match value {
        Value::Object(members) => members,
        _ => Arc::default(),
    }
}
