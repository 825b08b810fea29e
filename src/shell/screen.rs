//! Standard output as people see it: what a terminal would obey or hide is shown.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

use super::text::by_lines;

/// Writes what it is given, but to a terminal only characters that are seen, and line breaks.
///
/// Everything that the program prints goes through one, whatever its format.
#[derive(Debug)]
pub(super) struct Screen<W> {
    to: W,
    is_terminal: bool,
    /// The last bytes, as long as those after them decide what they are.
    begun: Vec<u8>,
}

/// Standard output with a buffer of its own: that of the standard library is flushed at every line.
pub(super) fn buffered_stdout() -> Screen<BufWriter<Stdout>> {
    let stdout = io::stdout();
    let is_terminal = stdout.is_terminal();
    Screen::new(BufWriter::with_capacity(1 << 16, stdout), is_terminal)
}

impl<W: Write> Screen<W> {
    fn new(to: W, is_terminal: bool) -> Self {
        Self { to, is_terminal, begun: Vec::new() }
    }

    /// Writes text, but for the end of it that is not yet decided.
    fn show(&mut self, bytes: &[u8]) -> io::Result<()> {
        let whole = bytes.len() - undecided(bytes);
        let (whole, begun) = bytes.split_at_checked(whole).unwrap_or((bytes, &[]));
        begun.clone_into(&mut self.begun);
        self.write_seen(&String::from_utf8_lossy(whole))
    }

    /// Writes a text as it is, in which all characters are seen but those that the program itself steers the terminal
    /// with.
    pub(super) fn write_styled(&mut self, text: &str) -> io::Result<()> {
        let begun = std::mem::take(&mut self.begun);
        self.write_seen(&String::from_utf8_lossy(&begun))?;
        self.to.write_all(text.as_bytes())
    }

    /// Lines end with a line feed here: the terminal adds what it needs.
    fn write_seen(&mut self, text: &str) -> io::Result<()> {
        let text = text.replace("\r\n", "\n");
        self.to.write_all(by_lines(&text).as_bytes())
    }
}

impl<W: Write> Write for Screen<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.is_terminal {
            return self.to.write(bytes);
        }
        if self.begun.is_empty() {
            self.show(bytes)?;
        } else {
            let joined = [&std::mem::take(&mut self.begun), bytes].concat();
            self.show(&joined)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let begun = std::mem::take(&mut self.begun);
        self.write_seen(&String::from_utf8_lossy(&begun))?;
        self.to.flush()
    }
}

/// A text as a terminal shows it, for a program that passes it on to one.
pub(super) fn as_seen(bytes: &[u8]) -> String {
    by_lines(&String::from_utf8_lossy(bytes).replace("\r\n", "\n")).into_owned()
}

/// How many bytes at the end may be the start of a character or of a line break.
fn undecided(bytes: &[u8]) -> usize {
    if bytes.ends_with(b"\r") {
        return 1;
    }
    let begun = bytes.utf8_chunks().last().map_or(&[][..], |chunk| chunk.invalid());
    let goes_on = str::from_utf8(begun).is_err_and(|error| error.error_len().is_none());
    if goes_on { begun.len() } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pieces: &[&[u8]], is_terminal: bool) -> Vec<u8> {
        let mut screen = Screen::new(Vec::new(), is_terminal);
        for piece in pieces {
            screen.write_all(piece).unwrap();
        }
        screen.flush().unwrap();
        screen.to
    }

    const HOSTILE: &str =
        "a,\u{1b}]0;x\u{7}\0\u{9b}31m\r\nk\u{202e}decoy\u{2066}\u{200b}\u{e0041}\t\r日本";
    const SEEN: &str = "a,\\u{1b}]0;x\\u{7}\\u{0}\\u{9b}31m\nk\\u{202e}decoy\\u{2066}\\u{200b}\\u{e0041}\\t\\r日本";

    #[test]
    fn a_terminal_gets_nothing_that_it_would_obey_or_hide() {
        assert_eq!(String::from_utf8(shown(&[HOSTILE.as_bytes()], true)).unwrap(), SEEN);
    }

    #[test]
    fn files_and_pipes_get_every_byte() {
        assert_eq!(
            shown(&[HOSTILE.as_bytes(), b"\xff"], false),
            [HOSTILE.as_bytes(), b"\xff"].concat()
        );
    }

    #[test]
    fn characters_may_come_in_pieces() {
        for length in 1..5 {
            let pieces: Vec<_> = HOSTILE.as_bytes().chunks(length).collect();
            assert_eq!(String::from_utf8(shown(&pieces, true)).unwrap(), SEEN, "{length}");
        }
    }

    #[test]
    fn what_is_no_text_is_replaced() {
        assert_eq!(
            shown(&[b"a\xffb\xc2", b"c\x9b\r"], true),
            "a\u{fffd}b\u{fffd}c\u{fffd}\\r".as_bytes()
        );
    }
}
