//! What a history is made of: the statements, as plain data that the model and the engine both understand.

/// The name of an object or an attribute.
pub(crate) type Name = &'static str;

/// A segment that is referred to; `None` is `EVERYONE`.
pub(crate) type Seg = Option<Name>;

/// An instant, in microseconds since 1970.
pub(crate) type Micros = i64;

/// A value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Val {
    Null,
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(&'static str),
    /// An object or an array, as its canonical JSON text.
    Json(&'static str),
}

/// The type of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Boolean,
    Integer,
    Double,
    String,
    Json,
}

/// The `CHECK` of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// `VALUE < n`
    Below(i64),
    /// `VALUE IN ('…', …)`
    OneOf(&'static [&'static str]),
}

/// A condition over users.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cond {
    /// `attribute = value`
    Is(Name, Val),
    /// `attribute < n`
    Less(Name, i64),
    /// `attribute IN ('…', …)`
    OneOf(Name, &'static [&'static str]),
    /// `attribute IS NULL`
    Missing(Name),
    /// `IN SEGMENT s`
    In(Seg),
    /// `KEY(k) = value`
    Key(Name, Val),
    /// `BUCKET('salt', user_id) < n`
    Share(&'static str, u32),
    /// `NOW() >= TIMESTAMP '…'`
    From(Micros),
    Not(Box<Cond>),
    And(Vec<Cond>),
    Or(Vec<Cond>),
}

/// What a row gives a key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    Value(Val),
    /// `keeping`: its layout is to keep users, which only an edit says.
    Split {
        arms: Vec<Arm>,
        by: Option<Name>,
        keeping: bool,
    },
}

/// One of the values of a split; the share is in thousandths of a percent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Arm {
    pub(crate) name: Option<Name>,
    pub(crate) share: u32,
    pub(crate) value: Val,
}

/// A rollout as it is written: a share, and the attribute by whose values it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rollout {
    pub(crate) share: u32,
    pub(crate) by: Option<Name>,
}

/// What a `CREATE` does if there is an object of the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    New,
    IfNotExists,
    OrAlter,
}

/// A row as it is written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RowSpec {
    pub(crate) segment: Seg,
    pub(crate) rollout: Option<Rollout>,
    pub(crate) salt: Option<&'static str>,
}

/// The cells of a key as they are written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fill {
    Blank,
    All(Cell),
    /// `None` is `BLANK`.
    Some(Vec<(Seg, Option<Cell>)>),
}

/// A place among the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    First,
    Last,
    Before(Seg),
    After(Seg),
}

/// An action of `ALTER CONFIG`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    Describe(&'static str),
    Rename(Name),
    SetSegments(Vec<RowSpec>),
    AddSegment(RowSpec, Option<Place>),
    MoveSegment(Seg, Place),
    DropSegment(Seg),
    SetRollout(Seg, Rollout),
    AddKey(Name, Fill),
    DropKey(Name),
    SetKey(Name, Fill),
}

/// A change of `ALTER KEY`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum KeyEdit {
    Default(Val),
    Describe(&'static str),
    Check(Check),
    DropCheck,
}

impl KeyEdit {
    /// Which clause of `ALTER KEY` it is: each stands once.
    pub(crate) fn clause(&self) -> usize {
        match self {
            Self::Default(_) => 0,
            Self::Describe(_) => 1,
            Self::Check(_) | Self::DropCheck => 2,
        }
    }
}

/// What kind of object is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Key,
    Segment,
    Config,
}

/// A user as a read sees them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Visitor {
    pub(crate) user: Option<&'static str>,
    pub(crate) attributes: Vec<(Name, Val)>,
}

/// Which keys a read wants.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    Keys(Vec<Name>),
    Config(Name),
    All,
}

/// A `GET`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Get {
    pub(crate) what: What,
    pub(crate) visitor: Visitor,
    pub(crate) as_of: Option<Micros>,
    /// `UNDER CONFIG c VERSION n`
    pub(crate) under: Option<(Name, u64)>,
}

impl Get {
    /// A `GET ALL` for a visitor.
    pub(crate) fn all(visitor: &Visitor, as_of: Option<Micros>) -> Self {
        Self { what: What::All, visitor: visitor.clone(), as_of, under: None }
    }
}

/// One row of a `GET`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) key: Name,
    pub(crate) value: Val,
    pub(crate) reason: &'static str,
    pub(crate) config: Option<Name>,
    pub(crate) version: Option<usize>,
    pub(crate) segment: Option<Name>,
    pub(crate) variant: Option<String>,
}

/// A statement.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Op {
    CreateKey {
        mode: Mode,
        name: Name,
        kind: Type,
        default: Val,
        check: Option<Check>,
        description: Option<&'static str>,
    },
    AlterKey {
        name: Name,
        edits: Vec<KeyEdit>,
    },
    CreateSegment {
        mode: Mode,
        name: Name,
        condition: Cond,
    },
    AlterSegment {
        name: Name,
        description: Option<&'static str>,
        condition: Option<Cond>,
    },
    CreateConfig {
        mode: Mode,
        name: Name,
        description: Option<&'static str>,
        rows: Vec<RowSpec>,
        columns: Vec<(Name, Fill)>,
    },
    AlterConfig {
        name: Name,
        if_version: Option<u64>,
        actions: Vec<Action>,
    },
    Archive(Kind, Name),
    Restore(Kind, Name),
    Publish {
        config: Name,
        version: Option<u64>,
        at: Option<Micros>,
        until: Option<Micros>,
    },
    Revert {
        config: Name,
        version: u64,
    },
    Cancel {
        config: Name,
        at: Option<Micros>,
    },
    Disable(Name),
    Enable(Name),
    Begin,
    Commit,
    Rollback,
    /// Minutes.
    Advance(i64),
    SetClock(Micros),
    AssertError {
        code: &'static str,
        statement: Box<Op>,
    },
    AssertGet {
        get: Get,
        value: Val,
        reason: &'static str,
    },
}
