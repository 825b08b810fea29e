//! Statements of the language, one file each: node, parsing, canonical text and help; and the table of them.

#[macro_use]
mod table;

mod action;
mod advance_clock;
pub(crate) mod alone;
pub(crate) mod also;
mod alter_attribute;
mod alter_attributes;
mod alter_config;
mod alter_event;
mod alter_key;
mod alter_segment;
mod archive;
mod assert_condition;
mod assert_error;
mod assert_get;
mod begin;
pub(crate) mod binder;
mod cancel;
mod canonical;
mod cell;
pub(crate) mod chain;
mod command;
mod commit;
mod consequence;
pub(crate) mod content;
mod create_attribute;
mod create_config;
mod create_key;
mod create_mode;
mod create_segment;
pub(crate) mod definition;
mod describe;
mod diff;
mod disable;
mod domain;
mod edit;
mod effect;
mod enable;
mod explain;
mod explain_select;
pub(crate) mod fill;
pub(crate) mod find;
mod forget_user;
mod get;
mod layout;
mod listed;
mod load;
mod load_change;
mod matrix;
pub(crate) mod meaning;
mod once;
mod parameter;
mod parsed;
mod part;
mod plan;
mod preview;
pub(crate) mod profile;
mod publish;
mod record_traffic;
mod restore;
mod revert;
mod rollback;
pub(crate) mod rules;
mod scope;
mod select;
mod set_actor;
mod set_clock;
mod set_comment;
mod set_user;
mod show;
mod show_changes;
mod show_history;
mod show_stats;
mod show_versions;
mod since;
pub(crate) mod slip;
mod spec;
#[cfg(test)]
mod tests;
mod topic;
mod track;
pub(crate) mod usage;

pub use crate::model::Under;
pub use action::{Action, Position};
pub use alter_attribute::AttributeChange;
pub use alter_key::KeyChange;
pub(crate) use command::{Command, CommandKind, Control, Query};
pub use create_mode::CreateMode;
pub use effect::{Effect, Operation, Target};
pub use get::{Attributes, GetWhat};
pub(crate) use layout::{Piece, breaks};
pub(crate) use listed::Listed;
pub use parameter::Parameters;
pub use parsed::Parsed;
pub(crate) use plan::{Plan, Write};
pub(crate) use preview::context_list;
pub use preview::{Detail, Population, Previewed};
pub use show::{Direction, Filter, Table};
pub use show_changes::ChangesOf;
pub use show_stats::{ConfigStats, StatsGroup, StatsOf};
pub use spec::{ArmSpec, CellSpec, CellsSpec, ColumnSpec, RolloutSpec, RowSpec, SplitSpec};
pub use topic::{TOPICS, Topic};

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::model::{Given, Instant, Literal, Name, ObjectKind, Role, Spanned, Timestamp};
use crate::syntax::{self, Node, Rule};
use binder::Binder;

statements! {
    {
        create_key: CreateKey(create_key) => Write, own;
        alter_key: AlterKey(alter_key) => Write, own;
        create_segment: CreateSegment(create_segment) => Write, own;
        alter_segment: AlterSegment(alter_segment) => Write, Publish;
        create_attribute: CreateAttribute(create_attribute) => Write, Publish;
        alter_attribute: AlterAttribute(alter_attribute) => Write, own;
        alter_attributes: AlterAttributes(alter_attributes) => Write, Publish;
        create_config: CreateConfig(create_config) => Write, Draft;
        alter_config: AlterConfig(alter_config) => Write, own;
        archive: Archive(archive) => Write, Publish;
        restore: Restore(restore) => Write, Publish;
        publish: Publish(publish) => Write, Publish;
        revert: Revert(revert) => Write, Publish;
        cancel: Cancel(cancel) => Write, Publish;
        disable: Disable(disable) => Write, Publish;
        enable: Enable(enable) => Write, Publish;
        set_user: SetUser(set_user) => Record, Publish;
        track: Track(track) => Record, Publish;
        forget_user: ForgetUser(forget_user) => Record, Admin;
        alter_event: AlterEvent(alter_event) => Write, Admin;
        record_traffic: RecordTraffic(record_traffic) => Write, Admin;
        get: Get(get) => Query, own;
        explain: Explain(explain) => Query, Read;
        show: Show(show_table) => Query, Read;
        show_versions: ShowVersions(show_versions) => Query, Read;
        show_history: ShowHistory(show_history) => Query, Read;
        show_stats: ShowStats(show_stats) => Query, Read;
        show_changes: ShowChanges(show_changes) => Query, Read;
        describe: Describe(describe) => Query, Read;
        diff: Diff(diff) => Query, Read;
        preview: Preview(preview) => Preview, Read;
        select: Select(select) => Query, Read;
        explain_select: ExplainSelect(explain_select) => Query, Read;
        begin: Begin(begin) => Control, Values;
        commit: Commit(commit) => Control, Values;
        rollback: Rollback(rollback) => Control, Values;
        set_actor: SetActor(set_actor) => Control, Values;
        set_comment: SetComment(set_comment) => Control, Values;
        assert_get: AssertGet(assert_get) => Query, own;
        assert_condition: AssertCondition(assert_condition) => Query, Read;
        assert_error: AssertError(assert_error) => Control, Values;
        advance_clock: AdvanceClock(advance_clock) => Control, Admin;
        set_clock: SetClock(set_clock) => Control, Admin;
    }
    {
        load: Load(
            load_store | load_revision | load_key | load_segment | load_attribute | load_attributes | load_config
                | load_salt | load_version | load_publication | load_cancel | load_keep | load_traffic | load_list
                | load_user | load_end
        ) => Load, Admin;
    }
}

/// A literal or `:parameter` that stands where a text is wanted; that it is one is checked when the
/// statement is run.
pub type Text = Spanned<Literal>;

/// An instant that a clause says.
pub type When = Spanned<Instant>;

/// A segment that is referred to; `None` is `EVERYONE`.
pub type SegmentRef = Spanned<Option<Name>>;

impl Statement {
    /// Parses one statement; a `;` may stand at its end.
    pub fn parse(text: &str) -> Result<Self> {
        Parsed::parse(text)?.result
    }

    /// Whether it may change what an attribute is declared as.
    pub(crate) fn may_declare(&self) -> bool {
        match self {
            Self::CreateAttribute(_) | Self::AlterAttribute(_) => true,
            Self::Restore(restore) => restore.kind == ObjectKind::Attribute,
            Self::Revert(revert) => revert.kind == ObjectKind::Attribute,
            _ => false,
        }
    }

    /// The names of the parameters in it, in the order in which they first stand there.
    #[must_use]
    pub fn parameters(&self) -> Vec<Arc<str>> {
        syntax::parameters(&self.to_string()).into_iter().map(|name| name.node).collect()
    }
}

impl FromStr for Statement {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

/// Help for a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Help {
    /// The words that it starts with.
    pub name: &'static str,
    /// How it is written.
    pub syntax: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// An example, without `;`.
    pub example: &'static str,
}

/// A name that comes from outside, in no text.
fn named<N>(name: N) -> Result<Spanned<Name>>
where
    N: TryInto<Name, Error: Into<Error>>,
{
    name.try_into().map(Spanned::unplaced).map_err(Into::into)
}

/// A segment that comes from outside; `EVERYONE` is the built-in one, as no other has that name.
fn segment<N>(name: N) -> Result<SegmentRef>
where
    N: TryInto<Name, Error: Into<Error>>,
{
    let name = named(name)?.node;
    Ok(Spanned::unplaced((name != Name::everyone()).then_some(name)))
}

/// An instant that comes from outside, in no text.
pub(crate) fn when(at: Timestamp) -> When {
    Spanned::unplaced(Instant::Text(at.to_string().into()))
}

/// A thing that comes from outside, in no text.
fn given<T>(thing: T) -> Spanned<Given<T>> {
    Spanned::unplaced(thing.into())
}

/// A literal that comes from outside, in no text.
fn text(value: impl Into<Literal>) -> Spanned<Literal> {
    Spanned::unplaced(value.into())
}
