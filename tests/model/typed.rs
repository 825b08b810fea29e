//! Statements of a history as nodes, built without any text.

use std::sync::Arc;

use pcq::model::{
    CompareOp, Duration, Expr, ExprKind, Given, Instant, IsWhat, KeyType, Literal, Path, ReadAs,
    Share, Spanned, Timestamp, Value,
};
use pcq::statement as node;
use pcq::{ObjectKind, Statement};

use crate::operation::{
    Action, Arm, Cell, Check, Cond, Fill, Get, KeyEdit, Kind, Micros, Mode, Name, Op, Place,
    Rollout, RowSpec, Seg, Type, Val, What,
};
use crate::text::json;
use crate::world::MINUTE;

/// The node of a statement.
pub(crate) fn statement(op: &Op) -> Statement {
    match op {
        Op::CreateKey { mode, name, kind, default, check, description } => {
            Statement::CreateKey(node::CreateKey {
                mode: self::mode(*mode),
                sensitive: false,
                name: self::name(name),
                kind: key_type(*kind),
                default: literal(*default),
                check: check.map(self::check),
                description: description.map(text),
            })
        }
        Op::AlterKey { name, edits } => Statement::AlterKey(node::AlterKey {
            name: self::name(name),
            changes: edits.iter().map(|edit| key_change(*edit)).collect(),
        }),
        Op::CreateSegment { mode, name, condition } => {
            Statement::CreateSegment(node::CreateSegment {
                mode: self::mode(*mode),
                name: self::name(name),
                description: None,
                condition: self::condition(condition),
            })
        }
        Op::AlterSegment { name, description, condition } => {
            Statement::AlterSegment(node::AlterSegment {
                name: self::name(name),
                description: description.map(text),
                condition: condition.as_ref().map(self::condition),
                rename: None,
            })
        }
        Op::CreateConfig { mode, name, description, rows, columns } => {
            Statement::CreateConfig(node::CreateConfig {
                mode: self::mode(*mode),
                name: self::name(name),
                description: description.map(text),
                rows: rows.iter().map(row).collect(),
                columns: columns.iter().map(|(key, fill)| column(key, fill)).collect(),
            })
        }
        Op::AlterConfig { name, if_version, actions } => {
            Statement::AlterConfig(node::AlterConfig {
                name: self::name(name),
                if_version: if_version.map(given),
                actions: actions.iter().map(|action| self::action(action).into()).collect(),
            })
        }
        _ => serving(op),
    }
}

fn serving(op: &Op) -> Statement {
    match op {
        Op::Archive(kind, name) => Statement::Archive(node::Archive {
            kind: object(*kind),
            name: self::name(name),
            comment: None,
        }),
        Op::Restore(kind, name) => {
            Statement::Restore(node::Restore { kind: object(*kind), name: self::name(name) })
        }
        Op::Publish { config, version, at, until } => Statement::Publish(node::Publish {
            config: name(config),
            version: version.map(given),
            at: at.map(instant),
            until: until.map(instant),
            comment: Some(text("why")),
        }),
        Op::Revert { config, version } => Statement::Revert(node::Revert {
            kind: ObjectKind::Config,
            name: name(config),
            version: Some(given(*version)),
            comment: None,
        }),
        Op::Cancel { config, at } => {
            Statement::Cancel(node::Cancel { config: name(config), at: at.map(instant) })
        }
        Op::Disable(config) => Statement::Disable(node::Disable {
            config: name(config),
            comment: Some(text("it burns")),
        }),
        Op::Enable(config) => {
            Statement::Enable(node::Enable { config: name(config), comment: None })
        }
        _ => session(op),
    }
}

fn session(op: &Op) -> Statement {
    match op {
        Op::Begin => Statement::Begin(node::Begin),
        Op::Commit => Statement::Commit(node::Commit),
        Op::Rollback => Statement::Rollback(node::Rollback),
        Op::Advance(minutes) => {
            let by = given(Duration::from_micros(minutes * MINUTE));
            Statement::AdvanceClock(node::AdvanceClock { by })
        }
        Op::SetClock(to) => Statement::SetClock(node::SetClock { to: instant(*to) }),
        Op::AssertError { code, statement } => {
            node::AssertError::new(*code, self::statement(statement)).into()
        }
        Op::AssertGet { get, value, reason } => Statement::AssertGet(node::AssertGet {
            get: get_node(get),
            value: literal(*value),
            reason: Some(text(reason)),
            segment: None,
            variant: None,
        }),
        _ => unreachable!("{op:?} is told above"),
    }
}

/// The node of a `GET`.
pub(crate) fn get(get: &Get) -> Statement {
    Statement::Get(get_node(get))
}

fn get_node(get: &Get) -> node::Get {
    let attributes =
        get.visitor.attributes.iter().map(|(name, value)| (Arc::from(*name), self::value(*value)));
    let attributes = Value::Object(Arc::new(attributes.collect()));
    node::Get {
        what: match &get.what {
            What::Keys(keys) => node::GetWhat::Keys(keys.iter().map(|key| name(key)).collect()),
            What::Config(config) => node::GetWhat::Config(name(config)),
            What::All => node::GetWhat::All,
        },
        user: get.visitor.user.map(text),
        attributes: Some(node::Attributes::Json(Literal::Value(attributes).into())),
        as_of: get.as_of.map(instant),
        under: get
            .under
            .map(|(of, version)| node::Under { config: name(of), version: Some(given(version)) }),
    }
}

/// A value as the engine has it.
pub(crate) fn value(value: Val) -> Value {
    match value {
        Val::Null => Value::Null,
        Val::Bool(b) => b.into(),
        Val::Int(n) => n.into(),
        Val::Double(n) => n.into(),
        Val::Text(text) => text.into(),
        Val::Json(_) => Value::from_json(&json(value)).expect("JSON"),
    }
}

fn literal(of: Val) -> Spanned<Literal> {
    Literal::Value(value(of)).into()
}

fn text(of: &str) -> node::Text {
    Literal::Value(of.into()).into()
}

fn instant(at: Micros) -> node::When {
    let at = Timestamp::from_micros(at).expect("an instant of this century").to_string();
    Instant::Text(Literal::Value(at.into())).into()
}

fn given<T>(thing: T) -> Spanned<Given<T>> {
    Given::Here(thing).into()
}

fn mode(of: Mode) -> node::CreateMode {
    match of {
        Mode::New => node::CreateMode::New,
        Mode::IfNotExists => node::CreateMode::IfNotExists,
        Mode::OrAlter => node::CreateMode::OrAlter,
    }
}

fn name(of: Name) -> Spanned<pcq::Name> {
    pcq::Name::new(of).expect("a name").into()
}

fn segment(of: Seg) -> node::SegmentRef {
    of.map(|of| name(of).node).into()
}

fn object(kind: Kind) -> ObjectKind {
    match kind {
        Kind::Key => ObjectKind::Key,
        Kind::Segment => ObjectKind::Segment,
        Kind::Config => ObjectKind::Config,
    }
}

fn key_type(kind: Type) -> KeyType {
    match kind {
        Type::Boolean => KeyType::Boolean,
        Type::Integer => KeyType::Integer,
        Type::Double => KeyType::Double,
        Type::String => KeyType::String,
        Type::Json => KeyType::Json,
    }
}

fn key_change(edit: KeyEdit) -> node::KeyChange {
    match edit {
        KeyEdit::Default(value) => node::KeyChange::Default(literal(value)),
        KeyEdit::Describe(description) => node::KeyChange::Description(text(description)),
        KeyEdit::Check(check) => node::KeyChange::Check(self::check(check)),
        KeyEdit::DropCheck => node::KeyChange::DropCheck,
    }
}

// -- conditions

fn constant(of: Val) -> Expr {
    ExprKind::Literal(Literal::Value(value(of))).into()
}

fn texts(items: &[&'static str]) -> Vec<Expr> {
    items.iter().map(|item| constant(Val::Text(item))).collect()
}

fn path(of: Name) -> Path {
    Arc::from([Arc::from(of)])
}

fn compare(op: CompareOp, left: impl Into<Expr>, right: impl Into<Expr>) -> Expr {
    ExprKind::Compare { op, left: Box::new(left.into()), right: Box::new(right.into()) }.into()
}

fn one_of(operand: ExprKind, items: &[&'static str]) -> Expr {
    ExprKind::In { operand: Box::new(operand.into()), items: texts(items), negated: false }.into()
}

fn call(function: &str, arguments: Vec<Expr>) -> ExprKind {
    ExprKind::Call { function: Arc::<str>::from(function).into(), arguments }
}

fn check(check: Check) -> Expr {
    let value = ExprKind::CheckValue(Arc::from([]));
    match check {
        Check::Below(bound) => compare(CompareOp::Less, value, constant(Val::Int(bound))),
        Check::OneOf(items) => one_of(value, items),
    }
}

fn condition(of: &Cond) -> Expr {
    let attribute = |of| ExprKind::Attribute(path(of));
    let many = |items: &[Cond]| items.iter().map(condition).collect();
    match of {
        Cond::Is(name, value) => compare(CompareOp::Equal, attribute(name), constant(*value)),
        Cond::Less(name, bound) => {
            compare(CompareOp::Less, attribute(name), constant(Val::Int(*bound)))
        }
        Cond::OneOf(name, items) => one_of(attribute(name), items),
        Cond::Missing(name) => {
            let operand = Box::new(attribute(name).into());
            ExprKind::Is { operand, what: IsWhat::Null, negated: false }.into()
        }
        Cond::In(segment) => ExprKind::InSegment(segment.map(name)).into(),
        Cond::Key(key, value) => {
            compare(CompareOp::Equal, ExprKind::Key(name(key)), constant(*value))
        }
        Cond::Share(salt, top) => {
            let bucket =
                call("BUCKET", vec![constant(Val::Text(salt)), attribute("user_id").into()]);
            compare(CompareOp::Less, bucket, constant(Val::Int(i64::from(*top))))
        }
        Cond::From(at) => {
            let instant = Timestamp::from_micros(*at).expect("an instant of this century");
            let instant = ExprKind::read(ReadAs::Timestamp, instant.to_string());
            compare(CompareOp::GreaterOrEqual, call("NOW", Vec::new()), instant)
        }
        Cond::Not(inner) => ExprKind::Not(Box::new(condition(inner))).into(),
        Cond::And(items) => ExprKind::And(many(items)).into(),
        Cond::Or(items) => ExprKind::Or(many(items)).into(),
    }
}

// -- configs

fn share(of: u32) -> Share {
    Share::from_thousandths(of).expect("at most 100%")
}

fn rollout(of: Rollout) -> node::RolloutSpec {
    node::RolloutSpec { share: given(share(of.share)), by: of.by.map(|by| path(by).into()) }
}

fn row(spec: &RowSpec) -> node::RowSpec {
    node::RowSpec {
        segment: segment(spec.segment),
        rollout: spec.rollout.map(rollout),
        salt: spec.salt.map(text),
    }
}

fn column(key: Name, fill: &Fill) -> node::ColumnSpec {
    let some = |(of, cell): &(Seg, Option<Cell>)| (segment(*of), cell.as_ref().map(self::cell));
    let cells = match fill {
        Fill::Blank => node::CellsSpec::Blank,
        Fill::All(cell) => node::CellsSpec::All(self::cell(cell)),
        Fill::Some(cells) => node::CellsSpec::Some(cells.iter().map(some).collect()),
    };
    node::ColumnSpec { key: name(key), cells }
}

fn cell(of: &Cell) -> node::CellSpec {
    let arm = |arm: &Arm| node::ArmSpec {
        name: arm.name.map(|name| Arc::<str>::from(name).into()),
        share: given(share(arm.share)),
        value: literal(arm.value),
    };
    match of {
        Cell::Value(value) => node::CellSpec::Value(literal(*value)),
        Cell::Split { arms, by, keeping } => {
            let arms = arms.iter().map(arm).collect();
            let by = by.map(|by| path(by).into());
            node::CellSpec::Split(node::SplitSpec { arms, by, keeping_users: *keeping }.into())
        }
    }
}

fn position(place: Place) -> node::Position {
    match place {
        Place::First => node::Position::First,
        Place::Last => node::Position::Last,
        Place::Before(other) => node::Position::Before(segment(other)),
        Place::After(other) => node::Position::After(segment(other)),
    }
}

fn action(of: &Action) -> node::Action {
    match of {
        Action::Describe(description) => node::Action::SetDescription(text(description)),
        Action::Rename(to) => node::Action::Rename(name(to)),
        Action::SetSegments(rows) => node::Action::SetSegments(rows.iter().map(row).collect()),
        Action::AddSegment(spec, to) => {
            node::Action::AddSegment { row: row(spec), position: to.map(position) }
        }
        Action::MoveSegment(of, to) => {
            node::Action::MoveSegment { segment: segment(*of), position: position(*to) }
        }
        Action::DropSegment(of) => node::Action::DropSegment(segment(*of)),
        Action::SetRollout(of, to) => {
            node::Action::SetRollout { segment: segment(*of), rollout: rollout(*to) }
        }
        Action::AddKey(key, fill) => node::Action::AddKey(column(key, fill)),
        Action::DropKey(key) => node::Action::DropKey(name(key)),
        Action::SetKey(key, fill) => node::Action::SetKey(column(key, fill)),
    }
}
