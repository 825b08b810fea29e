//! The table of figures and ratios.

use std::io::{Write as _, stdout};

/// What a ratio is to be.
#[derive(Clone, Copy, Debug)]
pub enum Bound {
    AtMost(f64),
    AtLeast(f64),
    /// Anything: it is there to be known.
    None,
}

impl Bound {
    fn holds(self, ratio: f64) -> bool {
        match self {
            Self::AtMost(most) => ratio <= most,
            Self::AtLeast(least) => ratio >= least,
            Self::None => true,
        }
    }
}

/// Prints lines as they come, and knows whether every bound held.
#[derive(Debug, Default)]
pub struct Table {
    broken: usize,
}

impl Table {
    /// Prints a ratio and its bound.
    pub fn line(&mut self, what: &str, bound: Bound, ratio: f64) {
        let wanted = match bound {
            Bound::AtMost(most) => format!("at most {most}"),
            Bound::AtLeast(least) => format!("at least {least}"),
            Bound::None => String::new(),
        };
        let broken = if bound.holds(ratio) { "" } else { "  BROKEN" };
        print(&format!("{what:<44} {ratio:>12.2}    {wanted}{broken}"));
        self.broken += usize::from(!broken.is_empty());
    }

    /// Prints how many bounds did not hold.
    pub fn end(&self) {
        print(&format!("bounds that do not hold: {}", self.broken));
    }
}

/// Prints a time in nanoseconds.
pub fn figure(what: &str, nanoseconds: f64) {
    print(&format!("{what:<44} {nanoseconds:>12.1} ns"));
}

fn print(line: &str) {
    let mut out = stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
