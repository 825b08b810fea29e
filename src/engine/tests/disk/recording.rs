//! Recording of a story: what was done to the disk, and which states it went through.

use std::sync::Arc;

use super::open;
use super::state::{Memory, Past, State};
use super::story::Story;
use crate::store::disk::{Chance, Disk, Loss, Trace};

/// A story that was told without a disturbance.
pub(super) struct Recording {
    pub(super) trace: Trace,
    marks: Vec<Mark>,
    past: Vec<Past>,
}

/// State that was acknowledged.
struct Mark {
    /// After so many operations.
    after: usize,
    step: Arc<str>,
    state: State,
    /// The states on the way to it, if the step is several commits.
    between: Vec<State>,
}

impl Recording {
    /// Tells a story on a disk that has what was there before.
    pub(super) fn new(story: &Story, disk: &Disk) -> Self {
        let db = open(disk).unwrap();
        let first = State::of(&db).unwrap();
        let mark = |after, step, state| Mark { after, step, state, between: Vec::new() };
        let (mut marks, mut several) = (vec![mark(0, "the beginning".into(), first)], Vec::new());
        for step in &story.steps {
            step.run(&db).unwrap_or_else(|error| panic!("{}: {error}", step.name));
            let state = State::of(&db).unwrap();
            several.extend(step.is_several.then_some(marks.len()));
            marks.push(mark(disk.operations(), Arc::clone(&step.name), state));
        }
        let past = Past::all(&db).unwrap();
        drop(db);
        let mut recording = Self { trace: disk.trace(), marks, past };
        for mark in several {
            recording.fill_in(mark);
        }
        recording
    }

    /// Finds the states between the commits of a step.
    fn fill_in(&mut self, mark: usize) {
        let (from, to) = (self.marks[mark - 1].after, self.marks[mark].after);
        let mut between = Vec::new();
        self.trace.each_cut(|cut| {
            if (from..to).contains(&cut.after) && cut.is_calm() {
                let disk = Disk::of(cut.image(Loss::Nothing, &mut Chance(0)));
                between.push(State::of(&open(&disk).unwrap()).unwrap());
            }
        });
        between.dedup();
        self.marks[mark].between = between;
    }

    /// The states in which the store may be found if only so many operations were done.
    pub(super) fn allowed(&self, after: usize) -> Allowed<'_> {
        let acknowledged = self.marks.partition_point(|mark| mark.after <= after).max(1) - 1;
        let (last, next) = (&self.marks[acknowledged], self.marks.get(acknowledged + 1));
        Allowed { last, next }
    }

    /// The same, during a step.
    pub(super) fn allowed_during(&self, step: usize) -> Allowed<'_> {
        Allowed { last: &self.marks[step], next: self.marks.get(step + 1) }
    }

    /// Looks at what a power cut left: what is wrong with it, or what was done to the disk to open it.
    pub(super) fn judge(&self, image: Vec<u8>, allowed: &Allowed<'_>) -> Result<Trace, String> {
        let disk = Disk::of(image);
        let told = |what: &str, error: crate::Error| format!("{what}: {error}, {allowed}");
        let db = open(&disk).map_err(|error| told("open", error))?;
        let opening = disk.trace();
        let report = db.verify().map_err(|error| told("verify", error))?;
        if !report.is_sound() {
            return Err(format!("{:?}, {allowed}", report.problems));
        }
        let found = State::of(&db).map_err(|error| told("read", error))?;
        if !allowed.has(&found) {
            return Err(format!(
                "another state is found, of revision {}, {allowed}",
                found.revision()
            ));
        }
        for past in self.past.iter().filter(|past| past.revision <= found.revision()) {
            if !past.holds(&db).map_err(|error| told("as of", error))? {
                return Err(format!("revision {} is not what it was, {allowed}", past.revision));
            }
        }
        let next = "CREATE KEY another STRING DEFAULT 'commit';";
        db.execute(next).map_err(|error| told("another commit", error))?;
        match db.revision() {
            number if number == found.revision() + 1 => Ok(opening),
            number => Err(format!("the commit after {} is {number}", found.revision())),
        }
    }
}

/// States in which a store may be found: the last that was acknowledged, and what was under way.
pub(super) struct Allowed<'r> {
    last: &'r Mark,
    next: Option<&'r Mark>,
}

impl Allowed<'_> {
    /// Whether evaluations may see this: nothing that is only under way, but what a step has done of several commits.
    pub(super) fn shows(&self, memory: &Memory) -> bool {
        let between = self.next.map_or(&[][..], |mark| &mark.between);
        self.last.state.memory() == memory || between.iter().any(|state| state.memory() == memory)
    }

    pub(super) fn has(&self, state: &State) -> bool {
        let next = |mark: &Mark| mark.state == *state || mark.between.contains(state);
        self.last.state == *state || self.next.is_some_and(next)
    }
}

impl std::fmt::Display for Allowed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let next = self.next.map_or("nothing", |mark| &mark.step);
        let (last, revision) = (&self.last.step, self.last.state.revision());
        write!(f, "after `{last}` was acknowledged (revision {revision}) and during `{next}`")
    }
}
