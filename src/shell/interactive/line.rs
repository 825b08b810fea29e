//! Lines that a person types.

use std::io::ErrorKind;

use rustyline::config::Configurer as _;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{CompletionType, Config, EditMode, Editor};

use super::helper::Helper;
use super::history::History;
use super::keys::Keys;
use crate::shell::exit::{Exit, Stop};
use crate::shell::report::Reporter;
use pcq::Completer;

/// What came of reading.
#[derive(Debug)]
pub(super) enum Typed {
    Text(String),
    /// Ctrl-C.
    Dropped,
    /// Ctrl-D.
    End,
    /// What is no text; the lines before it stay.
    NoText(String),
}

/// Editor of lines, with what was typed before.
#[derive(Debug)]
pub(super) struct Line {
    editor: Editor<Helper, FileHistory>,
    history: History,
}

impl Line {
    /// Makes one; what is typed is kept only if files may be touched.
    pub(super) fn new(helper: Helper, has_files: bool, reporter: &Reporter) -> Result<Self, Stop> {
        let config = Config::builder().history_ignore_dups(true).map_err(no_terminal)?;
        let config = config.auto_add_history(false).completion_type(CompletionType::List).build();
        let mut editor = Editor::with_config(config).map_err(no_terminal)?;
        editor.set_helper(Some(helper));
        let history =
            if has_files { History::load(&mut editor, reporter) } else { History::none() };
        Ok(Self { editor, history })
    }

    /// Reads a text, the start of which is there already.
    pub(super) fn read(&mut self, prompt: &str, begun: &str) -> Result<Typed, Stop> {
        self.editor.helper_mut().into_iter().for_each(|helper| helper.set_prompt(prompt));
        Ok(match self.editor.readline_with_initial(prompt, (begun, "")) {
            Ok(text) => {
                self.history.add(&mut self.editor, &text);
                Typed::Text(text)
            }
            Err(ReadlineError::Interrupted) => Typed::Dropped,
            Err(ReadlineError::Eof) => Typed::End,
            Err(ReadlineError::Io(error)) if error.kind() == ErrorKind::InvalidData => {
                let mut begun = self.editor.helper().map(Helper::take_seen).unwrap_or_default();
                begun.truncate(begun.rfind('\n').map_or(0, |end| end + 1));
                Typed::NoText(begun)
            }
            Err(error) => return Err(no_terminal(error)),
        })
    }

    /// Whether a person says yes.
    pub(super) fn ask(&mut self, question: &str) -> Result<bool, Stop> {
        self.set_asking(true);
        let answer = self.editor.readline(&format!("{question} [y/N] "));
        self.set_asking(false);
        match answer {
            Ok(answer) => Ok(matches!(answer.trim(), "y" | "Y" | "yes")),
            Err(ReadlineError::Interrupted | ReadlineError::Eof) => Ok(false),
            Err(ReadlineError::Io(error)) if error.kind() == ErrorKind::InvalidData => Ok(false),
            Err(error) => Err(no_terminal(error)),
        }
    }

    fn set_asking(&mut self, is_asking: bool) {
        self.editor.helper_mut().into_iter().for_each(|helper| helper.set_asking(is_asking));
    }

    /// Completes from now on what a completer knows, in colours or not.
    pub(super) fn set_helper(&mut self, completer: Completer, is_colored: bool) {
        if let Some(helper) = self.editor.helper_mut() {
            helper.set_completer(completer);
            helper.set_colored(is_colored);
        }
    }

    pub(super) fn set_keys(&mut self, keys: Keys) {
        self.editor.set_edit_mode(match keys {
            Keys::Emacs => EditMode::Emacs,
            Keys::Vi => EditMode::Vi,
        });
    }
}

fn no_terminal(error: ReadlineError) -> Stop {
    Stop::io("the terminal", &std::io::Error::other(error), Exit::Failed)
}
