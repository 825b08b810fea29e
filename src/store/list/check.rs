//! Check of the tables of lists: every record, and that segments refer to every list.

use std::collections::{BTreeMap, BTreeSet};

use redb::ReadableTable;

use super::block::{each_in, location};
use super::query::{edition, length, newest_edition};
use crate::error::Result;
use crate::model::{ListId, UserIds};
use crate::store::failure::OrFail;
use crate::store::image::Image;
use crate::store::report::VerifyReport;
use crate::store::tables::{LIST_EDITIONS, LIST_IDS, LISTS, NEWEST_EDITION};

/// Checks every record, and that the lists are those which the segments of the log refer to.
pub(in crate::store) fn check(
    image: &Image,
    referred: &BTreeSet<ListId>,
    report: &mut VerifyReport,
) -> Result<()> {
    let found = blocks(image, report)?;
    let sealed = sealed(image, &found, report)?;
    for list in referred.difference(&sealed) {
        report.problem(format!("a segment refers to list {list}, and there is none"));
    }
    for list in sealed.difference(referred) {
        report.problem(format!("table `pcq.lists`: no segment refers to list {list}"));
    }
    let next = sealed.last().map_or(1, |last| last.0.saturating_add(1));
    for list in found.keys().filter(|list| !sealed.contains(list) && list.0 != next) {
        report.problem(format!("table `pcq.list_ids`: there is no list {list}"));
    }
    editions(image, &sealed, report)?;
    report.lists = sealed.len() as u64;
    Ok(())
}

/// Checks the editions: each is of a list, and the one that was given last is that of one of them.
fn editions(image: &Image, sealed: &BTreeSet<ListId>, report: &mut VerifyReport) -> Result<()> {
    let Some(table) = image.optional_table(LIST_EDITIONS)? else { return Ok(()) };
    let mut of_lists = Vec::new();
    for entry in table.range(NEWEST_EDITION + 1..).or_fail()? {
        let list = ListId(entry.or_fail()?.0.value());
        if !sealed.contains(&list) {
            report.problem(format!("table `pcq.list_editions`: there is no list {list}"));
        }
        of_lists.extend(report.note(edition(image, list))?.flatten());
    }
    let newest = report.note(newest_edition(image))?.flatten();
    if newest.is_some_and(|newest| !of_lists.contains(&newest)) {
        report.problem("table `pcq.list_editions`: no list has the newest edition".to_owned());
    }
    Ok(())
}

/// Checks that the sealed lists are numbered from 1 and have as many ids as they say; gives their numbers.
fn sealed(
    image: &Image,
    found: &BTreeMap<ListId, u64>,
    report: &mut VerifyReport,
) -> Result<BTreeSet<ListId>> {
    let mut sealed = BTreeSet::new();
    let Some(lists) = image.optional_table(LISTS)? else { return Ok(sealed) };
    for (entry, wanted) in lists.iter().or_fail()?.zip(1..) {
        let list = entry.or_fail()?.0.value();
        if list != wanted {
            report.problem(format!("table `pcq.lists`: list {wanted} is missing"));
        }
        let there = found.get(&ListId(list)).copied().unwrap_or(0);
        let said = report.note(length(&lists, list))?;
        if said.is_some_and(|said| said != there) {
            report.problem(format!("list {list} has {there} ids, and not as many as it says"));
        }
        sealed.insert(ListId(list));
    }
    Ok(sealed)
}

/// Checks all blocks; gives how many ids each list has.
fn blocks(image: &Image, report: &mut VerifyReport) -> Result<BTreeMap<ListId, u64>> {
    let mut found = BTreeMap::new();
    let Some(blocks) = image.optional_table(LIST_IDS)? else { return Ok(found) };
    let mut before: Option<(u32, String)> = None;
    for block in blocks.iter().or_fail()? {
        let (key, bytes) = block.or_fail()?;
        let key = key.value();
        let mut ids = UserIds::default();
        let read = each_in(key, bytes.value(), &mut |id| ids.push(id));
        if report.note(read)?.is_none() {
            continue;
        }
        let after = before.take().filter(|(list, _)| *list == key.0).map(|(_, id)| id);
        if ids.get(0) != Some(key.1) || !in_order(after.as_deref(), &ids) {
            report.problem(format!("{}: its ids are not in order", location(key)));
        }
        *found.entry(ListId(key.0)).or_default() += ids.len() as u64;
        before = ids.last().map(|last| (key.0, last.to_owned()));
    }
    Ok(found)
}

/// Whether ids are in order, and come after the last one of the block before.
fn in_order(after: Option<&str>, ids: &UserIds) -> bool {
    let all: Vec<&str> = after.into_iter().chain(ids.iter()).collect();
    all.is_sorted_by(|a, b| a < b)
}
