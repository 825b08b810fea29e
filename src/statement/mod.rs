//! The statements of the language, one file each: node, parsing, canonical text and help.

mod advance_clock;
mod alter_config;
mod alter_event;
mod alter_key;
mod alter_segment;
mod archive;
mod assert_error;
mod assert_get;
mod begin;
mod cancel;
mod commit;
mod create_config;
mod create_key;
mod create_segment;
pub(crate) mod definition;
mod describe;
mod diff;
mod disable;
mod enable;
mod explain;
mod forget_user;
mod get;
mod listed;
mod load;
mod matrix;
mod parameter;
mod parsed;
mod publish;
mod restore;
mod revert;
mod rollback;
pub(crate) mod rules;
pub(crate) mod scene;
mod set_actor;
mod set_clock;
mod set_comment;
mod set_user;
mod show;
mod show_history;
mod show_stats;
mod show_versions;
#[cfg(test)]
mod tests;
mod track;
mod write;

pub use advance_clock::AdvanceClock;
pub use alter_config::{Action, AlterConfig, Position};
pub use alter_event::AlterEvent;
pub use alter_key::{AlterKey, KeyChange};
pub use alter_segment::AlterSegment;
pub use archive::Archive;
pub use assert_error::AssertError;
pub use assert_get::AssertGet;
pub use begin::Begin;
pub use cancel::Cancel;
pub use commit::Commit;
pub use create_config::{
    ArmSpec, CellSpec, CellsSpec, ColumnSpec, CreateConfig, RowSpec, SplitSpec,
};
pub use create_key::CreateKey;
pub use create_segment::CreateSegment;
pub use describe::Describe;
pub use diff::Diff;
pub use disable::Disable;
pub use enable::Enable;
pub use explain::Explain;
pub use forget_user::ForgetUser;
pub use get::{Get, GetWhat, Under};
pub(crate) use listed::Listed;
pub use load::Load;
pub use parameter::Parameters;
pub(crate) use parameter::unknown_parameter;
pub use parsed::Parsed;
pub use publish::Publish;
pub use restore::Restore;
pub use revert::Revert;
pub use rollback::Rollback;
pub use set_actor::SetActor;
pub use set_clock::SetClock;
pub use set_comment::SetComment;
pub use set_user::SetUser;
pub use show::{Direction, Filter, Show, Table};
pub use show_history::ShowHistory;
pub use show_stats::{ConfigStats, ShowStats, StatsOf};
pub use show_versions::ShowVersions;
pub use track::Track;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::model::{Entry, Literal, Name, Spanned, Timestamp};
use crate::syntax::{self, Node, Rule};
use scene::{Checked, Scene};

/// A literal or `:parameter` that stands where a text is wanted; that it is one is checked when the
/// statement is run.
pub type Text = Spanned<Literal>;

/// A segment that is referred to; `None` is `EVERYONE`.
pub type SegmentRef = Spanned<Option<Name>>;

/// A statement of the language.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each variant is documented by its node")]
pub enum Statement {
    CreateKey(CreateKey),
    AlterKey(AlterKey),
    CreateSegment(CreateSegment),
    AlterSegment(AlterSegment),
    CreateConfig(CreateConfig),
    AlterConfig(AlterConfig),
    AlterEvent(AlterEvent),
    Archive(Archive),
    Restore(Restore),
    Publish(Publish),
    Revert(Revert),
    Cancel(Cancel),
    Disable(Disable),
    Enable(Enable),
    SetUser(SetUser),
    Track(Track),
    ForgetUser(ForgetUser),
    Get(Get),
    Explain(Explain),
    Show(Show),
    ShowVersions(ShowVersions),
    ShowHistory(ShowHistory),
    ShowStats(ShowStats),
    Describe(Describe),
    Diff(Diff),
    Begin(Begin),
    Commit(Commit),
    Rollback(Rollback),
    SetActor(SetActor),
    SetComment(SetComment),
    AssertGet(AssertGet),
    AssertError(AssertError),
    AdvanceClock(AdvanceClock),
    SetClock(SetClock),
    Load(Load),
}

impl Statement {
    /// Parses one statement; a `;` may stand at its end.
    pub fn parse(text: &str) -> Result<Self> {
        Parsed::parse(text)?.result
    }

    /// The names of the parameters in it, in the order in which they first stand there.
    #[must_use]
    pub fn parameters(&self) -> Vec<Arc<str>> {
        syntax::parameters(&self.to_string())
    }

    /// Whether it writes to the store, and so is checked and done under the writer's lock.
    pub(crate) fn is_write(&self) -> bool {
        matches!(
            self,
            Self::CreateKey(_)
                | Self::AlterKey(_)
                | Self::CreateSegment(_)
                | Self::AlterSegment(_)
                | Self::CreateConfig(_)
                | Self::AlterConfig(_)
                | Self::AlterEvent(_)
                | Self::Archive(_)
                | Self::Restore(_)
                | Self::Publish(_)
                | Self::Revert(_)
                | Self::Cancel(_)
                | Self::Disable(_)
                | Self::Enable(_)
        )
    }

    /// Whether it writes what is known of a user, which is no part of the history of the store.
    pub(crate) fn is_user_write(&self) -> bool {
        matches!(self, Self::SetUser(_) | Self::Track(_) | Self::ForgetUser(_))
    }

    /// What a write about a user appends to what is known of them.
    pub(crate) fn entry(&self, parameters: &Parameters, now: Timestamp) -> Result<Entry> {
        match self {
            Self::SetUser(node) => node.entry(parameters, now),
            Self::Track(node) => node.entry(parameters, now),
            Self::ForgetUser(node) => node.entry(parameters, now),
            _ => Err(ErrorKind::Bug { what: "a statement about no user".to_owned() }.into()),
        }
    }

    /// Checks a write against a state, and says what it does; what is no write does nothing.
    pub(crate) fn checked(&self, scene: &Scene<'_>) -> Result<Checked> {
        match self {
            Self::CreateKey(node) => node.checked(scene),
            Self::AlterKey(node) => node.checked(scene),
            Self::CreateSegment(node) => node.checked(scene),
            Self::AlterSegment(node) => node.checked(scene),
            Self::CreateConfig(node) => node.checked(scene),
            Self::AlterConfig(node) => node.checked(scene),
            Self::AlterEvent(node) => node.checked(scene),
            Self::Archive(node) => node.checked(scene),
            Self::Restore(node) => node.checked(scene),
            Self::Publish(node) => node.checked(scene),
            Self::Revert(node) => node.checked(scene),
            Self::Cancel(node) => node.checked(scene),
            Self::Disable(node) => node.checked(scene),
            Self::Enable(node) => node.checked(scene),
            _ => Ok(scene.unchanged("it writes nothing")),
        }
    }

    fn build(node: &Node<'_>) -> Result<Self> {
        Ok(match node.rule() {
            Rule::create_key => CreateKey::build(node)?.into(),
            Rule::alter_key => AlterKey::build(node)?.into(),
            Rule::create_segment => CreateSegment::build(node)?.into(),
            Rule::alter_segment => AlterSegment::build(node)?.into(),
            Rule::create_config => CreateConfig::build(node)?.into(),
            Rule::alter_config => AlterConfig::build(node)?.into(),
            Rule::alter_event => AlterEvent::build(node)?.into(),
            Rule::archive => Archive::build(node)?.into(),
            Rule::restore => Restore::build(node)?.into(),
            Rule::publish => Publish::build(node)?.into(),
            Rule::revert => Revert::build(node)?.into(),
            Rule::cancel => Cancel::build(node)?.into(),
            Rule::disable => Disable::build(node)?.into(),
            Rule::enable => Enable::build(node)?.into(),
            Rule::set_user => SetUser::build(node)?.into(),
            Rule::track => Track::build(node)?.into(),
            Rule::forget_user => ForgetUser::build(node)?.into(),
            Rule::get => Get::build(node)?.into(),
            Rule::explain => Explain::build(node)?.into(),
            Rule::show_table => Show::build(node)?.into(),
            Rule::show_versions => ShowVersions::build(node)?.into(),
            Rule::show_history => ShowHistory::build(node)?.into(),
            Rule::show_stats => ShowStats::build(node)?.into(),
            Rule::describe => Describe::build(node)?.into(),
            Rule::diff => Diff::build(node)?.into(),
            Rule::set_actor => SetActor::build(node)?.into(),
            Rule::set_comment => SetComment::build(node)?.into(),
            Rule::assert_get => AssertGet::build(node)?.into(),
            Rule::assert_error => AssertError::build(node)?.into(),
            Rule::advance_clock => AdvanceClock::build(node)?.into(),
            Rule::set_clock => SetClock::build(node)?.into(),
            Rule::begin => Begin.into(),
            Rule::commit => Commit.into(),
            Rule::rollback => Rollback.into(),
            _ => Load::build(node)?.into(),
        })
    }
}

/// Writes the statement in its canonical text, without `;`.
impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateKey(node) => node.fmt(f),
            Self::AlterKey(node) => node.fmt(f),
            Self::CreateSegment(node) => node.fmt(f),
            Self::AlterSegment(node) => node.fmt(f),
            Self::CreateConfig(node) => node.fmt(f),
            Self::AlterConfig(node) => node.fmt(f),
            Self::AlterEvent(node) => node.fmt(f),
            Self::Archive(node) => node.fmt(f),
            Self::Restore(node) => node.fmt(f),
            Self::Publish(node) => node.fmt(f),
            Self::Revert(node) => node.fmt(f),
            Self::Cancel(node) => node.fmt(f),
            Self::Disable(node) => node.fmt(f),
            Self::Enable(node) => node.fmt(f),
            Self::SetUser(node) => node.fmt(f),
            Self::Track(node) => node.fmt(f),
            Self::ForgetUser(node) => node.fmt(f),
            Self::Get(node) => node.fmt(f),
            Self::Explain(node) => node.fmt(f),
            Self::Show(node) => node.fmt(f),
            Self::ShowVersions(node) => node.fmt(f),
            Self::ShowHistory(node) => node.fmt(f),
            Self::ShowStats(node) => node.fmt(f),
            Self::Describe(node) => node.fmt(f),
            Self::Diff(node) => node.fmt(f),
            Self::Begin(node) => node.fmt(f),
            Self::Commit(node) => node.fmt(f),
            Self::Rollback(node) => node.fmt(f),
            Self::SetActor(node) => node.fmt(f),
            Self::SetComment(node) => node.fmt(f),
            Self::AssertGet(node) => node.fmt(f),
            Self::AssertError(node) => node.fmt(f),
            Self::AdvanceClock(node) => node.fmt(f),
            Self::SetClock(node) => node.fmt(f),
            Self::Load(node) => node.fmt(f),
        }
    }
}

impl FromStr for Statement {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

macro_rules! from {
    ($($node:ident)*) => {
        $(impl From<$node> for Statement {
            fn from(node: $node) -> Self {
                Self::$node(node)
            }
        })*
    };
}

from! {
    CreateKey AlterKey CreateSegment AlterSegment CreateConfig AlterConfig AlterEvent Archive Restore Publish Revert Cancel Disable Enable SetUser Track ForgetUser Get Explain Show ShowVersions ShowHistory ShowStats Describe Diff Begin Commit Rollback SetActor SetComment AssertGet AssertError AdvanceClock SetClock Load
}

/// What `help` says of a statement.
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

/// What `help` says of each statement, in the order of the language reference.
pub const HELP: [&Help; 34] = [
    &create_key::HELP,
    &alter_key::HELP,
    &create_segment::HELP,
    &alter_segment::HELP,
    &create_config::HELP,
    &alter_config::HELP,
    &archive::HELP,
    &restore::HELP,
    &publish::HELP,
    &revert::HELP,
    &cancel::HELP,
    &disable::HELP,
    &enable::HELP,
    &set_user::HELP,
    &track::HELP,
    &forget_user::HELP,
    &alter_event::HELP,
    &get::HELP,
    &explain::HELP,
    &show::HELP,
    &show_versions::HELP,
    &show_history::HELP,
    &show_stats::HELP,
    &describe::HELP,
    &diff::HELP,
    &begin::HELP,
    &commit::HELP,
    &rollback::HELP,
    &set_actor::HELP,
    &set_comment::HELP,
    &assert_get::HELP,
    &assert_error::HELP,
    &advance_clock::HELP,
    &set_clock::HELP,
];

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

/// A literal that comes from outside, in no text.
fn text(value: impl Into<Literal>) -> Spanned<Literal> {
    Spanned::unplaced(value.into())
}
