//! Profiles: values of declared attributes that users may not have.

use crate::error::{Error, ErrorKind, Result};
use crate::eval::{Declaration, Misfit};
use crate::model::{Attribute, Catalog, Literal, Object, Span, Value, check_text};

/// Refuses a value of an attribute that is not what was declared; `NULL`, which takes the attribute away, is fine.
pub(crate) fn refuse_misfit(
    catalog: &Catalog,
    name: &str,
    value: &Value,
    span: Span,
) -> Result<()> {
    misfit_error(catalog, name, value).map_or(Ok(()), |error| Err(error.at(span)))
}

fn misfit_error(catalog: &Catalog, name: &str, value: &Value) -> Option<Error> {
    let attribute = catalog.attribute_named(name).filter(|attribute| !attribute.archived)?;
    let misfit = Declaration::of(attribute).misfit(value)?;
    Some(refusal(attribute, misfit, value))
}

/// Refuses attributes of a user among which one is not what was declared.
pub(crate) fn refuse_misfits(catalog: &Catalog, attributes: &Object) -> Result<()> {
    attributes
        .iter()
        .try_for_each(|(name, value)| misfit_error(catalog, name, value).map_or(Ok(()), Err))
}

fn refusal(attribute: &Attribute, misfit: Misfit, value: &Value) -> Error {
    let hidden = attribute.sensitive;
    let name = attribute.name.clone();
    let value = if hidden { Literal::hidden() } else { value.clone().into() };
    let error = Error::from(match misfit {
        Misfit::Type { kind, .. } => ErrorKind::AttributeType { attribute: name, kind, value },
        Misfit::Check => {
            let text = |check: &_| if hidden { check_text(check) } else { check.text().clone() };
            let check = attribute.check.as_ref().map_or_else(|| "".into(), text);
            ErrorKind::AttributeCheckFailed { attribute: name, value, check }
        }
    });
    if hidden { error.concealed() } else { error }
}
