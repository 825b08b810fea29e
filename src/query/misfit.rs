//! Profiles with values that are not as an attribute is declared.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::relation::each_with_facts;
use super::view::View;
use crate::error::{Note, NoteKind, Result, Short};
use crate::eval::Declaration;
use crate::model::{Attribute, Change, Literal};

/// What is to be known of stored profiles when changes are made to what a view shows: how many have a value that the
/// declaration of an attribute does not allow from then on. All profiles are read for that, page by page, and none if
/// nothing else is allowed than before.
pub(crate) fn misfits(view: &View<'_>, changes: &[Change]) -> Result<Vec<Note>> {
    let mut notes = Vec::new();
    for change in changes {
        let Change::Attribute(attribute) = change else { continue };
        let old = view.catalog().attribute(attribute.id);
        if !attribute.is_free() && !old.is_some_and(|old| old.allows_as(attribute)) {
            notes.extend(misfits_of(view, attribute)?);
        }
    }
    Ok(notes)
}

fn misfits_of(view: &View<'_>, attribute: &Arc<Attribute>) -> Result<Option<Note>> {
    let declaration = Declaration::of(attribute);
    let (mut profiles, mut first) = (0, None);
    each_with_facts(view, None, |user, history| {
        let profile = history.profile(view.now);
        let value = profile.get(attribute.name.as_str());
        if value.is_some_and(|value| declaration.misfit(value).is_some()) {
            profiles += 1;
            first.get_or_insert_with(|| Arc::clone(user));
        }
        ControlFlow::Continue(())
    })?;
    let Some(user) = first else { return Ok(None) };
    let note = Note::new(NoteKind::TakenAsMissing { attribute: attribute.name.clone(), profiles });
    let user = Literal::from(&*user).to_string();
    Ok(Some(note.hint(format!("`SHOW USERS WHERE user = {}` shows the first", Short(&user)))))
}
