//! Splitter: cuts scripts into statements, and holds no more than one of them.
//!
//! It finds the `;` that ends a statement among the tokens, and bounds size and nesting before the grammar
//! sees anything: that needs no stack here, and does there.

use std::io::BufRead;
use std::sync::Arc;

use super::expectation::expected_errors;
use super::lexer::{Lexer, Mark};
use super::token::{Part, TokenKind, Tokens, is_blank};
use crate::error::{Error, ErrorKind, Result};
use crate::limits;
use crate::model::{LISTS_ARE_LOADED, Span};

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
    /// Whether it was so long that nobody looked where it ends.
    pub(crate) is_lost: bool,
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

/// Splitter of a script into statements.
#[derive(Debug)]
pub(crate) struct Splitter<R> {
    lexer: Lexer<R>,
    last_end: LastEnd,
    rest: String,
    /// The longest statement, in bytes.
    longest: usize,
    /// Whether a statement was too long, so that nobody knows where the next one begins.
    is_lost: bool,
}

impl<R: BufRead> Splitter<R> {
    /// Makes a splitter; the source need not be UTF-8.
    pub(crate) fn new(source: R, last_end: LastEnd) -> Self {
        Self::of(Lexer::new(source), last_end)
    }

    /// Makes a splitter of what comes after a mark.
    pub(crate) fn from(source: R, last_end: LastEnd, mark: Mark) -> Self {
        Self::of(Lexer::from(source, mark), last_end)
    }

    fn of(lexer: Lexer<R>, last_end: LastEnd) -> Self {
        let longest = limits::STATEMENT_BYTES;
        Self { lexer, last_end, rest: String::new(), longest, is_lost: false }
    }

    /// Numbers the lines from another than 1 on.
    pub(crate) fn start_at_line(&mut self, line: u32) {
        self.lexer.start_at_line(line);
    }

    /// Whether its last statement must end with `;` as well.
    pub(crate) fn last_end(&self) -> LastEnd {
        self.last_end
    }

    /// Where the next statement begins, blanks and comments before it and all.
    pub(crate) fn mark(&self) -> Mark {
        self.lexer.mark()
    }

    /// The blanks and comments after the last statement, once there are no more.
    pub(crate) fn rest(&self) -> &str {
        &self.rest
    }

    /// What is left when there are no more statements: an error, if there is one.
    fn end(&mut self, trivia: Draft, draft: Draft) -> Option<Piece> {
        let error = self.failure().or_else(|| trivia.located());
        if error.is_none() {
            self.rest.push_str(&trivia.text);
            return None;
        }
        let mut piece = draft.finish(true);
        (piece.error, piece.leading, piece.ended) = (error, trivia.text, trivia.terminated);
        Some(piece)
    }

    /// Why the source could not be read, once.
    fn failure(&mut self) -> Option<Error> {
        let message = self.lexer.take_failure()?.to_string();
        Some(ErrorKind::Io { path: "the script".to_owned(), message }.into())
    }

    /// Blanks, comments and empty statements before a statement.
    fn trivia(&mut self) -> Draft {
        let mut draft = Draft::new(self.lexer.mark(), self.longest);
        while let Some(part) = self.lexer.peek() {
            if part.kind == TokenKind::Semicolon {
                self.lexer.pass(&part);
            } else if part.kind.is_trivia() {
                self.take(&part, &mut draft);
            } else {
                return draft;
            }
        }
        self.close(&mut draft);
        draft
    }

    /// A statement up to its `;`; whether there is one.
    fn body(&mut self, draft: &mut Draft) -> bool {
        while let Some(part) = self.lexer.peek() {
            if part.kind == TokenKind::Semicolon {
                self.lexer.pass(&part);
                return true;
            }
            self.take(&part, draft);
            if !part.kind.is_trivia() {
                draft.solid = draft.total;
            }
            if draft.is_too_long() && !draft.may_fail() {
                self.is_lost = true; // it may have no end at all
                return false;
            }
        }
        self.close(draft);
        let must_end = self.last_end == LastEnd::Required || !draft.terminated;
        self.is_lost = draft.is_too_long() && must_end;
        false
    }

    /// Moves on by a part of a token, into a draft.
    fn take(&mut self, part: &Part, draft: &mut Draft) {
        if self.lexer.is_between() {
            draft.began = draft.total;
        }
        let (text, bad) = self.lexer.pass(part);
        draft.push(part, text, bad);
    }

    /// Tells what has no end at the end of the source.
    fn close(&mut self, draft: &mut Draft) {
        if let Some(what) = self.lexer.unterminated() {
            draft.unterminated(what);
        }
    }

    /// The comments after a `;` on its line; returns what is wrong with them.
    fn same_line(&mut self, trailing: &mut String) -> Option<Error> {
        let mut draft = Draft::new(self.lexer.mark(), self.longest);
        while let Some(mut part) = self.lexer.peek() {
            match part.kind {
                TokenKind::LineComment => {}
                TokenKind::Blank => part.length = blanks_of_line(self.lexer.seen()),
                _ => break,
            }
            if part.length == 0 {
                break;
            }
            self.take(&part, &mut draft);
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
        if self.is_lost {
            return None;
        }
        let trivia = self.trivia();
        let mut draft = Draft::new(self.lexer.mark(), self.longest);
        if self.lexer.peek().is_none() {
            return self.end(trivia, draft);
        }
        let ended = self.body(&mut draft);
        let is_all = !self.is_lost && !self.lexer.has_failed();
        if !ended && self.last_end == LastEnd::Required && is_all {
            let (expected, found) = (vec!["`;`".to_owned()], "the end of the script".to_owned());
            draft.fail_at(ErrorKind::Expected { expected, found }, draft.solid, draft.solid);
        }
        let mut piece = draft.finish(ended);
        piece.is_lost = self.is_lost;
        let lost = if self.is_lost { piece.error.take() } else { None };
        piece.error = self.failure().or(lost).or_else(|| trivia.located()).or(piece.error);
        piece.leading = trivia.text;
        if ended {
            let error = self.same_line(&mut piece.trailing);
            piece.error = piece.error.or(error);
        }
        Some(piece)
    }
}

/// How many blanks a text starts with that break no line.
fn blanks_of_line(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\t']).len()
}

/// Whether an input is complete: it has no statement whose `;`, quote or comment is still to come.
pub(crate) fn is_complete(text: &str) -> bool {
    let mut pieces = Splitter::new(text.as_bytes(), LastEnd::Optional);
    let all_end = pieces.all(|piece| piece.ended);
    all_end || pieces.is_lost // more of it would make it no better
}

/// Refuses a condition that is too long or nests too deeply to be given to the grammar. It was stored, so it may be longer
/// than the statement that brought it.
pub(super) fn check_condition(text: &str) -> Result<()> {
    let splitter = Splitter::new(text.as_bytes(), LastEnd::Optional);
    all_right(Splitter { longest: limits::CONDITION_BYTES, ..splitter })
}

/// Refuses a text that is too long or nests too deeply to be given to the grammar.
pub(super) fn check(text: &str) -> Result<()> {
    all_right(Splitter::new(text.as_bytes(), LastEnd::Optional))
}

fn all_right<R: BufRead>(mut splitter: Splitter<R>) -> Result<()> {
    splitter.find_map(|piece| piece.error).map_or(Ok(()), Err)
}

/// The characters of a text that fit into so many bytes.
fn first_bytes(text: &str, bytes: usize) -> &str {
    let fits = (0..=bytes.min(text.len())).rev().find_map(|end| text.get(..end));
    fits.unwrap_or_default()
}

/// Draft of a piece, while it is read.
struct Draft {
    /// What was read, as far as it fits into the limit.
    text: String,
    /// How many bytes were read.
    total: usize,
    /// How many of them up to the end of the last token.
    solid: usize,
    /// How many of them before the token that was begun last.
    began: usize,
    /// How many parentheses are open.
    parentheses: usize,
    start: Mark,
    /// How long a statement may be, unless it is one of a dump.
    longest: usize,
    /// The first thing that is wrong.
    error: Option<Error>,
    /// Whether all quotes and comments have an end.
    terminated: bool,
}

impl Draft {
    fn new(start: Mark, longest: usize) -> Self {
        Self {
            text: String::new(),
            total: 0,
            solid: 0,
            began: 0,
            parentheses: 0,
            start,
            longest,
            error: None,
            terminated: true,
        }
    }

    /// Adds a part of a token, in which a character may be none.
    fn push(&mut self, part: &Part, text: &str, bad: Option<usize>) {
        let too_deep = part.too_deep.or_else(|| self.count(part.kind, text).then_some(0));
        if bad.is_none_or(|bad| too_deep.is_some_and(|at| at < bad)) {
            self.nests_too_deep(part.kind, too_deep);
        }
        if let Some(at) = bad {
            self.fail_at(ErrorKind::NotUtf8, self.total + at, self.total + at + 1);
        }
        let room = self.limit().saturating_sub(self.total);
        self.text.push_str(first_bytes(text, room));
        self.total += text.len();
    }

    /// Counts an opening or closing parenthesis, or what nests like one; whether it opens one too many.
    fn count(&mut self, kind: TokenKind, text: &str) -> bool {
        let is = |word: &str| kind == TokenKind::Word && text.eq_ignore_ascii_case(word);
        match text {
            "(" => self.parentheses += 1,
            ")" => self.parentheses = self.parentheses.saturating_sub(1),
            _ if is("CASE") && self.asks() => self.parentheses += 1,
            _ if is("END") && self.asks() => self.parentheses = self.parentheses.saturating_sub(1),
            _ => return false,
        }
        self.parentheses > limits::NESTING
    }

    /// Whether it may have a query in it, in which a `CASE` nests as parentheses do.
    fn asks(&self) -> bool {
        let first = Tokens::new(&self.text).find(|token| !token.kind.is_trivia());
        let is_one_of = |words: &[&str]| {
            first
                .is_some_and(|first| words.iter().any(|word| first.text.eq_ignore_ascii_case(word)))
        };
        is_one_of(&["SELECT", "WITH", "EXPLAIN", "ASSERT"])
    }

    fn nests_too_deep(&mut self, kind: TokenKind, at: Option<usize>) {
        let what = match kind {
            TokenKind::Json => "JSON arrays and objects",
            TokenKind::BlockComment => "comments",
            _ => "parentheses",
        };
        if let Some(at) = at.map(|at| self.total + at) {
            self.fail_at(ErrorKind::NestingTooDeep { what }, at, at + 1);
        }
    }

    /// How long it may be: the statements of a dump say what many others did.
    fn limit(&self) -> usize {
        let word = self.text.get(..4).unwrap_or_default();
        if word.eq_ignore_ascii_case("LOAD") { limits::DUMP_STATEMENT_BYTES } else { self.longest }
    }

    fn fail_at(&mut self, kind: ErrorKind, start: usize, end: usize) {
        self.error.get_or_insert_with(|| Error::new(kind).at(Span::new(start, end)));
    }

    /// Records that a quote or comment has no end. It replaces an earlier error, which may be one of the text inside.
    fn unterminated(&mut self, what: &'static str) {
        let span = Span::new(self.began, self.total);
        self.terminated = false;
        let end = match what {
            text if text.contains("single") => "'",
            name if name.contains("double") => "\"",
            comment if comment.contains("comment") => "*/",
            _ => "",
        };
        let error = Error::new(ErrorKind::Unterminated { what }).at(span);
        let hint = format!("it begins here, and ends with `{end}`");
        self.error = Some(if end.is_empty() { error } else { error.hint(hint) });
    }

    /// The error with its place in the script.
    fn located(&self) -> Option<Error> {
        let error = self.error.clone()?;
        Some(error.locate(&self.text.as_str().into(), self.start.line, self.start.column))
    }

    /// Whether it asserts an error, which may be that it is too long: then its end matters.
    fn may_fail(&self) -> bool {
        expected_errors(&self.text).next().is_some()
    }

    /// Whether most of it is a list of texts or numbers, as of the ids of users.
    fn has_long_list(&self) -> bool {
        const ITEMS: usize = 1_000;
        let tokens = Tokens::new(&self.text).filter(|token| !token.kind.is_trivia());
        let mut items = 0;
        for token in tokens {
            match (token.kind, token.text) {
                (TokenKind::Text | TokenKind::Word, _) => {}
                (TokenKind::Sign, ",") => items += 1,
                _ if items >= ITEMS => break,
                _ => items = 0,
            }
        }
        items >= ITEMS
    }

    fn is_too_long(&self) -> bool {
        self.solid > self.limit()
    }

    fn finish(mut self, ended: bool) -> Piece {
        if self.is_too_long() {
            let error = Error::new(ErrorKind::StatementTooLong { limit: self.limit() });
            let error = error.at(Span::new(0, 1));
            self.error =
                Some(if self.has_long_list() { error.hint(LISTS_ARE_LOADED) } else { error });
            self.text = self.text.chars().take(EXCERPT_CHARS).collect();
        }
        let error = self.located();
        let trailing = self.text.split_off(self.solid.min(self.text.len()));
        let trailing = trailing.trim_matches(is_blank).to_owned();
        let (line, column) = (self.start.line, self.start.column);
        let (text, leading) = (self.text.into(), String::new());
        Piece { text, line, column, leading, trailing, ended, is_lost: false, error }
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use proptest::prelude::*;

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
        assert_eq!(texts(&long), ["a", "limit"]); // nobody knows where it ends
        let expected = format!("assert /* x */ error 'limit' b '{}'; c;", "x".repeat(10 << 20));
        assert_eq!(texts(&expected), ["limit", "c"]);
        let endless = format!("ASSERT ERROR 'limit' b '{}", "x".repeat(10 << 20));
        assert!(split(endless.as_bytes()).iter().all(|piece| piece.is_lost));
        let fits = format!("a '{}'{};", "x".repeat((1 << 20) - 4), " ".repeat(1 << 20));
        assert!(errors(fits.as_bytes()).is_empty());
    }

    #[test]
    fn a_long_list_has_a_place_of_its_own() {
        let hints =
            |text: String| split(text.as_bytes()).remove(0).error.map(|error| error.hints().len());
        let list = |item: &str| format!("a WHERE b IN ({item});", item = item.repeat(300_000));
        assert_eq!(hints(list("'u1', ")), Some(1));
        assert_eq!(hints(list("123456, ")), Some(1));
        assert_eq!(hints(list("x = 1 OR ")), Some(0));
        assert_eq!(hints(format!("a '{}';", "x, ".repeat(500_000))), Some(0));
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

    proptest! {
        #[test]
        fn it_does_not_matter_how_much_is_read_at_once(
            parts in prop::collection::vec(prop::sample::select(&PARTS[..]), 0..40), size in 1_usize..9,
        ) {
            let script = parts.concat();
            let told = |piece: Piece| format!("{piece:?}");
            let whole: Vec<_> = split(&script).into_iter().map(told).collect();
            let slowly = BufReader::with_capacity(size, script.as_slice());
            let slowly: Vec<_> = Splitter::new(slowly, LastEnd::Required).map(told).collect();
            prop_assert_eq!(slowly, whole);
        }
    }

    /// What a script can be made of to confuse a splitter.
    const PARTS: [&[u8]; 25] = [
        b"a",
        b" ",
        b"\n",
        b"\r\n",
        b"\t",
        b";",
        b"'",
        b"''",
        b"\"",
        b"{",
        b"}",
        b"[",
        b"(",
        b")",
        b"-",
        b"--",
        b"/*",
        b"*/",
        b"\\",
        b":x",
        b"#!",
        "\u{feff}".as_bytes(),
        "\u{e9}".as_bytes(),
        b"\xff",
        b"\xe0\x80",
    ];
}
