//! Declarations of attributes: what their values may be. Whoever evaluates takes one that may not be as missing.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use foldhash::fast::RandomState;

use super::compile::compile_check;
use super::literal::Type;
use super::misfit::Misfit;
use super::operand::Operand;
use super::program::{Program, passes_check};
use crate::model::{
    As, Attribute, AttributeType, Catalog, Context, DottedVersion, FitStamp, FittedContext, Label,
    SemanticVersion, UserAttribute, Value,
};

/// Declaration of one attribute.
#[derive(Debug)]
pub(crate) struct Declaration {
    attribute: Arc<Attribute>,
    /// Compiled when it is first needed; `None` if there is none.
    check: OnceLock<Option<Program>>,
}

/// The declared attributes of a state that are not archived, as far as they may not be anything.
#[derive(Debug)]
pub(crate) struct Declarations {
    pub(super) stamp: FitStamp,
    by_name: HashMap<Label, Declaration, RandomState>,
}

impl Declaration {
    pub(crate) fn of(attribute: &Arc<Attribute>) -> Self {
        Self { attribute: Arc::clone(attribute), check: OnceLock::new() }
    }

    /// Why a value does not fit; `None` if it does. `NULL` always does.
    pub(crate) fn misfit(&self, value: &Value) -> Option<Misfit> {
        self.misfit_of(value, takes(self.attribute.kind, value))
    }

    fn misfit_of(&self, value: &Value, is_of_type: bool) -> Option<Misfit> {
        if *value == Value::Null {
            return None;
        }
        if !is_of_type {
            return Some(Misfit::Type { found: Type::of_value(value), kind: self.attribute.kind });
        }
        let check = self.check()?;
        (!passes_check(check, value)).then_some(Misfit::Check)
    }

    /// The program of the `CHECK`. One that cannot be compiled, which only a damaged store has, forbids nothing.
    fn check(&self) -> Option<&Program> {
        let Attribute { check, kind, .. } = &*self.attribute;
        let made = || check.as_ref().and_then(|check| compile_check(check.expr(), *kind).ok());
        self.check.get_or_init(made).as_ref()
    }

    /// Whether an attribute of a context does not fit: what is read of its text stays read.
    fn is_misfit(&self, attribute: UserAttribute<'_>) -> bool {
        let read = match self.attribute.kind {
            AttributeType::Semver => attribute.semver().map(drop),
            AttributeType::Version => attribute.version().map(drop),
            AttributeType::Timestamp => attribute.timestamp().map(drop),
            _ => As::Unread,
        };
        let is_of_type = match read {
            As::This(()) => true,
            As::Nothing => false,
            As::Unread => takes(self.attribute.kind, attribute.value()),
        };
        self.misfit_of(attribute.value(), is_of_type).is_some()
    }
}

impl Declarations {
    /// Those of a catalog; `None` if they allow everything.
    pub(crate) fn of(catalog: &Catalog) -> Option<Arc<Self>> {
        let by_name: HashMap<_, _, _> = catalog
            .attributes()
            .filter(|attribute| !attribute.is_free())
            .map(|attribute| (Label::new(&attribute.name.to_arc()), Declaration::of(attribute)))
            .collect();
        (!by_name.is_empty()).then(|| Arc::new(Self { stamp: FitStamp::new(), by_name }))
    }

    /// What a context is without the attributes that do not fit; `None` if all do.
    #[cold]
    pub(super) fn fitted(&self, context: &Context) -> Option<Arc<FittedContext>> {
        context.fitted(self.stamp, &|label, attribute| {
            self.by_name.get(label).is_some_and(|declaration| declaration.is_misfit(attribute))
        })
    }

    /// Why a value does not fit; `None` if it does, or the attribute is not declared.
    pub(crate) fn misfit(&self, name: &Arc<str>, value: &Value) -> Option<Misfit> {
        self.by_name.get(&Label::new(name))?.misfit(value)
    }
}

/// Whether a value is of the type of an attribute. Numbers are of any size, as those of conditions are.
fn takes(kind: AttributeType, value: &Value) -> bool {
    match (kind, value) {
        (AttributeType::Json, _)
        | (AttributeType::Boolean, Value::Boolean(_))
        | (AttributeType::String, Value::String(_))
        | (AttributeType::Integer | AttributeType::Double, Value::Integer(_))
        | (AttributeType::Double, Value::Double(_)) => true,
        (AttributeType::Integer, Value::Double(number)) => number.fract() == 0.0,
        (AttributeType::Timestamp, _) => Operand::from(value).as_timestamp().is_some(),
        (AttributeType::Semver, Value::String(text)) => SemanticVersion::parse(text).is_some(),
        (AttributeType::Version, Value::String(text)) => DottedVersion::parse(text).is_some(),
        _ => false,
    }
}
