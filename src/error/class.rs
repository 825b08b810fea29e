//! Classes of errors by who can mend them, and the code of each kind.

use super::code::ErrorCode;
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
            Self::AlreadyExists { .. } | Self::EveryoneIsBuiltIn | Self::UserIdIsBuiltIn => {
                C::AlreadyExists
            }
            Self::Archived { .. } => C::Archived,
            Self::Duplicate { .. }
            | Self::InConfigAlready { .. }
            | Self::UserIdIsGiven
            | Self::Json(JsonError::Duplicate(_)) => C::Duplicate,
            Self::UnknownFunction { .. } => C::UnknownFunction,
            Self::UnknownColumn { .. } => C::UnknownColumn,
            Self::AmbiguousColumn { .. } => C::AmbiguousColumn,
            Self::UnknownTable { .. } => C::UnknownTable,
            Self::NotGrouped { .. } => C::NotGrouped,
            Self::TooManyRows => C::TooManyRows,
            Self::ColumnCount { .. } => C::ColumnCount,
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
            | Self::EmptySpan { .. }
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
            | Self::QueryTooLarge { .. }
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
