//! Commands: statements that were checked against a state, by what has to be done with them.

use super::plan::Plan;
use super::{
    AdvanceClock, AssertCondition, AssertError, AssertGet, Begin, Commit, Describe, Diff, Explain,
    ExplainSelect, Get, Load, Preview, Rollback, Select, SetActor, SetClock, SetComment, Show,
    ShowChanges, ShowHistory, ShowStats, ShowVersions,
};
use crate::error::Note;
use crate::model::Entry;

/// Command of a statement, checked against a state.
#[derive(Debug)]
pub(crate) enum Command<'s> {
    /// Changes of objects, which make a revision.
    Write(Plan),
    /// Fact about a user, which is no part of the history of the store.
    Record(Entry),
    /// Question that changes nothing.
    Query(Query<'s>),
    /// Question what a write would change, which is not made, with notes on what is asked.
    Preview(&'s Preview, Vec<Note>),
    /// What concerns the session: its transaction, its settings, its clock, its assertions.
    Control(Control<'s>),
    /// Statement of a dump, which goes by those before it.
    Load(&'s Load),
}

impl Command<'_> {
    /// The same, if it is a write or a preview of one, with notes before those that it has.
    pub(crate) fn noting(self, notes: Vec<Note>) -> Self {
        match self {
            Self::Write(plan) => Self::Write(plan.noting_first(notes)),
            Self::Preview(preview, _) => Self::Preview(preview, notes),
            other => other,
        }
    }
}

/// Kind of a command, which is known before it is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CommandKind {
    Write,
    Record,
    Query,
    Preview,
    Control,
    Load,
}

impl CommandKind {
    /// Whether it writes to the store.
    pub(crate) fn writes(self) -> bool {
        match self {
            Self::Write | Self::Record => true,
            Self::Query | Self::Preview | Self::Control | Self::Load => false,
        }
    }
}

/// Statement that reads.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Query<'s> {
    Get(&'s Get),
    Explain(&'s Explain),
    Show(&'s Show),
    ShowVersions(&'s ShowVersions),
    ShowHistory(&'s ShowHistory),
    ShowStats(&'s ShowStats),
    ShowChanges(&'s ShowChanges),
    Describe(&'s Describe),
    Diff(&'s Diff),
    AssertGet(&'s AssertGet),
    Select(&'s Select),
    ExplainSelect(&'s ExplainSelect),
    AssertCondition(&'s AssertCondition),
}

impl Query<'_> {
    /// Whether it asks for what was delivered, which must be in the store by then.
    pub(crate) fn reads_deliveries(self) -> bool {
        match self {
            Self::ShowStats(_) => true,
            Self::Select(select) => may_read_deliveries(select),
            Self::AssertCondition(assertion) => may_read_deliveries(assertion),
            Self::Get(_)
            | Self::Explain(_)
            | Self::Show(_)
            | Self::ShowVersions(_)
            | Self::ShowHistory(_)
            | Self::ShowChanges(_)
            | Self::Describe(_)
            | Self::Diff(_)
            | Self::AssertGet(_)
            | Self::ExplainSelect(_) => false,
        }
    }
}

/// Whether a statement may read deliveries or traffic, or have a `SHOW STATS` or a `PREVIEW` in it. If the word only stands in a text, nothing is
/// lost.
fn may_read_deliveries(statement: &impl ToString) -> bool {
    let text = statement.to_string().to_ascii_uppercase();
    ["STATS", "DELIVERIES", "TRAFFIC", "PREVIEW"].iter().any(|word| text.contains(word))
}

/// Statement that concerns the session.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Control<'s> {
    Begin(&'s Begin),
    Commit(&'s Commit),
    Rollback(&'s Rollback),
    SetActor(&'s SetActor),
    SetComment(&'s SetComment),
    AssertError(&'s AssertError),
    AdvanceClock(&'s AdvanceClock),
    SetClock(&'s SetClock),
}
