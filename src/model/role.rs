//! Roles: how much a session may do.

use std::fmt;

/// Role of a session: how much it may do. Each may do what the roles before it may.
///
/// ```
/// use pcq::Role;
/// assert!(Role::Values < Role::Read && Role::Draft < Role::Publish);
/// assert_eq!(Role::default(), Role::Admin);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Reads the values that users have now, and nothing else: for apps.
    Values,
    /// Reads all there is: objects, history, statistics, values of other times, what is known of users.
    Read,
    /// Makes what nobody gets yet: keys, segments, configs, and new versions of configs.
    Draft,
    /// Changes what users get: publishes, changes keys and segments, stores what is known of users.
    Publish,
    /// Does everything: erases users and events, writes and loads dumps, moves the clock, sees values of sensitive
    /// keys.
    #[default]
    Admin,
}

impl Role {
    /// Every role, from the least to the greatest.
    pub const ALL: [Self; 5] = [Self::Values, Self::Read, Self::Draft, Self::Publish, Self::Admin];

    /// The word for it, in small letters.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Values => "values",
            Self::Read => "read",
            Self::Draft => "draft",
            Self::Publish => "publish",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
