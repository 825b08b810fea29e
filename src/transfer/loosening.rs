//! Loosening: what is in the way of the steps of a plan is taken away for as long as it is.

use std::collections::BTreeSet;

use super::planner::{Group, Planner, Step};
use super::state::WantedConfig;
use crate::error::Result;
use crate::model::{Name, Spanned};
use crate::statement::{
    Action, AlterAttributes, AlterConfig, AlterKey, CreateKey, KeyChange, Publish,
};

impl Planner<'_> {
    /// Takes away what may be in the way of steps, and says whether there was something.
    pub(super) fn loosen(
        &mut self,
        waiting: &[Step<'_>],
        strictness: Option<AlterAttributes>,
    ) -> bool {
        if strictness.is_some_and(|said| said.strict) && self.catalog.strict {
            // it is said again after all that the files say
            return self.run(Group::Attributes, AlterAttributes::open().into()).is_ok();
        }
        let before = self.planned.statements.len();
        let mut has_stand_in = false;
        for step in waiting {
            match step {
                Step::Key(key) => drop(self.attempt(|planner| planner.drop_check(&key.node))),
                Step::Segment(segment) => self.revive_for_segment(&segment.node.name.node),
                Step::Config(config) => {
                    self.revive_for_config(&config.node.create.name.node);
                    let loosened =
                        self.attempt(|planner| planner.let_go(&config.node, !has_stand_in));
                    has_stand_in |= loosened.unwrap_or_default();
                }
                Step::Attribute(_) | Step::Strictness(_) | Step::Archive(_) | Step::Prune(_) => {}
            }
        }
        self.planned.statements.len() > before
    }

    /// Drops the check of a key, which gets another one later.
    fn drop_check(&mut self, create: &CreateKey) -> Result<()> {
        let alter = AlterKey { name: create.name.clone(), changes: vec![KeyChange::DropCheck] };
        self.run(Group::Keys, alter.into())
    }

    /// Takes the keys from a config that it is to lose, and says whether a stand-in is in their place: a live one that
    /// loses all it has needs one, if it may have it. When it has given up its keys others may need none.
    fn let_go(&mut self, wanted: &WantedConfig, with_stand_in: bool) -> Result<bool> {
        let name = &wanted.create.name;
        if self.is_left(&wanted.create) {
            return Ok(false);
        }
        let config = self.config_named(name)?;
        let Some(newest) = config.newest() else { return Ok(false) };
        let stays: BTreeSet<_> =
            wanted.create.columns.iter().map(|column| &column.key.node).collect();
        let keys = newest.columns.iter().filter_map(|column| self.catalog.key(column.key));
        let is_gone = |name: &Name| !stays.contains(name) && !self.stand_ins.contains(name);
        let gone = keys.filter(|key| is_gone(&key.name)).map(|key| key.name.clone());
        let gone: Vec<_> = gone.map(|name| Spanned::from(Action::DropKey(name.into()))).collect();
        let is_live = config.live(self.now).is_some();
        let loses_all = is_live && gone.len() == newest.columns.len();
        if gone.is_empty() || loses_all && !(with_stand_in && wanted.is_published()) {
            return Ok(false);
        }
        let stand_in = loses_all.then(|| self.stand_in()).transpose()?;
        let actions = stand_in.into_iter().map(Spanned::from).chain(gone).collect();
        let alter = AlterConfig { name: name.clone(), if_version: None, actions };
        self.run(Group::Configs, alter.into())?;
        if is_live {
            let publish = Publish::new(name.node.clone())?;
            self.run(Group::Configs, publish.into())?;
        }
        Ok(loses_all)
    }
}
