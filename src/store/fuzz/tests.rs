//! That the fuzzer does to files what it should.

use crate::model::{Catalog, KeyType};
use crate::store::Store;
use crate::store::disk::Disk;
use crate::store::page::{self, damaged_pages};
use crate::store::tests::{commit, key, options};

/// What is wrong with the pages of a file.
fn problems(bytes: &[u8]) -> Vec<String> {
    let mut problems = Vec::new();
    let report = |problem| {
        problems.push(problem);
        true
    };
    damaged_pages(&Disk::of(bytes.to_vec()), &|_| true, report).unwrap();
    problems
}

fn sound() -> Vec<u8> {
    let disk = Disk::default();
    let store = Store::on_disk(&disk, &options()).unwrap();
    let mut catalog = Catalog::default();
    for n in 1..60 {
        commit(&store, &mut catalog, &[key(n, KeyType::String, "long".repeat(50).into(), 1)])
            .unwrap();
    }
    drop(store);
    disk.bytes()
}

#[test]
fn pages_that_were_forged_have_sums_that_are_right() {
    let sound = sound();
    let mut sealed = sound.clone();
    page::fuzz::seal(&mut sealed);
    assert!(sealed == sound, "it was right before");
    let (mut told, mut forged) = (0, 0);
    for at in
        (4096..sound.len()).step_by(4096).flat_map(|page| [page + 90, page + 700, page + 2_000])
    {
        let mut bytes = sound.clone();
        bytes[at] ^= 1;
        if problems(&bytes).is_empty() {
            continue; // nothing is there
        }
        told += 1;
        page::fuzz::seal(&mut bytes);
        forged += usize::from(problems(&bytes).is_empty());
    }
    assert!(told > 20 && forged * 10 > told * 9, "{forged} of {told}");
}

#[test]
fn every_table_is_rewritten() {
    let tables =
        include_str!("../tables.rs").lines().filter(|line| line.contains(": TableDefinition<"));
    let names = tables.filter_map(|line| line.split("const ").nth(1)?.split(':').next());
    let here = include_str!("file.rs");
    let missing: Vec<_> = names.filter(|name| !here.contains(name)).collect();
    assert_eq!(missing, ["USER_ENTRIES"], "only the first format has it");
}
