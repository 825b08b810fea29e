//! Lexer of scripts: reads a source part by part, in bounded memory, and knows the line and column of each.

use std::io::{BufRead, ErrorKind};

use super::token::{Part, State};

/// The most that is read at once, in bytes.
const READ_BYTES: usize = 64 << 10;

/// A place between two tokens of a source, from which it can be read on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    /// How many bytes come before it, and their CRC-32: a source that has others there is another.
    offset: u64,
    sum: u32,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// Lexer of a source: holds the characters that were read and not yet passed.
#[derive(Debug)]
pub(super) struct Lexer<R> {
    source: R,
    text: String,
    /// How many bytes of the text were passed.
    passed: usize,
    /// The places in the text at which a character stands for bytes that are not UTF-8.
    bad: Vec<usize>,
    /// The first bytes of a character whose others are still to be read.
    cut: Vec<u8>,
    /// How many bytes of the source are passed before anything is read, and the sum of those that were.
    skip: u64,
    skipped: u32,
    is_all: bool,
    state: State,
    mark: Mark,
    failure: Option<std::io::Error>,
}

impl<R: BufRead> Lexer<R> {
    /// Reads a source from its start.
    pub(super) fn new(source: R) -> Self {
        Self {
            source,
            text: String::new(),
            passed: 0,
            bad: Vec::new(),
            cut: Vec::new(),
            skip: 0,
            skipped: 0,
            is_all: false,
            state: State::Start,
            mark: Mark { offset: 0, sum: 0, line: 1, column: 1 },
            failure: None,
        }
    }

    /// Reads a source from a mark, where no comment is open. It fails if what comes before is not what came before.
    pub(super) fn from(source: R, mark: Mark) -> Self {
        let state = if mark.offset == 0 { State::Start } else { State::Between };
        Self { skip: mark.offset, state, mark, ..Self::new(source) }
    }

    /// Numbers the lines from another than 1 on.
    pub(super) fn start_at_line(&mut self, line: u32) {
        self.mark.line = line;
    }

    /// Where it stands.
    pub(super) fn mark(&self) -> Mark {
        self.mark
    }

    /// The characters that were read and not passed.
    pub(super) fn seen(&self) -> &str {
        self.text.get(self.passed..).unwrap_or_default()
    }

    /// Whether a token starts here, instead of going on.
    pub(super) fn is_between(&self) -> bool {
        matches!(self.state, State::Start | State::Between)
    }

    /// The next part of a token, if there is more.
    pub(super) fn peek(&mut self) -> Option<Part> {
        loop {
            let part = self.state.part(self.seen(), self.is_all);
            if part.is_some() || self.is_all {
                return part;
            }
            self.fill();
        }
    }

    /// Passes a part: gives its text, and the place in it of the first character that is not UTF-8.
    pub(super) fn pass(&mut self, part: &Part) -> (&str, Option<usize>) {
        let end = (self.passed + part.length).min(self.text.len());
        let bad = self.bad.first().filter(|&&at| at < end).map(|at| at - self.passed);
        self.bad.retain(|&at| at >= end);
        let text = self.text.get(self.passed..end).unwrap_or_default();
        self.mark.advance(text);
        (self.passed, self.state) = (end, part.then);
        (text, bad)
    }

    /// The quote or comment that is open at the end of the source; told once.
    pub(super) fn unterminated(&mut self) -> Option<&'static str> {
        std::mem::replace(&mut self.state, State::Between).unterminated()
    }

    /// Whether the source could not be read to its end.
    pub(super) fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    /// Why the source could not be read to its end, which is told once.
    pub(super) fn take_failure(&mut self) -> Option<std::io::Error> {
        self.failure.take()
    }

    /// Reads on.
    fn fill(&mut self) {
        self.text.drain(..self.passed);
        self.bad.iter_mut().for_each(|at| *at -= self.passed);
        self.passed = 0;
        let read = match self.source.fill_buf() {
            Ok([]) if self.skip > 0 => return self.fail(another_script()),
            Ok([]) => return self.end(),
            Ok(bytes) if self.skip > 0 => {
                let skip = usize::try_from(self.skip).unwrap_or(usize::MAX);
                let bytes = bytes.get(..skip).unwrap_or(bytes);
                (self.skip, self.skipped) =
                    (self.skip - bytes.len() as u64, sum_with(self.skipped, bytes));
                if self.skip == 0 && self.skipped != self.mark.sum {
                    return self.fail(another_script());
                }
                bytes.len()
            }
            Ok(bytes) => {
                let bytes = bytes.get(..READ_BYTES).unwrap_or(bytes);
                self.cut.extend_from_slice(bytes);
                bytes.len()
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => return,
            Err(error) => return self.fail(error),
        };
        self.source.consume(read);
        self.decode();
    }

    fn fail(&mut self, error: std::io::Error) {
        self.failure = Some(error);
        self.end();
    }

    fn end(&mut self) {
        self.is_all = true;
        self.decode();
    }

    /// Makes characters of bytes; what is none counts as one, with the bytes that seem to continue it.
    fn decode(&mut self) {
        let bytes = std::mem::take(&mut self.cut);
        let mut rest = bytes.as_slice();
        loop {
            let valid = match std::str::from_utf8(rest) {
                Ok(text) => return self.text.push_str(text),
                Err(error) => error.valid_up_to(),
            };
            let (text, after) = rest.split_at(valid);
            self.text.push_str(std::str::from_utf8(text).unwrap_or_default());
            match char_length(after) {
                None if !self.is_all => {
                    after.clone_into(&mut self.cut);
                    return;
                }
                length => {
                    self.bad.push(self.text.len());
                    self.text.push(char::REPLACEMENT_CHARACTER);
                    rest = after.get(length.unwrap_or(after.len())..).unwrap_or_default();
                }
            }
        }
    }
}

impl Mark {
    fn advance(&mut self, text: &str) {
        self.offset += text.len() as u64;
        self.sum = sum_with(self.sum, text.as_bytes());
        let columns = match text.rsplit_once('\n') {
            None => text.chars().count(),
            Some((before, last)) => {
                let lines = 1 + before.bytes().filter(|&byte| byte == b'\n').count();
                self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
                self.column = 1;
                last.chars().count()
            }
        };
        self.column = self.column.saturating_add(u32::try_from(columns).unwrap_or(u32::MAX));
    }
}

/// The CRC-32 of bytes after others, whose sum is given.
fn sum_with(before: u32, bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(before);
    hasher.update(bytes);
    hasher.finalize()
}

fn another_script() -> std::io::Error {
    std::io::Error::other("it is another script by now")
}

/// How many bytes the first byte and those that continue it are; `None` if more could follow.
fn char_length(bytes: &[u8]) -> Option<usize> {
    let first = bytes.first()?;
    let wanted = usize::try_from(first.leading_ones()).unwrap_or(0).clamp(1, 4);
    let tail = bytes.get(1..)?.iter().take(wanted - 1);
    let length = 1 + tail.take_while(|byte| matches!(byte, 0x80..=0xbf)).count();
    (length == wanted || length < bytes.len()).then_some(length)
}
