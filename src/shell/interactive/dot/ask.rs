//! What is asked of the shell itself.

use std::path::PathBuf;
use std::time::Duration;

use crate::shell::format::{Format, Zone};
use crate::shell::interactive::keys::Keys;

/// What is asked of the shell itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::shell::interactive) enum Ask {
    Help(String),
    /// To run a statement.
    Statement(&'static str),
    Show(String),
    Open(Option<PathBuf>),
    Read(PathBuf),
    Dump(Option<PathBuf>),
    Backup(PathBuf),
    Verify,
    /// To edit the last statement, or the one that is open.
    Edit,
    /// To run a statement every so often.
    Watch(Duration, String),
    /// To list the formats, and which is used.
    Modes,
    Last,
    Output(Option<PathBuf>),
    Once(PathBuf),
    Parameters,
    /// To say in which zone times are shown.
    Zone,
    /// To say with which keys lines are edited.
    Keys,
    /// To say which pager is used.
    Pager,
    /// To change a setting.
    Set(Setting),
    Leave,
    /// To be told something.
    Told(String),
}

/// Setting that is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::shell::interactive) enum Setting {
    Mode(Format),
    /// To turn records on or off.
    Records,
    Width(Option<u16>),
    Null(Option<String>),
    /// Whether times are told; `None`: those of what took long.
    Timer(Option<bool>),
    Echo(bool),
    Bail(bool),
    Color(bool),
    Parameter(String, String),
    /// To take a parameter away; `None`: all of them.
    NoParameter(Option<String>),
    /// The zone in which times are shown.
    Zone(Zone),
    /// Whether a pager is used.
    Paging(bool),
    /// The program that is the pager.
    Pager(String),
    /// The keys that lines are edited with.
    Keys(Keys),
}

impl From<Setting> for Ask {
    fn from(setting: Setting) -> Self {
        Self::Set(setting)
    }
}

impl Ask {
    /// Whether it touches a file besides the store, or starts a program.
    pub(in crate::shell::interactive) fn reaches_out(&self) -> bool {
        match self {
            Self::Open(path) | Self::Dump(path) | Self::Output(path) => path.is_some(),
            Self::Read(_) | Self::Backup(_) | Self::Once(_) | Self::Edit | Self::Pager => true,
            Self::Set(setting) => matches!(setting, Setting::Paging(_) | Setting::Pager(_)),
            Self::Help(_)
            | Self::Statement(_)
            | Self::Show(_)
            | Self::Verify
            | Self::Watch(..)
            | Self::Modes
            | Self::Last
            | Self::Parameters
            | Self::Zone
            | Self::Keys
            | Self::Leave
            | Self::Told(_) => false,
        }
    }
}
