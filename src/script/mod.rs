//! Scripts: statements one at a time, in bounded memory, with their places; checked, or formatted.

mod comment;
mod format;
mod label;
mod placed;

use std::collections::BTreeSet;
use std::io::BufRead;
use std::sync::Arc;

use crate::error::{Error, Note, Result};
use crate::model::{Role, Spanned};
use crate::statement::{Parsed, Statement};
use crate::syntax::{self, LastEnd, Mark, Piece, Splitter};

pub use format::Formatted;

/// The statements of a script, one at a time.
///
/// No more of the script is held than one statement. What is not a statement by its syntax, or is not
/// UTF-8, is an error with its [`place`](Error::place), and ends the script; what is wrong with a
/// statement besides is an error of that statement when it is run.
///
/// ```
/// let script = pcq::Script::new("CREATE KEY a INTEGER DEFAULT 1;\nGET a;".as_bytes());
/// let lines: Vec<_> = script.map(|statement| statement.unwrap().line()).collect();
/// assert_eq!(lines, [1, 2]);
/// ```
#[derive(Debug)]
pub struct Script<R> {
    splitter: Splitter<R>,
    failed: bool,
    /// Whether what is no statement does not end it.
    goes_on: bool,
    /// The file that it is of.
    name: Option<Arc<str>>,
}

/// A statement of a script, with its place and the comments around it.
#[derive(Clone, Debug)]
pub struct ScriptStatement {
    parsed: Parsed,
    line: u32,
    column: u32,
    leading: String,
    trailing: String,
    file: Option<Arc<str>>,
}

impl<R: BufRead> Script<R> {
    /// Reads a script, every statement of which ends with `;`.
    pub fn new(source: R) -> Self {
        Self::of(Splitter::new(source, LastEnd::Required))
    }

    /// Reads a text whose last statement may lack its `;`, as an argument of a command does.
    pub fn lenient(source: R) -> Self {
        Self::of(Splitter::new(source, LastEnd::Optional))
    }

    fn of(splitter: Splitter<R>) -> Self {
        Self { splitter, failed: false, goes_on: false, name: None }
    }

    /// The same script as that of a file: the places of its statements say so.
    ///
    /// ```
    /// let db = pcq::Database::in_memory()?;
    /// let script = pcq::Script::new("GET a;".as_bytes()).named("a.pcq");
    /// for statement in script {
    ///     let error = db.session().run_parsed(&statement?).unwrap_err();
    ///     assert_eq!(error.place().and_then(|place| place.file.as_deref()), Some("a.pcq"));
    /// }
    /// # Ok::<(), pcq::Error>(())
    /// ```
    #[must_use]
    pub fn named(mut self, file: impl Into<Arc<str>>) -> Self {
        self.name = Some(file.into());
        self
    }

    /// The same script as a part of a text: its first line has that number there.
    ///
    /// ```
    /// let mut script = pcq::Script::new("\nGET a;".as_bytes()).from_line(7);
    /// assert_eq!(script.next().transpose()?.map(|statement| statement.line()), Some(8));
    /// # Ok::<(), pcq::Error>(())
    /// ```
    #[must_use]
    pub fn from_line(mut self, line: u32) -> Self {
        self.splitter.start_at_line(line);
        self
    }

    /// The same script, of which every statement is looked at: what is no statement by its syntax does not end it.
    ///
    /// ```
    /// let script = pcq::Script::new("CREATE; GET a; PUBLISH;".as_bytes()).going_on();
    /// assert_eq!(script.filter(Result::is_err).count(), 2);
    /// ```
    #[must_use]
    pub fn going_on(mut self) -> Self {
        self.goes_on = true;
        self
    }

    /// The blanks and comments after the last statement, once there are no more.
    pub fn rest(&self) -> &str {
        self.splitter.rest()
    }

    /// Canonical text of the script, comments included, a statement at a time.
    ///
    /// ```
    /// let script = pcq::Script::new("get a ; -- why\n".as_bytes());
    /// let text: String = script.formatted().collect::<Result<_, _>>()?;
    /// assert_eq!(text, "GET a; -- why\n");
    /// # Ok::<(), pcq::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// An item is an error, and the last, if the script does not parse, or if a statement is so long that not all of
    /// it was kept.
    pub fn formatted(self) -> Formatted<R> {
        Formatted::new(self)
    }

    /// Reads the script to its end, so that nothing of it is run if it does not parse.
    ///
    /// The statements are kept as long as their texts fit into `room`, which is less by them afterwards; the others
    /// are parsed anew when their turn comes ([`CheckedScript::statements`]). So a script of any length takes
    /// bounded memory. [`Session::execute`](crate::Session::execute) has room for [`KEPT_SCRIPT_BYTES`](crate::limits::KEPT_SCRIPT_BYTES).
    pub fn check(mut self, room: &mut usize) -> Result<CheckedScript> {
        let (mut kept, mut goes_on, mut role) = (Vec::new(), None, Role::Values);
        let mut parameters = BTreeSet::new();
        loop {
            let mark = self.splitter.mark();
            let Some(statement) = self.next().transpose()? else { break };
            role = role.max(statement.result().map_or(Role::Values, Statement::role));
            if statement.text().contains(':') {
                parameters.extend(statement.parameters().into_iter().map(|name| name.node));
            }
            match room.checked_sub(statement.bytes()) {
                Some(left) if goes_on.is_none() => {
                    *room = left;
                    kept.push(statement);
                }
                _ => goes_on = goes_on.or(Some(mark)),
            }
        }
        let (last_end, name) = (self.splitter.last_end(), self.name);
        Ok(CheckedScript { kept, goes_on, last_end, role, parameters, name })
    }
}

impl<R: BufRead> Iterator for Script<R> {
    type Item = Result<ScriptStatement>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let statement = ScriptStatement::parse(self.splitter.next()?, self.name.as_ref());
        self.failed = statement.is_err() && !self.goes_on;
        Some(statement)
    }
}

/// Script that parses, and its first statements.
#[derive(Debug)]
pub struct CheckedScript {
    kept: Vec<ScriptStatement>,
    /// Where the statements begin that were not kept.
    goes_on: Option<Mark>,
    last_end: LastEnd,
    role: Role,
    parameters: BTreeSet<Arc<str>>,
    name: Option<Arc<str>>,
}

impl CheckedScript {
    /// The least role of a session that may run all of it.
    ///
    /// ```
    /// let script = pcq::Script::new("SHOW KEYS; BEGIN; COMMIT;".as_bytes()).check(&mut 0)?;
    /// assert_eq!(script.role(), pcq::Role::Read);
    /// # Ok::<(), pcq::Error>(())
    /// ```
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// The names of the parameters in it.
    ///
    /// ```
    /// let script = pcq::Script::new("GET a FOR USER :id;".as_bytes()).check(&mut 0)?;
    /// assert!(script.parameters().contains("id"));
    /// # Ok::<(), pcq::Error>(())
    /// ```
    #[must_use]
    pub fn parameters(&self) -> &BTreeSet<Arc<str>> {
        &self.parameters
    }

    /// The statements in their order. If not all were kept, `open` opens the script once more, from its start.
    ///
    /// ```
    /// let text = "CREATE KEY a INTEGER DEFAULT 1; GET a;";
    /// let mut room = 0;
    /// let checked = pcq::Script::new(text.as_bytes()).check(&mut room)?;
    /// let statements = checked.statements(|| Ok::<_, pcq::Error>(text.as_bytes()))?;
    /// let columns: Vec<_> = statements.map(|statement| statement.unwrap().column()).collect();
    /// assert_eq!(columns, [1, 33]);
    /// # Ok::<(), pcq::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// That of `open`. An item is an error, `io`, if the script can no longer be read, or if what stood before the
    /// statements that were not kept is no longer there; and as ever if what is there now does not parse.
    pub fn statements<R: BufRead, E>(
        self,
        open: impl FnOnce() -> Result<R, E>,
    ) -> Result<impl Iterator<Item = Result<ScriptStatement>>, E> {
        let later = match self.goes_on {
            Some(mark) => Some(Splitter::from(open()?, self.last_end, mark)),
            None => None,
        };
        let name = self.name;
        let later = later.map(|splitter| Script { name, ..Script::of(splitter) });
        Ok(self.kept.into_iter().map(Ok).chain(later.into_iter().flatten()))
    }
}

impl ScriptStatement {
    fn parse(mut piece: Piece, file: Option<&Arc<str>>) -> Result<Self> {
        let (line, column) = (piece.line, piece.column);
        let leading = std::mem::take(&mut piece.leading);
        let trailing = std::mem::take(&mut piece.trailing);
        let parsed = Parsed::of(piece).map_err(|error| error.in_file(file))?;
        Ok(Self { parsed, line, column, leading, trailing, file: file.cloned() })
    }

    /// How many bytes of the script it takes.
    fn bytes(&self) -> usize {
        self.text().len() + self.leading.len() + self.trailing.len()
    }

    /// The names of its parameters.
    pub(crate) fn parameters(&self) -> Vec<Spanned<Arc<str>>> {
        self.parsed.parameters()
    }

    /// The text, from the first token to the last, without the `;`.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.parsed.text
    }

    /// The line at which it starts, from 1.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.line
    }

    /// The column at which it starts, in code points, from 1.
    #[must_use]
    pub fn column(&self) -> u32 {
        self.column
    }

    /// The statement, or why it cannot be run.
    pub fn result(&self) -> Result<&Statement, &Error> {
        self.parsed.result.as_ref()
    }

    /// What stands between the statement before and this one: blanks, comments, and the `#!` line.
    #[must_use]
    pub fn leading(&self) -> &str {
        &self.leading
    }

    /// The comments between the last token and the end of the line of the `;`.
    #[must_use]
    pub fn trailing(&self) -> &str {
        &self.trailing
    }

    /// Tells an error its place in the script.
    pub(crate) fn locate(&self, error: Error) -> Error {
        let error = label::labelled(error, &self.parsed.text);
        error.locate(&self.parsed.text, self.line, self.column).in_file(self.file.as_ref())
    }

    /// Tells a note its place in the script.
    pub(crate) fn locate_note(&self, note: Note) -> Note {
        note.locate(&self.parsed.text, self.line, self.column).in_file(self.file.as_ref())
    }
}

/// Whether a text is complete: it has no statement whose `;`, quote or comment is still to come.
#[must_use]
pub fn is_complete(input: &str) -> bool {
    syntax::is_complete(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "#!x\nGET \"\u{e9}\" -- 1\n; GET b; -- 2\n/* 3 */ GET c;\nGET\nd";

    fn told(statement: &Result<ScriptStatement>) -> String {
        format!("{statement:?}")
    }

    #[test]
    fn what_has_no_room_is_parsed_anew_at_its_place() {
        let whole: Vec<_> = Script::lenient(TEXT.as_bytes()).map(|s| told(&s)).collect();
        for mut room in 0..=TEXT.len() {
            let checked = Script::lenient(TEXT.as_bytes()).check(&mut room).unwrap();
            let statements = checked.statements(|| Ok::<_, Error>(TEXT.as_bytes())).unwrap();
            assert_eq!(statements.map(|s| told(&s)).collect::<Vec<_>>(), whole, "{room}");
        }
    }

    #[test]
    fn a_script_that_is_another_by_now_is_not_run_on() {
        let text = "GET a; GET b; GET c;";
        for another in ["", "GET a;", "GET a; /* GET b; */ GET c;", "GET a; GET x; GET c;"] {
            let mut room = "GET a GET b".len();
            let checked = Script::new(text.as_bytes()).check(&mut room).unwrap();
            let statements = checked.statements(|| Ok::<_, Error>(another.as_bytes())).unwrap();
            let told: Vec<_> =
                statements.map(|s| s.map_err(|e| e.code()).map(|s| s.line())).collect();
            assert_eq!(told, [Ok(1), Ok(1), Err("io")], "{another}");
        }
    }

    #[test]
    fn a_script_that_was_kept_whole_is_not_opened_again() {
        let mut room = TEXT.len();
        let checked = Script::lenient(TEXT.as_bytes()).check(&mut room).unwrap();
        let statements = checked.statements(|| Err::<&[u8], _>("opened"));
        assert_eq!(statements.unwrap().count(), 4);
    }

    #[test]
    fn the_last_mistake_is_found_before_the_first_statement_is_run() {
        for mut room in [0, 1 << 20] {
            let text = "GET a; GET b; GET";
            let error = Script::lenient(text.as_bytes()).check(&mut room).unwrap_err();
            assert_eq!(error.place().map(|place| place.column), Some(18));
        }
    }
}
