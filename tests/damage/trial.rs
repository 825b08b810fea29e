//! Trials of a damaged file: it is read, written, copied, compacted and verified.

use std::fs;
use std::path::Path;

use crate::store::{Answers, Fixture, answers, is_damage, open, write};

/// What is done with a damaged file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Trial {
    Read,
    Write,
    Backup,
    Compact,
    Verify,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Found {
    /// All answers are those of the sound store.
    Right,
    /// Some say that the store is damaged, and the others are right.
    Refused,
    Wrong,
}

impl Trial {
    pub(crate) const ALL: [Self; 5] =
        [Self::Read, Self::Write, Self::Backup, Self::Compact, Self::Verify];

    /// What comes of a file; an error is what is wrong.
    pub(crate) fn of(self, fixture: &Fixture, bytes: &[u8]) -> Result<Found, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("damaged.pcdb");
        fs::write(&path, bytes).unwrap();
        match self {
            Self::Read => read(&path, fixture.before()),
            Self::Write => written(fixture, &path),
            Self::Backup => {
                let copy = folder.path().join("copy.pcdb");
                let done = open(&path, true).and_then(|db| db.backup(&copy));
                copied(done, &copy, fixture.before())
            }
            Self::Compact => {
                let done = open(&path, false).and_then(|db| db.compact());
                if done.is_err() {
                    // the file is left as it was
                    read(&path, fixture.before())?;
                }
                copied(done, &path, fixture.before())
            }
            Self::Verify => verified(&path, fixture.before()),
        }
    }
}

/// Asks who opens the file to read.
fn read(path: &Path, right: &[Answers]) -> Result<Found, String> {
    let told = open(path, true).and_then(|db| answers(&db));
    judged(told, right)
}

fn judged(told: pcq::Result<Answers>, right: &[Answers]) -> Result<Found, String> {
    match told {
        Err(error) if is_damage(&error) => Ok(Found::Refused),
        Err(error) => Err(format!("{}: {error}", error.code())),
        Ok(told) => match told.wrong(right) {
            Some(wrong) => Err(wrong),
            None if told.are_whole() => Ok(Found::Right),
            None => Ok(Found::Refused),
        },
    }
}

/// Asks who opens the file to write, before and after a write; and then who reads.
fn written(fixture: &Fixture, path: &Path) -> Result<Found, String> {
    let db = match open(path, false) {
        Err(error) if is_damage(&error) => return Ok(Found::Refused),
        opened => opened.map_err(|error| format!("{}: {error}", error.code()))?,
    };
    let before = judged(answers(&db), fixture.before())?;
    let (done, outcome) = write(&db);
    let (after, right) = match outcome {
        Ok(()) => (Found::Right, &fixture.answers[done..]),
        // what failed was done, or not
        Err(error) if is_damage(&error) => (Found::Refused, &fixture.answers[done..done + 2]),
        Err(error) => return Err(format!("{}: {error}", error.code())),
    };
    let now = judged(answers(&db), right)?;
    drop(db);
    Ok(before.max(after).max(now).max(read(path, right)?))
}

/// A copy that was made is a copy of the sound store.
fn copied(done: pcq::Result<()>, copy: &Path, right: &[Answers]) -> Result<Found, String> {
    match done {
        Ok(()) => match read(copy, right)? {
            Found::Right => Ok(Found::Right),
            other => Err(format!("what was copied is {other:?}")),
        },
        Err(error) if is_damage(&error) => Ok(Found::Refused),
        Err(error) => Err(format!("{}: {error}", error.code())),
    }
}

/// A file that is sound answers everything right.
fn verified(path: &Path, right: &[Answers]) -> Result<Found, String> {
    match open(path, true).and_then(|db| db.verify()) {
        Ok(found) if found.is_sound() => match read(path, right)? {
            Found::Right => Ok(Found::Right),
            other => Err(format!("what is sound is {other:?}")),
        },
        Ok(found) if found.problems.len() > 100 => {
            Err(format!("{} problems are told", found.problems.len()))
        }
        Ok(_) => Ok(Found::Refused),
        Err(error) if is_damage(&error) => Ok(Found::Refused),
        Err(error) => Err(format!("{}: {error}", error.code())),
    }
}
