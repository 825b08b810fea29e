//! Tokens of a text: blanks, comments, words, quotes, JSON, signs.
//!
//! All who look at a text beside the grammar do it with these: the splitter of scripts, formatting, the words of
//! an error, the names of parameters. A [`State`] can stop between any two characters and go on there later, so
//! a script of any length goes through it in a small window.

use crate::limits;

/// Kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// Blanks and line breaks.
    Blank,
    /// A comment up to the end of its line, or a first line that starts with `#!`.
    LineComment,
    /// A comment between `/*` and `*/`.
    BlockComment,
    /// A keyword, name or number.
    Word,
    /// `:name`
    Parameter,
    /// A text in single quotes.
    Text,
    /// A name in double quotes.
    Name,
    /// A JSON array or object.
    Json,
    /// The end of a statement.
    Semicolon,
    /// An operator or another character.
    Sign,
}

impl TokenKind {
    /// Whether it stands between tokens that mean something.
    #[must_use]
    pub fn is_trivia(self) -> bool {
        self == Self::Blank || self.is_comment()
    }

    /// Whether it is a comment.
    #[must_use]
    pub fn is_comment(self) -> bool {
        matches!(self, Self::LineComment | Self::BlockComment)
    }
}

/// A token of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'t> {
    /// What it is.
    pub kind: TokenKind,
    /// Its text.
    pub text: &'t str,
}

impl Token<'_> {
    /// Whether it is a text or a name whose last quote is still to come: a quote inside is written twice.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let quote = match self.kind {
            TokenKind::Text => '\'',
            TokenKind::Name => '"',
            _ => return false,
        };
        let inside = self.text.strip_prefix(quote).unwrap_or_default();
        inside.matches(quote).count().is_multiple_of(2)
    }
}

/// Iterator over the tokens of a text, which together are all of it: for whoever shows or completes what is typed.
///
/// ```
/// let kinds: Vec<_> = pcq::Tokens::new("GET a;").map(|token| token.kind).collect();
/// use pcq::TokenKind::{Blank, Semicolon, Word};
/// assert_eq!(kinds, [Word, Blank, Word, Semicolon]);
/// ```
#[derive(Clone, Debug)]
pub struct Tokens<'t> {
    rest: &'t str,
    state: State,
}

impl<'t> Tokens<'t> {
    /// Reads a text from its start.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        Self { rest: text, state: State::Start }
    }
}

impl<'t> Iterator for Tokens<'t> {
    type Item = Token<'t>;

    fn next(&mut self) -> Option<Token<'t>> {
        let part = self.state.part(self.rest, true)?;
        let (text, rest) = self.rest.split_at_checked(part.length)?;
        (self.rest, self.state) = (rest, part.then);
        Some(Token { kind: part.kind, text })
    }
}

/// A token, or as much of one as can be seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) kind: TokenKind,
    /// How many bytes it has.
    pub(super) length: usize,
    /// Where in it something nests too deeply.
    pub(super) too_deep: Option<usize>,
    /// What comes after it.
    pub(super) then: State,
}

/// State of a scan, within a token or between two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// At the start of a script, where `#!` begins a comment.
    Start,
    /// Between two tokens.
    Between,
    /// In a comment that ends with its line.
    Line,
    /// In so many comments, one in the other.
    Block(usize),
    /// In a text or name, up to the quote.
    Quoted(u8),
    /// In so many arrays and objects of JSON.
    Json(usize),
    /// In a string there.
    JsonString(usize),
}

impl State {
    /// The next token of what can be seen, or the part of it that can; `None` if more must be seen to tell, or if
    /// there is no more.
    pub(super) fn part(self, seen: &str, is_all: bool) -> Option<Part> {
        let part = match self {
            Self::Start | Self::Between => self.token(seen, is_all)?,
            Self::Line => line(seen),
            Self::Block(depth) => block(seen, is_all, depth),
            Self::Quoted(quote) => quoted(seen, is_all, quote, 0),
            Self::Json(_) | Self::JsonString(_) => Json::new(seen, is_all, self).part(),
        };
        if part.length == 0 && part.then == Self::Between {
            return Self::Between.part(seen, is_all); // it ends right here
        }
        (part.length > 0).then_some(part)
    }

    /// The token that starts here.
    fn token(self, seen: &str, is_all: bool) -> Option<Part> {
        let mut chars = seen.chars();
        let (first, second) = (chars.next()?, chars.next());
        if second.is_none() && !is_all && matches!(first, '-' | '/' | ':' | '#') {
            return None;
        }
        Some(match (first, second) {
            ('#', Some('!')) if self == Self::Start => line(seen),
            ('-', Some('-')) => line(seen),
            ('/', Some('*')) => block(seen, is_all, 0),
            ('\'', _) => quoted(seen, is_all, b'\'', 1),
            ('"', _) => quoted(seen, is_all, b'"', 1),
            ('{' | '[', _) => Json::new(seen, is_all, Self::Json(0)).part(),
            (';', _) => whole(TokenKind::Semicolon, 1),
            (':', Some('a'..='z' | 'A'..='Z' | '_')) => {
                whole(TokenKind::Parameter, 1 + run(seen.get(1..)?, is_word))
            }
            (c, _) if is_blank(c) => whole(TokenKind::Blank, run(seen, is_blank)),
            (c, _) if is_word(c) => whole(TokenKind::Word, run(seen, is_word)),
            (c, _) if is_operator(c) => whole(TokenKind::Sign, run(seen, is_operator)),
            (c, _) => whole(TokenKind::Sign, c.len_utf8()),
        })
    }

    /// The quote or comment that is still open, where the text ends.
    pub(super) fn unterminated(self) -> Option<&'static str> {
        match self {
            Self::Block(_) => Some("a comment"),
            Self::Quoted(b'\'') => Some("a text in single quotes"),
            Self::Quoted(_) => Some("a name in double quotes"),
            _ => None,
        }
    }
}

/// A token that has an end.
fn whole(kind: TokenKind, length: usize) -> Part {
    Part { kind, length, too_deep: None, then: State::Between }
}

/// How many bytes at the start of a text are of a kind.
fn run(text: &str, is_of_kind: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is_of_kind(c)).unwrap_or(text.len())
}

pub(super) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n' | '\u{feff}')
}

pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_operator(c: char) -> bool {
    matches!(c, '=' | '<' | '>' | '!' | '&' | '|')
}

fn line(seen: &str) -> Part {
    let end = seen.find('\n');
    let then = if end.is_some() { State::Between } else { State::Line };
    Part { kind: TokenKind::LineComment, length: end.unwrap_or(seen.len()), too_deep: None, then }
}

fn block(seen: &str, is_all: bool, mut depth: usize) -> Part {
    let (mut at, mut too_deep) = (0, None);
    while let Some(rest) = seen.as_bytes().get(at..).filter(|rest| !rest.is_empty()) {
        match rest {
            [b'/', b'*', ..] => {
                depth += 1;
                too_deep = too_deep.or((depth > limits::NESTING).then_some(at));
                at += 1;
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                at += 1;
            }
            [b'*' | b'/'] if !is_all => break,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            break;
        }
    }
    let then = if depth == 0 { State::Between } else { State::Block(depth) };
    Part { kind: TokenKind::BlockComment, length: at, too_deep, then }
}

/// A text or a name from a place after its first quote; a quote inside is written twice.
fn quoted(seen: &str, is_all: bool, quote: u8, mut at: usize) -> Part {
    let kind = if quote == b'"' { TokenKind::Name } else { TokenKind::Text };
    let bytes = seen.as_bytes();
    let mut then = State::Quoted(quote);
    while let Some(&byte) = bytes.get(at) {
        let next = bytes.get(at + 1);
        if byte == quote && next == Some(&quote) {
            at += 1;
        } else if byte == quote && (is_all || next.is_some()) {
            (at, then) = (at + 1, State::Between);
            break;
        } else if byte == quote {
            break;
        }
        at += 1;
    }
    Part { kind, length: at, too_deep: None, then }
}

/// A scan of JSON, up to the bracket that closes it; a `;` that is in no string ends even broken JSON.
struct Json<'t> {
    seen: &'t [u8],
    is_all: bool,
    state: State,
    at: usize,
    too_deep: Option<usize>,
}

impl<'t> Json<'t> {
    fn new(seen: &'t str, is_all: bool, state: State) -> Self {
        Self { seen: seen.as_bytes(), is_all, state, at: 0, too_deep: None }
    }

    fn part(mut self) -> Part {
        while let Some(&byte) = self.seen.get(self.at) {
            let step = match self.state {
                State::Json(depth) => self.outside(byte, depth),
                State::JsonString(depth) => self.inside(byte, depth),
                _ => 0,
            };
            if step == 0 {
                break;
            }
            self.at += step;
        }
        let length = self.at.min(self.seen.len());
        Part { kind: TokenKind::Json, length, too_deep: self.too_deep, then: self.state }
    }

    /// Takes a byte that is in no string; how many are done with.
    fn outside(&mut self, byte: u8, depth: usize) -> usize {
        self.state = match byte {
            b';' => State::Between,
            b'"' => State::JsonString(depth),
            b'{' | b'[' => {
                let is_first = depth == limits::NESTING;
                self.too_deep = self.too_deep.or(is_first.then_some(self.at));
                State::Json(depth + 1)
            }
            b'}' | b']' if depth <= 1 => State::Between,
            b'}' | b']' => State::Json(depth - 1),
            _ => State::Json(depth),
        };
        usize::from(byte != b';')
    }

    /// Takes a byte of a string. It cannot go past the end of its line, so neither does a broken one.
    fn inside(&mut self, byte: u8, depth: usize) -> usize {
        match byte {
            b'\\' if self.at + 1 < self.seen.len() => return 2,
            b'\\' => return usize::from(self.is_all),
            b'\n' => self.state = State::Json(depth),
            b'"' => {
                self.state = State::Json(depth);
            }
            _ => {}
        }
        1
    }
}

#[cfg(test)]
mod tests {
    use super::TokenKind::*;
    use super::*;

    fn tokens(text: &str) -> Vec<(TokenKind, &str)> {
        let tokens = Tokens::new(text).filter(|token| token.kind != Blank);
        tokens.map(|token| (token.kind, token.text)).collect()
    }

    #[test]
    fn each_token_has_its_kind() {
        let told =
            tokens("#!x\nGET a.b, \"c\"\"d\" >= :p -- 1\n'it''s' 5% {\"a;\": [1]} /* /* */ */;");
        let expected = [
            (LineComment, "#!x"),
            (Word, "GET"),
            (Word, "a"),
            (Sign, "."),
            (Word, "b"),
            (Sign, ","),
            (Name, "\"c\"\"d\""),
            (Sign, ">="),
            (Parameter, ":p"),
            (LineComment, "-- 1"),
            (Text, "'it''s'"),
            (Word, "5"),
            (Sign, "%"),
            (Json, "{\"a;\": [1]}"),
            (BlockComment, "/* /* */ */"),
            (Semicolon, ";"),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn what_has_no_end_goes_on_to_the_end() {
        for text in ["'a;b", "\"a;b", "/* a;b", "[\"a;b"] {
            assert_eq!(Tokens::new(text).map(|token| token.text).collect::<Vec<_>>(), [text]);
        }
        assert_eq!(tokens("[1;b"), [(Json, "[1"), (Semicolon, ";"), (Word, "b")]);
    }
}
