//! Stores of earlier releases: what they hold must be read by every later one.
//!
//! A release, and each other program that wrote another format, leaves a folder in `tests/files`: a small store that it
//! made, the dump it printed of that, and its answers to some questions. To add one, make a store with the program of the release and run
//!
//! ```text
//! pcq backup made.pcdb store.pcdb
//! pcq dump store.pcdb >dump.pcq
//! pcq run questions.pcq --db store.pcdb --readonly --format jsonl >answers.jsonl
//! ```
#![cfg(feature = "cli")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A store of a release, in a folder of its own: what is done to it stays there.
struct Kept {
    release: PathBuf,
    copy: TempDir,
}

impl Kept {
    fn new(release: PathBuf) -> Self {
        let copy = tempfile::tempdir().unwrap();
        fs::copy(release.join("store.pcdb"), copy.path().join("store.pcdb")).unwrap();
        Self { release, copy }
    }

    fn recorded(&self, name: &str) -> String {
        fs::read_to_string(self.release.join(name)).unwrap()
    }

    /// What the program prints when it is run on the copy.
    fn run(&self, arguments: &[&str]) -> String {
        let ran = Command::new(env!("CARGO_BIN_EXE_pcq"))
            .args(arguments)
            .current_dir(self.copy.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let release = self.release.display();
        assert!(ran.status.success(), "{release}: {arguments:?}: {ran:?}");
        String::from_utf8(ran.stdout).unwrap()
    }

    /// Compares all that the store holds with what was recorded.
    fn holds(&self) {
        let release = self.release.display();
        let verified = self.run(&["verify", "store.pcdb"]);
        assert!(verified.ends_with("the store is sound\n"), "{release}: {verified}");
        assert_eq!(self.run(&["dump", "store.pcdb"]), self.recorded("dump.pcq"), "{release}");
        let questions = self.release.join("questions.pcq").display().to_string();
        let answers =
            self.run(&["run", &questions, "--db", "store.pcdb", "--readonly", "--format", "jsonl"]);
        assert_eq!(answers, self.recorded("answers.jsonl"), "{release}");
    }
}

/// The folders of all releases.
fn releases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files");
    let mut found: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

#[test]
fn stores_of_every_release_hold_what_they_held() {
    assert!(!releases().is_empty());
    for release in releases() {
        let kept = Kept::new(release);
        kept.holds();
        // made anew by this program, it holds the same
        kept.run(&["compact", "store.pcdb"]);
        kept.holds();
    }
}

/// What is saved of a store of a release is all of it. Its hashes, which an early release did not write, are those that
/// are made of its own records.
#[test]
fn stores_of_every_release_are_saved_whole() {
    for release in releases() {
        let kept = Kept::new(release);
        let verified = kept.run(&["verify", "store.pcdb"]);
        kept.run(&["repair", "store.pcdb", "--to", "saved.pcdb"]);
        assert_eq!(kept.run(&["dump", "saved.pcdb"]), kept.recorded("dump.pcq"));
        assert_eq!(kept.run(&["verify", "saved.pcdb"]), verified);
    }
}

/// Versions of format 3 are whole; those of edits from here on are what they change, and stand on them.
#[test]
fn a_large_config_of_an_earlier_format_is_edited() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files");
    let kept = Kept::new(folder.join("format-3"));
    for price in 90_001..90_004 {
        let edit = format!(
            "ALTER CONFIG prices SET price01 VALUES (region02 = {price}); PUBLISH CONFIG prices;"
        );
        kept.run(&["store.pcdb", "-e", &edit]);
    }
    let verified = kept.run(&["verify", "store.pcdb"]);
    assert!(verified.ends_with("the store is sound\n"), "{verified}");
    let get =
        r#"GET price01 WITH {"region": "region02"}; GET price02 WITH {"region": "region29"};"#;
    let answer = kept.run(&["store.pcdb", "--format", "csv", "-e", get]);
    assert!(answer.contains("90003") && answer.contains("2029"), "{answer}");
    let dump = kept.run(&["dump", "store.pcdb"]);
    assert!(dump.starts_with(kept.recorded("dump.pcq").split("LOAD END").next().unwrap()));
    kept.run(&["repair", "store.pcdb", "--to", "saved.pcdb"]);
    assert_eq!(kept.run(&["dump", "saved.pcdb"]), dump);
    assert_eq!(kept.run(&["verify", "saved.pcdb"]), verified);
}

#[test]
fn stores_of_every_release_can_be_written_to() {
    for release in releases() {
        let kept = Kept::new(release);
        let write = "CREATE KEY of_today BOOLEAN DEFAULT TRUE; SET USER 'today' city = 'Oslo';
                     CREATE KEY hidden STRING SENSITIVE DEFAULT 'x'; ALTER KEY of_today SET SENSITIVE;
                     CREATE ATTRIBUTE born TIMESTAMP; ALTER ATTRIBUTES STRICT;";
        kept.run(&["store.pcdb", "-e", write]);
        let verified = kept.run(&["verify", "store.pcdb"]);
        assert!(verified.ends_with("the store is sound\n"), "{verified}");
        let answer =
            kept.run(&["store.pcdb", "--format", "csv", "-e", "GET of_today FOR USER 'today';"]);
        assert!(answer.contains("true"), "{answer}");
        let keys = "SHOW KEYS WHERE key IN ('hidden', 'of_today');";
        let answer = kept.run(&["store.pcdb", "--format", "csv", "-e", keys]);
        assert_eq!(answer.matches("true,***").count(), 2, "{answer}");
    }
}
