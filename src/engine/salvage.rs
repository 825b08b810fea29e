//! Repair of damage: what of a store can be read becomes a new one, and what cannot is told.

use std::io::{self, Write};
use std::path::Path;

use super::{Builder, Database};
use crate::clock::Clock;
use crate::error::Result;
use crate::model::RevisionHash;
use crate::store::{Desk, Salvaged, Saved as Stored, read_damaged, salvage};
use crate::transfer::{Dump, DumpKind};

/// What of a damaged store can be saved, and what is lost: the result of [`Database::survey_damage`] and of
/// [`Database::repair_damage`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DamageRepair {
    /// Revisions: all up to the first that is lost, since what comes after that one follows from it.
    pub revisions: Saved,
    /// Users of whom anything is known.
    pub users: Saved,
    /// Events and attributes of users.
    pub facts: Saved,
    /// Ids in lists of users.
    pub listed: Saved,
    /// Records of how often something was delivered: one is of a chunk of time.
    pub deliveries: Saved,
    /// Recorded contexts.
    pub contexts: Saved,
    /// The hash of the last revision that is saved: it is what it was in the store.
    pub newest_hash: Option<RevisionHash>,
    /// Which pages are damaged, one sentence each; at most a hundred. What was in them may be derived, and so not lost.
    pub damage: Vec<String>,
    /// What is lost, one sentence each, with names where they are known; at most a thousand.
    pub lost: Vec<String>,
    /// Whether all objects as they are now can still be read, however much of the history is lost:
    /// [`Database::dump_damaged`] writes them.
    pub is_current_readable: bool,
}

/// How much of something is saved, and how much is known to be lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Saved {
    /// How much is saved.
    pub saved: u64,
    /// How much is lost.
    pub lost: u64,
}

impl DamageRepair {
    fn of(salvaged: Salvaged, store: &Path) -> Self {
        let saved = |Stored { saved, lost }| Saved { saved, lost };
        let Salvaged { damage, lost, .. } = salvaged;
        Self {
            revisions: saved(salvaged.revisions),
            users: saved(salvaged.users),
            facts: saved(salvaged.facts),
            listed: saved(salvaged.listed),
            deliveries: saved(salvaged.deliveries),
            contexts: saved(salvaged.contexts),
            newest_hash: salvaged.hash,
            is_current_readable: (damage.is_empty() && lost.is_empty())
                || Database::dump_damaged(store, &mut io::sink()).is_ok(),
            damage,
            lost,
        }
    }

    /// Whether no page is damaged, and nothing is lost.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.damage.is_empty() && self.lost.is_empty()
    }
}

impl Database {
    /// Finds out what [`Database::repair_damage`] would save of a store, and what is lost. Nothing is written; what would
    /// be saved is made and verified in memory.
    ///
    /// # Errors
    ///
    /// `io` if the file cannot be opened, `store-corrupt` if nothing of a store is left in it, `store-failed` if it is
    /// written to meanwhile.
    pub fn survey_damage(store: impl AsRef<Path>) -> Result<DamageRepair> {
        let store = store.as_ref();
        let salvaged = salvage(store, None, &Builder::default().options())?;
        Ok(DamageRepair::of(salvaged, store))
    }

    /// Makes a new store of what can be read of a damaged one, which stays as it is.
    ///
    /// The history is kept up to the first revision of which something is lost, byte by byte, so its hashes stay;
    /// what is derived from it is made anew. Of users, lists and deliveries all is kept that is left. The new store
    /// is verified before it gets its name.
    ///
    /// ```
    /// # let directory = tempfile::tempdir().unwrap();
    /// let (store, copy) = (directory.path().join("app.pcdb"), directory.path().join("saved.pcdb"));
    /// pcq::Database::open(&store)?.execute("CREATE KEY dark BOOLEAN DEFAULT FALSE;")?;
    /// let found = pcq::Database::repair_damage(&store, &copy)?;
    /// assert!(found.is_sound());
    /// assert_eq!(found.revisions.saved, 1);
    /// assert!(pcq::Database::open(&copy)?.verify()?.is_sound());
    /// # Ok::<(), pcq::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`Database::survey_damage`], and `io` if the new file exists or cannot be written.
    pub fn repair_damage(store: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<DamageRepair> {
        let store = store.as_ref();
        let salvaged = salvage(store, Some(to.as_ref()), &Builder::default().options())?;
        Ok(DamageRepair::of(salvaged, store))
    }

    /// Writes what stands now in a damaged store as a script for a new one, as [`Database::dump`] does of a sound one
    /// ([`DumpKind::Current`]): all objects, and what is left of users and lists. The history is not needed for that.
    ///
    /// ```
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let store = directory.path().join("app.pcdb");
    /// pcq::Database::open(&store)?.execute("CREATE KEY dark BOOLEAN DEFAULT FALSE;")?;
    /// let mut script = Vec::new();
    /// pcq::Database::dump_damaged(&store, &mut script)?;
    /// pcq::Database::in_memory()?.execute(&String::from_utf8(script).expect("it is text"))?;
    /// # Ok::<(), pcq::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `io` if the file cannot be opened or the script not be written, `store-corrupt` if not all objects can be read.
    pub fn dump_damaged(store: impl AsRef<Path>, to: &mut dyn Write) -> Result<()> {
        let store = read_damaged(store.as_ref(), &Builder::default().options())?;
        let (reader, clock) = (store.reader()?, store.clock().manual());
        let catalog = reader.catalog()?;
        let now = clock.unwrap_or_else(|| Clock::system().now());
        let now = catalog.time.map_or(now, |last| last.max(now));
        let desk = Desk::default();
        let watch = &desk.watch();
        let dump = Dump { reader: &reader, clock, catalog: &catalog, now, watch };
        dump.write(to, DumpKind::Current)
    }
}
