//! The header of a file: that no change of it serves another commit.

use redb::ReadableDatabase;

use super::*;
use crate::store::page::header::{FLAGS, HEADER_BYTES, Header};

/// The commits that a file with a changed header serves, to who reads and to who writes.
fn served(bytes: &[u8], change: impl FnOnce(&mut Vec<u8>)) -> [Result<bool, String>; 2] {
    let mut changed = bytes.to_vec();
    change(&mut changed);
    [Role::Reads, Role::Writes].map(|role| served_to(role, &changed))
}

/// Whether the newest commit of a file is served to a role.
fn served_to(role: Role, bytes: &[u8]) -> Result<bool, String> {
    let (file, damage) = (Memory::of(bytes.to_vec()), Damage::default());
    let checked = Checked::new(file, role, &damage);
    let told = |error: redb::Error| damage.found().unwrap_or_else(|| error.to_string());
    let newest = |transaction: redb::ReadTransaction| {
        let table = transaction.open_table(ONE).map_err(redb::Error::from)?;
        let found = table.get("commit").map_err(redb::Error::from)?;
        Ok(found.is_some_and(|found| found.value() == [2]))
    };
    let builder = Database::builder();
    let began = match role {
        Role::Reads => builder
            .open_read_only_with_backend(checked)
            .map_err(redb::Error::from)
            .and_then(|database| newest(database.begin_read()?)),
        Role::Writes => builder
            .create_with_backend(checked)
            .map_err(redb::Error::from)
            .and_then(|database| newest(database.begin_read()?)),
    };
    began.map_err(told)
}

/// A file whose last two commits differ, as one is that was closed by a process that then was killed.
fn two_commits() -> Vec<u8> {
    let mut bytes = killed(false);
    bytes[FLAGS] &= !2;
    bytes
}

/// A file as it is after two commits, while it is open. In two phases: a commit is on the disk before it is named.
fn killed(two_phases: bool) -> Vec<u8> {
    let file = Memory::default();
    let database = Database::builder().create_with_backend(file.clone()).unwrap();
    for commit in [1, 2] {
        let mut transaction = database.begin_write().unwrap();
        transaction.set_two_phase_commit(two_phases);
        transaction.open_table(ONE).unwrap().insert("commit", [commit].as_slice()).unwrap();
        transaction.commit().unwrap();
    }
    let bytes = file.bytes();
    drop(database);
    bytes
}

/// A file as it is while it is open, before anything was committed.
fn opened(bytes: Vec<u8>) -> Vec<u8> {
    let file = Memory::of(bytes);
    let database = Database::builder().create_with_backend(file.clone()).unwrap();
    let bytes = file.bytes();
    drop(database);
    bytes
}

#[test]
fn no_changed_bit_of_the_header_serves_another_commit() {
    let closed = {
        let file = Memory::of(two_commits());
        drop(Database::builder().create_with_backend(file.clone()).unwrap());
        file.bytes()
    };
    for bytes in [two_commits(), closed.clone()] {
        assert_eq!(served(&bytes, |_| {})[1], Ok(true));
        for bit in 0..HEADER_BYTES * 8 {
            for answer in served(&bytes, |bytes| bytes[bit / 8] ^= 1 << (bit % 8)) {
                assert_ne!(answer, Ok(false), "bit {} of byte {}", bit % 8, bit / 8);
            }
        }
    }
}

/// Of a file that is not closed nobody reads the header but who writes, or who repairs it in memory.
#[test]
fn no_changed_bit_of_the_header_of_a_killed_file_serves_another_commit() {
    let closed = {
        let file = Memory::of(killed(true));
        drop(Database::builder().create_with_backend(file.clone()).unwrap());
        file.bytes()
    };
    for bytes in [killed(true), opened(closed)] {
        assert_eq!(served_to(Role::Writes, &bytes), Ok(true));
        for bit in 0..HEADER_BYTES * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let answer = served_to(Role::Writes, &changed);
            assert_ne!(answer, Ok(false), "bit {} of byte {}", bit % 8, bit / 8);
        }
    }
}

/// A commit is acknowledged once it is named, so one that is whole but not named yet may be served, and one that is
/// not whole may not.
#[test]
fn a_commit_that_was_not_named_yet_is_served_if_it_is_whole() {
    let mut bytes = killed(true);
    let header = Header::read(&bytes).unwrap();
    let newest = header.newest().unwrap().roots[0].unwrap().page.place(header.geometry);
    bytes[FLAGS] ^= 1;
    assert_eq!(served_to(Role::Writes, &bytes), Ok(true));
    bytes[usize::try_from(newest.start).unwrap() + 40] ^= 1;
    assert_eq!(served_to(Role::Writes, &bytes), Ok(false));
}

#[test]
fn a_header_that_contradicts_the_file_is_refused() {
    let file = closed();
    let told = |change: fn(&mut Vec<u8>)| served(&file.bytes(), change).map(Result::unwrap_err);
    let length = file.bytes().len();
    let [reads, writes] = told(|bytes| bytes.extend([0; 100]));
    assert_eq!(reads, writes);
    let wanted =
        format!("the file has {} bytes, and by its header it would have {length}", length + 100);
    assert_eq!(reads, wanted);
    let [reads, writes] = told(|bytes| bytes.extend(bytes.clone()));
    assert!(reads == writes && reads.contains("by its header"), "{reads}");
    let [reads, writes] = told(|bytes| bytes.truncate(bytes.len() - 4096));
    assert!(reads == writes && reads.contains("by its header"), "{reads}");
}

/// A repair says that the file is closed before it commits; a power cut then leaves it so.
#[test]
fn a_repair_that_was_cut_short_is_no_damage() {
    let bytes = two_commits();
    let header = Header::read(&bytes).unwrap();
    let newest = header.newest().unwrap().roots[0].unwrap().page.place(header.geometry);
    for flags in [1, 8, 9] {
        let cut = |bytes: &mut Vec<u8>| bytes[FLAGS] ^= flags;
        assert_eq!(served(&bytes, cut)[1], Ok(true), "the newer commit is whole");
        let torn = served(&bytes, |bytes| {
            cut(bytes);
            bytes[usize::try_from(newest.start).unwrap() + 40] ^= 1;
        });
        assert_eq!(torn[1], Ok(false), "the newer commit was taken back");
    }
}

/// redb checks all pages of a file that was not closed, unless a commit was on the disk before it was named.
#[test]
fn a_commit_that_leads_out_of_the_file_is_none() {
    let sound = killed(false);
    let newest = if sound[FLAGS] & 1 == 0 { 64 } else { 192 };
    for (slots, wanted) in [(vec![newest], Ok(false)), (vec![64, 192], Err(()))] {
        let mut forged = sound.clone();
        for slot in slots {
            forged[slot + 8 + 7] = 20 << 3; // the order of the root: 4 GiB
        }
        crate::store::page::fuzz::seal(&mut forged);
        let memory = allocation_counter::measure(|| {
            assert_eq!(served_to(Role::Writes, &forged).map_err(drop), wanted);
        });
        assert!(memory.bytes_max < 64 << 20, "{} bytes", memory.bytes_max);
    }
}
