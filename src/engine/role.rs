//! Roles of handles: what a database handle and its sessions may do, and errors for the rest.

use std::sync::Arc;

use super::{Database, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Role;

/// Roles.
impl Database {
    /// Returns a handle of the same store that may do what a role allows. It never allows more than this one does.
    ///
    /// Its sessions and prepared statements have the role too, and no statement changes it. Statements that it does not
    /// allow fail with `not-allowed`, and so do functions that do the same as one: [`Database::track`] and
    /// [`Database::load_list`] need [`Role::Publish`]; [`Database::forget_user`], [`Database::expire`],
    /// [`Database::compact`], [`Database::dump`], [`Database::backup`] and [`Database::repair_clock`] [`Role::Admin`];
    /// [`Database::verify`] [`Role::Read`]. Evaluations need none, as values are for every role.
    ///
    /// ```
    /// # let db = pcq::Database::in_memory()?;
    /// let editor = db.with_role(pcq::Role::Draft);
    /// editor.execute("CREATE KEY title STRING DEFAULT 'Home';")?;
    /// let error = editor.execute("ALTER KEY title SET DEFAULT 'Start';").unwrap_err();
    /// assert_eq!(error.code(), "not-allowed");
    /// assert_eq!(editor.with_role(pcq::Role::Admin).role(), pcq::Role::Draft);
    /// # Ok::<(), pcq::Error>(())
    /// ```
    #[must_use]
    pub fn with_role(&self, role: Role) -> Self {
        Self { shared: Arc::clone(&self.shared), role: self.role.min(role) }
    }

    /// The role of this handle.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// Refuses what needs a greater role.
    pub(super) fn require(&self, needs: Role) -> Result<()> {
        if needs <= self.role {
            return Ok(());
        }
        let hint = "whoever opened the session gave it its role; no statement changes that";
        Err(Error::from(ErrorKind::RoleTooSmall { needs, has: self.role }).hint(hint))
    }
}

/// Roles.
impl Session {
    /// Restricts the session to what a role allows, as [`Database::with_role`] does. It never widens it.
    ///
    /// ```
    /// # let db = pcq::Database::in_memory()?;
    /// let mut reader = db.session().with_role(pcq::Role::Read);
    /// assert!(reader.execute("SHOW KEYS;").is_ok());
    /// let error = reader.execute("BEGIN; CREATE KEY k INTEGER DEFAULT 1;").unwrap_err();
    /// assert_eq!(error.to_string(), "this needs the role `draft`, and the session has `read`");
    /// # Ok::<(), pcq::Error>(())
    /// ```
    #[must_use]
    pub fn with_role(mut self, role: Role) -> Self {
        self.db = self.db.with_role(role);
        self
    }

    /// Shows values of sensitive keys in what statements say, in place of `***`; or no longer.
    ///
    /// ```
    /// # let db = pcq::Database::in_memory()?;
    /// db.execute("CREATE KEY token STRING SENSITIVE DEFAULT 'a1b2';")?;
    /// let shown = |mut session: pcq::Session| -> pcq::Result<String> {
    ///     let outcomes = session.execute("SHOW KEYS;")?;
    ///     Ok(outcomes[0].rows().unwrap().value(0, "default").unwrap().to_string())
    /// };
    /// assert_eq!(shown(db.session())?, r#""***""#);
    /// assert_eq!(shown(db.session().show_sensitive(true)?)?, r#""a1b2""#);
    /// # Ok::<(), pcq::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `not-allowed` unless the session may do everything ([`Role::Admin`]).
    pub fn show_sensitive(mut self, show: bool) -> Result<Self> {
        if show {
            self.db.require(Role::Admin)?;
        }
        self.asks_for_secrets = show;
        Ok(self)
    }

    /// Whether values of sensitive keys are shown: it was asked for, and the session still may.
    pub(super) fn shows_secrets(&self) -> bool {
        self.asks_for_secrets && self.role() == Role::Admin
    }

    /// The role of the session.
    #[must_use]
    pub fn role(&self) -> Role {
        self.db.role()
    }
}
