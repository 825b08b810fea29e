//! Editing of a statement in an editor, and the file that is read at the start.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;

use tempfile::Builder;

use super::Shell;
use crate::shell::exit::Stop;
use crate::shell::program::{self, variable};

/// The editor where none is named.
const USUAL: &str = if cfg!(windows) { "notepad" } else { "vi" };

impl Shell<'_> {
    /// Lets a person edit a text, which then stands at the prompt; `None`: the last that was run.
    pub(super) fn edit(&mut self, open: Option<&str>) -> Result<(), Stop> {
        let text = open.unwrap_or(&self.typed);
        match edited(text, |path| program::edit(&editor(), path, &self.opener.listener)) {
            Ok(Some(text)) => text.trim_end().clone_into(&mut self.begun),
            Ok(None) => {
                open.unwrap_or_default().clone_into(&mut self.begun);
                self.printer.say("the editor failed, and nothing was changed")?;
            }
            Err(error) => {
                open.unwrap_or_default().clone_into(&mut self.begun);
                self.printer.flush()?;
                self.reporter.remark(&format!("the editor: {error}"));
            }
        }
        Ok(())
    }

    /// Reads the file with what a person wants at every start, if there is one.
    pub(super) fn read_usual(&mut self) -> Result<(), Stop> {
        let args = self.opener.interactive;
        match usual_file().filter(|file| file.exists() && !args.no_rc && !args.safe) {
            Some(file) => self.read(&file).map(drop),
            None => Ok(()),
        }
    }
}

/// What is left of a text after somebody edited it; `None` if the editor failed.
fn edited(
    text: &str,
    edit: impl FnOnce(&std::path::Path) -> io::Result<bool>,
) -> io::Result<Option<String>> {
    let mut file = Builder::new().prefix("pcq-").suffix(".pcq").tempfile()?;
    writeln!(file, "{text}")?;
    file.flush()?;
    let is_done = edit(file.path())?;
    // editors may put another file in its place
    is_done.then(|| fs::read_to_string(file.path())).transpose()
}

fn editor() -> OsString {
    variable("VISUAL").or_else(|| variable("EDITOR")).unwrap_or_else(|| USUAL.into())
}

fn usual_file() -> Option<PathBuf> {
    let folder = |name| variable(name).map(PathBuf::from);
    let config = folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config")))?;
    Some(config.join("pcq/rc.pcq"))
}
