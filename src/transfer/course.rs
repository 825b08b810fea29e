//! Courses: the contents that a config has one after the other as files say, and when each of them is live.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::config::{difference, same_layout};
use super::planner::{Group, Planner};
use super::state::{ConfigStep, Placed, WantedConfig};
use crate::error::{Error, ErrorKind, NoteKind, Result};
use crate::model::{
    Config, ConfigId, Name, ObjectKind, Publication, Spanned, Timeline, Timestamp, Version,
};
use crate::script::ScriptStatement;
use crate::statement::binder::Origin;
use crate::statement::content::Content;
use crate::statement::{CreateConfig, CreateMode, Disable, Enable, Publish, When, when};

/// Course of a config as files say it.
struct Course<'s> {
    stages: Vec<Stage<'s>>,
    said: Vec<Said<'s>>,
    /// What is said of the time from now on: publications by their places among those that are said, each with the index of
    /// its stage for a version.
    timeline: Timeline,
    /// When each decides first, by its place; one that is over, or that others cover, never does.
    firsts: BTreeMap<u64, First>,
}

/// The time in which a publication decides first.
#[derive(Clone, Copy)]
struct First {
    from: Timestamp,
    /// When another one does, or none.
    end: Option<Timestamp>,
}

/// Content of a config, and the statement that makes it.
struct Stage<'s> {
    content: Version,
    statement: &'s ScriptStatement,
}

/// Publication as a file says it.
struct Said<'s> {
    publish: &'s Publish,
    statement: &'s ScriptStatement,
    /// The index of what it publishes.
    stage: usize,
}

impl Planner<'_> {
    /// Makes a config what files say.
    pub(super) fn config(&mut self, wanted: &Placed<WantedConfig>) -> Result<()> {
        let WantedConfig { create, disabled, .. } = &wanted.node;
        let name = &create.name;
        if self.is_left(create) {
            let disable = |placed: &Placed<Disable>| placed.locate(self.disable(&placed.node));
            return disabled.as_ref().map_or(Ok(()), disable);
        }
        let course = self.course(wanted)?;
        match self.catalog.config_named(name.node.as_str()) {
            None => {
                let create = create.clone().mode(CreateMode::New);
                self.run(Group::Configs, create.into())?;
            }
            Some(config) if config.head.archived => {
                self.restore(Group::Configs, ObjectKind::Config, name)?;
            }
            Some(_) => {}
        }
        for (index, said) in course.said.iter().enumerate() {
            self.publish(&course, index, said).map_err(|error| said.statement.locate(error))?;
        }
        if let Some(last) = course.stages.last() {
            self.make(name, last)?;
        }
        match disabled {
            Some(placed) => placed.locate(self.disable(&placed.node))?,
            None if self.config_named(name)?.head.disabled => {
                let enable = Enable { config: name.clone(), comment: None };
                self.run(Group::Configs, enable.into())?;
            }
            None => {}
        }
        self.note(name, &course)
    }

    /// Whether a config stays as it is, whatever else files say of it: it is only to be made if there is none.
    pub(super) fn is_left(&self, create: &CreateConfig) -> bool {
        let known = self.catalog.config_ever_named(create.name.node.as_str());
        create.mode == CreateMode::IfNotExists && known.is_some()
    }

    fn disable(&mut self, disable: &Disable) -> Result<()> {
        self.run(Group::Configs, disable.clone().into())
    }

    /// The course of a config. A split that stands once for each arm is as good as one of the same shares in pieces, which
    /// stays.
    fn course<'s>(&self, wanted: &'s Placed<WantedConfig>) -> Result<Course<'s>> {
        let (create, binder) = (&wanted.node.create, self.binder(Origin::State));
        let mut content = Content::of(&binder, create)?;
        let mut stages = vec![Stage { content: content.version(), statement: &wanted.statement }];
        let (mut said, mut timeline) = (Vec::new(), Timeline::default());
        for step in &wanted.node.steps {
            let statement = &step.statement;
            match &step.node {
                ConfigStep::Edit(alter) => step.locate(content.edit(alter))?,
                ConfigStep::Whole(create) => step.locate(content.become_what(create))?,
                ConfigStep::Publish(publish) => {
                    let stage = step.locate(self.stage(publish, stages.len()))?;
                    let publication = self.publication(publish, stage, said.len());
                    timeline.push(step.locate(publication)?);
                    said.push(Said { publish, statement, stage });
                    continue;
                }
            }
            let content = content.version();
            if stages.last().is_none_or(|last| !last.content.same_content(&content)) {
                stages.push(Stage { content, statement });
            }
        }
        let known = self.catalog.config_named(create.name.node.as_str());
        if let Some(newest) = known.and_then(|config| config.newest()) {
            for stage in &mut stages {
                same_layout(&mut stage.content, newest);
            }
        }
        let firsts = firsts(&timeline, self.now);
        Ok(Course { stages, said, timeline, firsts })
    }

    /// The index of the stage that a publication means, of so many as there are before it.
    fn stage(&self, publish: &Publish, count: usize) -> Result<usize> {
        let Some(number) = &publish.version else { return Ok(count.saturating_sub(1)) };
        let number = self.parameters.whole(number)?;
        let index = usize::try_from(number.node).ok().and_then(|number| number.checked_sub(1));
        index.filter(|index| *index < count).ok_or_else(|| {
            let (config, newest) = (publish.config.node.clone(), short(count));
            let error = ErrorKind::UnknownVersion { config, number: number.node, newest };
            Error::from(error).at(number.span)
        })
    }

    /// The publication of a stage. One without a beginning began before all others.
    fn publication(&self, publish: &Publish, stage: usize, index: usize) -> Result<Publication> {
        let instant = |when: &When| self.parameters.instant(when, self.now);
        let at = publish.at.as_ref().map(instant).transpose()?;
        let until = publish.until.as_ref();
        let end = until.map(instant).transpose()?;
        if let (Some(at), Some(end), Some(until)) = (at, end, until)
            && end <= at
        {
            let error = ErrorKind::EmptyWindow { at, until: end };
            return Err(Error::from(error).at(until.span));
        }
        Ok(Publication {
            config: ConfigId(0),
            sequence: sequence(index),
            version: short(stage),
            effective: at.unwrap_or(Timestamp::MIN),
            until: end,
            scheduled: at.is_some(),
            comment: None,
        })
    }

    /// The config of a name, which a step before made if it was not there.
    pub(super) fn config_named(&self, name: &Spanned<Name>) -> Result<Arc<Config>> {
        let config = self.catalog.config_named(name.node.as_str()).cloned();
        config.ok_or_else(|| Error::bug("a planned config is not there"))
    }

    /// Makes a content the newest version, unless it is.
    fn make(&mut self, name: &Spanned<Name>, stage: &Stage<'_>) -> Result<()> {
        let config = self.config_named(name)?;
        let Some(newest) = config.newest() else { return Ok(()) };
        let salt = |segment| config.salts.get(&segment).cloned();
        let edits = difference(&self.catalog, &config.head.name, newest, &stage.content, &salt);
        // the edits stand in no file, but the statement does of which they make the content
        edits.into_iter().try_for_each(|edit| {
            let made = self.run(Group::Configs, edit);
            made.map_err(|error| stage.statement.locate(error.unplaced()))
        })
    }

    /// Publishes a content as a file says, unless that is so, or never comes to be.
    fn publish(&mut self, course: &Course<'_>, index: usize, said: &Said<'_>) -> Result<()> {
        let (name, now) = (&said.publish.config, self.now);
        let (config, Some(stage)) = (self.config_named(name)?, course.stages.get(said.stage))
        else {
            return Ok(());
        };
        let place = sequence(index);
        let (Some(publication), Some(first)) =
            (course.timeline.get(place), course.firsts.get(&place))
        else {
            return Ok(());
        };
        if is_so(&config, publication, &stage.content, *first, now) {
            return Ok(());
        }
        self.make(name, stage)?;
        let mut publish = Publish { version: None, ..said.publish.clone() };
        // what other publications cover until then would be over if it began now
        if publish.at.is_none() && first.from > now {
            publish.at = Some(when(first.from));
        }
        self.run(Group::Configs, publish.into())
    }

    /// Says what of a config stays though the files do not say it.
    fn note(&mut self, name: &Spanned<Name>, course: &Course<'_>) -> Result<()> {
        let (config, now) = (self.config_named(name)?, self.now);
        let name = &name.node;
        if course.said.is_empty() && config.live(now).is_some() {
            self.planned.notes.push(NoteKind::LiveStays { config: name.clone() }.into());
        }
        let said = course.timeline.changes_after(now);
        let ends = config.timeline.changes_after(now).into_iter();
        let ends = ends.filter(|at| turns(&config.timeline, *at));
        let to_come = config.timeline.to_come(now).map(|publication| publication.effective);
        if to_come.chain(ends).any(|at| !said.contains(&at)) {
            self.planned.notes.push(NoteKind::ScheduleStays { config: name.clone() }.into());
        }
        Ok(())
    }
}

/// Whether a config has a content live as a publication says, in the time in which it is to decide first.
fn is_so(
    config: &Config,
    publication: &Publication,
    content: &Version,
    first: First,
    now: Timestamp,
) -> bool {
    let (timeline, until) = (&config.timeline, publication.until);
    let has_content = |p: &&Publication| {
        config.versions.get(p.version).is_some_and(|version| version.same_content(content))
    };
    let mut to_come = timeline.to_come(now).filter(has_content);
    if to_come.any(|p| (p.effective, p.until) == (publication.effective, until)) {
        return true;
    }
    let decides = timeline.deciding(first.from).filter(has_content);
    // that it ends while others cover it is not to be seen
    let ends = until.filter(|until| first.end == Some(*until));
    let is_over = |p: &Publication| ends.is_none_or(|end| p.until == ends || turns(timeline, end));
    decides.is_some_and(is_over) && (first.from <= now || turns(timeline, first.from))
}

/// Whether another publication decides from an instant on than right before it.
fn turns(timeline: &Timeline, at: Timestamp) -> bool {
    let decider = |at| timeline.deciding(at).map(|publication| publication.sequence);
    decider(at) != decider(Timestamp::clamped(at.as_micros().saturating_sub(1)))
}

/// When each publication decides first, from an instant on, by its place.
fn firsts(timeline: &Timeline, now: Timestamp) -> BTreeMap<u64, First> {
    let (mut firsts, mut last) = (BTreeMap::<u64, First>::new(), None);
    for (at, publication) in timeline.eras(now) {
        let decider = publication.map(|publication| publication.sequence);
        if decider == last {
            continue;
        }
        if let Some(over) = last.and_then(|last| firsts.get_mut(&last)) {
            over.end.get_or_insert(at);
        }
        if let Some(decider) = decider {
            firsts.entry(decider).or_insert(First { from: at, end: None });
        }
        last = decider;
    }
    firsts
}

/// The place of a publication among those that are said.
fn sequence(index: usize) -> u64 {
    u64::try_from(index).unwrap_or(u64::MAX)
}

fn short(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
