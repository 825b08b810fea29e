//! `LOAD …`: the statements of a dump, which only an empty store takes.

use std::fmt;
use std::sync::Arc;

use super::alter_attributes::AlterAttributes;
use super::alter_event::{AlterEvent, Body};
use super::canonical::{self, optional};
use super::layout::{Clause, Clauses};
use super::record_traffic::{self, RecordTraffic};
use super::spec::{columns, rows};
use super::{
    ColumnSpec, CreateAttribute, CreateKey, CreateMode, CreateSegment, RowSpec, SegmentRef,
    SetUser, Text,
};
use crate::error::Result;
use crate::model::{Literal, Name, Spanned};
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
    /// `LOAD SEGMENT name [FROM former] VERSION 1 [ARCHIVED] [DESCRIPTION '…'] WHERE …`
    Segment { segment: CreateSegment, former: Option<Spanned<Name>>, version: u64, archived: bool },
    /// `LOAD ATTRIBUTE name type [SENSITIVE] [CHECK (…)] [DESCRIPTION '…'] VERSION 1 [ARCHIVED]`
    Attribute { attribute: CreateAttribute, version: u64, archived: bool },
    /// `LOAD ATTRIBUTES STRICT | OPEN`
    Attributes(AlterAttributes),
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
    /// `LOAD TRAFFIC 5% KEEP 30 DAYS`, `LOAD TRAFFIC OFF`
    Record(RecordTraffic),
    /// `LOAD LIST 4 ('id', …)`: some of the ids of a list, in order; the next statement may go on with it.
    List { number: u64, ids: Vec<Arc<str>> },
    /// `LOAD USER 'id' attribute = literal, … AT '…'`: attributes that were stored before it was declared what they may be.
    User(SetUser),
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
            Rule::load_attribute => Self::attribute(children),
            Rule::load_attributes => AlterAttributes::build_body(children).map(Self::Attributes),
            Rule::load_config => Self::config(children),
            Rule::load_salt => Self::salt(children),
            Rule::load_version => Self::version(children),
            Rule::load_publication => Self::publication(children),
            Rule::load_cancel => {
                let number = children.integer()?.node;
                Ok(Self::Cancel { number, config: children.integer()?.node })
            }
            Rule::load_keep => AlterEvent::build_body(children).map(Self::Keep),
            Rule::load_traffic => RecordTraffic::build_body(children).map(Self::Record),
            Rule::load_user => SetUser::build(node).map(Self::User),
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

    fn attribute(children: &mut Cursor<'_>) -> Result<Self> {
        let attribute = CreateAttribute::build_body(children)?;
        let version = children.integer()?.node;
        Ok(Self::Attribute { attribute, version, archived: children.saw(Rule::k_archived) })
    }

    fn segment(children: &mut Cursor<'_>) -> Result<Self> {
        let name = children.name()?;
        let former = if children.saw(Rule::k_from) { Some(children.name()?) } else { None };
        let version = children.integer()?.node;
        let archived = children.saw(Rule::k_archived);
        let description = children.literal_after(Rule::k_description)?;
        let segment = CreateSegment {
            mode: CreateMode::New,
            name,
            description,
            condition: children.condition()?,
        };
        Ok(Self::Segment { segment, former, version, archived })
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
                stood(key.clauses("LOAD KEY"), *version, *archived).fmt(f)
            }
            Self::Attribute { attribute, version, archived } => {
                stood(attribute.clauses("LOAD ATTRIBUTE"), *version, *archived).fmt(f)
            }
            Self::Attributes(said) => write!(f, "LOAD {}", said.body()),
            Self::Segment { segment, former, version, archived } => {
                write!(f, "LOAD SEGMENT {}", segment.name)?;
                optional(f, "FROM", former.as_ref())?;
                write!(f, " VERSION {version}{}", flag(*archived, " ARCHIVED"))?;
                optional(f, "DESCRIPTION", segment.description.as_ref())?;
                write!(f, " WHERE {}", segment.condition)
            }
            Self::Config { number, name, disabled, archived, comment } => {
                let flags = [flag(*disabled, " DISABLED"), flag(*archived, " ARCHIVED")].concat();
                write!(f, "LOAD CONFIG {number} {name}{flags}")?;
                optional(f, "COMMENT", comment.as_ref())
            }
            Self::Salt { config, segment, salt } => {
                let segment = canonical::segment(segment);
                write!(f, "LOAD SALT OF CONFIG {config} SEGMENT {segment} {salt}")
            }
            Self::Version { config, number, description, rows, columns } => {
                let head = format!("LOAD VERSION {number} OF CONFIG {config}");
                version_clauses(head, description.as_ref(), rows, columns).fmt(f)
            }
            Self::Publication { number, config, version, at, until, scheduled, comment } => {
                write!(f, "LOAD PUBLICATION {number} OF CONFIG {config} ")?;
                write!(f, "VERSION {version} AT {at}")?;
                optional(f, "UNTIL", until.as_ref())?;
                f.write_str(flag(*scheduled, " SCHEDULED"))?;
                optional(f, "COMMENT", comment.as_ref())
            }
            Self::Cancel { number, config } => write!(f, "LOAD CANCEL {number} OF CONFIG {config}"),
            Self::Keep(rule) => write!(f, "LOAD {}", Body(rule)),
            Self::Record(rule) => write!(f, "LOAD {}", record_traffic::Body(rule)),
            Self::List { number, ids } => {
                let ids: Vec<_> = ids.iter().map(|id| Literal::from(&**id).to_string()).collect();
                write!(f, "LOAD LIST {number} ({})", ids.join(", "))
            }
            Self::User(set) => set.clauses("LOAD").fmt(f),
            Self::End { clock } => {
                f.write_str("LOAD END")?;
                optional(f, "CLOCK", clock.as_ref())
            }
        }
    }
}

/// Clauses with the version of the object behind them, and whether it is archived.
fn stood(mut clauses: Clauses, version: u64, archived: bool) -> Clauses {
    clauses.push(format!("VERSION {version}{}", flag(archived, " ARCHIVED")));
    clauses
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
        clauses.push(Clause::of_list("SEGMENTS".to_owned(), rows, ""));
    }
    clauses.list(columns.iter().map(|column| column.clause("KEY ")));
    clauses
}
