//! Lines of a text, in pieces and with their numbers, so that the longest takes no more memory.

use std::io::{self, BufRead, Read};

use super::ROW_BYTES;
use pcq::{Error, ErrorKind};

/// The most bytes of a piece.
const PIECE_BYTES: u64 = 1 << 16;

/// Mark with which some programs begin a file, to say that it is UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Reads a text in pieces, none of which is of two lines.
#[derive(Debug)]
pub(in crate::shell) struct Lines<R> {
    input: R,
    number: u64,
    ends: bool,
}

impl<R: BufRead> Lines<R> {
    /// Begins before the first line.
    pub(in crate::shell) fn new(input: R) -> Self {
        Self { input, number: 0, ends: true }
    }

    /// Reads the next piece in place of the one that is there, with the line break if it has come so far.
    /// There is none at the end of the text.
    pub(in crate::shell) fn read(&mut self, piece: &mut Vec<u8>) -> io::Result<bool> {
        piece.clear();
        let found = (&mut self.input).take(PIECE_BYTES).read_until(b'\n', piece)?;
        if self.number == 0 && piece.starts_with(BYTE_ORDER_MARK) {
            piece.drain(..BYTE_ORDER_MARK.len());
        }
        self.number += u64::from(self.ends && found > 0);
        self.ends = piece.ends_with(b"\n");
        Ok(found > 0)
    }

    /// The number of the line that the last piece is of, from 1.
    pub(in crate::shell) fn number(&self) -> u64 {
        self.number
    }

    /// Whether the last piece ends its line.
    pub(in crate::shell) fn is_at_break(&self) -> bool {
        self.ends
    }
}

/// Text of a row, which is dropped once it is too long.
#[derive(Debug, Default)]
pub(in crate::shell) struct Raw {
    bytes: Vec<u8>,
    length: usize,
}

impl Raw {
    /// Makes room for another row.
    pub(in crate::shell) fn clear(&mut self) {
        self.bytes.clear();
        self.length = 0;
    }

    /// Adds a piece.
    pub(in crate::shell) fn push(&mut self, piece: &[u8]) {
        self.length = self.length.saturating_add(piece.len());
        if self.is_held() {
            self.bytes.extend_from_slice(piece);
        } else {
            self.bytes.clear();
        }
    }

    /// Whether nothing was read.
    pub(in crate::shell) fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Whether it is short enough.
    pub(in crate::shell) fn is_held(&self) -> bool {
        self.length <= ROW_BYTES
    }

    /// Whether it has nothing but white space.
    pub(in crate::shell) fn is_blank(&self) -> bool {
        self.is_held() && self.bytes.iter().all(u8::is_ascii_whitespace)
    }

    /// The bytes without the line break, if they are held.
    pub(in crate::shell) fn bytes(&self) -> Option<&[u8]> {
        let bytes = self.bytes.strip_suffix(b"\n").unwrap_or(&self.bytes);
        self.is_held().then(|| bytes.strip_suffix(b"\r").unwrap_or(bytes))
    }

    /// The same as text.
    pub(in crate::shell) fn text(&self) -> Result<&str, Error> {
        let bytes = self.bytes().ok_or_else(|| self.too_long())?;
        str::from_utf8(bytes).map_err(|error| not_utf8(error.valid_up_to()))
    }

    fn too_long(&self) -> Error {
        let (limit, found) = (ROW_BYTES, self.length);
        ErrorKind::TooMany { what: "a line", limit, unit: "bytes", found }.into()
    }
}

/// The error of bytes that are no text, of which some begin well.
fn not_utf8(after: usize) -> Error {
    let found = format!("something else after {after} bytes");
    ErrorKind::Expected { expected: vec!["UTF-8".to_owned()], found }.into()
}
