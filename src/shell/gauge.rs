//! Gauge: how far long work has come, at a terminal.

use std::cell::Cell;
use std::io::{self, IsTerminal};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use pcq::ProgressHandle;

/// Work that ends sooner shows nothing.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often it is drawn.
const PACE: Duration = Duration::from_millis(125);
const DRAWN_PER_SEC: u8 = 8;

const KNOWN: &str = "{bar:20} {percent}% of {msg}, {eta} to go";
const UNKNOWN: &str = "{spinner} {human_pos} {msg}";

/// Does work in a database, and shows how far it has come if standard error is a terminal.
pub(super) fn during<T>(handle: &ProgressHandle, work: impl FnOnce() -> T) -> T {
    until_told(handle, |_| work())
}

/// The same of work that writes something itself: what it is given takes the gauge away before that.
pub(super) fn until_told<T>(
    handle: &ProgressHandle,
    work: impl FnOnce(&mut dyn FnMut()) -> T,
) -> T {
    if !io::stderr().is_terminal() {
        return work(&mut || ());
    }
    thread::scope(|scope| {
        let (end, ended) = channel();
        let mut gauge = Some((end, scope.spawn(move || show(handle, &ended))));
        work(&mut || {
            let Some((end, shown)) = gauge.take() else { return };
            drop(end);
            let _ = shown.join(); // what it could not draw nobody misses
        })
    })
}

/// Shows how far work has come, until it has ended.
fn show(handle: &ProgressHandle, ended: &Receiver<()>) {
    let mut pause = PATIENCE;
    let mut shown: Option<(&'static str, ProgressBar)> = None;
    while ended.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
        pause = PACE;
        let progress = handle.progress();
        let is_other = |(what, _): &(&str, _)| progress.is_none_or(|now| now.what != *what);
        if let Some((_, bar)) = shown.take_if(|shown| is_other(shown)) {
            bar.finish_and_clear();
        }
        let Some(now) = progress else { continue };
        let (_, bar) = shown.get_or_insert_with(|| (now.what, bar(now.total, now.what)));
        bar.set_position(now.done);
        bar.tick();
    }
    if let Some((_, bar)) = shown {
        bar.finish_and_clear();
    }
}

fn bar(total: Option<u64>, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(total, target());
    let style = ProgressStyle::with_template(if total.is_some() { KNOWN } else { UNKNOWN });
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner())).with_message(what)
}

fn target() -> ProgressDrawTarget {
    ProgressDrawTarget::stderr_with_hz(DRAWN_PER_SEC)
}

/// Gauge of scripts that are run: how much of their text is done.
#[derive(Debug)]
pub(super) struct Scripts {
    bar: Option<ProgressBar>,
    begin: Instant,
    is_shown: Cell<bool>,
}

impl Scripts {
    /// A gauge of texts that have so many bytes together, if that is known and standard error is a terminal.
    pub(super) fn new(bytes: Option<u64>) -> Self {
        let bytes = bytes.filter(|_| io::stderr().is_terminal());
        let bar = bytes.map(|bytes| {
            let bar = bar(Some(bytes), "the statements");
            bar.set_draw_target(ProgressDrawTarget::hidden());
            bar
        });
        Self { bar, begin: Instant::now(), is_shown: Cell::new(false) }
    }

    /// Counts a statement that was run.
    pub(super) fn step(&self, bytes: usize) {
        let Some(bar) = &self.bar else { return };
        bar.inc(bytes as u64);
        if !self.is_shown.get() && self.begin.elapsed() >= PATIENCE {
            self.is_shown.set(true);
            bar.set_draw_target(target());
        }
    }

    /// Takes the gauge away for good: something else is written.
    pub(super) fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
