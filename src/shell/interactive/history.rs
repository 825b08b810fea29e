//! History of the lines that were typed, kept from one run of the shell to the next.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use rustyline::Editor;
use rustyline::history::FileHistory;

use super::echo::Echo;
use super::input::Request;
use crate::shell::report::Reporter;

/// The file of what was typed, if there is one. That it cannot be read or written is no error:
/// the shell works as well without.
#[derive(Debug)]
pub(super) struct History {
    file: Option<PathBuf>,
}

impl History {
    /// Gives the editor what was typed before.
    pub(super) fn load(editor: &mut Editor<Echo, FileHistory>, reporter: &Reporter) -> Self {
        let file = file();
        if let Some(link) = file.as_deref().filter(|file| is_link(file)) {
            let link = link.display();
            reporter.remark(&format!("what is typed is not kept: `{link}` is a link"));
            return Self { file: None };
        }
        if let Some(file) = &file {
            if let Some(folder) = file.parent() {
                let _ = fs::create_dir_all(folder);
            }
            let _ = editor.load_history(file);
        }
        Self { file }
    }

    /// Keeps whole statements, as they were typed.
    pub(super) fn add(&self, editor: &mut Editor<Echo, FileHistory>, request: &Request) {
        let Request::Run(text) = request else { return };
        let _ = editor.add_history_entry(text.trim_end());
        if let Some(file) = self.file.as_deref().filter(|file| !is_link(file)) {
            let _ = editor.append_history(file);
        }
    }
}

/// Whether a path is a link, which may lead to a file that nobody meant.
fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|there| there.is_symlink())
}

/// `PCQ_HISTORY`, else `pcq/history` where programs keep their state.
fn file() -> Option<PathBuf> {
    let path = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    path("PCQ_HISTORY").or_else(|| {
        let state = path("XDG_STATE_HOME").or_else(|| Some(path("HOME")?.join(".local/state")))?;
        Some(state.join("pcq/history"))
    })
}
