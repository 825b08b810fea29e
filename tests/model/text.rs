//! Statements of a history as text of the language.

use crate::operation::{
    Action, Cell, Check, Cond, Fill, Get, KeyEdit, Kind, Micros, Mode, Name, Op, Place, Rollout,
    RowSpec, Seg, Type, Val, Visitor, What,
};

/// The text of a statement, without the semicolon.
pub(crate) fn statement(op: &Op) -> String {
    match op {
        Op::CreateKey { mode, name, kind, default, check, description } => {
            let check =
                check.map_or_else(String::new, |check| format!(" CHECK ({})", self::check(check)));
            let (kind, default) = (self::kind(*kind), value(*default));
            format!(
                "{} {kind} DEFAULT {default}{check}{}",
                create(*mode, "KEY", name),
                describe(*description)
            )
        }
        Op::AlterKey { name, edits } => {
            format!("ALTER KEY {} {}", self::name(name), join(edits, " ", |edit| key_edit(*edit)))
        }
        Op::CreateSegment { mode, name, condition } => {
            format!("{} WHERE {}", create(*mode, "SEGMENT", name), self::condition(condition))
        }
        Op::AlterSegment { name, description, condition } => {
            let description =
                description.map_or_else(String::new, |d| format!(" SET DESCRIPTION '{d}'"));
            let condition = condition
                .as_ref()
                .map_or_else(String::new, |c| format!(" WHERE {}", self::condition(c)));
            format!("ALTER SEGMENT {}{description}{condition}", self::name(name))
        }
        Op::CreateConfig { mode, name, description, rows, columns } => {
            let columns = join(columns, ", ", |(key, fill)| format!("KEY {}", column(key, fill)));
            let description = describe(*description);
            let rows = join(rows, ", ", row);
            format!("{}{description} SEGMENTS {rows} {columns}", create(*mode, "CONFIG", name))
        }
        Op::AlterConfig { name, if_version, actions } => {
            let version = if_version.map_or_else(String::new, |n| format!(" IF VERSION {n}"));
            format!("ALTER CONFIG {}{version} {}", self::name(name), join(actions, ", ", action))
        }
        Op::Archive(what, name) => format!("ARCHIVE {} {}", object(*what), self::name(name)),
        Op::Restore(what, name) => format!("RESTORE {} {}", object(*what), self::name(name)),
        _ => serving(op),
    }
}

fn serving(op: &Op) -> String {
    match op {
        Op::Publish { config, version, at, until } => {
            let version = version.map_or_else(String::new, |n| format!(" VERSION {n}"));
            let (at, until) = (clause(" AT", *at), clause(" UNTIL", *until));
            format!("PUBLISH CONFIG {}{version}{at}{until} COMMENT 'why'", name(config))
        }
        Op::Revert { config, version } => {
            format!("REVERT CONFIG {} TO VERSION {version}", name(config))
        }
        Op::Cancel { config, at } => {
            format!("CANCEL SCHEDULE OF CONFIG {}{}", name(config), clause(" AT", *at))
        }
        Op::Disable(config) => format!("DISABLE CONFIG {} COMMENT 'it burns'", name(config)),
        Op::Enable(config) => format!("ENABLE CONFIG {}", name(config)),
        Op::Begin => "BEGIN".to_owned(),
        Op::Commit => "COMMIT".to_owned(),
        Op::Rollback => "ROLLBACK".to_owned(),
        Op::Advance(minutes) => format!("ADVANCE CLOCK {minutes} MINUTES"),
        Op::SetClock(to) => format!("SET CLOCK {}", instant(*to)),
        Op::AssertError { code, statement } => {
            format!("ASSERT ERROR '{code}' {}", self::statement(statement))
        }
        Op::AssertGet { get, value, reason } => {
            format!("ASSERT {} = {} REASON '{reason}'", self::get(get), self::value(*value))
        }
        _ => unreachable!("{op:?} is told above"),
    }
}

/// The text of a `GET`, without the semicolon.
pub(crate) fn get(get: &Get) -> String {
    let what = match &get.what {
        What::Keys(keys) => join(keys, ", ", |key| name(key)),
        What::Config(config) => format!("CONFIG {}", name(config)),
        What::All => "ALL".to_owned(),
    };
    let under = get.under.map_or_else(String::new, |(config, version)| {
        format!(" UNDER CONFIG {} VERSION {version}", name(config))
    });
    format!("GET {what}{}{}{under}", visitor(&get.visitor), clause(" AS OF", get.as_of))
}

fn visitor(visitor: &Visitor) -> String {
    let user = visitor.user.map_or_else(String::new, |user| format!(" FOR USER '{user}'"));
    let member = |(name, value): &(Name, Val)| format!("\"{name}\": {}", json(*value));
    match visitor.attributes.as_slice() {
        [] => user,
        attributes => format!("{user} WITH {{{}}}", join(attributes, ", ", member)),
    }
}

/// The head of a `CREATE`.
fn create(mode: Mode, kind: &str, name: Name) -> String {
    let (before, after) = match mode {
        Mode::New => ("", ""),
        Mode::IfNotExists => ("", " IF NOT EXISTS"),
        Mode::OrAlter => (" OR ALTER", ""),
    };
    format!("CREATE{before} {kind}{after} {}", self::name(name))
}

/// A name, in quotes unless it is a plain or a dotted one.
pub(crate) fn name(name: Name) -> String {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
    if plain { name.to_owned() } else { format!("\"{name}\"") }
}

/// An instant in quotes.
pub(crate) fn instant(at: Micros) -> String {
    format!("'{}'", pcq::Timestamp::from_micros(at).expect("an instant of this century"))
}

fn clause(word: &str, at: Option<Micros>) -> String {
    at.map_or_else(String::new, |at| format!("{word} {}", instant(at)))
}

fn describe(text: Option<&str>) -> String {
    text.map_or_else(String::new, |text| format!(" DESCRIPTION '{text}'"))
}

fn join<T>(items: &[T], separator: &str, text: impl Fn(&T) -> String) -> String {
    items.iter().map(text).collect::<Vec<_>>().join(separator)
}

fn object(kind: Kind) -> &'static str {
    match kind {
        Kind::Key => "KEY",
        Kind::Segment => "SEGMENT",
        Kind::Config => "CONFIG",
    }
}

/// The type as it is written.
pub(crate) fn kind(kind: Type) -> &'static str {
    match kind {
        Type::Boolean => "BOOLEAN",
        Type::Integer => "INTEGER",
        Type::Double => "DOUBLE",
        Type::String => "STRING",
        Type::Json => "JSON",
    }
}

/// The JSON text of a value.
pub(crate) fn json(value: Val) -> String {
    match value {
        Val::Null => "null".to_owned(),
        Val::Bool(b) => b.to_string(),
        Val::Int(n) => n.to_string(),
        Val::Double(n) => format!("{n:?}"),
        Val::Text(text) => format!("\"{text}\""),
        Val::Json(text) => text.to_owned(),
    }
}

fn value(value: Val) -> String {
    match value {
        Val::Null => "NULL".to_owned(),
        Val::Bool(b) => b.to_string().to_uppercase(),
        Val::Text(text) => format!("'{text}'"),
        _ => json(value),
    }
}

fn texts(items: &[&str]) -> String {
    join(items, ", ", |text| format!("'{text}'"))
}

fn check(check: Check) -> String {
    match check {
        Check::Below(bound) => format!("VALUE < {bound}"),
        Check::OneOf(items) => format!("VALUE IN ({})", texts(items)),
    }
}

fn key_edit(edit: KeyEdit) -> String {
    match edit {
        KeyEdit::Default(value) => format!("SET DEFAULT {}", self::value(value)),
        KeyEdit::Describe(text) => format!("SET DESCRIPTION '{text}'"),
        KeyEdit::Check(check) => format!("SET CHECK ({})", self::check(check)),
        KeyEdit::DropCheck => "DROP CHECK".to_owned(),
    }
}

fn segment(segment: Seg) -> String {
    segment.map_or_else(|| "EVERYONE".to_owned(), name)
}

fn condition(condition: &Cond) -> String {
    match condition {
        Cond::Is(attribute, value) => format!("{attribute} = {}", self::value(*value)),
        Cond::Less(attribute, bound) => format!("{attribute} < {bound}"),
        Cond::OneOf(attribute, items) => format!("{attribute} IN ({})", texts(items)),
        Cond::Missing(attribute) => format!("{attribute} IS NULL"),
        Cond::In(of) => format!("IN SEGMENT {}", segment(*of)),
        Cond::Key(key, value) => format!("KEY({}) = {}", name(key), self::value(*value)),
        Cond::Share(salt, top) => format!("BUCKET('{salt}', user_id) < {top}"),
        Cond::From(at) => format!("NOW() >= TIMESTAMP {}", instant(*at)),
        Cond::Not(inner) => format!("NOT ({})", self::condition(inner)),
        Cond::And(items) => join(items, " AND ", |item| format!("({})", self::condition(item))),
        Cond::Or(items) => join(items, " OR ", |item| format!("({})", self::condition(item))),
    }
}

/// A share as a percentage.
fn percent(share: u32) -> String {
    format!("{}.{:03}%", share / 1000, share % 1000)
}

fn row(row: &RowSpec) -> String {
    let rollout = row.rollout.map_or_else(String::new, |said| format!(" {}", rollout(said)));
    let salt = row.salt.map_or_else(String::new, |salt| format!(" SALT '{salt}'"));
    format!("{}{rollout}{salt}", segment(row.segment))
}

fn rollout(said: Rollout) -> String {
    let by = said.by.map_or_else(String::new, |by| format!(" BY {by}"));
    format!("{}{by}", percent(said.share))
}

fn column(key: Name, fill: &Fill) -> String {
    let cells = match fill {
        Fill::Blank => String::new(),
        Fill::All(cell) => format!(" = {}", self::cell(cell)),
        Fill::Some(cells) => {
            let cell =
                |cell: &Option<Cell>| cell.as_ref().map_or_else(|| "BLANK".to_owned(), self::cell);
            format!(
                " VALUES ({})",
                join(cells, ", ", |(of, c)| format!("{} = {}", segment(*of), cell(c)))
            )
        }
    };
    name(key) + &cells
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Value(value) => self::value(*value),
        Cell::Split { arms, by, keeping } => {
            let arms = join(arms, ", ", |arm| {
                let name = arm.name.map_or_else(String::new, |name| format!("{name}: "));
                format!("{name}{} {}", percent(arm.share), value(arm.value))
            });
            let by = by.map_or_else(String::new, |by| format!(" BY {by}"));
            let keeping = if *keeping { " KEEPING USERS" } else { "" };
            format!("SPLIT ({arms}){by}{keeping}")
        }
    }
}

fn place(place: Place) -> String {
    match place {
        Place::First => "FIRST".to_owned(),
        Place::Last => "LAST".to_owned(),
        Place::Before(other) => format!("BEFORE {}", segment(other)),
        Place::After(other) => format!("AFTER {}", segment(other)),
    }
}

fn action(action: &Action) -> String {
    match action {
        Action::Describe(text) => format!("SET DESCRIPTION '{text}'"),
        Action::Rename(to) => format!("RENAME TO {}", name(to)),
        Action::SetSegments(rows) => format!("SET SEGMENTS {}", join(rows, ", ", row)),
        Action::AddSegment(spec, to) => {
            let to = to.map_or_else(String::new, |to| format!(" {}", place(to)));
            format!("ADD SEGMENT {}{to}", row(spec))
        }
        Action::MoveSegment(of, to) => format!("MOVE SEGMENT {} {}", segment(*of), place(*to)),
        Action::DropSegment(of) => format!("DROP SEGMENT {}", segment(*of)),
        Action::SetRollout(of, said) => {
            format!("SET ROLLOUT {} = {}", segment(*of), rollout(*said))
        }
        Action::AddKey(key, fill) => format!("ADD KEY {}", column(key, fill)),
        Action::DropKey(key) => format!("DROP KEY {}", name(key)),
        Action::SetKey(key, fill) => format!("SET {}", column(key, fill)),
    }
}
