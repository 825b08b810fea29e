//! What the fuzzer asks of conditions: both forms of a program give the same answer, whoever the user is.

use super::compile::{compile, compile_plain};
use super::field::Fields;
use super::measure::Measure;
use super::{Environment, Lookup, Scope, Type};
use crate::error::Result;
use crate::model::{
    Answer, AttributeName, AttributeType, Context, Expr, KeyId, KeyType, ListId, Name, Path,
    SegmentId, Span, Spanned, Timestamp, Value,
};

/// World in which every name means something: of which type a key is, its length tells.
struct World {
    values: [Value; 5],
}

/// A user in that world.
struct Visitor<'a> {
    world: &'a World,
    user: &'a Context,
}

/// Compiles a condition in both forms, and evaluates both for each user.
pub(crate) fn evaluate(expr: &Expr, users: &[Context]) {
    let json = Value::from_json(r#"{"a":[1]}"#).unwrap_or_default();
    let values = [true.into(), 7.into(), 0.5.into(), "x".into(), json];
    let world = World { values };
    let Ok(quick) = compile(expr, &world) else { return };
    let plain = compile_plain(expr, &world, &Fields::default());
    let plain = plain.unwrap_or_else(|error| panic!("the plain form: {error}"));
    for user in users {
        let mut visitor = Visitor { world: &world, user };
        let holds = quick.holds(&mut visitor);
        let quick = quick.evaluate(&mut visitor);
        assert_eq!(quick, plain.evaluate(&mut visitor), "{expr} for {user:?}");
        assert_eq!(holds, quick == Some(true), "the flow of {expr} for {user:?}");
    }
}

fn number(name: &Spanned<Name>) -> u32 {
    u32::try_from(name.node.as_str().len()).unwrap_or_default()
}

impl Scope for World {
    fn key(&self, name: &Spanned<Name>) -> Result<(KeyId, KeyType)> {
        let (number, kinds) = (number(name), KeyType::ALL);
        Ok((KeyId(number), kinds[number as usize % kinds.len()]))
    }

    fn segment(&self, name: &Spanned<Name>) -> Result<SegmentId> {
        Ok(SegmentId(number(name)))
    }

    fn check_type(&self) -> Option<AttributeType> {
        Some(AttributeType::Json)
    }

    fn attribute(&self, _: &Path, _: Span) -> Result<Option<Type>> {
        Ok(None)
    }

    fn list(&self, _: ListId, _: Span) -> Result<()> {
        Ok(())
    }

    fn user(&self, _: &str, _: Span) -> Result<()> {
        Ok(())
    }
}

impl<'a> Environment<'a> for Visitor<'a> {
    fn attribute(&self, name: &AttributeName) -> Lookup<'a> {
        self.user.find(name).into()
    }

    fn key_value(&mut self, key: KeyId) -> &'a Value {
        &self.world.values[key.0 as usize % self.world.values.len()]
    }

    fn in_segment(&mut self, segment: SegmentId) -> bool {
        segment.is_everyone() || segment.0.is_multiple_of(2)
    }

    fn in_list(&self, list: ListId) -> bool {
        list.0.is_multiple_of(2)
    }

    fn list_length(&self, list: ListId) -> Option<u64> {
        Some(list.0.into())
    }

    fn answer(&mut self, measure: &'a Measure) -> Answer<'a> {
        measure.answer(self.user, || self.now())
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_micros(1_772_355_600_000_000).unwrap_or(Timestamp::MIN)
    }

    fn check_value(&self) -> &'a Value {
        &self.world.values[1]
    }
}
