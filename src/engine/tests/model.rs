//! Model of the queue: its own source over primitives whose every switch of threads the model chooses, so that orders
//! come that no machine shows in years. A lost wake-up is a deadlock here, and is told.
//!
//! `PCQ_ORDERS=50000 cargo test --release --lib engine::tests::model` takes so many orders of each story.

use std::sync::atomic::{AtomicUsize, Ordering};

use shuttle::thread;

use super::commit::lost;
use crate::engine::next;
use crate::model::Entry;
use crate::store::Added;

/// The primitives of the model.
mod sync {
    pub(super) use shuttle::sync::{Condvar, Mutex, MutexGuard};
}

#[expect(dead_code, reason = "the model commits nothing that has a state or versions")]
#[expect(
    clippy::duplicate_mod,
    reason = "once over the primitives of the machine, once over those of the model"
)]
#[path = "../queue.rs"]
mod queue;

use queue::{Queue, Queued, Verdict};

/// How many orders of each story.
fn orders() -> usize {
    let wanted = std::env::var("PCQ_ORDERS").ok().and_then(|n| n.parse().ok());
    wanted.unwrap_or(300)
}

/// What the writers and the log share.
#[derive(Default)]
struct Shared {
    queue: Queue,
    /// How many are at work in the log, or alone.
    at_work: AtomicUsize,
    groups: AtomicUsize,
    /// How many commits are durable.
    durable: AtomicUsize,
    /// How many times writers were alone.
    alone: AtomicUsize,
}

impl Shared {
    /// Nobody else is at work meanwhile, whatever the model lets go on.
    fn work(&self) {
        assert_eq!(self.at_work.fetch_add(1, Ordering::SeqCst), 0, "two at work");
        thread::yield_now();
        self.at_work.fetch_sub(1, Ordering::SeqCst);
    }

    /// What becomes of a group, of which every n-th is refused.
    fn agree(&self, group: &[Queued], refused: Option<usize>) -> Vec<Verdict> {
        self.work();
        let number = self.groups.fetch_add(1, Ordering::SeqCst);
        if refused.is_some_and(|n| number.is_multiple_of(n)) {
            // the first is to blame, the others are checked anew
            let verdict = |at| if at == 0 { Verdict::Failed(lost()) } else { Verdict::Again };
            return (0..group.len()).map(verdict).collect();
        }
        self.durable.fetch_add(group.len(), Ordering::SeqCst);
        group.iter().map(|_| Verdict::Done(Added::default())).collect()
    }

    /// Commits, as [`Database::commit`](crate::Database) does; gives whether it happened.
    fn commit(&self, refused: Option<usize>) -> bool {
        loop {
            let mut line = self.queue.join();
            assert_eq!(self.alone_now(), 0, "queued beside one that is alone");
            let ticket = line.push(Queued::new(None, Vec::<Entry>::new(), None::<next::Next>));
            match self.queue.settle(line, ticket, |group| self.agree(group, refused)) {
                Verdict::Done(_) => return true,
                Verdict::Again => {}
                Verdict::Failed(_) => return false,
                Verdict::Panicked(_) => panic!("a panic"),
            }
        }
    }

    fn alone_now(&self) -> usize {
        self.alone.load(Ordering::SeqCst) % 2
    }

    fn be_alone(&self) {
        let _alone = self.queue.alone();
        self.alone.fetch_add(1, Ordering::SeqCst);
        assert_eq!(self.queue.len().0, 0, "alone beside one that is queued");
        self.work();
        self.alone.fetch_add(1, Ordering::SeqCst);
    }

    /// Asks for nothing, as a write does that has nothing to do: that is known when all before it is.
    fn stand(&self) -> bool {
        let before = self.durable.load(Ordering::SeqCst);
        let stands = self.queue.stands(self.queue.join());
        assert!(self.durable.load(Ordering::SeqCst) >= before);
        stands
    }
}

/// Runs some writers, alone ones and answers in all kinds of orders.
fn story(commits: usize, alone: usize, stands: usize, refused: Option<usize>) {
    let run = move || {
        let shared = shuttle::sync::Arc::new(Shared::default());
        let spawn = |what: fn(&Shared, Option<usize>) -> bool| {
            let shared = shuttle::sync::Arc::clone(&shared);
            thread::spawn(move || [what(&shared, refused), what(&shared, refused)])
        };
        let commit: fn(&Shared, Option<usize>) -> bool = Shared::commit;
        let writers: Vec<_> = (0..commits).map(|_| spawn(commit)).collect();
        let be_alone = |shared: &Shared, _| {
            shared.be_alone();
            true
        };
        let others: Vec<_> = (0..alone)
            .map(|_| spawn(be_alone))
            .chain(
                (0..stands).map(|_| spawn(|shared, refused| shared.stand() || refused.is_some())),
            )
            .collect();
        let done = writers.into_iter().flat_map(|writer| writer.join().unwrap());
        let done = done.filter(|happened| *happened).count();
        assert!(others.into_iter().flat_map(|other| other.join().unwrap()).all(|fine| fine));
        assert_eq!(done, shared.durable.load(Ordering::SeqCst), "acknowledged and durable");
        assert!(refused.is_some() || done == 2 * commits);
        assert_eq!(shared.alone.load(Ordering::SeqCst), 4 * alone);
        assert_eq!(shared.queue.len(), (0, 0));
    };
    shuttle::check_random(run, orders());
    shuttle::check_pct(run, orders(), 3);
}

#[test]
fn writers_go_together_in_every_order() {
    story(3, 0, 1, None);
}

#[test]
fn writers_that_are_alone_and_those_who_join_take_turns_in_every_order() {
    story(2, 2, 0, None);
    story(2, 1, 1, None);
}

#[test]
fn groups_that_fail_are_checked_anew_in_every_order() {
    story(3, 0, 1, Some(2));
    story(2, 1, 1, Some(3));
}

/// Who waits to join comes in after at most one that is alone, however often that one comes again.
#[test]
fn nobody_is_overtaken_twice_in_any_order() {
    let run = || {
        let shared = shuttle::sync::Arc::new(Shared::default());
        let joining = shuttle::sync::Arc::clone(&shared);
        let first = shared.queue.alone();
        let joiner = thread::spawn(move || {
            drop(joining.queue.join());
            joining.groups.store(1, Ordering::SeqCst);
        });
        while shared.queue.len().1 == 0 {
            thread::yield_now();
        }
        drop(first);
        drop(shared.queue.alone());
        // it was granted its turn before; what it does then is its own matter
        assert_eq!(shared.queue.len().1, 0, "it still waits");
        joiner.join().unwrap();
    };
    shuttle::check_random(run, orders());
}
