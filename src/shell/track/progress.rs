//! Progress bar, at a terminal.

use std::io::{self, IsTerminal, Read};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a second the bar is drawn.
const DRAWN_PER_SEC: u8 = 8;

const OF_BYTES: &str = "{bar:30} {bytes} of {total_bytes}, {binary_bytes_per_sec}, {eta} to go";
const OF_ROWS: &str = "{spinner} {human_pos} lines, {per_sec}";

/// A bar on standard error, if that is a terminal.
#[derive(Debug)]
pub(in crate::shell) struct Progress {
    bar: Option<ProgressBar>,
    /// Whether it counts bytes; else rows.
    of_bytes: bool,
}

impl Progress {
    /// A bar for what has a number of bytes, if that is known.
    pub(super) fn new(bytes: Option<u64>, quiet: bool) -> Self {
        if quiet || !io::stderr().is_terminal() {
            return Self::hidden();
        }
        let target = ProgressDrawTarget::stderr_with_hz(DRAWN_PER_SEC);
        let bar = ProgressBar::with_draw_target(bytes, target);
        let template = if bytes.is_some() { OF_BYTES } else { OF_ROWS };
        let style = ProgressStyle::with_template(template);
        let style = style.unwrap_or_else(|_| ProgressStyle::default_spinner());
        Self { bar: Some(bar.with_style(style)), of_bytes: bytes.is_some() }
    }

    /// None.
    pub(in crate::shell) fn hidden() -> Self {
        Self { bar: None, of_bytes: false }
    }

    /// Counts the bytes that are read.
    pub(super) fn reader<'a>(&'a self, from: Box<dyn Read + 'a>) -> Box<dyn Read + 'a> {
        match &self.bar {
            Some(bar) if self.of_bytes => Box::new(bar.wrap_read(from)),
            _ => from,
        }
    }

    /// Counts a row.
    pub(super) fn row(&self) {
        if let Some(bar) = self.bar.as_ref().filter(|_| !self.of_bytes) {
            bar.inc(1);
        }
    }

    /// Takes the bar away while something else is written.
    pub(super) fn aside(&self, write: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
