//! Other programs that are given the terminal: a pager, an editor.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::Path;
use std::process::{ChildStdin, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};

use super::listener::{Away, Listener};

/// The exit code of a shell that finds no program of a name.
const NOT_FOUND: i32 = 127;

/// More than a pipe holds that nobody reads, in bytes.
const PIPE: usize = 1 << 20;

/// The value of a variable of the environment that says something.
pub(super) fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// A command as it is written in a variable of the environment, which the shell of the system takes apart.
fn written(command: &OsStr, file: Option<&Path>) -> Command {
    if cfg!(windows) {
        let mut program = Command::new("cmd");
        program.arg("/C").arg(command).args(file);
        return program;
    }
    let mut program = Command::new("sh");
    let mut text = command.to_owned();
    if file.is_some() {
        text.push(" \"$@\"");
    }
    program.arg("-c").arg(text).arg(command).args(file);
    program
}

/// Lets somebody edit a file; whether the program ended well.
pub(super) fn edit(command: &OsStr, file: &Path, listener: &Listener) -> io::Result<bool> {
    listener.elsewhere(|| Ok(written(command, Some(file)).status()?.success()))
}

/// Gives a text to a program that shows it; whether there is such a program. That it ends before it has read all is
/// no error: somebody has seen enough.
pub(super) fn page(command: &OsStr, text: &str, listener: &Listener) -> io::Result<bool> {
    let mut paging = Paging::begin(command, listener)?;
    paging.show(text)?;
    Ok(paging.end()?.is_none())
}

/// Program that shows a text while that is still written.
#[derive(Debug)]
pub(super) struct Paging {
    /// What it reads; `None` once it reads no more.
    input: Option<ChildStdin>,
    /// Waits for its end, which ends what is written, too.
    waiter: JoinHandle<io::Result<ExitStatus>>,
    /// What was written, as long as it may be that nobody has read any of it.
    unread: Option<String>,
    _away: Away,
}

impl Paging {
    /// Starts the program, which has the terminal until it ends.
    pub(super) fn begin(command: &OsStr, listener: &Listener) -> io::Result<Self> {
        let mut program = written(command, None);
        for (name, value) in [("LESS", "FRX"), ("LESSCHARSET", "utf-8")] {
            if variable(name).is_none() {
                program.env(name, value);
            }
        }
        let away = listener.away();
        let mut child = program.stdin(Stdio::piped()).spawn()?;
        let (input, listener) = (child.stdin.take(), listener.clone());
        let wait = move || {
            let status = child.wait()?;
            // where there is none the screen shows all the same
            if status.code() != Some(NOT_FOUND) {
                listener.end_work();
            }
            Ok(status)
        };
        let waiter = thread::Builder::new().name("pcq-pager".into()).spawn(wait)?;
        Ok(Self { input, waiter, unread: Some(String::new()), _away: away })
    }

    /// Shows more; whether somebody wants to see still more.
    pub(super) fn show(&mut self, text: &str) -> io::Result<bool> {
        if let Some(unread) = &mut self.unread {
            unread.push_str(text);
        }
        let Some(input) = &mut self.input else { return Ok(false) };
        match input.write_all(text.as_bytes()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.input = None,
            Err(error) => return Err(error),
            Ok(()) => self.unread = self.unread.take().filter(|unread| unread.len() <= PIPE),
        }
        Ok(self.input.is_some())
    }

    /// Whether the program has ended.
    pub(super) fn is_over(&self) -> bool {
        self.waiter.is_finished()
    }

    /// Waits until somebody has seen it all. If there is no such program, gives back what it was to show.
    pub(super) fn end(self) -> io::Result<Option<String>> {
        drop(self.input);
        let ended = self.waiter.join();
        let status = ended.unwrap_or_else(|_| Err(io::Error::other("the pager was lost")))?;
        Ok(self.unread.filter(|_| status.code() == Some(NOT_FOUND)))
    }
}

/// Whether a program of a name is there to be run.
pub(super) fn is_there(name: &str) -> bool {
    let folders = variable("PATH").unwrap_or_default();
    env::split_paths(&folders).any(|folder| folder.join(name).is_file())
}
