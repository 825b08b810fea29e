//! JSON lines: each an event or a profile, or a context.

use std::io::{self, BufRead};
use std::sync::Arc;

use super::flaw::{Flaw, unexpected, wrong_type};
use super::instant::instant;
use super::lines::{Lines, Raw};
use super::{ReadRows, Row};
use crate::shell::row_format::TimeUnit;
use pcq::{Error, ErrorKind, Event, Fact, Object, Profile, RecordedContext, Value};

/// The members of an event.
const EVENT: [&str; 5] = ["event", "user", "at", "id", "properties"];

/// The members of a profile.
const PROFILE: [&str; 3] = ["user", "at", "attributes"];

/// The members of a context.
const CONTEXT: [&str; 4] = ["user", "attributes", "at", "count"];

/// What a count of contexts is.
const COUNT: &str = "a whole number from 1 to 9223372036854775807";

/// Members of either.
const ALL: [&str; 6] = ["event", "user", "at", "id", "properties", "attributes"];

/// Reads a file of JSON lines.
#[derive(Debug)]
pub(super) struct Jsonl<R> {
    lines: Lines<R>,
    piece: Vec<u8>,
    raw: Raw,
    unit: Option<TimeUnit>,
}

impl<R: BufRead> Jsonl<R> {
    /// Begins before the first line. `unit`: of times that are numbers, if it is said.
    pub(super) fn new(input: R, unit: Option<TimeUnit>) -> Self {
        Self { lines: Lines::new(input), piece: Vec::new(), raw: Raw::default(), unit }
    }

    /// Reads the next line that is not blank: its number, and the object that it is.
    pub(super) fn read_object(&mut self) -> io::Result<Option<(u64, Result<Object, Flaw>)>> {
        while self.read_line()? {
            if !self.raw.is_blank() {
                let object = self.raw.text().map_err(Flaw::from).and_then(parsed);
                return Ok(Some((self.lines.number(), object)));
            }
        }
        Ok(None)
    }

    fn read_line(&mut self) -> io::Result<bool> {
        self.raw.clear();
        while self.lines.read(&mut self.piece)? {
            self.raw.push(&self.piece);
            if self.lines.is_at_break() {
                return Ok(true);
            }
        }
        Ok(!self.raw.is_empty())
    }
}

impl<R: BufRead> ReadRows for Jsonl<R> {
    fn read(&mut self) -> io::Result<Option<Row>> {
        let Some((line, object)) = self.read_object()? else { return Ok(None) };
        let fact = object.and_then(|members| Ok(fact(members, self.unit)?));
        Ok(Some(Row { line, fact }))
    }

    fn text(&self) -> Option<&[u8]> {
        self.raw.bytes()
    }
}

/// The object that a line is.
fn parsed(line: &str) -> Result<Object, Flaw> {
    match Value::from_json(line) {
        Ok(Value::Object(members)) => Ok(Arc::unwrap_or_clone(members)),
        Ok(other) => Err(wrong_type("a line", "an object", &other).into()),
        Err(error) => Err(Flaw::json(error, line)),
    }
}

fn fact(members: Object, unit: Option<TimeUnit>) -> Result<Fact, Error> {
    match (members.contains_key("event"), members.contains_key("attributes")) {
        (true, false) => Ok(event(Members::of(members, &EVENT)?, unit)?.into()),
        (false, true) => Ok(profile(Members::of(members, &PROFILE)?, unit)?.into()),
        (both, _) => {
            Members::of(members, &ALL)?;
            Err(neither_event_nor_profile(if both { "both" } else { "neither" }))
        }
    }
}

fn neither_event_nor_profile(found: &str) -> Error {
    let expected = ["`event`", "`attributes`"].map(str::to_owned).into();
    ErrorKind::Expected { expected, found: found.to_owned() }.into()
}

fn event(mut members: Members, unit: Option<TimeUnit>) -> Result<Event, Error> {
    let mut event = Event::new(members.need_text("event")?, members.need_text("user")?);
    if let Some(properties) = members.object("properties")? {
        event = event.with_all(&properties);
    }
    if let Some(at) = members.take("at") {
        event = event.at(instant(&at, unit)?);
    }
    if let Some(id) = members.text("id")? {
        event = event.id(id);
    }
    Ok(event)
}

fn profile(mut members: Members, unit: Option<TimeUnit>) -> Result<Profile, Error> {
    let mut profile = Profile::new(members.need_text("user")?);
    if let Some(attributes) = members.object("attributes")? {
        profile = profile.with_all(&attributes);
    }
    if let Some(at) = members.take("at") {
        profile = profile.at(instant(&at, unit)?);
    }
    Ok(profile)
}

/// The context that a line is.
pub(super) fn context(members: Object, unit: Option<TimeUnit>) -> Result<RecordedContext, Error> {
    let mut members = Members::of(members, &CONTEXT)?;
    let attributes = members.object("attributes")?.ok_or_else(|| missing("attributes"))?;
    let mut context = RecordedContext::new().with_all(&attributes);
    if let Some(user) = members.text("user")? {
        context = context.user(user);
    }
    if let Some(at) = members.take("at") {
        context = context.at(instant(&at, unit)?);
    }
    match members.take("count") {
        None => {}
        Some(Value::Integer(count)) if count > 0 => context = context.count(count.unsigned_abs()),
        Some(Value::Integer(other)) => {
            let (what, why) = ("the `count`", format!("it is {COUNT}"));
            return Err(ErrorKind::BadLiteral { what, text: other.to_string(), why }.into());
        }
        Some(Value::Double(other)) => {
            let (place, found) = ("`count`".to_owned(), other.to_string());
            return Err(ErrorKind::Type { place, wanted: COUNT.to_owned(), found }.into());
        }
        Some(other) => return Err(wrong_type("`count`", COUNT, &other)),
    }
    Ok(context)
}

fn missing(name: &str) -> Error {
    let found = "a line without it".to_owned();
    ErrorKind::Expected { expected: vec![format!("`{name}`")], found }.into()
}

/// The members of a line, whose names are known.
struct Members(Object);

impl Members {
    fn of(members: Object, names: &[&str]) -> Result<Self, Error> {
        match members.keys().find(|name| !names.contains(&name.as_ref())) {
            Some(name) => Err(unexpected(names, name)),
            None => Ok(Self(members)),
        }
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        self.0.swap_remove(name)
    }

    fn text(&mut self, name: &str) -> Result<Option<Arc<str>>, Error> {
        match self.take(name) {
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(wrong_type(format!("`{name}`"), "a string", &other)),
            None => Ok(None),
        }
    }

    fn need_text(&mut self, name: &str) -> Result<Arc<str>, Error> {
        self.text(name)?.ok_or_else(|| missing(name))
    }

    fn object(&mut self, name: &str) -> Result<Option<Arc<Object>>, Error> {
        match self.take(name) {
            Some(Value::Object(members)) => Ok(Some(members)),
            Some(other) => Err(wrong_type(format!("`{name}`"), "an object", &other)),
            None => Ok(None),
        }
    }
}
