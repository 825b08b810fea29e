//! `pcq repair`: a damaged store becomes a new one of what is left, and a store is taken out of the future.

use std::io::Write;

use super::args::RepairArgs;
use super::exit::{Exit, Stop};
use super::report::Reporter;
use super::screen::buffered_stdout;
use super::store;
use pcq::{ClockRepair, DamageRepair, Database};

/// Looks for damage, or for times that are later than the clock, and mends it where that is wanted.
pub(super) fn repair(args: &RepairArgs, reporter: &Reporter) -> Result<(), Stop> {
    if args.clock { repair_clock(args, reporter) } else { repair_damage(args, reporter) }
}

/// Says what of a store can be read and what is lost, and writes what can be read where that is wanted.
fn repair_damage(args: &RepairArgs, reporter: &Reporter) -> Result<(), Stop> {
    if args.current {
        let mut output = buffered_stdout();
        Database::dump_damaged(&args.store, &mut output).map_err(Stop::failed)?;
        return Ok(output.flush()?);
    }
    let found = match &args.to {
        Some(to) => Database::repair_damage(&args.store, to),
        None => Database::survey_damage(&args.store),
    };
    let found = found.map_err(Stop::failed)?;
    tell_damage(&found)?;
    if found.is_sound() {
        reporter.remark("nothing is damaged");
        return Ok(());
    }
    if args.to.is_none() {
        reporter.remark("nothing was changed: --to FILE writes what can be saved");
    }
    if found.revisions.lost > 0 && found.is_current_readable {
        reporter.remark("--current writes what stands now, as a script for a new store");
    }
    Err(Stop::Told(Exit::Store))
}

/// Prints how much is saved, what is damaged, and what is lost.
fn tell_damage(found: &DamageRepair) -> Result<(), Stop> {
    let mut output = buffered_stdout();
    for (what, of) in [
        ("revisions", found.revisions),
        ("users", found.users),
        ("events and attributes", found.facts),
        ("ids in lists", found.listed),
        ("records of deliveries", found.deliveries),
        ("recorded contexts", found.contexts),
    ] {
        writeln!(output, "{what:<21}  {} saved, {} lost", of.saved, of.lost)?;
    }
    if let Some(hash) = &found.newest_hash {
        writeln!(output, "{:<21}  {hash}", "hash")?;
    }
    for damage in &found.damage {
        writeln!(output, "damaged: {damage}")?;
    }
    for lost in &found.lost {
        writeln!(output, "lost: {lost}")?;
    }
    Ok(output.flush()?)
}

/// Says what is later than the clock, and brings it down where that is wanted.
fn repair_clock(args: &RepairArgs, reporter: &Reporter) -> Result<(), Stop> {
    // who changes the store keeps it open, and so locked, until the copy has its name
    let database = if args.yes {
        store::open_existing(&args.store, None, reporter)
    } else {
        store::open_to_read(&args.store, reporter)
    }?;
    let found = database.survey_clock(args.at).map_err(Stop::failed)?;
    tell_clock(&found)?;
    match &args.to {
        _ if found.is_empty() => {
            reporter.remark("nothing has to come down");
            Ok(())
        }
        Some(to) => database.repair_clock(to, args.at).map(drop).map_err(Stop::failed),
        None if args.yes => database.repair_clock_in_place(args.at).map(drop).map_err(Stop::failed),
        None => {
            let ways = "--yes changes the store, and --to FILE writes a copy";
            reporter.remark(&format!("nothing was changed: {ways}"));
            Err(Stop::Told(Exit::Failed))
        }
    }
}

/// Prints what comes down, and what stays.
fn tell_clock(found: &ClockRepair) -> Result<(), Stop> {
    let mut output = buffered_stdout();
    for (what, count) in [
        ("revisions", found.revisions),
        ("publications", found.publications),
        ("events and attributes", found.facts),
        ("recorded contexts", found.contexts),
        ("schedules, which stay", found.scheduled),
    ] {
        writeln!(output, "{what:<21}  {count}")?;
    }
    Ok(output.flush()?)
}
