//! Other programs that are given the terminal: a pager, an editor.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use super::listener::Listener;

/// The exit code of a shell that finds no program of a name.
const NOT_FOUND: i32 = 127;

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
    let mut program = written(command, None);
    for (name, value) in [("LESS", "FRX"), ("LESSCHARSET", "utf-8")] {
        if variable(name).is_none() {
            program.env(name, value);
        }
    }
    listener.elsewhere(|| {
        let mut child = program.stdin(Stdio::piped()).spawn()?;
        let fed = child.stdin.take().map_or(Ok(()), |mut input| input.write_all(text.as_bytes()));
        let status = child.wait()?;
        match fed {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            _ => Ok(status.code() != Some(NOT_FOUND)),
        }
    })
}

/// Whether a program of a name is there to be run.
pub(super) fn is_there(name: &str) -> bool {
    let folders = variable("PATH").unwrap_or_default();
    env::split_paths(&folders).any(|folder| folder.join(name).is_file())
}
