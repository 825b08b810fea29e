//! pcq: as an app calls it, on a snapshot that is held, with conditions of their own for every key, and for contexts
//! that are new.

use pcq::{Context, Database, Evaluation, Snapshot};

use crate::Contender;
use crate::user::{COUNTRIES, User};

/// Whose conditions the rows of a key have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Conditions {
    /// Those of all keys.
    Shared,
    /// Their own.
    Own,
}

/// Segments by the conditions of the three rules.
fn segments(prefix: &str) -> String {
    let countries = COUNTRIES.join("', '");
    format!(
        "CREATE SEGMENT {prefix}1 WHERE device = 'iPhone' AND city = 'New York';
         CREATE SEGMENT {prefix}2 WHERE device = 'iPhone' AND city = 'Miami';
         CREATE SEGMENT {prefix}3 WHERE country IN ('{countries}') AND version >= SEMVER '5.2.0';\n"
    )
}

fn database(names: &[String], conditions: Conditions) -> Database {
    let mut script = format!("BEGIN; {}", segments("s"));
    for name in names {
        let prefix = if conditions == Conditions::Own { name } else { "s" };
        if conditions == Conditions::Own {
            script.push_str(&segments(prefix));
        }
        script.push_str(&format!(
            "CREATE KEY {name} STRING DEFAULT 'v0';
             CREATE CONFIG c_{name} SEGMENTS {prefix}1, {prefix}2, {prefix}3
                 KEY {name} VALUES ({prefix}1 = 'v1', {prefix}2 = 'v2', {prefix}3 = 'v3');
             PUBLISH CONFIG c_{name};\n"
        ));
    }
    let db = Database::in_memory().expect("a store in memory opens");
    db.execute(&format!("{script} COMMIT;")).expect("the script is right");
    db
}

fn context(user: &User) -> Context {
    let context = Context::new(user.id.as_str());
    user.attributes().into_iter().fold(context, |context, (name, value)| context.with(name, value))
}

fn text<'e>(evaluation: &'e Evaluation<'_>) -> &'e str {
    evaluation.value().as_str().expect("a text")
}

/// A contender that evaluates by a function.
fn by<'a>(
    name: &'static str,
    evaluate: impl Fn(usize, usize) -> Evaluation<'a> + Clone + 'a,
) -> Contender<'a> {
    let answer = evaluate.clone();
    Contender {
        name,
        share: 1,
        answer: Box::new(move |flag, user| text(&answer(flag, user)).to_owned()),
        time: Box::new(move |flag, user| text(&evaluate(flag, user)).len()),
    }
}

/// The stores, and a snapshot of each.
pub struct Stores {
    shared: Database,
    snapshot: Snapshot,
    own: Snapshot,
}

impl Stores {
    pub fn new(names: &[String]) -> Self {
        let shared = database(names, Conditions::Shared);
        let own = database(names, Conditions::Own).snapshot();
        Self { snapshot: shared.snapshot(), shared, own }
    }
}

pub fn contenders<'a>(
    stores: &'a Stores,
    users: &'a [User],
    names: &'a [String],
) -> Vec<Contender<'a>> {
    let Stores { shared, snapshot, own } = stores;
    let contexts = || -> std::sync::Arc<[Context]> { users.iter().map(context).collect() };
    let (held, counted, held_own) = (contexts(), contexts(), contexts());
    vec![
        by("pcq, held snapshot", move |flag, user| snapshot.evaluate(&names[flag], &held[user])),
        by("pcq, counted", move |flag, user| shared.evaluate(&names[flag], &counted[user])),
        by("pcq, conditions of their own", move |flag, user| {
            own.evaluate(&names[flag], &held_own[user])
        }),
        by("pcq, a new context", move |flag, user| {
            snapshot.evaluate(&names[flag], &context(&users[user]))
        }),
    ]
}
