//! What publishing, archiving and switching do in the model, or why they are refused.

use crate::edit::{Written, check_condition, refuse_cycle, shares_keys, usable_config};
use crate::operation::{Cell, Kind, Micros, Name, Op};
use crate::state::{Config, Publication, State, Version};

/// Applies one of these writes.
pub(crate) fn apply(state: &mut State, op: &Op, now: Micros) -> Written {
    match op {
        Op::Archive(Kind::Key, name) => archive_key(state, name, now),
        Op::Archive(Kind::Segment, name) => archive_segment(state, name, now),
        Op::Archive(Kind::Config, name) => archive_config(state, name),
        Op::Restore(Kind::Key, name) => restore_key(state, name),
        Op::Restore(Kind::Segment, name) => restore_segment(state, name, now),
        Op::Restore(Kind::Config, name) => restore_config(state, name, now),
        Op::Publish { config, version, at, until } => {
            publish(state, config, *version, *at, *until, now)
        }
        Op::Revert { config, version } => publish(state, config, Some(*version), None, None, now),
        Op::Cancel { config, at } => cancel(state, config, *at, now),
        Op::Disable(config) => switch(state, config, true),
        Op::Enable(config) => switch(state, config, false),
        _ => unreachable!("{op:?} is no write"),
    }
}

// -- archiving

fn archive_key(state: &mut State, name: Name, now: Micros) -> Written {
    let archived = state.keys.get(name).ok_or("unknown-key")?.archived;
    if !archived && state.key_is_used(name, now) {
        return Err("key-in-use");
    }
    state.keys.entry(name).and_modify(|key| key.archived = true);
    Ok(!archived)
}

fn restore_key(state: &mut State, name: Name) -> Written {
    let key = state.keys.get_mut(name).ok_or("unknown-key")?;
    Ok(std::mem::replace(&mut key.archived, false))
}

fn archive_segment(state: &mut State, name: Name, now: Micros) -> Written {
    let archived = state.segments.get(name).ok_or("unknown-segment")?.archived;
    if !archived && state.segment_is_used(name, now) {
        return Err("segment-in-use");
    }
    state.segments.entry(name).and_modify(|segment| segment.archived = true);
    Ok(!archived)
}

fn restore_segment(state: &mut State, name: Name, now: Micros) -> Written {
    let segment = state.segments.get(name).ok_or("unknown-segment")?;
    if !segment.archived {
        return Ok(false);
    }
    check_condition(state, &segment.condition)?;
    state.segments.entry(name).and_modify(|segment| segment.archived = false);
    refuse_cycle(state, now)
}

fn archive_config(state: &mut State, name: Name) -> Written {
    let place = state.config_named(name).ok_or("unknown-config")?;
    Ok(!std::mem::replace(&mut state.configs[place].archived, true))
}

fn restore_config(state: &mut State, name: Name, now: Micros) -> Written {
    let place = state.config_named(name).ok_or("unknown-config")?;
    if !std::mem::replace(&mut state.configs[place].archived, false) {
        return Ok(false);
    }
    let numbers: Vec<_> = state.configs[place].used(now).into_iter().collect();
    refuse_invalid(state, place, &numbers, now)
}

// -- publishing

fn publish(
    state: &mut State,
    name: Name,
    version: Option<u64>,
    at: Option<Micros>,
    until: Option<Micros>,
    now: Micros,
) -> Written {
    let place = usable_config(state, name)?;
    let number = version_number(&state.configs[place], version)?;
    let effective = at.unwrap_or(now);
    if effective < now || until.is_some_and(|until| until <= effective) {
        return Err("bad-time");
    }
    let config = &state.configs[place];
    let columns = &config.version(number).columns;
    if columns.is_empty() || columns.iter().any(|(_, cells)| cells.is_empty()) {
        return Err("nothing-to-publish");
    }
    let settled = config.boundaries(now).is_empty();
    let same = effective == now && until.is_none() && settled && config.live(now) == Some(number);
    let publication = Publication { effective, until, version: number };
    state.configs[place].publications.push(publication);
    refuse_invalid(state, place, &[number], now)?;
    Ok(!same)
}

/// The number of a version that there is; the newest if none is said.
fn version_number(config: &Config, version: Option<u64>) -> Result<usize, &'static str> {
    let newest = config.newest();
    let number = version.map_or(newest, |version| usize::try_from(version).unwrap_or(usize::MAX));
    if (1..=newest).contains(&number) { Ok(number) } else { Err("unknown-version") }
}

/// Refuses versions that cannot be served today.
fn refuse_invalid(state: &State, place: usize, numbers: &[usize], now: Micros) -> Written {
    let config = &state.configs[place];
    let invalid = numbers.iter().any(|number| !is_valid(state, config.version(*number)));
    if invalid || state.has_cycle(now, None) {
        return Err("not-valid-now");
    }
    if shares_keys(state, place, now) { Err("key-in-use") } else { Ok(true) }
}

/// Whether the keys and segments of a version are there and its values pass.
fn is_valid(state: &State, version: &Version) -> bool {
    let archived = |name: Name| state.segments[name].archived;
    if version.rows.iter().filter_map(|row| row.segment).any(archived) {
        return false;
    }
    version.columns.iter().all(|(name, cells)| {
        let key = &state.keys[name];
        let mut values = cells.values().flat_map(Cell::values);
        !key.archived && values.all(|value| key.check.is_none_or(|check| check.passes(value)))
    })
}

fn cancel(state: &mut State, name: Name, at: Option<Micros>, now: Micros) -> Written {
    let place = usable_config(state, name)?;
    let publications = &mut state.configs[place].publications;
    let before = publications.len();
    publications.retain(|p| p.effective <= now || at.is_some_and(|at| at != p.effective));
    if publications.len() == before {
        return Ok(false);
    }
    // what they would have ended comes back, and may be no longer valid
    let numbers: Vec<_> = state.configs[place].used(now).into_iter().collect();
    refuse_invalid(state, place, &numbers, now)
}

fn switch(state: &mut State, name: Name, disabled: bool) -> Written {
    let place = usable_config(state, name)?;
    Ok(std::mem::replace(&mut state.configs[place].disabled, disabled) != disabled)
}
