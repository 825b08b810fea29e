//! What `CREATE` does if there is an object of the name already.

use super::canonical;
use super::plan::Plan;
use crate::model::{Name, ObjectKind, Role};
use crate::syntax::{Cursor, Rule};

/// What `CREATE` does if there is, or was, an object of the kind with the name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CreateMode {
    /// `CREATE …`: it fails.
    #[default]
    New,
    /// `CREATE … IF NOT EXISTS`: nothing is done.
    IfNotExists,
    /// `CREATE OR ALTER …`: the object becomes what is written.
    OrAlter,
}

impl CreateMode {
    /// Reads it, and the keyword of the kind with it.
    pub(super) fn build(children: &mut Cursor<'_>, keyword: Rule) -> Self {
        let or_alter = children.saw(Rule::or_alter);
        children.saw(keyword);
        match (or_alter, children.saw(Rule::if_not_exists)) {
            (true, _) => Self::OrAlter,
            (_, true) => Self::IfNotExists,
            _ => Self::New,
        }
    }

    /// The role that a `CREATE` needs of what takes effect at once when it is altered.
    pub(super) fn role(self) -> Role {
        if self == Self::OrAlter { Role::Publish } else { Role::Draft }
    }

    /// The words in front of the name.
    pub(super) fn head(self, kind: ObjectKind) -> String {
        let kind = canonical::kind(kind);
        match self {
            Self::New => format!("CREATE {kind}"),
            Self::IfNotExists => format!("CREATE {kind} IF NOT EXISTS"),
            Self::OrAlter => format!("CREATE OR ALTER {kind}"),
        }
    }
}

/// The plan of a `CREATE … IF NOT EXISTS` of what there is; `now` is the name that it has today.
pub(super) fn there_already(kind: ObjectKind, name: &Name, now: &Name) -> Plan {
    let written = canonical::name(kind, name);
    if name == now {
        return Plan::unchanged(format!("{kind} {written} exists already"));
    }
    Plan::unchanged(format!("{kind} {written} exists already; its name is {now} now"))
}
