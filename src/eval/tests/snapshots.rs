//! Snapshots of catalogs that are made by hand.

use super::super::plan_row::{PlanRow, PlanRows};
use std::cell::Cell as Count;

use super::super::{Evaluation, Meter, Moment, NoMeter, Snapshot, UNCOUNTED};
use super::*;
use crate::error::{ErrorKind, Result};
use crate::model::{
    Arm, Cell, Change, Column, Condition, ConfigHead, ConfigId, Key, KeyId, Publication, Reason,
    Row, Segment, SegmentId, Share, Split, Version, VersionReader,
};

pub(super) struct NoVersions;

impl VersionReader for NoVersions {
    fn version(&self, _: ConfigId, _: u32) -> crate::Result<Option<Arc<Version>>> {
        Ok(None)
    }
}

/// A catalog and its snapshot, changed together.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) catalog: Catalog,
    pub(super) snapshot: Snapshot,
}

pub(super) fn t(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000).unwrap()
}

impl World {
    /// Applies changes at an instant, and holds the snapshot against one that is compiled anew.
    pub(super) fn change(&mut self, seconds: i64, changes: &[Change]) -> &mut Self {
        self.catalog.apply(changes, t(seconds), &NoVersions).unwrap();
        self.catalog.time = Some(t(seconds));
        self.catalog.revision += 1;
        self.snapshot = self.snapshot.update(&self.catalog, changes, &NoMeter).unwrap().0;
        let fresh = Snapshot::uncounted(&self.catalog);
        assert_eq!(self.snapshot.revision(), self.catalog.revision);
        for key in self.catalog.keys() {
            for user in [Context::new("u1").with("country", "US"), Context::anonymous()] {
                for at in [seconds, seconds + 15, seconds + 1000] {
                    let of = |s: &Snapshot| {
                        told(&s.evaluate_id(key.id, &user, Moment::At(t(at))).unwrap())
                    };
                    assert_eq!(of(&self.snapshot), of(&fresh));
                }
            }
        }
        self
    }

    pub(super) fn get(&self, key: &str, user: &Context, seconds: i64) -> String {
        told(&self.snapshot.evaluate_at(key, user, Moment::At(t(seconds))).unwrap())
    }
}

/// An evaluation in one line.
pub(super) fn told(e: &Evaluation<'_>) -> String {
    let name = |n: Option<&Name>| n.map_or("-", Name::as_str).to_owned();
    let version = e.version().map_or("-".to_owned(), |n| n.to_string());
    let variant = e.variant().unwrap_or("-");
    format!(
        "{} {} {} {version} {} {variant}",
        e.value(),
        e.reason(),
        name(e.config()),
        name(e.segment())
    )
}

pub(super) fn put_key(id: u32, text: &str, default: i64, archived: bool) -> Change {
    Change::Key(Arc::new(Key {
        id: KeyId(id),
        name: Name::new(text).unwrap(),
        kind: KeyType::Integer,
        default: default.into(),
        check: None,
        sensitive: false,
        description: None,
        archived,
        version: 1,
    }))
}

pub(super) fn put_segment(id: u32, text: &str, condition: Expr) -> Change {
    Change::Segment(Arc::new(Segment {
        id: SegmentId(id),
        name: Name::new(text).unwrap(),
        condition: Condition::new(condition),
        description: None,
        archived: false,
        version: 1,
    }))
}

pub(super) fn put_config(id: u32, text: &str, disabled: bool, archived: bool) -> Change {
    let name = Name::new(text).unwrap();
    Change::Config {
        head: ConfigHead { id: ConfigId(id), name, disabled, archived },
        comment: None,
    }
}

pub(super) fn row(segment: u32, rollout: Option<u32>, salt: &str) -> Row {
    let rollout = rollout.map(|n| Share::from_thousandths(n).unwrap());
    Row { segment: SegmentId(segment), rollout, by: None, salt: salt.into() }
}

#[expect(clippy::unnecessary_wraps, reason = "a blank cell is `None`")]
pub(super) fn cell(value: i64) -> Option<Cell> {
    Some(Cell::Value(value.into()))
}

#[expect(clippy::unnecessary_wraps, reason = "a blank cell is `None`")]
pub(super) fn split(arms: &[(Option<&str>, u32, i64)], by: Option<&str>) -> Option<Cell> {
    let arms = arms.iter().map(|(name, share, value)| Arm {
        name: name.map(Arc::from),
        share: Share::from_thousandths(*share).unwrap(),
        value: (*value).into(),
    });
    let by = by.map(|path| path.split('.').map(Arc::from).collect());
    Some(Cell::Split(Split { arms: arms.collect(), by }))
}

pub(super) fn version(
    config: u32,
    number: u32,
    rows: Vec<Row>,
    columns: Vec<(u32, Vec<Option<Cell>>)>,
) -> Arc<Version> {
    let columns = columns.into_iter().map(|(key, cells)| Column::new(KeyId(key), cells.into()));
    Arc::new(Version {
        config: ConfigId(config),
        number,
        description: None,
        rows,
        columns: columns.collect(),
    })
}

pub(super) fn publish(
    config: u32,
    sequence: u64,
    version: u32,
    from: i64,
    until: Option<i64>,
) -> Change {
    Change::Publication(Publication {
        config: ConfigId(config),
        sequence,
        version,
        effective: t(from),
        until: until.map(t),
        scheduled: true,
        comment: None,
    })
}

fn us() -> Context {
    Context::new("u1").with("country", "US")
}

/// Two keys, a segment of the US, and a config `c` in draft.
fn world() -> World {
    let mut world = World::default();
    let first = version(
        1,
        1,
        vec![row(1, None, "c/us"), row(0, None, "c/EVERYONE")],
        vec![(1, vec![cell(10), cell(11)]), (2, vec![cell(20), None])],
    );
    world.change(
        0,
        &[
            put_key(1, "k", 1, false),
            put_key(2, "m", 2, false),
            put_segment(1, "us", eq(attr("country"), lit("US"))),
            put_config(1, "c", false, false),
            Change::Version(first),
        ],
    );
    world
}

#[test]
fn rows_give_values_from_the_top() {
    let mut world = world();
    assert_eq!(world.get("k", &us(), 0), "1 STATIC - - - -");
    world.change(10, &[publish(1, 1, 1, 10, None)]);
    let other = Context::new("u2");
    assert_eq!(world.get("k", &us(), 10), "10 TARGETING_MATCH c 1 us -");
    assert_eq!(world.get("k", &other, 10), "11 TARGETING_MATCH c 1 EVERYONE -");
    assert_eq!(world.get("m", &us(), 10), "20 TARGETING_MATCH c 1 us -");
    assert_eq!(world.get("m", &other, 10), "2 DEFAULT c 1 - -");
    assert!(world.snapshot.evaluate_at("nosuch", &other, Moment::At(t(10))).is_none());
    world.change(11, &[put_config(1, "renamed", true, false)]);
    assert_eq!(world.get("k", &us(), 11), "1 DISABLED renamed 1 - -");
    world.change(12, &[put_config(1, "renamed", true, true)]);
    assert_eq!(world.get("k", &us(), 12), "1 STATIC - - - -");
    world.change(13, &[put_config(1, "c", false, false), put_key(1, "k", 5, true)]);
    assert_eq!(world.get("k", &us(), 13), "5 ARCHIVED - - - -");
    world.change(14, &[put_segment(1, "us", lit(false))]);
    assert_eq!(world.get("m", &us(), 14), "2 DEFAULT c 1 - -");
}

#[test]
fn the_timeline_decides_at_every_instant() {
    let mut world = world();
    let only_m = version(1, 2, vec![row(0, None, "c/EVERYONE")], vec![(2, vec![cell(22)])]);
    world.change(
        10,
        &[publish(1, 1, 1, 20, None), Change::Version(only_m), publish(1, 2, 2, 30, Some(40))],
    );
    let k = |at| world.get("k", &us(), at);
    assert_eq!(k(19), "1 STATIC - - - -");
    assert_eq!(k(20), "10 TARGETING_MATCH c 1 us -");
    assert_eq!(k(30), "1 STATIC - - - -");
    assert_eq!(k(40), "10 TARGETING_MATCH c 1 us -");
    assert_eq!(world.get("m", &us(), 39), "22 TARGETING_MATCH c 2 EVERYONE -");
    world.change(25, &[Change::Cancel { config: ConfigId(1), sequence: 2 }]);
    assert_eq!(world.get("k", &us(), 30), "10 TARGETING_MATCH c 1 us -");
}

#[test]
fn a_key_may_move_from_one_config_to_another() {
    let mut world = world();
    world.change(10, &[publish(1, 1, 1, 10, None)]);
    let without = version(1, 2, vec![row(0, None, "c/EVERYONE")], vec![(2, vec![cell(22)])]);
    let taker = version(2, 1, vec![row(0, None, "d/EVERYONE")], vec![(1, vec![cell(12)])]);
    world.change(
        20,
        &[
            Change::Version(without),
            publish(1, 2, 2, 20, None),
            put_config(2, "d", false, false),
            Change::Version(taker),
            publish(2, 3, 1, 20, None),
        ],
    );
    assert_eq!(world.get("k", &us(), 20), "12 TARGETING_MATCH d 1 EVERYONE -");
    assert_eq!(world.get("m", &us(), 20), "22 TARGETING_MATCH c 2 EVERYONE -");
}

/// The buckets of `c/s` and of its splits for `u0` to `u3`: 41468 and 21455, 9760 and 94266, 25150 and
/// 9404, 12522 and 2399.
#[test]
fn shares_cover_the_first_buckets() {
    let mut world = world();
    let cells = vec![split(&[(Some("low"), 9_404, 1), (None, 90_596, 2)], None), cell(0)];
    let rows = |share| vec![row(0, Some(share), "c/s"), row(1, None, "c/us")];
    let made = version(1, 2, rows(25_151), vec![(1, cells)]);
    world.change(10, &[Change::Version(made), publish(1, 1, 2, 10, None)]);
    let of = |id: &str| world.get("k", &Context::new(id).with("country", "US"), 10);
    assert_eq!(of("u0"), "0 TARGETING_MATCH c 2 us -");
    assert_eq!(of("u1"), "2 SPLIT c 2 EVERYONE 2");
    assert_eq!(of("u2"), "2 SPLIT c 2 EVERYONE 2");
    assert_eq!(of("u3"), "1 SPLIT c 2 EVERYONE low");
    let nobody = Context::anonymous().with("country", "US");
    assert_eq!(world.get("k", &nobody, 10), "0 TARGETING_MATCH c 2 us -");
}

#[test]
fn splits_may_go_by_an_attribute() {
    let mut world = world();
    let cells = vec![split(&[(None, 50_000, 1), (None, 50_000, 2)], Some("a.id")), None];
    let rows = vec![row(1, Some(100_000), "c/s"), row(0, None, "c/EVERYONE")];
    let made = version(1, 2, rows, vec![(1, cells)]);
    world.change(10, &[Change::Version(made), publish(1, 1, 2, 10, None)]);
    let of = |a: &str| {
        let user = Context::anonymous().with("country", "US").with("a", json(a));
        world.get("k", &user, 10)
    };
    assert_eq!(of(r#"{"id":"u1"}"#), "2 SPLIT c 2 us 2");
    assert_eq!(of(r#"{"id":"u3"}"#), "1 SPLIT c 2 us 1");
    assert_eq!(of(r#"{"id":7.0}"#), of(r#"{"id":"7"}"#));
    assert_eq!(of(r#"{"id":[1]}"#), "1 DEFAULT c 2 - -");
    assert_eq!(of("null"), "1 DEFAULT c 2 - -");
}

#[test]
fn a_pretended_version_is_live_whatever_the_switches_say() {
    let mut world = world();
    world.change(10, &[publish(1, 1, 1, 10, None), put_config(1, "c", true, true)]);
    let taker = version(2, 1, vec![row(0, None, "d/EVERYONE")], vec![(1, vec![cell(12)])]);
    world.change(
        20,
        &[put_config(2, "d", false, false), Change::Version(taker), publish(2, 2, 1, 20, None)],
    );
    let first = world.catalog.config(ConfigId(1)).unwrap().newest().unwrap().clone();
    let under = world.snapshot.under(&world.catalog, ConfigId(1), &first);
    let of = |key: &str| told(&under.evaluate_at(key, &us(), Moment::At(t(500))).unwrap());
    assert_eq!(of("k"), "10 TARGETING_MATCH c 1 us -");
    assert_eq!(of("m"), "20 TARGETING_MATCH c 1 us -");
    let empty = version(2, 2, vec![], vec![]);
    let under = world.snapshot.under(&world.catalog, ConfigId(2), &empty);
    assert_eq!(
        told(&under.evaluate_at("k", &us(), Moment::At(t(500))).unwrap()),
        "1 STATIC - - - -"
    );
    assert_eq!(world.get("k", &us(), 500), "12 TARGETING_MATCH d 1 EVERYONE -");
}

#[test]
fn conditions_see_the_values_of_keys() {
    let mut world = world();
    let ten = eq(key("k"), lit(10));
    let second = version(2, 1, vec![row(2, None, "d/ten")], vec![(3, vec![cell(33)])]);
    world.change(
        10,
        &[
            publish(1, 1, 1, 10, None),
            put_key(3, "n", 3, false),
            put_segment(2, "ten", ten),
            put_config(2, "d", false, false),
            Change::Version(second),
            publish(2, 2, 1, 10, None),
        ],
    );
    assert_eq!(world.get("n", &us(), 10), "33 TARGETING_MATCH d 1 ten -");
    assert_eq!(world.get("n", &Context::new("u2"), 10), "3 DEFAULT d 1 - -");
}

/// A cycle cannot be stored; if a file has one all the same, an evaluation ends.
#[test]
fn cycles_end() {
    let mut world = world();
    let is_null = expr(ExprKind::Is {
        operand: boxed(key("k")),
        what: crate::model::IsWhat::Null,
        negated: false,
    });
    world.change(10, &[publish(1, 1, 1, 10, None)]);
    world.change(11, &[put_segment(2, "loop", lit(true))]);
    world.change(12, &[put_segment(1, "us", is_null), put_segment(2, "loop", in_segment("loop"))]);
    assert!(world.snapshot.evaluate_at("k", &us(), Moment::At(t(12))).is_some());
    let program = compile(&in_segment("loop"), &CatalogScope(&world.catalog)).unwrap();
    assert_eq!(world.snapshot.holds(&program, &us(), t(12)), Some(false));
}

/// The rows of the plan of a key, as they are in memory.
fn plan_rows(snapshot: &Snapshot, key: u32) -> Arc<[PlanRow]> {
    let slot = snapshot.compiled().key(KeyId(key)).unwrap();
    match &slot.plan().era(0).rows {
        PlanRows::Many(rows) => Arc::clone(rows),
        PlanRows::Few(_) => panic!("few rows"),
    }
}

#[test]
fn versions_share_the_plans_of_what_they_have_in_common() {
    let mut world = world();
    world.change(
        1,
        &(3..7).map(|id| put_segment(id, &format!("s{id}"), lit(false))).collect::<Vec<_>>(),
    );
    let rows = |share| {
        let mut rows: Vec<_> = (3..7).map(|id| row(id, None, "salt")).collect();
        rows.push(row(1, share, "c/us"));
        rows
    };
    let halves = || split(&[(Some("a"), 50_000, 7), (Some("b"), 50_000, 8)], None);
    let cells = || vec![cell(1), halves(), None, cell(4), cell(5)];
    let first = version(1, 2, rows(None), vec![(1, cells()), (2, cells())]);
    world.change(10, &[Change::Version(Arc::clone(&first)), publish(1, 1, 2, 10, None)]);
    let before = [1, 2].map(|key| plan_rows(&world.snapshot, key));
    let mut second = Version { number: 3, ..(*first).clone() };
    second.columns[0] =
        Column::new(KeyId(1), vec![cell(1), cell(2), cell(3), cell(4), cell(6)].into());
    world.change(20, &[Change::Version(second.clone().into()), publish(1, 2, 3, 20, None)]);
    assert_eq!(world.get("k", &us(), 20), "6 TARGETING_MATCH c 3 us -");
    assert_eq!(world.get("m", &us(), 20), "5 TARGETING_MATCH c 3 us -");
    let after = [1, 2].map(|key| plan_rows(&world.snapshot, key));
    let shared = [0, 1].map(|at: usize| Arc::ptr_eq(&before[at], &after[at]));
    assert_eq!(shared, [false, true]);
    // scheduled, it is the same
    let third = Version { number: 4, ..second.clone() };
    world.change(30, &[Change::Version(third.into()), publish(1, 3, 4, 40, None)]);
    assert_eq!(world.get("m", &us(), 40), "5 TARGETING_MATCH c 4 us -");
    // other rows have other plans
    let fourth = Version { number: 5, rows: rows(Some(1)), ..second };
    world.change(50, &[Change::Version(fourth.into()), publish(1, 4, 5, 50, None)]);
    assert_eq!(world.get("m", &us(), 50), "2 DEFAULT c 5 - -");
}

/// Each key stands on the one before it, by way of a config and a segment.
#[test]
fn chains_of_keys_need_little_stack() {
    let build = || {
        let mut changes = Vec::new();
        for i in 1..=250_u32 {
            let before = format!("k{}", i - 1);
            let condition = if i == 1 { attr("a") } else { eq(key(&before), lit(1)) };
            changes.push(put_key(i, &format!("k{i}"), 0, false));
            changes.push(put_segment(i, &format!("s{i}"), condition));
            changes.push(put_config(i, &format!("c{i}"), false, false));
            let made = version(i, 1, vec![row(i, None, "salt")], vec![(i, vec![cell(1)])]);
            changes.extend([Change::Version(made), publish(i, i.into(), 1, 0, None)]);
        }
        let mut catalog = Catalog::default();
        catalog.apply(&changes, t(0), &NoVersions).unwrap();
        let snapshot = Snapshot::uncounted(&catalog);
        let of = |a| {
            snapshot.evaluate_at("k250", &Context::new("u").with("a", a), Moment::At(t(0))).unwrap()
        };
        assert_eq!(
            (of(true).reason(), of(false).reason()),
            (Reason::TargetingMatch, Reason::Default)
        );
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(build).unwrap().join().unwrap();
}

#[test]
fn a_damaged_condition_is_found_and_holds_for_nobody() {
    let mut catalog = Catalog::default();
    let changes = [put_segment(1, "s", lit(1)), put_segment(2, "fine", lit(true))];
    catalog.apply(&changes, t(0), &NoVersions).unwrap();
    let snapshot = Snapshot::uncounted(&catalog);
    let flaws: Vec<_> = snapshot.flaws().iter().map(crate::Error::code).collect();
    assert_eq!(flaws, ["store-corrupt"]);
    let program = compile(&in_segment("s"), &CatalogScope(&catalog)).unwrap();
    assert_eq!(snapshot.holds(&program, &Context::anonymous(), t(0)), Some(false));
    assert!(snapshot.update(&catalog, &changes, &NoMeter).is_err());
}

/// 200 MB for 100,000 keys are 2,000 bytes for each: a config of three rows with a segment for each of them,
/// all of it evaluated, so that every condition is compiled. The catalog is not counted.
#[test]
fn a_compiled_config_of_three_rows_takes_less_than_2_000_bytes() {
    const CONFIGS: u32 = 2_000;
    let catalog = configs_of_three_rows(CONFIGS);
    let mut kept = None;
    let memory = allocation_counter::measure(|| {
        let snapshot = Snapshot::uncounted(&catalog);
        for id in 1..=CONFIGS {
            let nobody = Context::anonymous();
            drop(snapshot.evaluate_id(KeyId(id), &nobody, Moment::At(t(0))).unwrap());
        }
        kept = Some(snapshot);
    });
    let bytes = memory.bytes_current / i64::from(CONFIGS);
    println!("{bytes} bytes for a compiled config of three rows and its segments");
    assert!(bytes < 2_000 && kept.is_some(), "{bytes}");
}

/// Meter for which nobody waits after so many looks.
struct Patience(Count<usize>);

impl Meter for Patience {
    fn reserve(&self, _: u32) -> u32 {
        UNCOUNTED
    }

    fn check(&self) -> Result<()> {
        let left = self.0.get().checked_sub(1).ok_or(ErrorKind::Interrupted)?;
        self.0.set(left);
        Ok(())
    }
}

#[test]
fn nobody_waits_longer_than_for_a_config_or_a_key() {
    let catalog = configs_of_three_rows(20);
    let compile = |looks| Snapshot::compile(&catalog, &Patience(Count::new(looks))).map(drop);
    for looks in 0..40 {
        assert_eq!(compile(looks).unwrap_err().code(), "interrupted", "{looks}");
    }
    compile(40).unwrap();
    let again: Vec<_> =
        catalog.segments().map(|segment| Change::Segment(Arc::clone(segment))).collect();
    let known = Snapshot::uncounted(&catalog);
    let update = |looks| known.update(&catalog, &again, &Patience(Count::new(looks))).map(drop);
    assert_eq!(update(59).unwrap_err().code(), "interrupted");
    update(60).unwrap();
}

fn configs_of_three_rows(count: u32) -> Catalog {
    let is = |name: &str, text: String| eq(attr(name), lit(text));
    let mut changes = Vec::new();
    for id in 1..=count {
        let segments = [3 * id - 2, 3 * id - 1, 3 * id];
        for segment in segments {
            let both = [is("device", format!("d{segment}")), is("city", format!("c{segment}"))];
            let condition = expr(ExprKind::And(both.into()));
            changes.push(put_segment(segment, &format!("segment{segment}"), condition));
        }
        changes.push(put_key(id, &format!("key{id}"), 0, false));
        changes.push(put_config(id, &format!("config{id}"), false, false));
        let rows = segments.map(|segment| row(segment, None, "salt"));
        let cells = vec![cell(1), cell(2), cell(3)];
        changes.push(Change::Version(version(id, 1, rows.into(), vec![(id, cells)])));
        changes.push(publish(id, id.into(), 1, 0, None));
    }
    let mut catalog = Catalog::default();
    catalog.apply(&changes, t(0), &NoVersions).unwrap();
    catalog
}
