//! States of a transaction or of a dump in which a statement is refused.

use std::fmt;

/// Why a statement cannot stand where it does: a transaction is open or none is, or a dump is being loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant is documented by its sentence")]
pub enum TransactionState {
    // -- transactions
    #[error("no transaction is open")]
    NotOpen,
    #[error("a transaction is open already")]
    OpenAlready,
    #[error("the script ends {0} a transaction, which was rolled back")]
    LeftOpen(ScriptEnd),
    #[error("a statement of the transaction failed, so nothing of it was written")]
    Failed,
    #[error("all scripts are one transaction, which ends with the last of them")]
    Single,
    #[error("the clock does not move in a transaction")]
    ClockInside,
    #[error("a {what} cannot be loaded in a transaction")]
    LoadInside { what: &'static str },
    // -- what is loaded at the time
    #[error("a {what} is being loaded")]
    Loading { what: &'static str },
    #[error("a dump is being loaded: only LOAD statements can stand here")]
    OnlyLoad,
    #[error("a dump is loaded into an empty store only")]
    NotEmpty,
    #[error("only an empty store takes a dump, and this one is not")]
    DumpIntoFull,
    #[error("another session wrote to the store meanwhile")]
    WrittenMeanwhile,
    // -- the order of a dump
    #[error("a dump begins with LOAD STORE")]
    StoreFirst,
    #[error("LOAD STORE stands once, at the start")]
    StoreOnce,
    #[error("this version of pcq does not know the format of the dump")]
    UnknownFormat,
    #[error("revisions come one after the other, from 1")]
    RevisionOrder,
    #[error("the time of a revision is not before the one of the last")]
    RevisionTime,
    #[error("{first} comes before {then}")]
    Late { first: &'static str, then: &'static str },
    #[error("LOAD END says CLOCK if and only if LOAD STORE says CLOCK MANUAL")]
    EndClock,
    #[error("the clock is not before the last revision")]
    ClockBeforeRevision,
    #[error("a config has at least one version")]
    ConfigWithoutVersion,
    // -- lists of a dump
    #[error("that is no number of a list")]
    ListNumber,
    #[error("lists come one after the other, from 1, each before its segment")]
    ListOrder,
    #[error("the ids of a list are in order, each once")]
    IdOrder,
    #[error("there is a list that no segment refers to")]
    StrayList,
    #[error("outside of a dump with history LOAD SEGMENT is for lists alone")]
    SegmentWithoutList,
}

/// Where a script ends: it was read from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptEnd {
    /// A text in memory.
    Text,
    /// A file, or standard input.
    File,
}

impl fmt::Display for ScriptEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "in",
            Self::File => "inside",
        })
    }
}
