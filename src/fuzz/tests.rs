//! The seeds of the fuzzer, and what it found: each input is taken once.

use std::fs;
use std::path::Path;

use super::{condition, disk, dump, json, record, script, store};

/// Calls a function with each seed of a target.
pub(crate) fn each_seed(target: &str, take: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let seeds =
        fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = seeds.map(|seed| seed.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{target} has no seeds");
    for path in paths {
        let seed = path.display();
        std::panic::catch_unwind(|| take(&fs::read(&path).unwrap()))
            .unwrap_or_else(|_| panic!("the seed {seed}"));
    }
}

#[test]
fn seeds_of_scripts() {
    each_seed("script", script);
}

#[test]
fn seeds_of_conditions() {
    each_seed("condition", condition);
}

#[test]
fn seeds_of_json() {
    each_seed("json", json);
}

#[test]
fn seeds_of_records() {
    each_seed("record", record);
}

#[test]
fn seeds_of_dumps() {
    each_seed("dump", dump);
}

#[test]
fn seeds_of_stores() {
    each_seed("store", store);
}

#[test]
fn seeds_of_disks() {
    each_seed("disk", disk);
}
