//! Clients: the values of one user, which change only when the app says so.

mod outcome;
mod set;
mod throttle;
mod value;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;

use crate::engine::listener::Listeners;
use crate::engine::{Database, FromValue, Subscription};
use crate::error::{ErrorKind, Result};
use crate::model::{Context, Name, Object, Timestamp, Value};

pub use outcome::{Activation, Fetch, FetchAndActivate};
pub use set::ClientSet;
use set::{Defaults, Evaluations};
use throttle::Throttle;
pub use value::{ClientValue, Source};

/// The values of one user, for an app that must not change under the user's hands. Cheap to clone; every
/// clone is the same client.
///
/// Whatever is published, the getters give what is in force, and behind it the app's own defaults.
/// [`Client::fetch`] evaluates every key in one state of the store at one instant and puts the result aside;
/// [`Client::activate`] puts it in force, the whole set at once. So a screen can be drawn from one set, and
/// the next one from the next.
///
/// ```
/// # let db = pcq::Database::in_memory()?;
/// db.execute("CREATE KEY title STRING DEFAULT 'Home';")?;
/// let client = db.client(pcq::Context::new("ada"));
/// client.set_defaults([("title", "…"), ("footer", "")])?;
/// assert_eq!(client.get::<String>("title")?, "…");
///
/// client.fetch();
/// assert_eq!(client.get::<String>("title")?, "…"); // not before it is activated
/// client.activate();
/// assert_eq!(client.get::<String>("title")?, "Home");
/// assert_eq!(client.value("title").source(), pcq::Source::Activated);
/// assert_eq!(client.value("footer").source(), pcq::Source::Default);
/// # Ok::<(), pcq::Error>(())
/// ```
///
/// Getters take no lock. What changes the client goes one at a time, so a fetch for one user is never put in
/// force for another. A client is kept in memory only: after a start, fetch and activate, which costs no more
/// than evaluating every key once. It keeps the store open as long as it lives.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

/// State that the clones of a client share.
struct Shared {
    db: Database,
    sets: ArcSwap<Sets>,
    /// Whoever changes the sets holds it. No function of the app is called meanwhile.
    throttle: Mutex<Throttle>,
    listeners: Listeners<dyn Fn(&Activation) + Send + Sync>,
}

/// All that can be read of a client; replaced whole.
#[derive(Clone)]
struct Sets {
    /// Whom the next fetch is for.
    context: Arc<Context>,
    active: Arc<ClientSet>,
    /// What waits for activation.
    fetched: Option<Arc<ClientSet>>,
}

impl Sets {
    fn empty(db: Database, context: Arc<Context>, defaults: Arc<Defaults>) -> Self {
        let active = Arc::new(ClientSet::empty(db, Arc::clone(&context), defaults));
        Self { context, active, fetched: None }
    }

    /// What was fetched last.
    fn newest(&self) -> &ClientSet {
        self.fetched.as_ref().unwrap_or(&self.active)
    }
}

impl Database {
    /// Makes a client for a user: values that change only when the app activates what it fetched.
    ///
    /// Nothing is fetched yet.
    #[must_use]
    pub fn client(&self, context: Context) -> Client {
        Client::new(self.clone(), context, Throttle::system())
    }
}

/// Reading: what is in force, and the defaults behind it.
impl Client {
    /// Returns the value of a key as a type of Rust: what is in force, else the app's default. A value of the
    /// store that is given counts as a delivery, here and in the other getters; fetching counts none.
    ///
    /// # Errors
    ///
    /// Those of [`ClientSet::get`].
    ///
    /// ```
    /// # let db = pcq::Database::in_memory()?;
    /// db.execute("CREATE KEY page_size INTEGER DEFAULT 20;")?;
    /// let client = db.client(pcq::Context::new("ada"));
    /// assert_eq!(client.get::<i64>("page_size").unwrap_err().code(), "no-value");
    /// client.fetch_and_activate();
    /// assert_eq!(client.get::<i64>("page_size")?, 20);
    /// assert_eq!(client.get::<i64>("page_siz").unwrap_err().code(), "unknown-key");
    /// assert_eq!(client.get::<bool>("page_size").unwrap_err().code(), "type-mismatch");
    /// # Ok::<(), pcq::Error>(())
    /// ```
    pub fn get<T: FromValue>(&self, key: &str) -> Result<T> {
        self.shared.sets.load().active.get(key)
    }

    /// Returns the value of a key as a type of Rust, or `default` where [`Client::get`] has an error.
    ///
    /// What is in force comes first, then the default of [`Client::set_defaults`], then this one.
    #[must_use]
    pub fn get_or<T: FromValue>(&self, key: &str, default: T) -> T {
        self.shared.sets.load().active.get_or(key, default)
    }

    /// Returns the value of a key, where it comes from, and why. Never fails: a key that has no value gives
    /// none, with [`Source::None`].
    #[must_use]
    pub fn value(&self, key: &str) -> ClientValue {
        self.shared.sets.load().active.value(key)
    }

    /// Returns every key that is in force or has a default, in byte order. No delivery is counted.
    #[must_use]
    pub fn all(&self) -> Vec<ClientValue> {
        self.shared.sets.load().active.all()
    }

    /// Returns the set that is in force, to read several keys of one set. Before the first activation it
    /// has only defaults.
    #[must_use]
    pub fn active(&self) -> Arc<ClientSet> {
        Arc::clone(&self.shared.sets.load().active)
    }

    /// Returns the set that was fetched and waits for activation, with [`Source::Cached`]; `None` if
    /// nothing waits.
    #[must_use]
    pub fn fetched(&self) -> Option<Arc<ClientSet>> {
        self.shared.sets.load().fetched.clone()
    }

    /// The number of the revision that is in force; `None` if nothing was activated.
    #[must_use]
    pub fn active_revision(&self) -> Option<u64> {
        self.shared.sets.load().active.revision()
    }

    /// Since when that is in force, by the store's clock; `None` if nothing was activated.
    #[must_use]
    pub fn activated_at(&self) -> Option<Timestamp> {
        self.shared.sets.load().active.activated_at()
    }

    /// The user whom the next fetch is for.
    #[must_use]
    pub fn context(&self) -> Arc<Context> {
        Arc::clone(&self.shared.sets.load().context)
    }

    /// Whether a fetch would now give another set than the one that was fetched last: after a publication
    /// that means this user, or as a schedule goes on. `true` if nothing was fetched.
    ///
    /// It evaluates every key, as a fetch does, but is not throttled and keeps nothing. To be told
    /// of writes rather than ask, see [`Database::subscribe`].
    #[must_use]
    pub fn is_stale(&self) -> bool {
        let sets = self.shared.sets.load_full();
        !sets.newest().agrees_with(&Evaluations::now(&self.shared.db, &sets.context))
    }
}

/// Fetching and activating.
#[expect(clippy::must_use_candidate, reason = "they are called for what they do")]
impl Client {
    /// Evaluates every key that is not archived for the user, in one state of the store at one instant, and
    /// puts the result aside for [`Client::activate`]. What is in force stays so.
    ///
    /// It cannot fail, only be too early, and then says how long to wait.
    pub fn fetch(&self) -> Fetch {
        self.fetch_under(&mut self.lock())
    }

    /// Puts what was fetched in force, the whole set at once, and tells the listeners if that changed
    /// anything. `None` if nothing waits.
    pub fn activate(&self) -> Option<Activation> {
        let writer = self.lock();
        let activation = self.activate_under(&writer);
        drop(writer);
        self.tell(activation.as_ref());
        activation
    }

    /// Fetches, and activates what waits then; nothing can come between. A fetch that is throttled says so,
    /// and what was fetched before is put in force all the same.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # let db = pcq::Database::in_memory()?;
    /// # db.execute("CREATE KEY title STRING DEFAULT 'Home';")?;
    /// let client = db.client(pcq::Context::new("ada"));
    /// client.set_minimum_fetch_interval(Duration::from_secs(3600));
    /// client.fetch();
    /// let done = client.fetch_and_activate();
    /// assert!(done.fetch.is_throttled() && done.is_change());
    /// assert_eq!(client.get::<String>("title")?, "Home");
    /// # Ok::<(), pcq::Error>(())
    /// ```
    pub fn fetch_and_activate(&self) -> FetchAndActivate {
        let mut writer = self.lock();
        let fetch = self.fetch_under(&mut writer);
        let activation = self.activate_under(&writer);
        drop(writer);
        self.tell(activation.as_ref());
        FetchAndActivate { fetch, activation }
    }

    /// The time that must pass from one fetch to the next; zero, unless it was set.
    #[must_use]
    pub fn minimum_fetch_interval(&self) -> Duration {
        self.lock().minimum()
    }

    /// Sets the time that must pass from one fetch to the next; zero lets every fetch through. It holds at
    /// once, for the time since the last fetch too.
    ///
    /// The time is that of a clock that never goes back and that no change of the date moves; on some
    /// systems it stands while the machine sleeps.
    pub fn set_minimum_fetch_interval(&self, minimum: Duration) {
        self.lock().set_minimum(minimum);
    }

    /// Calls a function after each activation that changed something, until the subscription is dropped.
    ///
    /// It is called on the thread that activates, after the set is in force and outside of every lock: it
    /// may read the client, fetch, and activate again. It is told names, not values: two threads that
    /// activate at the same time may call it in either order, and getters give what is in force then. A change
    /// of user, of defaults, or a reset is no activation.
    ///
    /// ```
    /// # let db = pcq::Database::in_memory()?;
    /// # db.execute("CREATE KEY title STRING DEFAULT 'Home';")?;
    /// let client = db.client(pcq::Context::new("ada"));
    /// let reader = client.clone();
    /// let listener = client.on_activate(move |activation| {
    ///     for key in &activation.changed {
    ///         let _redraw = reader.value(key.as_str());
    ///     }
    /// });
    /// client.fetch_and_activate();
    /// drop(listener);
    /// # Ok::<(), pcq::Error>(())
    /// ```
    #[must_use = "the listener is gone when the subscription is dropped"]
    pub fn on_activate(
        &self,
        listener: impl Fn(&Activation) + Send + Sync + 'static,
    ) -> Subscription {
        self.shared.listeners.add(Arc::new(listener))
    }

    fn fetch_under(&self, throttle: &mut Throttle) -> Fetch {
        let now = throttle.now();
        if let Some(retry_after) = throttle.wait(now) {
            return Fetch::Throttled { retry_after };
        }
        let fetch = self.put_aside();
        throttle.count(now);
        fetch
    }

    /// Fetches; the caller holds the lock.
    fn put_aside(&self) -> Fetch {
        let sets = self.shared.sets.load_full();
        let given = Evaluations::now(&self.shared.db, &sets.context);
        let (revision, unchanged) = (given.revision(), sets.newest().agrees_with(&given));
        let fetched = sets.active.followed_by(Arc::clone(&sets.context), given);
        self.show(Sets { fetched: Some(Arc::new(fetched)), ..(*sets).clone() });
        if unchanged { Fetch::Unchanged { revision } } else { Fetch::Fetched { revision } }
    }

    fn activate_under(&self, _writer: &Throttle) -> Option<Activation> {
        let sets = self.shared.sets.load_full();
        let fetched = sets.fetched.as_ref()?;
        let activation = sets.active.change_to(fetched);
        let active = Arc::new(fetched.in_force(self.shared.db.now()));
        self.show(Sets { context: Arc::clone(&sets.context), active, fetched: None });
        Some(activation)
    }

    fn tell(&self, activation: Option<&Activation>) {
        let Some(activation) = activation.filter(|activation| activation.is_change()) else {
            return;
        };
        for listener in self.shared.listeners.all() {
            listener(activation);
        }
    }
}

/// The user, the defaults, and starting anew.
impl Client {
    /// Replaces the app's defaults as a whole: a key that is not among the new ones has none any more.
    ///
    /// A default holds where the store gives nothing: before the first activation, and for a key that the
    /// store does not have. It is not checked against the type of the key.
    ///
    /// ```
    /// # let db = pcq::Database::in_memory()?;
    /// # let client = db.client(pcq::Context::anonymous());
    /// client.set_defaults([("title", pcq::Value::from("Home")), ("page_size", 20.into())])?;
    /// assert_eq!(client.get::<i64>("page_size")?, 20);
    /// # Ok::<(), pcq::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `syntax` or `limit` if a name cannot be that of a key, `duplicate` if a key is there twice,
    /// `bad-literal` or `limit` if a value is a double that is not finite or nests too deep (as a
    /// [`Value::from`] a double that is not finite is `NULL`). The defaults are as before then.
    pub fn set_defaults<N, V>(&self, defaults: impl IntoIterator<Item = (N, V)>) -> Result<()>
    where
        N: AsRef<str>,
        V: Into<Value>,
    {
        let defaults = Arc::new(checked_defaults(defaults)?);
        let _writer = self.lock();
        let sets = self.shared.sets.load_full();
        let renew = |set: &Arc<ClientSet>| Arc::new(set.with_defaults(Arc::clone(&defaults)));
        let (active, fetched) = (renew(&sets.active), sets.fetched.as_ref().map(renew));
        self.show(Sets { context: Arc::clone(&sets.context), active, fetched });
        Ok(())
    }

    /// Goes on with another user: what is in force and what waits is forgotten at once, so getters give
    /// defaults until the next activation, and the next fetch is not throttled.
    ///
    /// Every other context is another user, also one with the same id: an attribute may be the tenant. To
    /// tell of new attributes of the same user, see [`Client::set_attributes`]. A context that is equal to the
    /// present one changes nothing.
    pub fn set_context(&self, context: Context) {
        let mut throttle = self.lock();
        let sets = self.shared.sets.load_full();
        if *sets.context == context {
            return;
        }
        throttle.lift();
        let context = Arc::new(context);
        let active = Arc::new(sets.active.for_other_user(Arc::clone(&context)));
        self.show(Sets { context, active, fetched: None });
    }

    /// Replaces the attributes of the user, who stays the same: what is in force stays so, what waits is
    /// forgotten, and the next fetch is not throttled.
    pub fn set_attributes(&self, attributes: &Object) {
        let mut throttle = self.lock();
        let sets = self.shared.sets.load_full();
        let user = sets.context.user_id().map_or_else(Context::anonymous, Context::new);
        let context = user.with_all(attributes);
        if *sets.context == context {
            return;
        }
        throttle.lift();
        let active = Arc::clone(&sets.active);
        self.show(Sets { context: Arc::new(context), active, fetched: None });
    }

    /// Starts anew for the same user: forgets what is in force, what waits, which keys are gone, the defaults,
    /// the minimum interval and the time of the last fetch. Listeners stay.
    pub fn reset(&self) {
        let mut throttle = self.lock();
        throttle.lift();
        throttle.set_minimum(Duration::ZERO);
        let context = self.context();
        self.show(Sets::empty(self.shared.db.clone(), context, Arc::default()));
    }

    fn new(db: Database, context: Context, throttle: Throttle) -> Self {
        let sets = Sets::empty(db.clone(), Arc::new(context), Arc::default());
        let shared = Shared {
            db,
            sets: ArcSwap::from_pointee(sets),
            throttle: Mutex::new(throttle),
            listeners: Listeners::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Replaces what readers see; the caller holds the lock.
    fn show(&self, sets: Sets) {
        self.shared.sets.store(Arc::new(sets));
    }

    /// Waits until nobody else changes the client.
    fn lock(&self) -> MutexGuard<'_, Throttle> {
        // sets are replaced whole, so one who panicked leaves nothing half done
        self.shared.throttle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn checked_defaults<N, V>(defaults: impl IntoIterator<Item = (N, V)>) -> Result<Defaults>
where
    N: AsRef<str>,
    V: Into<Value>,
{
    let mut checked = Defaults::new();
    for (name, value) in defaults {
        let (name, value) = (Name::new(name)?, value.into());
        if let Some(flaw) = value.flaw() {
            return Err(ErrorKind::Json(flaw).into());
        }
        if checked.insert(name.clone(), value).is_some() {
            let name = name.as_str().to_owned();
            return Err(ErrorKind::Duplicate { what: "default", name }.into());
        }
    }
    Ok(checked)
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sets = self.shared.sets.load();
        f.debug_struct("Client")
            .field("active", &sets.active)
            .field("fetched", &sets.fetched)
            .finish_non_exhaustive()
    }
}
