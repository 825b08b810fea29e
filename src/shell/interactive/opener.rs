//! Opening of stores, and of ears for Ctrl-C.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::shell::args::{Deliveries, SessionArgs};
use crate::shell::exit::Stop;
use crate::shell::report::Reporter;
use crate::shell::store::{self, Missing};
use pcq::{Database, InterruptHandle, Session};

/// The exit code of a program that Ctrl-C ends.
const INTERRUPTED: i32 = 130;

/// Opener of stores, as the arguments of the shell say.
#[derive(Debug)]
pub(super) struct Opener<'a> {
    pub(super) args: &'a SessionArgs,
    pub(super) deliveries: Deliveries,
    pub(super) listener: Listener,
}

impl Opener<'_> {
    /// Opens a store, or one in memory, and a session on it.
    pub(super) fn open(
        &self,
        path: Option<&Path>,
        reporter: &Reporter,
    ) -> Result<(Database, Session), Stop> {
        let database = store::open(path, self.args, self.deliveries, Missing::Made, reporter)?;
        let session = store::session(&database, self.args)?;
        let user = std::env::var("USER").ok().filter(|user| !user.is_empty());
        let is_named = self.args.actor.is_some() || self.args.readonly;
        let session = match user.filter(|_| !is_named) {
            Some(user) => session.with_actor(user),
            None => session,
        };
        Ok((database, session))
    }

    /// Ctrl-C ends from now on what runs on this store.
    pub(super) fn listen_to(&self, database: &Database) {
        self.listener.listen_to(database);
    }
}

/// Listener to Ctrl-C: it asks the statement that runs to end, and at the second leaves. While a line is typed
/// Ctrl-C is a key like others.
#[derive(Clone, Debug, Default)]
pub(super) struct Listener {
    /// Whether a statement runs that was not asked to end yet.
    pub(super) running: Arc<AtomicBool>,
    handle: Arc<Mutex<Option<InterruptHandle>>>,
}

impl Listener {
    pub(super) fn listen() -> Self {
        let listener = Self::default();
        let Self { running, handle } = listener.clone();
        let asked = ctrlc::set_handler(move || {
            if !running.swap(false, Ordering::Relaxed) {
                std::process::exit(INTERRUPTED);
            }
            let handle = handle.lock().unwrap_or_else(PoisonError::into_inner);
            handle.iter().for_each(InterruptHandle::interrupt);
        });
        // without it Ctrl-C ends the program, as it does elsewhere
        drop(asked);
        listener
    }

    pub(super) fn listen_to(&self, database: &Database) {
        let mut handle = self.handle.lock().unwrap_or_else(PoisonError::into_inner);
        *handle = Some(database.interrupt_handle());
    }
}
