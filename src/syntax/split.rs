//! Cuts scripts into statements without holding more than one of them.
//!
//! It knows just enough of the language to find the `;` that ends a statement: quotes, comments, and
//! where JSON begins and ends. It bounds size and nesting before the grammar sees anything: that
//! needs no stack here, and does there.

use std::collections::VecDeque;
use std::io::BufRead;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::limits;
use crate::model::Span;

/// How much is kept of a statement that is too long, to show it.
const EXCERPT_CHARS: usize = 200;

/// A statement of a script, as text.
#[derive(Debug)]
pub(crate) struct Piece {
    /// From the first token to the last: no `;`, no blanks or comments around it.
    pub(crate) text: Arc<str>,
    /// The line of the script at which it starts, from 1.
    pub(crate) line: u32,
    /// The column at which it starts, in code points, from 1.
    pub(crate) column: u32,
    /// What stands between the statement before and this one: blanks, comments, and the `#!` line.
    pub(crate) leading: String,
    /// The comments between the last token and the end of the line of the `;`.
    pub(crate) trailing: String,
    /// Whether it ended with `;`.
    pub(crate) ended: bool,
    /// Why it need not be parsed, with its place in the script: too long, too deep, no end, no UTF-8.
    pub(crate) error: Option<Error>,
}

/// Whether a last statement must end with `;` as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LastEnd {
    /// It must, as in a script.
    Required,
    /// It need not, as in an argument of the program.
    Optional,
}

/// Cuts a script into statements.
#[derive(Debug)]
pub(crate) struct Splitter<R> {
    chars: Chars<R>,
    last_end: LastEnd,
    rest: String,
}

impl<R: BufRead> Splitter<R> {
    /// Makes a splitter; the source need not be UTF-8.
    pub(crate) fn new(source: R, last_end: LastEnd) -> Self {
        Self { chars: Chars::new(source), last_end, rest: String::new() }
    }

    /// The blanks and comments after the last statement, once there are no more.
    pub(crate) fn rest(&self) -> &str {
        &self.rest
    }

    fn piece(&mut self) -> Option<Piece> {
        let mut trivia = Draft::new(&self.chars);
        self.trivia(&mut trivia);
        let mut draft = Draft::new(&self.chars);
        if self.chars.peek(0).is_none() {
            return self.end(trivia, draft);
        }
        let ended = self.body(&mut draft);
        if !ended && self.last_end == LastEnd::Required && self.chars.failure.is_none() {
            let (expected, found) = (vec!["`;`".to_owned()], "the end of the script".to_owned());
            draft.fail_at(ErrorKind::Expected { expected, found }, draft.solid, draft.solid);
        }
        let mut piece = draft.finish(ended);
        piece.error = self.chars.take_failure().or(trivia.located()).or(piece.error);
        piece.leading = trivia.text;
        if ended {
            let error = self.same_line(&mut piece.trailing);
            piece.error = piece.error.or(error);
        }
        Some(piece)
    }

    /// What is left when there are no more statements: an error, if there is one.
    fn end(&mut self, trivia: Draft, draft: Draft) -> Option<Piece> {
        let error = self.chars.take_failure().or(trivia.located());
        if error.is_none() {
            self.rest.push_str(&trivia.text);
            return None;
        }
        let mut piece = draft.finish(true);
        (piece.error, piece.leading, piece.ended) = (error, trivia.text, trivia.terminated);
        Some(piece)
    }

    /// Blanks, comments and empty statements before a statement.
    fn trivia(&mut self, draft: &mut Draft) {
        if self.chars.offset == 0 && self.chars.starts_with('#', '!') {
            self.line_comment(draft);
        }
        while let Some(c) = self.chars.peek(0) {
            if c == ';' {
                self.chars.next();
            } else if is_blank(c) {
                self.chars.copy(draft);
            } else if !self.comment(draft) {
                return;
            }
        }
    }

    /// A statement up to its `;`; whether there is one.
    fn body(&mut self, draft: &mut Draft) -> bool {
        let mut parens = Depth::new("parentheses");
        while let Some(c) = self.chars.peek(0) {
            match c {
                ';' => return self.chars.next().is_some(),
                '\'' => self.quoted(draft, '\'', "a text in single quotes"),
                '"' => self.quoted(draft, '"', "a name in double quotes"),
                '{' | '[' => self.json(draft),
                _ if self.comment(draft) => continue,
                _ => {
                    parens.count(c, draft);
                    self.chars.copy(draft);
                    if is_blank(c) {
                        continue;
                    }
                }
            }
            draft.solid = draft.total;
        }
        false
    }

    /// A comment, if one starts here.
    fn comment(&mut self, draft: &mut Draft) -> bool {
        let line = self.chars.starts_with('-', '-');
        let block = !line && self.chars.starts_with('/', '*');
        if line {
            self.line_comment(draft);
        } else if block {
            self.block_comment(draft);
        }
        line || block
    }

    fn line_comment(&mut self, draft: &mut Draft) {
        while self.chars.peek(0).is_some_and(|c| c != '\n') {
            self.chars.copy(draft);
        }
    }

    fn block_comment(&mut self, draft: &mut Draft) {
        let (start, mut depth) = (draft.total, Depth::new("comments"));
        loop {
            if self.chars.starts_with('/', '*') {
                depth.count('(', draft);
                self.chars.copy(draft);
            } else if self.chars.starts_with('*', '/') {
                depth.count(')', draft);
                self.chars.copy(draft);
            } else if self.chars.peek(0).is_none() {
                return draft.unterminated("a comment", start);
            }
            self.chars.copy(draft);
            if depth.now == 0 {
                return;
            }
        }
    }

    /// A text or a name in quotes, where a quote is written twice.
    fn quoted(&mut self, draft: &mut Draft, quote: char, what: &'static str) {
        let start = draft.total;
        self.chars.copy(draft);
        while let Some(c) = self.chars.peek(0) {
            let twice = self.chars.starts_with(quote, quote);
            self.chars.copy(draft);
            if twice {
                self.chars.copy(draft);
            } else if c == quote {
                return;
            }
        }
        draft.unterminated(what, start);
    }

    /// JSON up to the bracket that closes it; a `;` that is in no string ends even broken JSON.
    fn json(&mut self, draft: &mut Draft) {
        let mut depth = Depth::new("JSON arrays and objects");
        while let Some(c) = self.chars.peek(0) {
            match c {
                ';' => return,
                '"' => {
                    self.json_string(draft);
                    continue;
                }
                '{' | '[' => depth.count('(', draft),
                '}' | ']' => depth.count(')', draft),
                _ => {}
            }
            self.chars.copy(draft);
            if depth.now == 0 {
                return;
            }
        }
    }

    /// A string of JSON; it cannot go past the end of its line, so neither does a broken one.
    fn json_string(&mut self, draft: &mut Draft) {
        self.chars.copy(draft);
        while let Some(c) = self.chars.peek(0) {
            if c == '\n' {
                return;
            }
            self.chars.copy(draft);
            match c {
                '"' => return,
                '\\' => self.chars.copy(draft),
                _ => {}
            }
        }
    }

    /// The comments after a `;` on its line; returns what is wrong with them.
    fn same_line(&mut self, trailing: &mut String) -> Option<Error> {
        let mut draft = Draft::new(&self.chars);
        while let Some(c) = self.chars.peek(0) {
            if c == ' ' || c == '\t' {
                self.chars.copy(&mut draft);
            } else if !self.chars.starts_with('-', '-') {
                break;
            } else {
                self.line_comment(&mut draft);
            }
        }
        let comment = draft.text.trim();
        if !trailing.is_empty() && !comment.is_empty() {
            trailing.push('\n');
        }
        trailing.push_str(comment);
        draft.located()
    }
}

impl<R: BufRead> Iterator for Splitter<R> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        self.piece()
    }
}

/// Whether an input is complete: it has no statement whose `;`, quote or comment is still to come.
pub(crate) fn is_complete(text: &str) -> bool {
    Splitter::new(text.as_bytes(), LastEnd::Optional).all(|piece| piece.ended)
}

/// Refuses a text that nests too deeply to be given to the grammar, however long it is: a condition that
/// was stored may be longer than the statement that brought it.
pub(super) fn check_nesting(text: &str) -> Result<()> {
    let long = |error: &Error| matches!(error.kind(), ErrorKind::StatementTooLong { .. });
    match check(text) {
        Err(error) if !long(&error) => Err(error),
        _ => Ok(()),
    }
}

/// Refuses a text that is too long or nests too deeply to be given to the grammar.
pub(super) fn check(text: &str) -> Result<()> {
    for piece in Splitter::new(text.as_bytes(), LastEnd::Optional) {
        if let Some(error) = piece.error {
            return Err(error);
        }
    }
    Ok(())
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n' | '\u{feff}')
}

/// How deep something nests.
struct Depth {
    what: &'static str,
    now: usize,
}

impl Depth {
    fn new(what: &'static str) -> Self {
        Self { what, now: 0 }
    }

    /// Counts an opening or closing parenthesis, and reports the first that is too deep.
    fn count(&mut self, c: char, draft: &mut Draft) {
        match c {
            '(' => self.now += 1,
            ')' => self.now = self.now.saturating_sub(1),
            _ => return,
        }
        if self.now > limits::NESTING {
            draft.fail_at(
                ErrorKind::NestingTooDeep { what: self.what },
                draft.total,
                draft.total + 1,
            );
        }
    }
}

/// A part of a script while it is read.
struct Draft {
    /// What was read, as far as it fits into the limit.
    text: String,
    /// How many bytes were read.
    total: usize,
    /// How many of them up to the end of the last token.
    solid: usize,
    line: u32,
    column: u32,
    /// The first thing that is wrong.
    error: Option<Error>,
    /// Whether all quotes and comments have an end.
    terminated: bool,
}

impl Draft {
    fn new<R>(chars: &Chars<R>) -> Self {
        Self {
            text: String::new(),
            total: 0,
            solid: 0,
            line: chars.line,
            column: chars.column,
            error: None,
            terminated: true,
        }
    }

    fn push(&mut self, unit: Unit) {
        if unit.bad {
            self.fail_at(ErrorKind::NotUtf8, self.total, self.total + 1);
        }
        self.total += unit.c.len_utf8();
        if self.total <= self.limit() {
            self.text.push(unit.c);
        }
    }

    /// How long it may be: the statements of a dump say what many others did.
    fn limit(&self) -> usize {
        let word = self.text.get(..4).unwrap_or_default();
        if word.eq_ignore_ascii_case("LOAD") {
            limits::DUMP_STATEMENT_BYTES
        } else {
            limits::STATEMENT_BYTES
        }
    }

    fn fail_at(&mut self, kind: ErrorKind, start: usize, end: usize) {
        self.error.get_or_insert_with(|| Error::new(kind).at(Span::new(start, end)));
    }

    /// That a quote or comment has no end is told rather than what was found before: all of that may be
    /// inside of it.
    fn unterminated(&mut self, what: &'static str, start: usize) {
        let end = self.total;
        self.terminated = false;
        self.error = Some(Error::new(ErrorKind::Unterminated { what }).at(Span::new(start, end)));
    }

    /// The error with its place in the script.
    fn located(&self) -> Option<Error> {
        let text: Arc<str> = self.text.as_str().into();
        self.error.clone().map(|error| error.locate(&text, self.line, self.column))
    }

    fn finish(mut self, ended: bool) -> Piece {
        if self.solid > self.limit() {
            let kind = ErrorKind::StatementTooLong { found: self.solid as u64 };
            self.error.get_or_insert_with(|| Error::new(kind).at(Span::new(0, 1)));
            self.text = self.text.chars().take(EXCERPT_CHARS).collect();
        }
        let error = self.located();
        let trailing = self.text.split_off(self.solid.min(self.text.len()));
        let text = self.text.as_str().into();
        let (line, column) = (self.line, self.column);
        let trailing = trailing.trim_matches(is_blank).to_owned();
        Piece { text, line, column, leading: String::new(), trailing, ended, error }
    }
}

/// A character, or what stands for bytes that are none.
#[derive(Clone, Copy, Debug)]
struct Unit {
    c: char,
    /// How many bytes it has in the source.
    length: u8,
    bad: bool,
}

/// The characters of a source, two of which can be seen ahead.
#[derive(Debug)]
struct Chars<R> {
    source: R,
    ahead: VecDeque<Unit>,
    line: u32,
    column: u32,
    offset: u64,
    /// Why no more could be read.
    failure: Option<std::io::Error>,
}

impl<R: BufRead> Chars<R> {
    fn new(source: R) -> Self {
        Self { source, ahead: VecDeque::new(), line: 1, column: 1, offset: 0, failure: None }
    }

    fn peek(&mut self, index: usize) -> Option<char> {
        while self.ahead.len() <= index {
            let unit = self.read()?;
            self.ahead.push_back(unit);
        }
        self.ahead.get(index).map(|unit| unit.c)
    }

    fn starts_with(&mut self, first: char, second: char) -> bool {
        self.peek(0) == Some(first) && self.peek(1) == Some(second)
    }

    fn next(&mut self) -> Option<Unit> {
        self.peek(0)?;
        let unit = self.ahead.pop_front()?;
        self.offset += u64::from(unit.length);
        if unit.c == '\n' {
            (self.line, self.column) = (self.line.saturating_add(1), 1);
        } else {
            self.column = self.column.saturating_add(1);
        }
        Some(unit)
    }

    /// Moves on by one character, into a draft.
    fn copy(&mut self, draft: &mut Draft) {
        if let Some(unit) = self.next() {
            draft.push(unit);
        }
    }

    /// Reads a character: a lead byte and those that continue it.
    fn read(&mut self) -> Option<Unit> {
        let first = self.byte()?;
        self.source.consume(1);
        let (mut bytes, mut length) = ([first, 0, 0, 0], 1);
        let wanted = usize::from(u8::try_from(first.leading_ones()).unwrap_or(0)).clamp(1, 4);
        while length < wanted {
            match (self.byte(), bytes.get_mut(length)) {
                (Some(byte @ 0x80..=0xbf), Some(slot)) => *slot = byte,
                _ => break,
            }
            self.source.consume(1);
            length += 1;
        }
        let read = bytes.get(..length).and_then(|bytes| std::str::from_utf8(bytes).ok());
        let c = read.and_then(|text| text.chars().next());
        let length = u8::try_from(length).unwrap_or(1);
        Some(Unit { c: c.unwrap_or(char::REPLACEMENT_CHARACTER), length, bad: c.is_none() })
    }

    /// The next byte, which is not passed over yet.
    fn byte(&mut self) -> Option<u8> {
        if self.failure.is_some() {
            return None;
        }
        loop {
            match self.source.fill_buf() {
                Ok(buffer) => return buffer.first().copied(),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failure = Some(error);
                    return None;
                }
            }
        }
    }

    /// The error of the source, once; nothing is read after it.
    fn take_failure(&mut self) -> Option<Error> {
        let error = self.failure.as_ref()?;
        if error.kind() == std::io::ErrorKind::Other && error.to_string() == TOLD {
            return None;
        }
        let kind = ErrorKind::Io { path: "the script".to_owned(), message: error.to_string() };
        self.failure = Some(std::io::Error::other(TOLD));
        Some(kind.into())
    }
}

/// Marks an error of the source that was reported already.
const TOLD: &str = "this error was told";

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &[u8]) -> Vec<Piece> {
        Splitter::new(text, LastEnd::Required).collect()
    }

    fn texts(text: &str) -> Vec<String> {
        let pieces = split(text.as_bytes()).into_iter();
        pieces.map(|p| p.error.map_or(p.text.to_string(), |e| e.code().to_owned())).collect()
    }

    fn errors(text: &[u8]) -> Vec<(&'static str, u32, u32)> {
        let errors = split(text).into_iter().filter_map(|p| p.error);
        errors.map(|e| e.place().map_or(("", 0, 0), |p| (e.code(), p.line, p.column))).collect()
    }

    #[test]
    fn semicolons_end_statements() {
        assert_eq!(texts("a;b ; ;\n c d ;"), ["a", "b", "c d"]);
        assert_eq!(
            texts("a 'x;''y' \"p;\"\"q\" -- ;\n /* ; /* ; */ ; */ b;"),
            ["a 'x;''y' \"p;\"\"q\" -- ;\n /* ; /* ; */ ; */ b"]
        );
        assert_eq!(texts(r#"a {"x;\"": [";", "}"]}; b;"#), [r#"a {"x;\"": [";", "}"]}"#, "b"]);
        assert_eq!(texts("a {'x; b;"), ["a {'x", "b"]);
        assert_eq!(texts("a {\"x\n; b;"), ["a {\"x\n", "b"]);
        assert_eq!(texts("#!/usr/bin/pcq;\n\u{feff}a;"), ["a"]);
        assert_eq!(texts("a - b / c;"), ["a - b / c"]);
    }

    #[test]
    fn pieces_know_their_places_and_comments() {
        let pieces =
            split("-- é\n\n  é x; -- t\n/* l */ y /* in */ z /* e */ ; -- f\n-- rest".as_bytes());
        let [a, b] = &pieces[..] else { panic!("{pieces:?}") };
        assert_eq!((&*a.text, a.line, a.column), ("é x", 3, 3));
        assert_eq!((a.leading.as_str(), a.trailing.as_str()), ("-- é\n\n  ", "-- t"));
        assert_eq!((&*b.text, b.line, b.column), ("y /* in */ z", 4, 9));
        assert_eq!((b.leading.as_str(), b.trailing.as_str()), ("\n/* l */ ", "/* e */\n-- f"));
    }

    #[test]
    fn what_does_not_end_is_an_error_at_its_start() {
        assert_eq!(errors(b"a;\n b 'x; c;"), [("syntax", 2, 4)]);
        assert_eq!(errors(b"a; /* x"), [("syntax", 1, 4)]);
        assert_eq!(errors(b"a; b"), [("syntax", 1, 5)]);
        assert_eq!(errors(b"a; b /* x"), [("syntax", 1, 6)]);
        assert_eq!(errors(b"a; \xff b;"), [("syntax", 1, 4)]);
        assert_eq!(errors(b"a; -- \xc3\nb;"), [("syntax", 1, 7)]);
        assert!(Splitter::new(&b"a; b"[..], LastEnd::Optional).all(|p| p.error.is_none()));
    }

    #[test]
    fn limits_are_errors_of_their_statement() {
        let deep = |open: &str| errors(format!("a; b {}; c;", open.repeat(100_000)).as_bytes());
        assert_eq!(deep("("), [("limit", 1, 134)]);
        assert_eq!(deep("["), [("limit", 1, 134)]);
        assert_eq!(errors("/*".repeat(100_000).as_bytes()), [("syntax", 1, 1)]);
        let closed = format!("a {}{};", "/*".repeat(129), "*/".repeat(129));
        assert_eq!(errors(closed.as_bytes()), [("limit", 1, 259)]);
        let long = format!("a; b '{}'; c;", "x".repeat(10 << 20));
        assert_eq!(texts(&long), ["a", "limit", "c"]);
        let fits = format!("a '{}'{};", "x".repeat((1 << 20) - 4), " ".repeat(1 << 20));
        assert!(errors(fits.as_bytes()).is_empty());
    }

    #[test]
    fn an_input_is_complete_when_all_has_ended() {
        for complete in ["", "  ", "-- x", "a;", "a; /* x */ b 'y;';  "] {
            assert!(is_complete(complete), "{complete}");
        }
        for open in ["a", "a; b", "a 'x;", "a \"x;", "a; /* x;", "a /* ; "] {
            assert!(!is_complete(open), "{open}");
        }
    }
}
