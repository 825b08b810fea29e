//! Opening of stores.

use std::path::Path;

use crate::shell::args::{InteractiveArgs, SessionArgs};
use crate::shell::exit::Stop;
use crate::shell::listener::Listener;
use crate::shell::report::Reporter;
use crate::shell::store::{self, Missing};
use pcq::{Database, Session};

/// Opener of stores, as the arguments of the shell say.
#[derive(Debug)]
pub(super) struct Opener<'a> {
    pub(super) args: &'a SessionArgs,
    pub(super) interactive: InteractiveArgs,
    pub(super) listener: Listener,
}

impl Opener<'_> {
    /// Opens a store, or one in memory, and a session on it.
    pub(super) fn open(
        &self,
        path: Option<&Path>,
        reporter: &Reporter,
    ) -> Result<(Database, Session), Stop> {
        let deliveries = self.interactive.deliveries();
        let database = store::open(path, self.args, deliveries, Missing::Made, reporter)?;
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
