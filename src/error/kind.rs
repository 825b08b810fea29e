//! Kinds of errors: what went wrong as data, and the sentence made of it.

use std::sync::Arc;

use super::access::{LockHolder, StoreFailure};
use super::sentence::{Abridged, Brief, Few, NoCell, OrList, OwnedKeys, Short};
use super::slip::Slip;
use super::transaction::TransactionState;
use crate::limits;
use crate::model::{
    AttributeType, JsonError, KeyType, Literal, Name, NameError, ObjectKind, Role, Timestamp,
    TimestampError,
};

/// Kind of an error, with its data; the sentence is its `Display`.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "each variant is documented by its sentence; the fields by their names"
)]
pub enum ErrorKind {
    // -- syntax
    #[error("expected {}, found {found}", OrList(expected))]
    Expected { expected: Vec<String>, found: String },
    #[error("{what} has no end")]
    Unterminated { what: &'static str },
    #[error("the script is not UTF-8")]
    NotUtf8,
    #[error("{} cannot stand here: {why}", Brief(what))]
    Misplaced { what: String, why: &'static str },
    #[error(transparent)]
    BadName(NameError),
    // -- names
    #[error("{kind} `{}` does not exist", name.as_str())]
    Unknown { kind: ObjectKind, name: Name },
    #[error("config `{}` has no {kind} `{}`", config.as_str(), name.as_str())]
    NotInConfig { kind: ObjectKind, name: Name, config: Name },
    #[error("config `{}` has {kind} `{}` already", config.as_str(), name.as_str())]
    InConfigAlready { kind: ObjectKind, name: Name, config: Name },
    #[error("config `{}` has no version {number}; its newest is {newest}", config.as_str())]
    UnknownVersion { config: Name, number: u64, newest: u32 },
    #[error("{kind} `{}` has no version {number}; its newest is {newest}", name.as_str())]
    UnknownObjectVersion { kind: ObjectKind, name: Name, number: u64, newest: u32 },
    #[error("{kind} `{}` exists already", name.as_str())]
    AlreadyExists { kind: ObjectKind, name: Name },
    #[error("`EVERYONE` is the built-in segment, so no other can have that name")]
    EveryoneIsBuiltIn,
    #[error("`user_id` is built in: it is the id of the user, a STRING, and never changes")]
    UserIdIsBuiltIn,
    #[error("{kind} `{}` is archived", name.as_str())]
    Archived { kind: ObjectKind, name: Name },
    #[error("{what} `{}` is there twice", Short(name))]
    Duplicate { what: &'static str, name: String },
    #[error("`user_id` is the id of the user and cannot be set as an attribute")]
    UserIdIsGiven,
    #[error("function `{}` does not exist", Short(name))]
    UnknownFunction { name: String },
    #[error("column `{}` does not exist", Short(name))]
    UnknownColumn { name: String },
    #[error("column `{}` is in {}", Short(name), Few(sources, " and "))]
    AmbiguousColumn { name: String, sources: Vec<String> },
    #[error("table `{}` does not exist", Short(name))]
    UnknownTable { name: String },
    #[error("{what} is not one value of a group")]
    NotGrouped { what: String },
    #[error("one row is wanted of this query, and it has more")]
    TooManyRows,
    #[error("{wanted} {} wanted here, and this query has {found}", if *wanted == 1 { "column is" } else { "columns are" })]
    ColumnCount { wanted: usize, found: usize },
    #[error("no value was given for the parameter `:{}`", Short(name))]
    UnknownParameter { name: String },
    #[error("nothing was activated, and key `{}` has no default", key.as_str())]
    NothingActive { key: Name },
    #[error("key `{}` is gone from the store, and it has no default", key.as_str())]
    KeyGone { key: Name },
    // -- types and values
    #[error("key `{}` is {kind}, and {} is not", key.as_str(), Abridged(value))]
    KeyType { key: Name, kind: KeyType, value: Literal },
    #[error("attribute `{}` is {kind}, and {} is not", attribute.as_str(), Abridged(value))]
    AttributeType { attribute: Name, kind: AttributeType, value: Literal },
    #[error("key `{}` is {kind}, and the type of a key never changes to {wanted}", key.as_str())]
    OtherType { key: Name, kind: KeyType, wanted: KeyType },
    #[error(
        "attribute `{}` is {kind}, and the type of an attribute never changes to {wanted}",
        attribute.as_str()
    )]
    OtherAttributeType { attribute: Name, kind: AttributeType, wanted: AttributeType },
    #[error("{place} wants {wanted}, and this is {}", Brief(found))]
    Type { place: String, wanted: String, found: String },
    #[error("{left} and {right} cannot be compared")]
    NotComparable { left: String, right: String },
    #[error("a comparison with NULL is never true")]
    NullComparison,
    #[error("nothing is in an empty list")]
    EmptyList,
    #[error("`{function}` takes {wanted}, and here {} {found}", if *found == 1 { "is" } else { "are" })]
    ArgumentCount { function: String, wanted: String, found: usize },
    #[error("{} does not pass the CHECK of key `{}`: {}", Abridged(value), key.as_str(), Brief(check))]
    CheckFailed { key: Name, value: Literal, check: Arc<str> },
    #[error(
        "{} does not pass the CHECK of attribute `{}`: {}",
        Abridged(value), attribute.as_str(), Brief(check)
    )]
    AttributeCheckFailed { attribute: Name, value: Literal, check: Arc<str> },
    #[error("values of key `{}` do not pass the new CHECK: {}", key.as_str(), Few(offenders, "; "))]
    CheckViolated { key: Name, offenders: Vec<String> },
    #[error("{what} `{}` is not valid: {}", Short(text), Brief(why))]
    BadLiteral { what: &'static str, text: String, why: String },
    #[error("{0}")]
    Json(JsonError),
    #[error("{0}")]
    BadTimestamp(TimestampError),
    #[error("{what} {at} is in the past: it is {now}")]
    Past { what: &'static str, at: Timestamp, now: Timestamp },
    #[error("UNTIL {until} is not after AT {at}")]
    EmptyWindow { at: Timestamp, until: Timestamp },
    #[error("UNTIL {until} is before SINCE {since}")]
    EmptySpan { since: Timestamp, until: Timestamp },
    #[error("the clock shows {now} and does not go back to {to}")]
    ClockBack { now: Timestamp, to: Timestamp },
    #[error("the years end with 9999")]
    ClockOverrun,
    // -- configs
    #[error("the arms sum to {total}, not to 100%")]
    SplitSum { total: String },
    #[error("a percentage has at most three decimals, and `{}` has more", Short(text))]
    ShareDecimals { text: String },
    #[error("a share is a number or a text such as `50%`, and this is `{}`", Short(text))]
    NoShare { text: String },
    #[error("a share is at most 100%, and this is {}%", Short(text))]
    ShareTooLarge { text: String },
    #[error("`EVERYONE` is the last segment of a config: nobody is left for those after it")]
    EveryoneNotLast,
    #[error("config `{}` is at version {newest}, not {expected}", config.as_str())]
    VersionConflict { config: Name, newest: u32, expected: u64 },
    #[error("the store is at revision {now}, and the transaction began at {began}")]
    RevisionConflict { began: u64, now: u64 },
    #[error("{}", OwnedKeys(owners))]
    KeyInUse { owners: Vec<(Name, Name)> },
    #[error("{kind} `{}` is used by {}", name.as_str(), Few(users, ", "))]
    InUse { kind: ObjectKind, name: Name, users: Vec<String> },
    #[error("these depend on themselves: {}", Few(path, " → "))]
    Cycle { path: Vec<String> },
    #[error("config `{}` has nothing to publish: {}", config.as_str(), NoCell(keys))]
    NothingToPublish { config: Name, keys: Vec<Name> },
    #[error("config `{}` cannot go back: nothing was live before", config.as_str())]
    NothingBefore { config: Name },
    #[error("config `{}` cannot be served today: {}", config.as_str(), Few(reasons, "; "))]
    NotValidNow { config: Name, reasons: Vec<String> },
    // -- what is legal elsewhere
    #[error(transparent)]
    Suspicious(Slip),
    // -- limits
    #[error("a statement has at most {limit} bytes, and this one has more")]
    StatementTooLong { limit: usize },
    #[error("{what} has at most {limit} bytes, and this one has more")]
    TooLong { what: &'static str, limit: usize },
    #[error("{what} nest at most {} deep", limits::NESTING)]
    NestingTooDeep { what: &'static str },
    #[error("{what} has at most {limit} {unit}, and here are {found}")]
    TooMany { what: &'static str, limit: usize, unit: &'static str, found: usize },
    #[error("the regex is too large: compiled it has at most {} bytes", limits::REGEX_BYTES)]
    RegexTooLarge,
    #[error(
        "the regexes of the condition are too large: compiled they have at most {} bytes together",
        limits::CONDITION_REGEX_BYTES
    )]
    RegexesTooLarge,
    #[error("`{}` is past the range of 64-bit integers", Short(text))]
    IntegerRange { text: String },
    #[error("`{}` is longer than any duration: at most about 292,000 years", Short(text))]
    DurationRange { text: String },
    #[error(
        "these conditions refer to one another too deeply: more than {} levels",
        limits::CHAIN_DEPTH
    )]
    ChainTooDeep,
    #[error("this is nothing that a state file says")]
    NotAState,
    #[error("the store is at revision {now}, and the plan was made at {began}")]
    PlanConflict { began: u64, now: u64 },
    // -- sessions
    #[error("expected {}, got {}", Brief(wanted), Brief(got))]
    AssertionFailed { wanted: String, got: String },
    #[error("{0}")]
    TransactionState(TransactionState),
    #[error("the store is open for reading only")]
    ReadOnly,
    #[error("this needs the role `{needs}`, and the session has `{has}`")]
    RoleTooSmall { needs: Role, has: Role },
    #[error("a listener cannot write: the commit that called it waits for it to return")]
    WriteInListener,
    #[error("the clock of this store is the system's and moves by itself")]
    ClockNotManual,
    #[error("the rows of this query take more than {limit} bytes of memory")]
    QueryTooLarge { limit: usize },
    #[error("it was interrupted")]
    Interrupted,
    #[error("this is a mistake in pcq itself: {}", Brief(what))]
    Bug { what: String },
    // -- the file
    #[error("`{}` is in use by {holder}", Brief(path))]
    StoreLocked { path: String, holder: LockHolder },
    #[error("`{}` failed: {why}", Brief(path))]
    StoreFailed { path: String, why: StoreFailure },
    #[error("`{}` is not a pcq store: {}", Brief(path), Brief(why))]
    NotAStore { path: String, why: String },
    #[error(
        "`{}` has format {found}, and this version of pcq reads formats up to {known}",
        Brief(path)
    )]
    NewerFormat { path: String, found: u32, known: u32 },
    #[error("the store is damaged: {}", Brief(what))]
    Corrupt { what: String },
    #[error("{}: {}", Brief(path), Brief(message))]
    Io { path: String, message: String },
}
