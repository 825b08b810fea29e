//! A terminal for the program, and what it shows.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// How long to wait for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// The columns of a terminal, if nothing else is said.
const COLUMNS: u16 = 250;

/// A program at a terminal.
pub(super) struct Terminal {
    keyboard: File,
    pieces: Receiver<Vec<u8>>,
    child: Child,
    /// All that was shown so far.
    shown: Vec<u8>,
    /// How much of it was waited for.
    passed: usize,
}

impl Terminal {
    /// Runs a command that reads from the terminal and writes to it.
    pub(super) fn run(command: &mut Command) -> Self {
        Self::run_with_history(command, Path::new("/dev/null"))
    }

    /// The same, with a file of what was typed before.
    pub(super) fn run_with_history(command: &mut Command, history: &Path) -> Self {
        Self::run_at(command, history, COLUMNS)
    }

    /// The same, at a terminal of so many columns.
    pub(super) fn run_at(command: &mut Command, history: &Path, columns: u16) -> Self {
        let (keyboard, screen) = pair(columns);
        command.env("PCQ_HISTORY", history);
        command.stdin(Stdio::from(screen.try_clone().unwrap()));
        Self::start(command, keyboard, screen)
    }

    /// What a command writes to the terminal, and nobody types anything.
    pub(super) fn output(command: &mut Command) -> String {
        let (keyboard, screen) = pair(COLUMNS);
        command.stdin(Stdio::null());
        let mut terminal = Self::start(command, keyboard, screen);
        terminal.end();
        String::from_utf8(std::mem::take(&mut terminal.shown)).unwrap()
    }

    fn start(command: &mut Command, keyboard: File, screen: File) -> Self {
        if command.get_envs().all(|(name, _)| name != "TERM") {
            command.env("TERM", "xterm");
        }
        command.env_remove("NO_COLOR");
        // nothing that whoever runs the tests has set
        for name in ["PCQ_PAGER", "XDG_CONFIG_HOME"] {
            if !command.get_envs().any(|(known, _)| known == name) {
                command.env(name, "");
            }
        }
        command.env("HOME", "/nonexistent");
        command.stdout(Stdio::from(screen.try_clone().unwrap())).stderr(Stdio::from(screen));
        let child = command.spawn().unwrap();
        // as long as the command has the terminal open, so that its end is seen
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let (sender, pieces) = channel();
        let mut reader = keyboard.try_clone().unwrap();
        thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(length @ 1..) = reader.read(&mut piece) {
                let _ = sender.send(piece[..length].to_vec());
            }
        });
        Self { keyboard, pieces, child, shown: Vec::new(), passed: 0 }
    }

    /// Types.
    pub(super) fn press(&mut self, keys: impl AsRef<[u8]>) {
        self.keyboard.write_all(keys.as_ref()).unwrap();
    }

    /// Sends what the terminal sends a program at Ctrl-C, which is a key as long as a line is typed.
    pub(super) fn interrupt(&mut self) {
        let child = Pid::from_raw(self.child.id().try_into().unwrap()).unwrap();
        kill_process(child, Signal::INT).unwrap();
    }

    /// Waits until a text is shown, after what was waited for before, and returns what was before it.
    #[track_caller]
    pub(super) fn wait_for(&mut self, text: &str) -> String {
        let begin = self.passed;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let new = String::from_utf8_lossy(&self.shown[begin..]);
            if let Some(at) = new.find(text) {
                self.passed = begin + at + text.len();
                return new[..at].to_owned();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.pieces.recv_timeout(left) {
                Ok(piece) => self.shown.extend(piece),
                Err(error) => panic!("{error}: no `{text}` in {new:?}"),
            }
        }
    }

    /// Waits for the end, and returns the exit code.
    pub(super) fn end(&mut self) -> i32 {
        loop {
            match self.pieces.recv_timeout(PATIENCE) {
                Ok(piece) => self.shown.extend(piece),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("no end after {:?}", self.text()),
            }
        }
        self.child.wait().unwrap().code().unwrap()
    }

    /// All that was shown.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.shown).into_owned()
    }
}

/// A program whose test failed would wait for keys for ever.
impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Both ends of a terminal.
fn pair(columns: u16) -> (File, File) {
    let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&keyboard).unwrap();
    unlockpt(&keyboard).unwrap();
    let name = ptsname(&keyboard, Vec::new()).unwrap().into_string().unwrap();
    let screen = OpenOptions::new().read(true).write(true).open(name).unwrap();
    tcsetwinsize(&screen, Winsize { ws_row: 50, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 })
        .unwrap();
    (keyboard.into(), screen)
}
