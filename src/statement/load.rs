//! `LOAD …`: the statements of a dump, which only an empty store takes.

use std::fmt;
use std::sync::Arc;

use super::alter_event::{AlterEvent, Body};
use super::matrix::Matrix;
use super::scene::Scene;
use super::spec::{columns, rows};
use super::write::{self, Clauses, join, optional};
use super::{ColumnSpec, CreateKey, CreateSegment, RowSpec, SegmentRef, Text};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    Change, Config, ConfigHead, ConfigId, Key, Literal, Name, Publication, Segment, Spanned,
};
use crate::syntax::{self, Cursor, Node, Rule};

/// The statements of a dump: bare facts, with the dense numbers of the model as ids.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the fields are what the text of each variant says")]
pub enum Load {
    /// `LOAD STORE FORMAT 1 [CLOCK MANUAL]`
    Store { format: u64, manual_clock: bool },
    /// `LOAD REVISION 12 AT '…' [ACTOR '…'] [COMMENT '…']`
    Revision { number: u64, time: Text, actor: Option<Text>, comment: Option<Text> },
    /// `LOAD KEY name type DEFAULT … [CHECK (…)] [DESCRIPTION '…'] VERSION 1 [ARCHIVED]`
    Key { key: CreateKey, version: u64, archived: bool },
    /// `LOAD SEGMENT name VERSION 1 [ARCHIVED] [DESCRIPTION '…'] WHERE …`
    Segment { segment: CreateSegment, version: u64, archived: bool },
    /// `LOAD CONFIG 3 name [DISABLED] [ARCHIVED] [COMMENT '…']`
    Config {
        number: u64,
        name: Spanned<Name>,
        disabled: bool,
        archived: bool,
        comment: Option<Text>,
    },
    /// `LOAD SALT OF CONFIG 3 SEGMENT segment '…'`
    Salt { config: u64, segment: SegmentRef, salt: Text },
    /// `LOAD VERSION 2 OF CONFIG 3 [DESCRIPTION '…'] [SEGMENTS segment [40%] [SALT '…'], …] [KEY k …, …]`
    Version {
        config: u64,
        number: u64,
        description: Option<Text>,
        rows: Vec<RowSpec>,
        columns: Vec<ColumnSpec>,
    },
    /// `LOAD PUBLICATION 7 OF CONFIG 3 VERSION 2 AT '…' [UNTIL '…'] [SCHEDULED] [COMMENT '…']`;
    /// the number is its place in the sequence of publications.
    Publication {
        number: u64,
        config: u64,
        version: u64,
        at: Text,
        until: Option<Text>,
        scheduled: bool,
        comment: Option<Text>,
    },
    /// `LOAD CANCEL 7 OF CONFIG 3`
    Cancel { number: u64, config: u64 },
    /// `LOAD EVENT 'name' KEEP 30 DAYS`, `LOAD EVENTS KEEP FOREVER`
    Keep(AlterEvent),
    /// `LOAD LIST 4 ('id', …)`: some of the ids of a list, in order; the next statement may go on with it.
    List { number: u64, ids: Vec<Arc<str>> },
    /// `LOAD END [CLOCK '…']`
    End { clock: Option<Text> },
}

impl Load {
    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        let children = &mut children;
        match node.rule() {
            Rule::load_store => {
                let format = children.integer()?.node;
                Ok(Self::Store { format, manual_clock: children.saw(Rule::k_clock) })
            }
            Rule::load_revision => Self::revision(children),
            Rule::load_key => Self::key(children),
            Rule::load_segment => Self::segment(children),
            Rule::load_config => Self::config(children),
            Rule::load_salt => Self::salt(children),
            Rule::load_version => Self::version(children),
            Rule::load_publication => Self::publication(children),
            Rule::load_cancel => {
                let number = children.integer()?.node;
                Ok(Self::Cancel { number, config: children.integer()?.node })
            }
            Rule::load_keep => AlterEvent::build_body(children).map(Self::Keep),
            Rule::load_list => Self::list(children),
            Rule::load_end => {
                children.saw(Rule::k_end);
                Ok(Self::End { clock: children.literal_after(Rule::k_clock)? })
            }
            _ => Err(node.unexpected()),
        }
    }

    fn revision(children: &mut Cursor<'_>) -> Result<Self> {
        Ok(Self::Revision {
            number: children.integer()?.node,
            time: children.literal()?,
            actor: children.literal_after(Rule::k_actor)?,
            comment: children.literal_after(Rule::k_comment)?,
        })
    }

    fn key(children: &mut Cursor<'_>) -> Result<Self> {
        let key = CreateKey::build_body(children)?;
        let version = children.integer()?.node;
        Ok(Self::Key { key, version, archived: children.saw(Rule::k_archived) })
    }

    fn segment(children: &mut Cursor<'_>) -> Result<Self> {
        let name = children.name()?;
        let version = children.integer()?.node;
        let archived = children.saw(Rule::k_archived);
        let description = children.literal_after(Rule::k_description)?;
        let segment = CreateSegment { name, description, condition: children.condition()? };
        Ok(Self::Segment { segment, version, archived })
    }

    fn config(children: &mut Cursor<'_>) -> Result<Self> {
        Ok(Self::Config {
            number: children.integer()?.node,
            name: children.name()?,
            disabled: children.saw(Rule::k_disabled),
            archived: children.saw(Rule::k_archived),
            comment: children.literal_after(Rule::k_comment)?,
        })
    }

    fn salt(children: &mut Cursor<'_>) -> Result<Self> {
        let config = children.integer()?.node;
        Ok(Self::Salt { config, segment: children.segment()?, salt: children.literal()? })
    }

    fn version(children: &mut Cursor<'_>) -> Result<Self> {
        let number = children.integer()?.node;
        let config = children.integer()?.node;
        let description = children.literal_after(Rule::k_description)?;
        let listed = children.saw(Rule::k_segments);
        let rows = if listed { rows(&children.node()?)? } else { Vec::new() };
        let columns = children.next().map_or(Ok(Vec::new()), |node| columns(&node))?;
        Ok(Self::Version { config, number, description, rows, columns })
    }

    fn list(children: &mut Cursor<'_>) -> Result<Self> {
        let number = children.integer()?.node;
        let ids = children.filter(|child| child.rule() == Rule::string);
        Ok(Self::List { number, ids: ids.map(|id| syntax::unquote(id.text())).collect() })
    }

    fn publication(children: &mut Cursor<'_>) -> Result<Self> {
        Ok(Self::Publication {
            number: children.integer()?.node,
            config: children.integer()?.node,
            version: children.integer()?.node,
            at: children.literal()?,
            until: children.literal_after(Rule::k_until)?,
            scheduled: children.saw(Rule::k_scheduled),
            comment: children.literal_after(Rule::k_comment)?,
        })
    }
}

/// A word that is there or not, with a blank before it.
fn flag(there: bool, word: &'static str) -> &'static str {
    if there { word } else { "" }
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store { format, manual_clock } => {
                write!(f, "LOAD STORE FORMAT {format}{}", flag(*manual_clock, " CLOCK MANUAL"))
            }
            Self::Revision { number, time, actor, comment } => {
                write!(f, "LOAD REVISION {number} AT {time}")?;
                optional(f, "ACTOR", actor.as_ref())?;
                optional(f, "COMMENT", comment.as_ref())
            }
            Self::Key { key, version, archived } => {
                let mut clauses = key.clauses("LOAD");
                clauses.push(format!("VERSION {version}{}", flag(*archived, " ARCHIVED")));
                clauses.fmt(f)
            }
            Self::Segment { segment, version, archived } => {
                let archived = flag(*archived, " ARCHIVED");
                write!(f, "LOAD SEGMENT {} VERSION {version}{archived}", segment.name)?;
                optional(f, "DESCRIPTION", segment.description.as_ref())?;
                write!(f, " WHERE {}", segment.condition)
            }
            Self::Config { number, name, disabled, archived, comment } => {
                let disabled = flag(*disabled, " DISABLED");
                let archived = flag(*archived, " ARCHIVED");
                write!(f, "LOAD CONFIG {number} {name}{disabled}{archived}")?;
                optional(f, "COMMENT", comment.as_ref())
            }
            Self::Salt { config, segment, salt } => {
                let segment = write::segment(segment);
                write!(f, "LOAD SALT OF CONFIG {config} SEGMENT {segment} {salt}")
            }
            Self::Version { config, number, description, rows, columns } => {
                let head = format!("LOAD VERSION {number} OF CONFIG {config}");
                version_clauses(head, description.as_ref(), rows, columns).fmt(f)
            }
            Self::Publication { number, config, version, at, until, scheduled, comment } => {
                write!(
                    f,
                    "LOAD PUBLICATION {number} OF CONFIG {config} VERSION {version} AT {at}"
                )?;
                optional(f, "UNTIL", until.as_ref())?;
                f.write_str(flag(*scheduled, " SCHEDULED"))?;
                optional(f, "COMMENT", comment.as_ref())
            }
            Self::Cancel { number, config } => write!(f, "LOAD CANCEL {number} OF CONFIG {config}"),
            Self::Keep(rule) => write!(f, "LOAD {}", Body(rule)),
            Self::List { number, ids } => {
                let ids: Vec<_> = ids.iter().map(|id| Literal::from(&**id).to_string()).collect();
                write!(f, "LOAD LIST {number} ({})", ids.join(", "))
            }
            Self::End { clock } => {
                f.write_str("LOAD END")?;
                optional(f, "CLOCK", clock.as_ref())
            }
        }
    }
}

fn version_clauses(
    head: String,
    description: Option<&Text>,
    rows: &[RowSpec],
    columns: &[ColumnSpec],
) -> Clauses {
    let mut clauses = Clauses::new(head);
    clauses.text("DESCRIPTION", description);
    if !rows.is_empty() {
        clauses.push(format!("SEGMENTS {}", join(rows)));
    }
    clauses.list(columns.iter().map(|column| format!("KEY {column}")));
    clauses
}

/// A key as a dump has it, new or known.
fn loaded_key(scene: &Scene<'_>, key: &CreateKey, version: u64) -> Result<Key> {
    let known = scene.catalog.key_named(key.name.node.as_str());
    let made = key.key(scene)?;
    let id = known.map_or(made.id, |key| key.id);
    let version = next_version(version, known.map(|key| key.version))?;
    if known.is_some_and(|key| key.kind != made.kind) {
        return Err(damaged("the type of a key changes").at(key.name.span));
    }
    Ok(Key { id, version, ..made })
}

/// A segment as a dump has it, new or known.
fn loaded_segment(scene: &Scene<'_>, segment: &CreateSegment, version: u64) -> Result<Segment> {
    let known = scene.catalog.segment_named(segment.name.node.as_str());
    let made = segment.segment(scene)?;
    let id = known.map_or(made.id, |s| s.id);
    let version = next_version(version, known.map(|s| s.version))?;
    if made.name == Name::everyone() {
        return Err(Error::from(ErrorKind::EveryoneIsBuiltIn).at(segment.name.span));
    }
    Ok(Segment { id, version, ..made })
}

impl Load {
    /// The change that a statement of a dump says, checked against the state that it is loaded into.
    pub(crate) fn change(&self, scene: &Scene<'_>) -> Result<Change> {
        let parameters = scene.parameters;
        match self {
            Self::Key { key, version, archived } => {
                let key = loaded_key(scene, key, *version)?;
                Ok(Change::Key(Arc::new(Key { archived: *archived, ..key })))
            }
            Self::Segment { segment, version, archived } => {
                let segment = loaded_segment(scene, segment, *version)?;
                Ok(Change::Segment(Arc::new(Segment { archived: *archived, ..segment })))
            }
            Self::Config { number: id, name, disabled, archived, comment } => {
                let id = ConfigId(number(*id)?);
                let free =
                    scene.catalog.config_ever_named(name.node.as_str()).is_none_or(|c| c == id);
                if !free || id > scene.catalog.next_config() || id.0 == 0 {
                    return Err(damaged("a config has a wrong number or name").at(name.span));
                }
                let name = name.node.clone();
                let head = ConfigHead { id, name, disabled: *disabled, archived: *archived };
                Ok(Change::Config { head, comment: parameters.optional(comment.as_ref())? })
            }
            Self::Salt { config, segment, salt } => Ok(Change::Salt {
                config: config_of(scene, *config)?.head.id,
                segment: scene.segment_id(segment)?,
                salt: parameters.text(salt)?,
            }),
            Self::Version { config, number: wanted, description, rows, columns } => {
                let config = config_of(scene, *config)?;
                if *wanted != u64::from(config.newest) + 1 {
                    return Err(damaged("the versions of a config come one after the other"));
                }
                let mut matrix = Matrix::new(scene, config.head.id, config.head.name.clone());
                matrix.description = parameters.optional(description.as_ref())?;
                matrix.set_rows(rows)?;
                columns.iter().try_for_each(|column| matrix.add_column(column))?;
                Ok(Change::Version(Arc::new(matrix.version(config.newest + 1))))
            }
            Self::Publication { .. } => self.loaded_publication(scene).map(Change::Publication),
            Self::Cancel { number, config } => {
                let config = config_of(scene, *config)?;
                let known = config.timeline.publications().iter().any(|p| p.sequence == *number);
                if !known {
                    return Err(damaged("a publication is taken back that is not to come"));
                }
                Ok(Change::Cancel { config: config.head.id, sequence: *number })
            }
            Self::Keep(rule) => rule.change(parameters),
            Self::Store { .. } | Self::Revision { .. } | Self::List { .. } | Self::End { .. } => {
                Err(damaged("it changes nothing"))
            }
        }
    }

    fn loaded_publication(&self, scene: &Scene<'_>) -> Result<Publication> {
        let Self::Publication { number: sequence, config, version, at, until, scheduled, comment } =
            self
        else {
            return Err(damaged("it is no publication"));
        };
        let config = config_of(scene, *config)?;
        if *sequence != scene.catalog.sequence + 1 {
            return Err(damaged("publications come one after the other"));
        }
        let version = scene.version(config, &Spanned::unplaced(*version))?.number;
        let effective = scene.parameters.timestamp(at)?;
        let until = until.as_ref().map(|at| scene.parameters.timestamp(at)).transpose()?;
        if until.is_some_and(|until| until <= effective) {
            return Err(damaged("a publication ends before it begins"));
        }
        Ok(Publication {
            config: config.head.id,
            sequence: *sequence,
            version,
            effective,
            until,
            scheduled: *scheduled,
            comment: scene.parameters.optional(comment.as_ref())?,
        })
    }
}

fn config_of<'s>(scene: &Scene<'s>, id: u64) -> Result<&'s Arc<Config>> {
    let config = number(id).ok().and_then(|id| scene.catalog.config(ConfigId(id)));
    config.ok_or_else(|| damaged("it speaks of a config that is not there"))
}

/// The version of an object: 1 of a new one, else that of the old one or the next.
fn next_version(version: u64, old: Option<u32>) -> Result<u32> {
    let number = number(version)?;
    let old = old.unwrap_or(0);
    if number == 0 || number < old || number - old > 1 {
        return Err(damaged("the versions of an object come one after the other"));
    }
    Ok(number)
}

fn number(n: u64) -> Result<u32> {
    u32::try_from(n).map_err(|_| damaged("a number is out of range"))
}

fn damaged(what: &str) -> Error {
    ErrorKind::Corrupt { what: format!("in the dump, {what}") }.into()
}
