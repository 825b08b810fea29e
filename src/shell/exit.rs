//! Exit codes, and reasons to end the program early.

use std::io;
use std::process::ExitCode;

use super::report::Reporter;
use pcq::{Error, ErrorClass, ErrorKind};

/// Exit code of the program; of several, the greatest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exit {
    /// All went well.
    Fine = 0,
    /// A statement failed.
    Failed = 1,
    /// The arguments make no sense, or a file that they name cannot be read.
    Usage = 2,
    /// The store cannot be opened, or is corrupt.
    Store = 3,
    /// A script does not parse.
    Syntax = 4,
    /// Something is to be done, says a plan.
    Todo = 6,
}

impl Exit {
    /// The exit code of a statement that failed with an error.
    pub(super) fn of(error: &Error) -> Self {
        match error.class() {
            ErrorClass::Store => Self::Store,
            _ => Self::Failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        (exit as u8).into()
    }
}

/// Reason to end the program before its work is done.
#[derive(Debug)]
pub(super) enum Stop {
    /// An error that is still to be told.
    Error {
        /// The script in which it is, if it is in one.
        file: Option<String>,
        /// What went wrong.
        error: Error,
        /// The exit code for it.
        exit: Exit,
    },
    /// Arguments of which nothing can be made, and what to write.
    Usage {
        /// What is wrong.
        message: String,
        /// What would be right.
        hint: String,
    },
    /// An error that has been told.
    Told(Exit),
    /// Nobody reads the output any more, which is no error: `pcq dump store | head`.
    ClosedPipe,
}

impl Stop {
    /// Ends with an error that is in no script.
    pub(super) fn error(error: Error, exit: Exit) -> Self {
        Self::Error { file: None, error, exit }
    }

    /// Ends with an error that the library returned.
    pub(super) fn failed(error: Error) -> Self {
        let exit = Exit::of(&error);
        Self::error(error, exit)
    }

    /// Ends because a file cannot be read or written.
    pub(super) fn io(path: &str, error: &io::Error, exit: Exit) -> Self {
        let kind = ErrorKind::Io { path: path.to_owned(), message: error.to_string() };
        Self::error(kind.into(), exit)
    }

    /// Tells the error, if that has not been done, and returns the exit code.
    pub(super) fn told(self, reporter: &Reporter) -> Exit {
        match self {
            Self::Error { file, error, exit } => {
                reporter.tell(file.as_deref(), &error);
                exit
            }
            Self::Usage { message, hint } => {
                reporter.refuse(&message, &hint);
                Exit::Usage
            }
            Self::Told(exit) => exit,
            Self::ClosedPipe => Exit::Fine,
        }
    }
}

/// Takes an error of standard output, the only thing that commands write to with `?`.
impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::ClosedPipe,
            _ => Self::io("standard output", &error, Exit::Failed),
        }
    }
}

/// Ends with a code, unless it is [`Exit::Fine`].
pub(super) fn finish(worst: Exit) -> Result<(), Stop> {
    if worst == Exit::Fine { Ok(()) } else { Err(Stop::Told(worst)) }
}
