//! `ASSERT GET`: whether the values for a user are as they should be.

use std::sync::Arc;

use super::get::Reading;
use super::view::View;
use crate::error::{Error, ErrorKind, Result, Short};
use crate::eval::Evaluation;
use crate::model::{Literal, Name, Secrets, Spanned, Value};
use crate::statement::{AssertGet, Parameters, Text};

/// Fails if an assertion does not hold.
pub(super) fn hold(view: &View<'_>, assertion: &AssertGet) -> Result<()> {
    let expected = Expected::new(view.parameters, assertion)?;
    let reading = Reading::new(view, &assertion.get)?;
    reading.evaluate(|got| expected.differs(got, view.secrets()).map_or(Ok(()), Err))
}

/// Expectations of an assertion, each with its place.
struct Expected {
    value: Spanned<Value>,
    reason: Option<Spanned<Arc<str>>>,
    segment: Option<Spanned<Name>>,
    variant: Option<Spanned<Arc<str>>>,
}

impl Expected {
    fn new(parameters: &Parameters, assertion: &AssertGet) -> Result<Self> {
        let text = |text: &Text| Ok::<_, Error>(Spanned::new(parameters.text(text)?, text.span));
        let segment = assertion.segment.as_ref().map(|segment| {
            Spanned::new(segment.node.clone().unwrap_or_else(Name::everyone), segment.span)
        });
        Ok(Self {
            value: Spanned::new(parameters.resolve(&assertion.value)?, assertion.value.span),
            reason: assertion.reason.as_ref().map(text).transpose()?,
            segment,
            variant: assertion.variant.as_ref().map(text).transpose()?,
        })
    }

    /// What is wrong with an evaluation, if anything is; at the first part that differs.
    fn differs(&self, got: &Evaluation<'_>, secrets: Secrets<'_>) -> Option<Error> {
        let hidden = secrets.hide_named(got.key().as_str());
        let written = |value: &Value| if hidden { Literal::hidden() } else { value.clone().into() };
        let reason = got.reason().to_string();
        let mut wanted = Vec::new();
        if !self.value.node.same(got.value()) {
            let value = written(&self.value.node).to_string();
            wanted.push((Short(&value).to_string(), self.value.span));
        }
        if let Some(r) = self.reason.as_ref().filter(|r| *r.node != *reason) {
            wanted.push((format!("reason {}", Short(&r.node)), r.span));
        }
        if let Some(s) = self.segment.as_ref().filter(|s| got.segment() != Some(&s.node)) {
            wanted.push((format!("segment `{}`", s.node.as_str()), s.span));
        }
        if let Some(v) = self.variant.as_ref().filter(|v| got.variant() != Some(&*v.node)) {
            wanted.push((format!("variant `{}`", Short(&v.node)), v.span));
        }
        let (_, place) = wanted.first()?;
        let place = *place;
        let wanted: Vec<_> = wanted.into_iter().map(|(text, _)| text).collect();
        let (wanted, got) = (wanted.join(", "), told(got, &written(got.value())));
        let error = Error::from(ErrorKind::AssertionFailed { wanted, got }).at(place);
        Some(if hidden { error.concealed() } else { error })
    }
}

/// An evaluation in one line, with its value as it is written.
fn told(got: &Evaluation<'_>, value: &Literal) -> String {
    let mut parts = vec![got.reason().to_string()];
    let owner = got.config().zip(got.version());
    parts.extend(owner.map(|(config, n)| format!("config `{}` version {n}", config.as_str())));
    parts.extend(got.segment().map(|segment| format!("segment `{}`", segment.as_str())));
    parts.extend(got.variant().map(|variant| format!("variant `{variant}`")));
    format!("{} ({})", Short(&value.to_string()), parts.join(", "))
}
