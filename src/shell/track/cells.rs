//! The grammar of RFC 4180, a byte at a time: where the cells of a row end, and what stands in no row.

use super::flaw::Flaw;
use pcq::{Error, ErrorKind};

/// Cuts a row into cells, which it holds one behind the other.
#[derive(Debug)]
pub(super) struct Cells {
    delimiter: u8,
    state: State,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// The first line of the row.
    begin: u64,
    /// Where the next byte stands.
    at: Spot,
    /// Where the last cell in quotes begins.
    opened: Spot,
    mistake: Option<(Mistake, Spot)>,
}

/// A line, and a column in code points, both from 1.
#[derive(Clone, Copy, Debug)]
struct Spot {
    line: u64,
    column: usize,
}

/// What the last byte was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The end of a cell.
    Between,
    /// Of a cell without quotes.
    Bare,
    /// Within the quotes of a cell.
    Quoted,
    /// A quote within quotes: the end of them, or the first of two that stand for one.
    Quote,
    /// A carriage return outside of quotes.
    Return,
}

/// What RFC 4180 has not.
#[derive(Clone, Copy, Debug)]
enum Mistake {
    /// Text behind a closing quote.
    Behind,
    /// A quote in a cell without quotes.
    Inside,
    /// A carriage return without a line feed.
    Return,
    /// Quotes without an end.
    Open,
}

impl Cells {
    /// Begins before the first row.
    pub(super) fn new(delimiter: u8) -> Self {
        let at = Spot { line: 1, column: 1 };
        let (bytes, ends) = Default::default();
        Self {
            delimiter,
            state: State::Between,
            bytes,
            ends,
            begin: 1,
            at,
            opened: at,
            mistake: None,
        }
    }

    /// Begins the row of a line.
    pub(super) fn begin(&mut self, line: u64) {
        self.let_go();
        self.begin = line;
        self.at = Spot { line, column: 1 };
        self.state = State::Between;
        self.mistake = None;
    }

    /// Lets go of the cells so far, of which there are too many; the end of the row is found all the same.
    pub(super) fn let_go(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// Takes a piece of a line, and tells whether the row ends with it.
    pub(super) fn take(&mut self, piece: &[u8]) -> bool {
        for byte in piece {
            self.state = self.next(*byte);
            self.at.pass(*byte);
        }
        piece.ends_with(b"\n") && self.state == State::Between
    }

    /// What is read outside of quotes after a mistake is read as ever: the text of a cell in quotes is never
    /// taken for rows.
    fn next(&mut self, byte: u8) -> State {
        match (self.state, byte) {
            (State::Quoted, b'"') => State::Quote,
            (State::Quoted, _) | (State::Quote, b'"') => self.push(byte, State::Quoted),
            (_, b'\n') => self.end_cell(),
            (State::Return, _) => {
                self.state = self.bare_return();
                self.next(byte)
            }
            (_, b'\r') => State::Return,
            (_, byte) if byte == self.delimiter => self.end_cell(),
            (State::Between, b'"') => {
                self.opened = self.at;
                State::Quoted
            }
            (State::Quote, _) => self.mistaken(Mistake::Behind, self.at),
            (_, b'"') => self.mistaken(Mistake::Inside, self.at),
            _ => self.push(byte, State::Bare),
        }
    }

    /// Ends the last row of a text.
    pub(super) fn end(&mut self) {
        match self.state {
            State::Quoted => self.mistake = Some((Mistake::Open, self.opened)),
            State::Return => self.state = self.bare_return(),
            _ => {}
        }
        self.end_cell();
    }

    fn push(&mut self, byte: u8, state: State) -> State {
        self.bytes.push(byte);
        state
    }

    fn end_cell(&mut self) -> State {
        self.ends.push(self.bytes.len());
        State::Between
    }

    fn bare_return(&mut self) -> State {
        let at = Spot { column: self.at.column.saturating_sub(1), ..self.at };
        self.mistaken(Mistake::Return, at)
    }

    /// Keeps the first mistake.
    fn mistaken(&mut self, mistake: Mistake, at: Spot) -> State {
        self.mistake.get_or_insert((mistake, at));
        State::Bare
    }

    /// Why it is no row.
    pub(super) fn flaw(&self) -> Option<Flaw> {
        let (mistake, Spot { line, column }) = self.mistake?;
        let mut error = mistake.error();
        if line > self.begin {
            error = error.hint(format!("the row begins in line {}", self.begin));
        }
        Some(Flaw::at(error, line, column))
    }

    /// The cells, if each is UTF-8.
    pub(super) fn texts(&self) -> Option<Vec<&str>> {
        let text = str::from_utf8(&self.bytes).ok()?;
        let mut start = 0;
        let cells = self.ends.iter().map(|&end| text.get(std::mem::replace(&mut start, end)..end));
        cells.collect()
    }
}

impl Spot {
    /// Goes past a byte; those that go on with a character are of its column.
    fn pass(&mut self, byte: u8) {
        if byte == b'\n' {
            *self = Self { line: self.line + 1, column: 1 };
        } else if byte & 0xc0 != 0x80 {
            self.column += 1;
        }
    }
}

impl Mistake {
    fn error(self) -> Error {
        let expected = |expected: &str, found: &str| {
            let (expected, found) = (vec![expected.to_owned()], found.to_owned());
            Error::new(ErrorKind::Expected { expected, found })
        };
        let doubled = "a cell with quotes in it stands in quotes, and has each of its own twice: \"the \"\"king\"\"\"";
        match self {
            Self::Behind => {
                expected("the end of the cell behind its closing quote", "text").hint(doubled)
            }
            Self::Inside => expected("quotes around a cell", "one within it").hint(doubled),
            Self::Return => expected("a line feed behind a carriage return", "none")
                .hint("lines end with a line feed, or with both"),
            Self::Open => Error::new(ErrorKind::Unterminated { what: "a cell in quotes" })
                .hint("all lines after it are in this cell, so none of them is loaded"),
        }
    }
}
