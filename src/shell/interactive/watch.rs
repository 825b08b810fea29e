//! Watch: a statement that is run again and again.

use std::thread;
use std::time::{Duration, Instant};

use super::Shell;
use crate::shell::exit::Stop;
use crate::shell::listener::Listener;
use crate::shell::zone;

/// How soon Ctrl-C is heard between two runs.
const EAR: Duration = Duration::from_millis(50);

impl Shell<'_> {
    /// Runs a statement every so often, until it fails or Ctrl-C ends it.
    pub(super) fn watch(&mut self, every: Duration, text: &str) -> Result<(), Stop> {
        let listener = self.opener.listener.clone();
        self.printer.set_paging(false);
        let watched = self.repeat(every, text, &listener);
        self.printer.set_paging(true);
        watched
    }

    fn repeat(&mut self, every: Duration, text: &str, listener: &Listener) -> Result<(), Stop> {
        while !listener.was_asked() {
            let begin = Instant::now();
            let now = zone::now(self.printer.zone());
            self.printer.say(&format!("{now}, every {} s; Ctrl-C ends", every.as_secs_f64()))?;
            if !self.run(&format!("{text};"))? {
                break;
            }
            while begin.elapsed() < every && !listener.was_asked() {
                thread::sleep(EAR.min(every.saturating_sub(begin.elapsed())));
            }
        }
        Ok(())
    }
}
