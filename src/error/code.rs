//! Codes of errors, which stay the same when sentences change, and classes of errors by who can mend them.

use std::fmt;

use super::kind::ErrorKind;
use crate::model::{JsonError, NameError, ObjectKind};

/// Class of an error, by who can mend it.
///
/// ```
/// let db = pcq::Database::in_memory()?;
/// let class = |script| db.execute(script).unwrap_err().kind().class();
/// assert_eq!(class("CREATE NONSENSE;"), pcq::ErrorClass::Syntax);
/// assert_eq!(class("PUBLISH CONFIG nope;"), pcq::ErrorClass::Statement);
/// # Ok::<(), pcq::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorClass {
    /// Whoever wrote the text, which is no statement.
    Syntax,
    /// Whoever wrote the statement, which cannot be done as things stand.
    Statement,
    /// Whoever opened the store, which was not opened for this or is open elsewhere.
    Access,
    /// Whoever keeps the store, which is damaged, newer or none.
    Store,
    /// Whoever keeps the file, which cannot be read or written.
    File,
    /// Nobody but the authors of pcq.
    Bug,
}

/// Makes the enum of codes out of one line for each: its text, its class and its cause.
macro_rules! codes {
    ($($code:ident = $text:literal, $class:ident, $cause:literal;)*) => {
        /// Stable code of an error.
        ///
        /// ```
        /// let codes: Vec<_> = pcq::ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        /// assert!(codes.contains(&"unknown-key"));
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $(#[doc = $cause] $code,)*
        }

        impl ErrorCode {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$code),*];

            /// The text of the code, in kebab-case.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$code => $text,)*
                }
            }

            /// What brings it about, in a sentence.
            #[must_use]
            pub fn cause(self) -> &'static str {
                match self {
                    $(Self::$code => $cause,)*
                }
            }

            /// Who can mend it.
            #[must_use]
            pub fn class(self) -> ErrorClass {
                match self {
                    $(Self::$code => ErrorClass::$class,)*
                }
            }
        }
    };
}

codes! {
    Syntax = "syntax", Syntax, "The text is no statement, or something stands where it cannot.";
    UnknownKey = "unknown-key", Statement, "There is no key of that name, or it is not in the config.";
    UnknownSegment = "unknown-segment", Statement, "There is no segment of that name, or it is not in the config.";
    UnknownConfig = "unknown-config", Statement, "There is no config of that name.";
    UnknownAttribute = "unknown-attribute", Statement, "No attribute of that name is declared.";
    UnknownVersion = "unknown-version", Statement, "The object has no version of that number.";
    AlreadyExists = "already-exists", Statement, "The name is taken, perhaps by something archived, or as a former name of a config.";
    Archived = "archived", Statement, "The key, segment, config or attribute is archived.";
    Duplicate = "duplicate", Statement, "A segment, key, cell, arm, attribute or JSON member is there twice, or `user_id` is given as an attribute.";
    UnknownFunction = "unknown-function", Statement, "There is no function of that name.";
    UnknownColumn = "unknown-column", Statement, "The table of `SHOW` has no such column.";
    UnknownParameter = "unknown-parameter", Statement, "A parameter has no value.";
    NoValue = "no-value", Statement, "A client of the library has activated nothing yet, or the key is gone, and the app gave no default.";
    TypeMismatch = "type-mismatch", Statement, "A value has not the type that is wanted, or a comparison can never hold.";
    CheckFailed = "check-failed", Statement, "A value does not pass the `CHECK` of its key or attribute, or a new `CHECK` does not hold for values in use.";
    BadLiteral = "bad-literal", Statement, "A regex, number, version, range, time zone or hash is not valid.";
    BadTime = "bad-time", Statement, "A timestamp is not valid or lacks its offset, `AT` is in the past, `UNTIL` is not after it, or a clock would go back.";
    BadSplit = "bad-split", Statement, "Arms do not sum to 100 %, a share is above 100 %, or a percentage has more than three decimals.";
    BadOrder = "bad-order", Statement, "`EVERYONE` is not the last segment.";
    Conflict = "conflict", Statement, "Somebody else edited the config (`IF VERSION`), or wrote to the store during the transaction.";
    KeyInUse = "key-in-use", Statement, "The key belongs to another config, or cannot be archived because it is used.";
    SegmentInUse = "segment-in-use", Statement, "The segment cannot be archived because a segment or config uses it.";
    AttributeInUse = "attribute-in-use", Statement, "The attribute cannot be archived because a segment or config reads it.";
    Cycle = "cycle", Statement, "Segments or keys would depend on themselves.";
    NothingToPublish = "nothing-to-publish", Statement, "The version has no key, or a key without any cell; nothing was live before.";
    NotValidNow = "not-valid-now", Statement, "The version cannot be served today.";
    Suspicious = "suspicious", Statement, "What is likely a slip, where that is an error (`--strict`): see [notes](#notes).";
    Limit = "limit", Statement, "Something is larger than the limits allow.";
    AssertionFailed = "assertion-failed", Statement, "An `ASSERT` does not hold.";
    NotAState = "not-a-state", Statement, "A state file says more than what is to be: it has statements of keys, segments, configs and what is live of them.";
    TransactionState = "transaction-state", Statement, "There is no transaction, or one is open already; the clock was to move in one; a `LOAD` stands outside of a dump.";
    ReadOnly = "read-only", Access, "The store is open for reading only.";
    NotAllowed = "not-allowed", Access, "The role of the session does not allow it, or a listener writes to the store while the commit that called it waits for it.";
    ClockNotManual = "clock-not-manual", Access, "The store goes by the system's clock.";
    Interrupted = "interrupted", Statement, "Somebody asked a `SHOW` that goes through users to end (Ctrl-C in the shell).";
    Bug = "bug", Bug, "A mistake in pcq itself.";
    StoreLocked = "store-locked", Access, "Another process has the store open for writing, or this one has already.";
    StoreFailed = "store-failed", Access, "The file of an open store was replaced or removed, a read or write of it failed before, or the process is a fork of the one that opened it.";
    StoreCorrupt = "store-corrupt", Store, "The file is no store, is damaged, or was written by a newer version.";
    Io = "io", File, "A file cannot be read or written.";
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl ErrorKind {
    /// The stable code of the error, in kebab-case.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.error_code().as_str()
    }

    /// Who can mend it.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        self.error_code().class()
    }

    #[expect(clippy::too_many_lines, reason = "a table")]
    pub(crate) fn error_code(&self) -> ErrorCode {
        use {ErrorCode as C, ObjectKind as O};
        match self {
            Self::Expected { .. }
            | Self::Unterminated { .. }
            | Self::NotUtf8
            | Self::Misplaced { .. }
            | Self::BadName(NameError::Empty | NameError::Control(_)) => C::Syntax,
            Self::Unknown { kind: O::Key, .. } | Self::NotInConfig { kind: O::Key, .. } => {
                C::UnknownKey
            }
            Self::Unknown { kind: O::Segment, .. } | Self::NotInConfig { kind: O::Segment, .. } => {
                C::UnknownSegment
            }
            Self::Unknown { kind: O::Config, .. } | Self::NotInConfig { kind: O::Config, .. } => {
                C::UnknownConfig
            }
            Self::Unknown { kind: O::Attribute, .. }
            | Self::NotInConfig { kind: O::Attribute, .. } => C::UnknownAttribute,
            Self::UnknownVersion { .. } | Self::UnknownObjectVersion { .. } => C::UnknownVersion,
            Self::AlreadyExists { .. } | Self::EveryoneIsBuiltIn => C::AlreadyExists,
            Self::Archived { .. } => C::Archived,
            Self::Duplicate { .. }
            | Self::InConfigAlready { .. }
            | Self::UserIdIsGiven
            | Self::Json(JsonError::Duplicate(_)) => C::Duplicate,
            Self::UnknownFunction { .. } => C::UnknownFunction,
            Self::UnknownColumn { .. } => C::UnknownColumn,
            Self::UnknownParameter { .. } => C::UnknownParameter,
            Self::NothingActive { .. } | Self::KeyGone { .. } => C::NoValue,
            Self::KeyType { .. }
            | Self::AttributeType { .. }
            | Self::OtherType { .. }
            | Self::OtherAttributeType { .. }
            | Self::Type { .. }
            | Self::NotComparable { .. }
            | Self::NullComparison
            | Self::EmptyList
            | Self::ArgumentCount { .. } => C::TypeMismatch,
            Self::CheckFailed { .. }
            | Self::AttributeCheckFailed { .. }
            | Self::CheckViolated { .. } => C::CheckFailed,
            Self::BadLiteral { .. }
            | Self::Json(JsonError::NumberRange { .. } | JsonError::Syntax { .. }) => C::BadLiteral,
            Self::BadTimestamp(_)
            | Self::Past { .. }
            | Self::EmptyWindow { .. }
            | Self::ClockBack { .. }
            | Self::ClockOverrun => C::BadTime,
            Self::SplitSum { .. }
            | Self::ShareDecimals { .. }
            | Self::NoShare { .. }
            | Self::ShareTooLarge { .. } => C::BadSplit,
            Self::EveryoneNotLast => C::BadOrder,
            Self::VersionConflict { .. }
            | Self::RevisionConflict { .. }
            | Self::PlanConflict { .. } => C::Conflict,
            Self::KeyInUse { .. } | Self::InUse { kind: O::Key | O::Config, .. } => C::KeyInUse,
            Self::InUse { kind: O::Segment, .. } => C::SegmentInUse,
            Self::InUse { kind: O::Attribute, .. } => C::AttributeInUse,
            Self::Cycle { .. } => C::Cycle,
            Self::NothingToPublish { .. } | Self::NothingBefore { .. } => C::NothingToPublish,
            Self::NotValidNow { .. } => C::NotValidNow,
            Self::Suspicious(_) => C::Suspicious,
            Self::StatementTooLong { .. }
            | Self::TooLong { .. }
            | Self::NestingTooDeep { .. }
            | Self::TooMany { .. }
            | Self::RegexTooLarge
            | Self::RegexesTooLarge
            | Self::IntegerRange { .. }
            | Self::DurationRange { .. }
            | Self::ChainTooDeep
            | Self::BadName(NameError::TooLong(_))
            | Self::Json(JsonError::TooDeep) => C::Limit,
            Self::AssertionFailed { .. } => C::AssertionFailed,
            Self::NotAState => C::NotAState,
            Self::TransactionState(_) => C::TransactionState,
            Self::ReadOnly => C::ReadOnly,
            Self::RoleTooSmall { .. } | Self::WriteInListener => C::NotAllowed,
            Self::ClockNotManual => C::ClockNotManual,
            Self::Interrupted => C::Interrupted,
            Self::Bug { .. } => C::Bug,
            Self::StoreLocked { .. } => C::StoreLocked,
            Self::StoreFailed { .. } => C::StoreFailed,
            Self::NotAStore { .. } | Self::NewerFormat { .. } | Self::Corrupt { .. } => {
                C::StoreCorrupt
            }
            Self::Io { .. } => C::Io,
        }
    }
}
