//! Stand-ins: keys that live configs have for as long as they lack their own, while configs swap keys.
//!
//! A config that is live always has a key, and a key has one config. So configs that want all of one another's keys wait
//! for one another, until one of them is live with a key that nobody reads.

use super::planner::{Group, Planner};
use crate::error::Result;
use crate::model::{KeyType, Name, ObjectKind, Reference, Spanned};
use crate::statement::{Action, Archive, CellSpec, CellsSpec, ColumnSpec, CreateKey, Restore};

const NAME: &str = "plan.stand_in";
const WHAT_FOR: &str = "stands in where configs swap all of their keys";

impl Planner<'_> {
    /// The edit that gives a config a key that nobody reads, which is made or taken back into use.
    pub(super) fn stand_in(&mut self) -> Result<Action> {
        let mut number = 1;
        let name = loop {
            let text = if number == 1 { NAME.to_owned() } else { format!("{NAME}_{number}") };
            let name = Name::new(&text)?;
            if self.take_stand_in(&name)? {
                break name;
            }
            number += 1;
        };
        self.stand_ins.insert(name.clone());
        let value = CellSpec::Value(Spanned::unplaced(false.into()));
        Ok(Action::AddKey(ColumnSpec { key: name.into(), cells: CellsSpec::All(value) }))
    }

    /// Makes a key a stand-in; `false` if it is something else, or stands in already.
    fn take_stand_in(&mut self, name: &Name) -> Result<bool> {
        let Some(key) = self.catalog.key_named(name.as_str()).cloned() else {
            let create = CreateKey::new(name.clone(), KeyType::Boolean, false)?;
            self.run(Group::Keys, create.description(WHAT_FOR).into())?;
            return Ok(true);
        };
        let is_ours = key.kind == KeyType::Boolean && key.description.as_deref() == Some(WHAT_FOR);
        let is_free = self.catalog.referrers(Reference::Key(key.id)).next().is_none();
        if is_ours && key.archived {
            let name = name.clone().into();
            self.run(Group::Keys, Restore { kind: ObjectKind::Key, name }.into())?;
        }
        Ok(is_ours && is_free)
    }

    /// Takes the stand-ins out of use.
    pub(super) fn retire_stand_ins(&mut self) -> Result<()> {
        for name in std::mem::take(&mut self.stand_ins) {
            let name = Spanned::from(name);
            let archive = Archive { kind: ObjectKind::Key, name, comment: None };
            self.run(Group::Retired, archive.into())?;
        }
        Ok(())
    }
}
