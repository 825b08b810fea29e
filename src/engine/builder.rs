//! Builder of databases: a file or memory, the clock, and the settings of deliveries.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arc_swap::ArcSwap;

use super::database::{Database, Shared};
use super::delivery::{Deliveries, Settings};
use super::flusher::Flusher;
use super::histories::Histories;
use super::listener::Listeners;
use super::queue::Queue;
use super::sight::{Follower, Known};
use super::strictness::Slips;
use crate::clock::Clock;
use crate::error::Result;
use crate::limits::QUERY_BYTES;
use crate::model::{Role, Timestamp};
use crate::query::PastStates;
use crate::store::{self, Log, Store};
use crate::syntax;

/// How a database is opened.
///
/// ```
/// let start = pcq::Timestamp::parse("2026-03-01T09:00:00Z")?;
/// let db = pcq::Database::builder().manual_clock(start).in_memory()?;
/// assert_eq!(db.now(), start);
/// # Ok::<(), pcq::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Builder {
    read_only: bool,
    create: bool,
    dry_run: bool,
    wait: Duration,
    manual_clock: Option<Timestamp>,
    slips: Slips,
    role: Role,
    cache_bytes: Option<usize>,
    query_bytes: usize,
    deliveries: Settings,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            read_only: false,
            create: true,
            dry_run: false,
            wait: Duration::ZERO,
            manual_clock: None,
            slips: Slips::default(),
            role: Role::default(),
            cache_bytes: None,
            query_bytes: QUERY_BYTES,
            deliveries: Settings::default(),
        }
    }
}

impl Builder {
    /// Opens the store for reading only: every write is refused with `read-only`. What another process commits is
    /// seen: [`Database::refresh`] says when. What is read is not restricted by this: [`Builder::role`] says what may
    /// be.
    #[must_use]
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.read_only = read_only;
        self
    }

    /// Whether a file that does not exist is made; it is, unless this says otherwise.
    #[must_use]
    pub fn create(mut self, create: bool) -> Self {
        self.create = create;
        self
    }

    /// Works on a copy in memory: everything goes as it would, and nothing is kept.
    #[must_use]
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// How long [`Builder::open`] waits for a store that somebody else has open for writing, before it gives up with
    /// `store-locked`; not at all, unless this says so. Who only reads never waits.
    ///
    /// ```
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("app.pcdb");
    /// use std::time::Duration;
    /// let first = pcq::Database::open(&path)?;
    /// let second = pcq::Database::builder().wait(Duration::from_millis(20)).open(&path);
    /// assert_eq!(second.unwrap_err().code(), "store-locked");
    /// drop(first);
    /// # Ok::<(), pcq::Error>(())
    /// ```
    #[must_use]
    pub fn wait(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// Uses a clock that stands at an instant and moves only when it is told to.
    ///
    /// A store that is made so keeps such a clock. One that was made without it refuses it with
    /// `clock-not-manual`.
    #[must_use]
    pub fn manual_clock(mut self, at: Timestamp) -> Self {
        self.manual_clock = Some(at);
        self
    }

    /// How much memory the rows of a query may take while it is answered, in bytes: past that it fails with `limit`. It
    /// is [`QUERY_BYTES`](crate::limits::QUERY_BYTES), unless this says otherwise.
    ///
    /// ```
    /// let db = pcq::Database::builder().query_bytes(1 << 10).in_memory()?;
    /// db.execute("CREATE KEY a INTEGER DEFAULT 1; CREATE KEY b INTEGER DEFAULT 2; CREATE KEY c INTEGER DEFAULT 3;")?;
    /// let many = db.query("SELECT x.key FROM keys x, keys y, keys z ORDER BY 1");
    /// assert_eq!(many?.into_rows().unwrap_err().code(), "limit");
    /// # Ok::<(), pcq::Error>(())
    /// ```
    #[must_use]
    pub fn query_bytes(mut self, bytes: usize) -> Self {
        self.query_bytes = bytes;
        self
    }

    /// Makes what is likely a slip an error: see [`Session::strict`](crate::Session::strict).
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.slips = Slips::refused(strict);
        self
    }

    /// Says what the database and its sessions may do at most: everything, unless this says otherwise. See
    /// [`Database::with_role`].
    #[must_use]
    pub fn role(mut self, role: Role) -> Self {
        self.role = role;
        self
    }

    /// How many bytes of memory the pages of the file may take that are kept to be read again: 64 MiB, unless this says
    /// otherwise. Less makes statements that read the file slower; evaluations do not read it.
    ///
    /// ```
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("app.pcdb");
    /// let db = pcq::Database::builder().cache_bytes(1 << 20).open(&path)?;
    /// # Ok::<(), pcq::Error>(())
    /// ```
    #[must_use]
    pub fn cache_bytes(mut self, bytes: usize) -> Self {
        self.cache_bytes = Some(bytes);
        self
    }

    /// Whether evaluations are counted as deliveries; they are, unless this says otherwise.
    ///
    /// A store that is opened for reading only counts none.
    #[must_use]
    pub fn count_deliveries(mut self, count: bool) -> Self {
        self.deliveries.count = count;
        self
    }

    /// Whether the users that values are delivered to are counted, too: an estimate for each value and day,
    /// which `SHOW STATS … BY DAY` shows. They are not, unless this says so, for it makes a counted evaluation
    /// about twice as dear.
    ///
    /// It is exact to about 200 users, then its standard error is 2.3 %: a `HyperLogLog` of 2,048 registers
    /// (1.04 / √2048).
    #[must_use]
    pub fn count_users(mut self, count: bool) -> Self {
        self.deliveries.users = count;
        self
    }

    /// How often deliveries are written to the store: every 5 seconds, unless this says otherwise; at least
    /// a tenth of a second. A crash loses what was counted since.
    ///
    /// They are also written at the end of each minute, by [`Database::flush`], by `SHOW STATS`, and when the
    /// last handle is closed. Under a manual clock, which stands still between two statements, only these
    /// three write them.
    #[must_use]
    pub fn flush_interval(mut self, interval: Duration) -> Self {
        self.deliveries.interval = interval.max(Duration::from_millis(100));
        self
    }

    /// Opens the store in a file.
    ///
    /// # Errors
    ///
    /// `io` if the file cannot be read or made, `store-locked` if somebody else has it open for writing,
    /// `store-corrupt` if it is not a store, damaged or of a newer format, `clock-not-manual` and
    /// `bad-time` about [`Builder::manual_clock`].
    pub fn open(self, path: impl AsRef<Path>) -> Result<Database> {
        let path = path.as_ref();
        if !self.dry_run {
            return self.start(Store::open(path, &self.options())?);
        }
        if Store::would_make(path, &self.options())? {
            return self.in_memory();
        }
        let look = store::Options { read_only: true, manual_clock: None, ..self.options() };
        let copy = Store::open(path, &look)?.copy_to_memory(&self.options())?;
        self.start(copy)
    }

    /// Opens a store in memory, which is gone when its last clone is.
    pub fn in_memory(self) -> Result<Database> {
        self.start(Store::in_memory(&self.options())?)
    }

    fn start(&self, store: Store) -> Result<Database> {
        let log = Box::new(store.clone());
        self.start_with(store, log)
    }

    /// Starts a database whose revisions a log agrees on.
    pub(super) fn start_with(&self, store: Store, log: Box<dyn Log>) -> Result<Database> {
        let clock = store.clock().manual().map_or_else(Clock::system, Clock::manual);
        let clock = Arc::new(clock);
        let count = self.deliveries.count && !self.read_only;
        let settings = Settings { count, ..self.deliveries };
        let deliveries = Deliveries::new(store.clone(), Arc::clone(&clock), settings);
        let deliveries = Arc::new(deliveries);
        let reader = store.reader()?;
        let known = Known::read(&reader, &deliveries)?;
        deliveries.follow(known.state.catalog());
        let shared = Shared {
            state: ArcSwap::new(Arc::clone(&known.state)),
            histories: Histories::new(reader.user_count()? == 0),
            past: PastStates::default(),
            follower: self.read_only.then(|| Follower::new(known)),
            flusher: Flusher::start(&deliveries, settings.interval),
            store,
            log,
            clock,
            queue: Queue::default(),
            lists: Mutex::new(()),
            listeners: Listeners::default(),
            read_only: self.read_only,
            slips: self.slips,
            query_bytes: self.query_bytes,
            deliveries,
        };
        Ok(Database { shared: Arc::new(shared), role: self.role })
    }

    pub(super) fn options(&self) -> store::Options {
        store::Options {
            read_only: self.read_only && !self.dry_run,
            create: self.create && !self.read_only,
            wait: self.wait,
            manual_clock: self.manual_clock,
            cache_bytes: self.cache_bytes,
            parser: syntax::condition,
        }
    }
}
