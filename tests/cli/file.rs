//! Files of stores as others see them: who may read them, what is left of the killed, and who waits for whom.

use std::fs;
use std::time::Duration;

use super::{Place, assert_fails};

const KEY: &str = "CREATE KEY a INTEGER DEFAULT 1";

/// What is in the folder that is none of these names.
fn others(place: &Place, names: &[&str]) -> Vec<String> {
    let there = fs::read_dir(place.path("")).unwrap();
    let there = there.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    there.filter(|name| !names.contains(&name.as_str())).collect()
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
    use std::process::Command;

    use super::*;
    use crate::Ran;

    fn mode(place: &Place, name: &str) -> u32 {
        fs::metadata(place.path(name)).unwrap().mode() & 0o777
    }

    fn set_mode(place: &Place, name: &str, mode: u32) {
        fs::set_permissions(place.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Runs the program with a umask.
    fn run_with_umask(place: &Place, umask: &str, arguments: &[&str]) -> Ran {
        let mut command = Command::new("sh");
        command.args(["-c", "umask $0; exec \"$@\"", umask, env!("CARGO_BIN_EXE_pcq")]);
        command.args(arguments).current_dir(place.path("")).output().unwrap().into()
    }

    #[test]
    fn new_files_are_private_and_copies_are_as_open_as_the_store() {
        for umask in ["000", "022", "277"] {
            let place = Place::new();
            assert_eq!(run_with_umask(&place, umask, &["s.pcdb", "-e", KEY]).code, 0);
            assert_eq!(mode(&place, "s.pcdb"), 0o600, "{umask}");
            for open in [0o600, 0o640, 0o666] {
                set_mode(&place, "s.pcdb", open);
                let copy = format!("{open}.pcdb");
                assert_eq!(run_with_umask(&place, umask, &["backup", "s.pcdb", &copy]).code, 0);
                assert_eq!(mode(&place, &copy), open, "{umask}");
                // so that there is something to do
                let track = ["s.pcdb", "-e", "TRACK 'e' FOR USER 'u'"];
                assert_eq!(run_with_umask(&place, umask, &track).code, 0);
                assert_eq!(run_with_umask(&place, umask, &["compact", "s.pcdb"]).code, 0);
                assert_eq!(mode(&place, "s.pcdb"), open, "{umask}");
            }
        }
    }

    #[test]
    fn an_empty_file_becomes_a_store_and_stays_as_open_as_it_is() {
        let place = Place::new();
        place.file("s.pcdb", "");
        set_mode(&place, "s.pcdb", 0o640);
        assert_eq!(place.run(&["s.pcdb", "-e", KEY]).code, 0);
        assert_eq!(mode(&place, "s.pcdb"), 0o640);
    }

    #[test]
    fn copies_belong_to_whom_the_store_belongs() {
        const NOBODY: u32 = 65_534;
        let place = Place::new();
        let store = place.store();
        if chown(place.path(store), Some(NOBODY), Some(NOBODY)).is_err() {
            return; // only root can try this
        }
        assert_eq!(place.run(&["backup", store, "copy.pcdb"]).code, 0);
        place.run(&[store, "-e", "TRACK 'e' FOR USER 'u'"]);
        assert_eq!(place.run(&["compact", store]).code, 0);
        for name in [store, "copy.pcdb"] {
            let found = fs::metadata(place.path(name)).unwrap();
            assert_eq!((found.uid(), found.gid()), (NOBODY, NOBODY), "{name}");
            assert_eq!(found.mode() & 0o777, 0o600);
        }
    }
}

#[test]
fn who_is_killed_while_making_a_store_leaves_none_or_a_whole_one() {
    let place = Place::new();
    for after in 0..40 {
        let mut maker = place.command(&["s.pcdb", "-e", KEY]).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(after * 750));
        maker.kill().unwrap();
        maker.wait().unwrap();
        let text = "CREATE KEY IF NOT EXISTS a INTEGER DEFAULT 1; SHOW COUNT OF KEYS";
        let ran = place.run(&["s.pcdb", "-e", text, "--format", "jsonl"]);
        assert_eq!((ran.code, &*ran.out), (0, "{\"count\":1}\n"), "after {after}: {ran:?}");
        assert_eq!(others(&place, &["s.pcdb"]), [""; 0], "after {after}");
        fs::remove_file(place.path("s.pcdb")).unwrap();
    }
}

#[test]
fn what_a_killed_backup_leaves_is_removed() {
    let place = Place::new();
    let store = place.store();
    let ids: Vec<String> = (0..50_000).map(|id| format!("{id:0100}")).collect();
    place.file("ids", ids.join("\n"));
    assert_eq!(place.run(&["list", store, "everybody", "ids"]).code, 0);
    let mut left = 0;
    for _ in 0..5 {
        let mut backup = place.command(&["backup", store, "copy.pcdb"]).spawn().unwrap();
        while others(&place, &[store, "setup.pcq", "ids"]).is_empty() {
            std::thread::yield_now();
        }
        backup.kill().unwrap();
        backup.wait().unwrap();
        left += others(&place, &[store, "setup.pcq", "ids", "copy.pcdb"]).len();
        assert!(left == 0 || !place.path("copy.pcdb").exists());
        let _ = fs::remove_file(place.path("copy.pcdb"));
    }
    assert!(left > 0, "no backup was killed in time");
    assert_eq!(place.run(&[store, "-e", "GET banner"]).code, 0);
    assert_eq!(others(&place, &[store, "setup.pcq", "ids"]), [""; 0]);
}

#[test]
fn several_make_one_store_and_wait_for_each_other() {
    let place = Place::new();
    let make = |n: u32| {
        let text = format!("CREATE KEY a{n} INTEGER DEFAULT 1");
        place.command(&["s.pcdb", "--wait", "1h", "-e", &text]).spawn().unwrap()
    };
    let makers: Vec<_> = (0..8).map(make).collect();
    assert!(makers.into_iter().all(|mut maker| maker.wait().unwrap().success()));
    let ran = place.run(&["s.pcdb", "-e", "SHOW COUNT OF KEYS", "--format", "jsonl"]);
    assert_eq!(ran.out, "{\"count\":8}\n");
}

#[test]
fn a_wait_is_a_duration() {
    let place = Place::new();
    assert_eq!(place.run(&["s.pcdb", "-e", KEY]).code, 0);
    for wait in ["5s", "500ms", "0s", "5 SECONDS", "2 minutes", "1h 30m"] {
        assert_eq!(place.run(&["s.pcdb", "--wait", wait, "-e", "SHOW KEYS"]).code, 0, "{wait}");
    }
    for wait in ["5", "soon", "-5s", "", "1 month"] {
        let argument = format!("--wait={wait}");
        let ran = place.run(&["s.pcdb", &argument, "-e", "SHOW KEYS"]);
        assert_fails(&ran, 2, "expected a duration such as 5s");
    }
    for arguments in [
        &["-e", "SHOW KEYS", "--wait", "5s"][..],
        &["s.pcdb", "-e", "SHOW KEYS", "--wait", "5s", "--readonly"],
        &["s.pcdb", "-e", "SHOW KEYS", "--wait", "5s", "--dry-run"],
        &["dump", "s.pcdb", "--wait", "5s"],
    ] {
        assert_eq!(place.run(arguments).code, 2, "{arguments:?}");
    }
}

#[test]
fn a_store_in_use_is_told_to_be() {
    let place = Place::new();
    let open = pcq::Database::open(place.path("s.pcdb")).unwrap();
    let ran = place.run(&["s.pcdb", "--wait", "20ms", "-e", KEY]);
    assert_fails(&ran, 3, "error[store-locked]: `s.pcdb` is in use by another process\n");
    // the hints are what the command can do
    place.file("e.jsonl", "");
    for (arguments, hints) in [
        (&["s.pcdb", "-e", KEY][..], &["--readonly", "--wait 5s"][..]),
        (&["s.pcdb", "--wait", "20ms", "-e", KEY], &["--readonly"]),
        (&["track", "s.pcdb", "e.jsonl"], &["--wait 5s"]),
        (&["list", "s.pcdb", "us", "e.jsonl", "--wait", "20ms"], &[]),
        (&["compact", "s.pcdb"], &["--wait 5s"]),
        (&["repair", "s.pcdb", "--clock", "--yes"], &[]),
    ] {
        let ran = place.run(arguments);
        let told = ran
            .err
            .lines()
            .filter_map(|line| line.split('`').nth(1).filter(|_| line.starts_with("hint")));
        assert_eq!((ran.code, told.collect::<Vec<_>>()), (3, hints.to_vec()), "{ran:?}");
    }
    // who only reads and counts nothing need not wait, nor say so
    let read = place.run(&["s.pcdb", "-e", "SHOW COUNT OF KEYS", "--format", "jsonl"]);
    assert_eq!((read.code, &*read.out, &*read.err), (0, "{\"count\":0}\n", ""));
    let counted = place.run(&["s.pcdb", "-e", "SHOW KEYS", "--count"]);
    assert_fails(&counted, 3, "error[store-locked]");
    let own = pcq::Database::open(place.path("s.pcdb")).unwrap_err();
    assert!(own.to_string().ends_with("in use by this process, which has it open for writing"));
    open.close().unwrap();
    assert_eq!(place.run(&["s.pcdb", "-e", KEY]).code, 0);
}

#[test]
fn a_dry_run_refuses_what_a_run_refuses() {
    let place = Place::new();
    place.file("empty.pcdb", "");
    place.file("text.pcdb", "CREATE KEY k");
    for store in ["missing/s.pcdb", "text.pcdb", "empty.pcdb", "new.pcdb"] {
        let dry = place.run(&[store, "--dry-run", "-e", KEY]);
        assert!(!place.path("new.pcdb").exists());
        let ran = place.run(&[store, "-e", KEY]);
        assert_eq!((dry.code, dry.err), (ran.code, ran.err), "{store}");
    }
    assert_eq!(place.run(&["empty.pcdb", "-e", "GET a"]).code, 0);
}

#[test]
fn a_restored_backup_ends_a_store_that_is_open() {
    let place = Place::new();
    let store = place.store();
    assert_eq!(place.run(&["backup", store, "backup.pcdb"]).code, 0);
    let open = pcq::Database::open(place.path(store)).unwrap();
    open.execute("CREATE KEY lost INTEGER DEFAULT 1").unwrap();
    let restored = fs::read(place.path("backup.pcdb")).unwrap();
    fs::rename(place.path("backup.pcdb"), place.path(store)).unwrap();
    let error = open.execute("CREATE KEY b INTEGER DEFAULT 1").unwrap_err();
    assert_eq!(error.code(), "store-failed");
    assert_eq!(open.compact().unwrap_err().code(), "store-failed");
    // what is in memory can be asked on
    assert_eq!(open.get::<i64>("lost", &pcq::Context::new("ada")).unwrap(), 1);
    drop(open);
    assert!(fs::read(place.path(store)).unwrap() == restored);
    assert_eq!(place.run(&[store, "-e", "CREATE KEY b INTEGER DEFAULT 1"]).code, 0);
    assert_fails(&place.run(&[store, "-e", "GET lost"]), 1, "error[unknown-key]");
}

/// A page of the history is damaged: what can be saved is told, then saved, and what stands now is not touched.
#[test]
fn repair_says_what_is_damaged_and_saves_the_rest() {
    let place = Place::new();
    place.store();
    let sound = fs::read(place.path("s.pcdb")).unwrap();
    let ran = place.run(&["repair", "s.pcdb"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, "nothing is damaged\n"), "{ran:?}");
    let now = place.run(&["dump", "s.pcdb", "--current", "--users"]).out;
    let damaged = damaged_history(&place, &sound);
    let ran = place.run(&["repair", "s.pcdb"]);
    assert!(
        ran.out.contains(" saved, 0 lost\n") && ran.out.contains("lost: revisions "),
        "{ran:?}"
    );
    assert!(ran.err.contains("nothing was changed: --to FILE"), "{ran:?}");
    assert!(ran.err.contains("--current writes what stands now"), "{ran:?}");
    assert_eq!(place.run(&["repair", "s.pcdb", "--current"]).out, now);
    assert_eq!(others(&place, &["s.pcdb", "setup.pcq"]), [""; 0]);
    let to = ["repair", "s.pcdb", "--to", "saved.pcdb"];
    assert_eq!(place.run(&to).code, 3);
    assert!(fs::read(place.path("s.pcdb")).unwrap() == damaged, "the damaged one stays as it is");
    assert_fails(&place.run(&to), 1, "a file of that name exists, and a repair overwrites none");
    assert_eq!(place.run(&["verify", "saved.pcdb"]).code, 0);
    assert_eq!(others(&place, &["s.pcdb", "setup.pcq", "saved.pcdb"]), [""; 0]);
}

/// Damages the one page of the changes of a small store, in its file.
fn damaged_history(place: &Place, sound: &[u8]) -> Vec<u8> {
    for page in 1..sound.len() / 4096 {
        let mut damaged = sound.to_vec();
        damaged[page * 4096 + 2] ^= 1;
        fs::write(place.path("s.pcdb"), &damaged).unwrap();
        let ran = place.run(&["repair", "s.pcdb"]);
        if ran.out.contains("damaged: the page of table `pcq.changes`") {
            assert_eq!(ran.code, 3, "{ran:?}");
            return damaged;
        }
    }
    panic!("no page is of the changes");
}
