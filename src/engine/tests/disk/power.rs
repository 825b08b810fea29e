//! The power is cut after every operation; what was acknowledged is there afterwards.
//!
//! `PCQ_POWER_CUTS=90000 cargo test --release --lib power -- --nocapture` looks at so many images.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::recording::Recording;
use super::story::{self, Story};
use crate::store::disk::{Chance, Cut, Disk, Loss};

/// How many images, of all stories together.
fn wanted() -> usize {
    let wanted = std::env::var("PCQ_POWER_CUTS").ok().and_then(|n| n.parse().ok());
    wanted.unwrap_or(50)
}

/// How many images were looked at.
#[derive(Default)]
struct Looked {
    images: AtomicUsize,
    /// Those of a repair that was cut.
    again: AtomicUsize,
}

/// Part of the cuts of a recording that one thread makes.
#[derive(Clone, Copy)]
struct Share {
    thread: usize,
    threads: usize,
    round: usize,
    /// One of so many cuts is made.
    stride: usize,
}

impl Share {
    fn has(self, after: usize) -> bool {
        let turn = after + self.round;
        turn.is_multiple_of(self.stride) && (turn / self.stride) % self.threads == self.thread
    }
}

/// Cuts the power until there were so many images.
fn cut(recording: &Recording, name: &str, wanted: usize) {
    let cuts = recording.trace.operations.len() + 1;
    let threads = thread::available_parallelism().map_or(1, Into::into);
    let stride = (cuts * Loss::ALL.len() * 3 / 2 / wanted.max(1)).max(1);
    let looked = Looked::default();
    for round in 0.. {
        thread::scope(|scope| {
            for thread in 0..threads {
                let share = Share { thread, threads, round, stride };
                let looked = &looked;
                scope.spawn(move || each_image(recording, share, looked));
            }
        });
        if looked.images.load(Ordering::Relaxed) >= wanted {
            break;
        }
    }
    let (images, again) = (looked.images.into_inner(), looked.again.into_inner());
    let every = if stride == 1 { "every one" } else { "some" };
    eprintln!(
        "{name}: {images} images, {again} of a cut repair, after {every} of {} operations",
        cuts - 1
    );
}

fn each_image(recording: &Recording, share: Share, looked: &Looked) {
    recording.trace.each_cut(|cut| {
        if share.has(cut.after) {
            look(recording, cut, share.round, looked);
        }
    });
}

/// Looks at what may be found after a cut, and after another one while that is repaired.
fn look(recording: &Recording, cut: &Cut<'_>, round: usize, looked: &Looked) {
    let allowed = recording.allowed(cut.after);
    let mut chance = Chance((cut.after * 1_000 + round) as u64);
    for loss in losses(cut, round) {
        let told = |what| panic!("cut after {}, losing {loss:?}: {what}", cut.after);
        let opening = recording.judge(cut.image(loss, &mut chance), &allowed).unwrap_or_else(told);
        looked.images.fetch_add(1, Ordering::Relaxed);
        if opening.operations.is_empty() {
            continue;
        }
        let (at, loss) = (chance.index(opening.operations.len()), Loss::ALL[chance.index(5)]);
        opening.each_cut(|again| {
            if again.after == at {
                recording.judge(again.image(loss, &mut chance), &allowed).unwrap_or_else(|what| {
                    panic!("cut after {}, and after {at} of its repair: {what}", cut.after)
                });
                looked.images.fetch_add(1, Ordering::Relaxed);
                looked.again.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
}

/// What is lost: each once, then that which is another each time.
fn losses(cut: &Cut<'_>, round: usize) -> Vec<Loss> {
    match (cut.is_calm(), round) {
        (true, 0) => vec![Loss::Nothing],
        (true, _) => Vec::new(),
        (false, 0) => Loss::ALL.to_vec(),
        (false, _) => vec![Loss::Some, Loss::Sectors, Loss::End],
    }
}

fn record(story: &Story) -> Recording {
    Recording::new(story, &Disk::of(story.before.clone()))
}

#[test]
fn what_was_acknowledged_survives_a_power_cut() {
    let stories = [story::mixed(), story::load(), story::migration()];
    let recordings = stories.each_ref().map(record);
    let all: usize = recordings.iter().map(|recording| recording.trace.operations.len()).sum();
    for (story, recording) in stories.iter().zip(&recordings) {
        cut(recording, story.name, wanted() * recording.trace.operations.len() / all);
    }
}

/// Looks whether a disk that says of some syncs that they are done would be found out.
fn is_found_out(lies: fn(usize) -> bool) -> bool {
    let story = story::short();
    let recording = Recording::new(&story, &Disk::lying(story.before.clone(), lies));
    let mut is_lost = false;
    recording.trace.each_cut(|cut| {
        if cut.after % 40 == 0 && !is_lost {
            let image = cut.image(Loss::Everything, &mut Chance(1));
            is_lost = recording.judge(image, &recording.allowed(cut.after)).is_err();
        }
    });
    is_lost
}

#[test]
fn a_disk_that_lies_about_syncs_is_found_out() {
    assert!(!is_found_out(|_| false));
    assert!(is_found_out(|_| true));
    // a commit is synced before it is named, and then its name: one of the two is enough
    assert!(is_found_out(|number| number % 3 > 0));
    assert!(is_found_out(|number| number > 40));
}
