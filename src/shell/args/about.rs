//! Arguments of the commands that are about the program and its language, and about no store.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

/// `pcq new`
#[derive(Args, Debug)]
pub(in crate::shell) struct NewArgs {
    /// The file of the script, which must not exist
    #[arg(value_name = "FILE")]
    pub(in crate::shell) file: PathBuf,
}

/// `pcq help`
#[derive(Args, Debug)]
pub(in crate::shell) struct HelpArgs {
    /// A command, the first words of a statement, the name of a table, or `reference`
    #[arg(value_name = "TOPIC")]
    pub(in crate::shell) topic: Vec<String>,
}

/// `pcq errors`
#[derive(Args, Debug)]
pub(in crate::shell) struct ErrorsArgs {
    /// The code, as it stands in brackets: `error[bad-time]`
    #[arg(value_name = "CODE")]
    pub(in crate::shell) code: Option<String>,
}

/// `pcq completions`
#[derive(Args, Debug)]
pub(in crate::shell) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub(in crate::shell) shell: Shell,
}

/// `pcq man`
#[derive(Args, Debug)]
pub(in crate::shell) struct ManArgs {
    /// The command; the program itself, if not said
    #[arg(value_name = "COMMAND", conflicts_with = "into")]
    pub(in crate::shell) command: Option<String>,
    /// Write the pages of the program and of all commands into a folder, in place of those that may be there
    #[arg(long, value_name = "FOLDER")]
    pub(in crate::shell) into: Option<PathBuf>,
}
