//! What waits at a terminal to be read.

use std::io::{self, Stdin};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Result, read};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

/// A terminal that was silent for so long has sent all of what was pasted.
const SILENCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// Reads what waits, up to a silence, and drops it without a trace on the screen.
pub(super) fn drop_pending() -> Result<()> {
    let stdin = io::stdin();
    let usual = tcgetattr(&stdin)?;
    let mut silent = usual.clone();
    silent.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
    tcsetattr(&stdin, OptionalActions::Flush, &silent)?;
    let dropped = drop_to_silence(&stdin);
    tcsetattr(&stdin, OptionalActions::Now, &usual)?;
    dropped
}

fn drop_to_silence(stdin: &Stdin) -> Result<()> {
    let mut piece = [0; 1 << 12];
    while poll(&mut [PollFd::new(stdin, PollFlags::IN)], Some(&SILENCE))? > 0 {
        if read(stdin, &mut piece)? == 0 {
            break;
        }
    }
    Ok(())
}
