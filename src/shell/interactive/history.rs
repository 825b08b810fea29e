//! History of the lines that were typed, kept from one run of the shell to the next.

use std::env;
use std::fs::{self, DirBuilder};
use std::io;
use std::path::{Path, PathBuf};

use rustyline::Editor;
use rustyline::history::FileHistory;

use super::helper::Helper;
use crate::shell::report::Reporter;

/// The file of what was typed, if there is one. That it cannot be read or written is no error:
/// the shell works as well without.
#[derive(Debug)]
pub(super) struct History {
    file: Option<PathBuf>,
}

impl History {
    /// One that keeps nothing.
    pub(super) fn none() -> Self {
        Self { file: None }
    }

    /// Gives the editor what was typed before.
    pub(super) fn load(editor: &mut Editor<Helper, FileHistory>, reporter: &Reporter) -> Self {
        let file = file();
        if let Some(link) = file.as_deref().filter(|file| is_link(file)) {
            let link = link.display();
            reporter.remark(&format!("what is typed is not kept: `{link}` is a link"));
            return Self { file: None };
        }
        if let Some(file) = &file {
            if let Some(folder) = file.parent() {
                let _ = make_private(folder);
            }
            let _ = editor.load_history(file);
        }
        Self { file }
    }

    /// Keeps a text as it was typed; one that begins with a blank is not kept.
    pub(super) fn add(&self, editor: &mut Editor<Helper, FileHistory>, text: &str) {
        if text.trim().is_empty() || text.starts_with(' ') {
            return;
        }
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

/// Makes a folder, and those above it, for its user alone.
fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// `PCQ_HISTORY`, else `pcq/history` where programs keep their state. The editor makes the file private, which
/// must not happen to anything that is none, `/dev/null` say.
fn file() -> Option<PathBuf> {
    let file = usual_file()?;
    let is_other = fs::metadata(&file).is_ok_and(|found| !found.is_file());
    (!is_other).then_some(file)
}

fn usual_file() -> Option<PathBuf> {
    let path = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    path("PCQ_HISTORY").or_else(|| {
        let state = path("XDG_STATE_HOME").or_else(|| Some(path("HOME")?.join(".local/state")))?;
        Some(state.join("pcq/history"))
    })
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_was_typed_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/pcq/history");
        make_private(path.parent().unwrap()).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder.path().join("state")), 0o700);
        let mut editor = Editor::<Helper, _>::new().unwrap();
        let history = History { file: Some(path.clone()) };
        for text in ["GET a;", "GET b;"] {
            history.add(&mut editor, text);
            assert_eq!(mode(&path), 0o600);
            // as an earlier one may have been
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        }
        history.add(&mut editor, " GET c;");
        assert!(fs::read_to_string(&path).unwrap().ends_with("GET a;\nGET b;\n"));
    }
}
