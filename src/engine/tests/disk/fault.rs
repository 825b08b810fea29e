//! Every read, write, sync and change of the length fails in its turn; memory and disk agree afterwards.
//!
//! `PCQ_FAULTS=100000 cargo test --release --lib fault -- --nocapture` makes so many fail, or all if there are fewer.

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

use super::recording::{Allowed, Recording};
use super::state::{Memory, State};
use super::story::{self, Story};
use super::{open, open_with};
use crate::engine::Database;
use crate::error::Error;
use crate::store::disk::{Act, Chance, Disk, Fault, Loss};

/// So few bytes of pages in memory that they are read again and again, and written early.
const CACHE: usize = 16 << 10;

/// How many faults.
fn wanted() -> usize {
    let wanted = std::env::var("PCQ_FAULTS").ok().and_then(|n| n.parse().ok());
    wanted.unwrap_or(40)
}

/// Story whose calm telling is known.
struct Known {
    story: Story,
    recording: Recording,
    faults: Vec<Fault>,
}

impl Known {
    fn new(story: Story) -> Self {
        let recording = Recording::new(&story, &Disk::of(story.before.clone()));
        let disk = Disk::of(story.before.clone());
        let db = open_with(&disk, CACHE).unwrap();
        for step in &story.steps {
            step.run(&db).unwrap();
        }
        drop(db);
        let mut faults = Vec::new();
        for act in Act::ALL {
            for nth in 0..disk.done(act) {
                let fault = |for_ever, error| Fault { act, nth, for_ever, error };
                faults.extend([false, true].map(|for_ever| fault(for_ever, ErrorKind::Other)));
                let is_growth = matches!(act, Act::Write | Act::Grow);
                let full = [false, true].map(|for_ever| fault(for_ever, ErrorKind::StorageFull));
                faults.extend(full.into_iter().filter(|_| is_growth));
            }
        }
        Self { story, recording, faults }
    }

    /// Tells the story on a disk that fails, and looks at everything after it did.
    fn suffer(&self, fault: Fault) -> Result<(), String> {
        let disk = Disk::failing(self.story.before.clone(), fault);
        let (mut db, mut step) = (None, 0);
        match open_with(&disk, CACHE) {
            Ok(opened) => {
                step = self.tell(&disk, &opened)?;
                db = Some(opened);
            }
            Err(error) => is_known(&error, true)?,
        }
        let allowed = self.recording.allowed_during(step);
        let at_once = disk.bytes();
        if let Some(db) = &db {
            refuses_or_agrees(db, &disk, &allowed)?;
        }
        drop(db);
        self.recording.judge(at_once, &allowed)?;
        self.recording.judge(disk.bytes(), &allowed)?;
        self.lose_power(&disk, &allowed)
    }

    /// Tells the story until a step fails; returns how many steps there were before it.
    fn tell(&self, disk: &Disk, db: &Database) -> Result<usize, String> {
        let seen = watch(disk, db);
        for (number, step) in self.story.steps.iter().enumerate() {
            let before = db.revision();
            let Err(error) = step.run(db) else { continue };
            is_known(&error, true)?;
            if !self.recording.allowed_during(number).shows(&Memory::of(db)) {
                return Err(format!("`{}` failed, and is seen", step.name));
            }
            let seen = seen.load(Ordering::Relaxed);
            if seen > before && !step.is_several {
                return Err(format!("`{}` failed, and revision {seen} was seen", step.name));
            }
            return self.insist(db, number);
        }
        Ok(self.story.steps.len())
    }

    /// Writes once more: what failed fails for good, and is seen as little as before.
    fn insist(&self, db: &Database, number: usize) -> Result<usize, String> {
        match db.execute("CREATE KEY once_more BOOLEAN DEFAULT TRUE;") {
            Ok(_) => return Err("a commit was done after the failure".to_owned()),
            Err(error) => is_known(&error, false)?,
        }
        if !self.recording.allowed_during(number).shows(&Memory::of(db)) {
            return Err("a commit after the failure is seen".to_owned());
        }
        match db.flush() {
            Ok(()) if !db.shared.deliveries.is_flushed() => Err("counts are lost".to_owned()),
            _ => Ok(number),
        }
    }

    /// After a failure the power fails, too.
    fn lose_power(&self, disk: &Disk, allowed: &Allowed<'_>) -> Result<(), String> {
        let (trace, mut image) = (disk.trace(), Vec::new());
        trace.each_cut(|cut| {
            if cut.after == trace.operations.len() {
                image = cut.image(Loss::Sectors, &mut Chance(cut.after as u64));
            }
        });
        self.recording.judge(image, allowed).map(drop)
    }
}

/// Keeps the newest revision that was seen while the disk was written to.
fn watch(disk: &Disk, db: &Database) -> Arc<AtomicU64> {
    let (seen, shared) = (Arc::new(AtomicU64::new(0)), Arc::downgrade(&db.shared));
    let newest = Arc::clone(&seen);
    disk.watch(move || {
        if let Some(shared) = shared.upgrade() {
            newest.fetch_max(shared.state.load().revision(), Ordering::Relaxed);
        }
    });
    seen
}

/// That an error says what happened: that the disk failed, or that it did before.
fn is_known(error: &Error, is_first: bool) -> Result<(), String> {
    match error.code() {
        "io" => Ok(()),
        "store-failed" if !is_first => Ok(()),
        code => Err(format!("error[{code}]: {error}")),
    }
}

/// What can still be read is what evaluations see and the disk has.
fn refuses_or_agrees(db: &Database, disk: &Disk, allowed: &Allowed<'_>) -> Result<(), String> {
    let read = match State::of(db) {
        Ok(read) => read,
        Err(error) => return is_known(&error, false),
    };
    let on_disk = open(&Disk::of(disk.bytes())).and_then(|db| State::of(&db));
    match on_disk {
        Ok(on_disk) if on_disk == read && allowed.has(&read) => Ok(()),
        Ok(_) => Err(format!("another state is read than is on the disk, {allowed}")),
        Err(error) => Err(format!("error[{}]: {error}", error.code())),
    }
}

#[test]
fn memory_and_disk_agree_after_every_fault() {
    let known = [Known::new(story::short()), Known::new(story::load())];
    let all: usize = known.iter().map(|known| known.faults.len()).sum();
    let stride = (all / wanted().max(1)).max(1);
    let faults =
        known.iter().flat_map(|known| known.faults.iter().map(move |fault| (known, fault)));
    let chosen: Vec<_> = faults.step_by(stride).collect();
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, Into::into) {
            scope.spawn(|| {
                while let Some((known, fault)) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let told = |what| panic!("{}: {fault:?}: {what}", known.story.name);
                    known.suffer(**fault).unwrap_or_else(told);
                }
            });
        }
    });
    eprintln!("{} of {all} faults", chosen.len());
}
