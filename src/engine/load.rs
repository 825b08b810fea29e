//! Sessions that load a dump, or lists of users out of one.

use std::sync::Arc;

use super::session::done;
use super::{Outcome, Session};
use crate::error::{Result, TransactionState};
use crate::model::{ExprKind, ListId, Timestamp, check_user_id};
use crate::statement::{CreateSegment, Effect, Listed, Load, Operation, Target};
use crate::transfer::{LoadStep, Loading, check_format, list_number};

impl Session {
    /// Finds out whether a statement of a dump can stand where it does.
    pub(super) fn check_load(&self, load: &Load) -> Result<LoadStep> {
        self.database().refuse_write()?;
        match (load, &self.loading) {
            (Load::Store { format, manual_clock }, None) => {
                self.check_start()?;
                check_format(*format)?;
                Ok(LoadStep::Start { manual_clock: *manual_clock })
            }
            (Load::Store { .. }, Some(_)) => Err(TransactionState::StoreOnce.into()),
            (Load::List { number, ids }, None) => self.check_ids(*number, ids),
            (Load::User(set), None) => {
                let now = self.view().now();
                set.unchecked_entry(&self.parameters, now).map(LoadStep::User)
            }
            (Load::Segment { segment, .. }, None) if !self.lists.is_empty() => {
                self.check_loaded(segment)
            }
            (_, None) => Err(TransactionState::StoreFirst.into()),
            (_, Some(loading)) => loading.check(load, &self.parameters),
        }
    }

    fn check_start(&self) -> Result<()> {
        if self.transaction.is_some() {
            return Err(TransactionState::LoadInside { what: "dump" }.into());
        }
        if self.database().revision() > 0 {
            return Err(TransactionState::DumpIntoFull.into());
        }
        Ok(())
    }

    /// Does what a statement of a dump was found to do.
    pub(super) fn load(&mut self, step: LoadStep) -> Result<Outcome> {
        match (step, &mut self.loading) {
            (LoadStep::Start { manual_clock }, _) => self.start_load(manual_clock),
            (LoadStep::End { clock }, Some(_)) => self.end_load(clock),
            (step, Some(loading)) => loading.take(step).map(done),
            (LoadStep::Ids(list, ids), None) => self.keep_ids(list, &ids),
            (LoadStep::User(entry), None) => self.record(entry),
            (LoadStep::Listed(listed, list), None) => self.end_listed(&listed, list),
            (_, None) => Err(TransactionState::StoreFirst.into()),
        }
    }

    fn start_load(&mut self, manual_clock: bool) -> Result<Outcome> {
        let db = self.database().clone();
        let _lists = db.try_lock_lists().ok_or(TransactionState::Loading { what: "list" })?;
        let _writer = db.lock_writer()?;
        let clock = manual_clock.then(|| db.now());
        let loader = db.shared.store.begin_load(clock)?;
        self.loading = Some(Loading::new(loader, manual_clock));
        Ok(done("loading a dump"))
    }

    /// Ids of a list outside of a dump with history.
    fn check_ids(&self, number: u64, ids: &[Arc<str>]) -> Result<LoadStep> {
        if self.transaction.is_some() {
            return Err(TransactionState::LoadInside { what: "list" }.into());
        }
        ids.iter().try_for_each(|id| check_user_id(id))?;
        Ok(LoadStep::Ids(list_number(number)?, ids.to_vec()))
    }

    /// A segment outside of a dump with history: its list was loaded before it, and goes to the store with it.
    fn check_loaded(&self, segment: &CreateSegment) -> Result<LoadStep> {
        let ExprKind::InList(list) = segment.condition.node else {
            return Err(TransactionState::SegmentWithoutList.into());
        };
        if !self.lists.contains_key(&list) {
            return Err(TransactionState::Late { first: "LOAD LIST", then: "the segment" }.into());
        }
        let listed =
            Listed { segment: segment.name.clone(), description: segment.description.clone() };
        self.check_listed(&listed, list, &self.view())?;
        Ok(LoadStep::Listed(Box::new(listed), list))
    }

    fn keep_ids(&mut self, list: ListId, ids: &[Arc<str>]) -> Result<Outcome> {
        let kept = self.lists.entry(list).or_default();
        ids.iter().try_for_each(|id| kept.push(id))?;
        Ok(done("loading a list"))
    }

    fn end_listed(&mut self, listed: &Listed, list: ListId) -> Result<Outcome> {
        let ids = self.lists.remove(&list).unwrap_or_default().sorted()?;
        self.put_list(listed, &ids)
    }

    fn end_load(&mut self, clock: Option<Timestamp>) -> Result<Outcome> {
        let db = self.database().clone();
        let _writer = db.lock_writer()?;
        let Some(loading) = &mut self.loading else { return Ok(done("nothing was loaded")) };
        if db.revision() > 0 {
            return Err(TransactionState::WrittenMeanwhile.into());
        }
        loading.end()?;
        let Some(loading) = self.loading.take() else { return Ok(done("nothing was loaded")) };
        let count = loading.finish(clock)?;
        db.apply_dump()?;
        let effect = Effect::on(Operation::Loaded { revisions: count }, Target::Store);
        Ok(Outcome::Changed { effect, revision: Some(count), notes: Vec::new() })
    }
}
