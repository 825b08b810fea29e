//! Effect of a write in fields, and the sentence that is made of them.

use std::fmt;
use std::sync::Arc;

use super::canonical;
use crate::model::ObjectKind;
use crate::model::{
    Duration, Entry, Name, Recording, RecordingWords, RetentionPeriod, Timestamp, What,
};

/// Effect of a write: what was done, and to what. Its `Display` is one sentence.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    operation: Operation,
    target: Target,
    version: Option<u32>,
}

/// Operation of a write: what it did.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Operation {
    /// An object was made.
    Created,
    /// A key, a segment or an attribute was changed.
    Altered,
    /// A new version of a config was made, which is not published yet.
    Drafted,
    /// A config got another name.
    Renamed {
        /// The name that it had.
        from: Name,
    },
    /// An object was put out of use.
    Archived,
    /// An archived object was taken back into use.
    Restored,
    /// A version of a config was made live.
    Published {
        /// Until when; `None` is for good.
        until: Option<Timestamp>,
    },
    /// The version of a config that was live before was made live again.
    WentBack {
        /// The version in whose place it is now.
        from: Option<u32>,
    },
    /// A version of a config will be live.
    Scheduled {
        /// From when on.
        at: Timestamp,
        /// Until when; `None` is for good.
        until: Option<Timestamp>,
    },
    /// Publications of a config that were to come were taken back.
    Cancelled {
        /// How many.
        publications: usize,
    },
    /// The kill switch of a config was thrown.
    Disabled,
    /// The kill switch of a config was taken back.
    Enabled,
    /// A list of users was loaded into a segment.
    Listed {
        /// The number of the list.
        list: u32,
    },
    /// Events are kept so long from now on.
    Kept {
        /// How long; `None` is for ever.
        keep: Option<Duration>,
    },
    /// Traffic is recorded so from now on.
    Recorded {
        /// How; `None`: not at all.
        recording: Option<Recording>,
    },
    /// From now on conditions may read any attribute, or only declared ones.
    Restricted {
        /// Whether only declared ones.
        strict: bool,
    },
    /// An event of a user was stored.
    Tracked {
        /// The name of the event.
        event: Arc<str>,
    },
    /// Attributes of a user were set.
    Profiled,
    /// What was stored of a user was erased.
    Forgot,
    /// A transaction was committed.
    Committed,
    /// A dump was loaded.
    Loaded {
        /// How many revisions it had.
        revisions: u64,
    },
}

/// Target of a write.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Target {
    /// A key, a segment, a config or an attribute, by the name that it has now.
    Object(ObjectKind, Name),
    /// All attributes of users.
    Attributes,
    /// The events of a name; `None`: all whose name has no rule of its own.
    Events(Option<Arc<str>>),
    /// A user, by their id.
    User(Arc<str>),
    /// The contexts that the app asks with.
    Traffic,
    /// The whole store.
    Store,
}

impl Effect {
    /// Effect on an object.
    pub(crate) fn of(operation: Operation, kind: ObjectKind, name: &Name) -> Self {
        Self::on(operation, Target::Object(kind, name.clone()))
    }

    /// Effect on any target.
    pub(crate) fn on(operation: Operation, target: Target) -> Self {
        Self { operation, target, version: None }
    }

    /// Effect of storing an entry of a user.
    pub(crate) fn of_entry(entry: &Entry) -> Self {
        let operation = match &entry.what {
            What::Event { name, .. } => Operation::Tracked { event: Arc::clone(name) },
            What::Profile(_) => Operation::Profiled,
            What::Forget => Operation::Forgot,
        };
        Self::on(operation, Target::User(Arc::clone(&entry.user)))
    }

    /// Says which version of the object was made or published.
    pub(crate) fn with_version(mut self, version: u32) -> Self {
        self.version = Some(version);
        self
    }

    /// The same effect of another operation.
    pub(crate) fn by(mut self, operation: Operation) -> Self {
        self.operation = operation;
        self
    }

    /// What was done.
    #[must_use]
    pub fn operation(&self) -> &Operation {
        &self.operation
    }

    /// What it was done to.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Kind and name of the object that it was done to, if it is one.
    #[must_use]
    pub fn object(&self) -> Option<(ObjectKind, &Name)> {
        if let Target::Object(kind, name) = &self.target { Some((*kind, name)) } else { None }
    }

    /// The version of the object that was made or published.
    #[must_use]
    pub fn version(&self) -> Option<u32> {
        self.version
    }

    /// The target, with the version in front if there is one.
    fn versioned(&self) -> String {
        match self.version {
            Some(version) => format!("version {version} of {}", self.target),
            None => self.target.to_string(),
        }
    }
}

/// Writes one sentence: what was done.
impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = &self.target;
        match &self.operation {
            Operation::Created if matches!(target, Target::Object(ObjectKind::Config, _)) => {
                write!(f, "created {target}, not published yet")
            }
            Operation::Created => write!(f, "created {target}"),
            Operation::Altered => write!(f, "altered {target}"),
            Operation::Drafted => write!(f, "made {}, not published yet", self.versioned()),
            Operation::Renamed { from } => match target {
                Target::Object(kind, name) => write!(f, "renamed {kind} {from} to {name}"),
                other => write!(f, "renamed {from} to {other}"),
            },
            Operation::Archived => write!(f, "archived {target}"),
            Operation::Restored => write!(f, "restored {target}"),
            Operation::Published { until } => {
                write!(f, "published {}{}", self.versioned(), End(*until))
            }
            Operation::WentBack { from: Some(from) } => {
                write!(f, "published {} in place of version {from}", self.versioned())
            }
            Operation::WentBack { from: None } => write!(f, "published {}", self.versioned()),
            Operation::Scheduled { at, until } => {
                write!(f, "scheduled {} at {at}{}", self.versioned(), End(*until))
            }
            Operation::Cancelled { publications: 1 } => {
                write!(f, "cancelled 1 publication of {target}")
            }
            Operation::Cancelled { publications } => {
                write!(f, "cancelled {publications} publications of {target}")
            }
            Operation::Disabled => write!(f, "disabled {target}"),
            Operation::Enabled => write!(f, "enabled {target}"),
            Operation::Listed { list } => write!(f, "loaded list {list} into {target}"),
            Operation::Kept { keep } => write!(f, "{target} are kept {}", RetentionPeriod(*keep)),
            Operation::Recorded { recording } => RecordingWords(*recording).fmt(f),
            Operation::Restricted { strict: true } => {
                write!(f, "{target} must be declared before conditions read them")
            }
            Operation::Restricted { strict: false } => {
                write!(f, "{target} need not be declared before conditions read them")
            }
            Operation::Tracked { event } => write!(f, "tracked {event} of {target}"),
            Operation::Profiled => write!(f, "set {target}"),
            Operation::Forgot => write!(f, "forgot {target}"),
            Operation::Committed => f.write_str("committed"),
            Operation::Loaded { revisions: 1 } => f.write_str("loaded 1 revision"),
            Operation::Loaded { revisions } => write!(f, "loaded {revisions} revisions"),
        }
    }
}

/// Writes until when something is in force, if it ends.
struct End(Option<Timestamp>);

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |until| write!(f, " until {until}"))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object(kind, called) => write!(f, "{kind} {}", canonical::name(*kind, called)),
            Self::Attributes => f.write_str("attributes"),
            Self::Events(Some(name)) => write!(f, "events {name}"),
            Self::Events(None) => f.write_str("other events"),
            Self::User(id) => write!(f, "user {id}"),
            Self::Traffic => f.write_str("traffic"),
            Self::Store => f.write_str("the store"),
        }
    }
}
