//! The peers, each at its newest release, with the same rules in its own form.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::Contender;
use crate::user::{COUNTRIES, User};

pub fn contenders<'a>(users: &'a [User], names: &'a [String]) -> Vec<Contender<'a>> {
    let mut all = eppo(users, names);
    all.push(launchdarkly(users, names));
    all.push(unleash(users, names));
    all.push(growthbook(users, names));
    all.push(flagd(users, names));
    all
}

/// Objects by the names of the flags.
fn by_name(names: &[String], object: impl Fn(&str) -> Value) -> Map<String, Value> {
    names.iter().map(|name| (name.clone(), object(name))).collect()
}

fn eppo<'a>(users: &'a [User], names: &'a [String]) -> Vec<Contender<'a>> {
    use eppo_core::eval::get_assignment;
    use eppo_core::ufc::UniversalFlagConfig;
    use eppo_core::{Attributes, Configuration, SdkMetadata, Str};
    let condition = |attribute: &str, operator: &str, value: Value| json!({"attribute": attribute, "operator": operator, "value": value});
    let allocation = |key: &str, conditions: Value| {
        let empty = conditions.as_array().is_none_or(Vec::is_empty);
        let rules = if empty { json!([]) } else { json!([{"conditions": conditions}]) };
        let splits = json!([{"variationKey": key, "shards": []}]);
        json!({"key": key, "rules": rules, "splits": splits, "doLog": false})
    };
    let variation = |key: &str| json!({"key": key, "value": key});
    let iphone = condition("device", "ONE_OF", json!(["iPhone"]));
    let flags = by_name(names, |name| {
        json!({
            "key": name, "enabled": true, "variationType": "STRING", "totalShards": 10_000,
            "variations": {
                "v0": variation("v0"), "v1": variation("v1"),
                "v2": variation("v2"), "v3": variation("v3"),
            },
            "allocations": [
                allocation("v1", json!([iphone, condition("city", "ONE_OF", json!(["New York"]))])),
                allocation("v2", json!([iphone, condition("city", "ONE_OF", json!(["Miami"]))])),
                allocation("v3", json!([
                    condition("country", "ONE_OF", json!(COUNTRIES)),
                    condition("version", "GTE", json!("5.2.0")),
                ])),
                allocation("v0", json!([])),
            ],
        })
    });
    let body = json!({
        "createdAt": "2024-04-17T19:40:53.716Z", "environment": {"name": "Test"}, "flags": flags,
    });
    let metadata = SdkMetadata { name: "peers", version: "1" };
    let body = serde_json::to_vec(&body).expect("it is JSON");
    let flags = UniversalFlagConfig::from_json(metadata, body).expect("Eppo reads it");
    let configuration = Arc::new(Configuration::from_server_response(flags, None));
    let subject = |user: &User| -> (Str, Arc<Attributes>) {
        let attributes = user.attributes().into_iter();
        let attributes = attributes.map(|(name, value)| (Str::from(name), value.into())).collect();
        (user.id.as_str().into(), Arc::new(attributes))
    };
    let subjects: Arc<[_]> = users.iter().map(subject).collect();
    let now = chrono::Utc::now();
    let assign = move |flag: usize, (id, attributes): &(Str, Arc<Attributes>)| {
        let found = get_assignment(Some(&configuration), &names[flag], id, attributes, None, now);
        found.expect("Eppo evaluates").expect("a value").value
    };
    let new = assign.clone();
    let (held, again, fresh) = (assign.clone(), Arc::clone(&subjects), new.clone());
    vec![
        Contender {
            name: "Eppo get_assignment",
            share: 1,
            answer: Box::new(move |flag, user| {
                held(flag, &again[user]).as_str().expect("a text").to_string()
            }),
            time: Box::new(move |flag, user| {
                assign(flag, &subjects[user]).as_str().expect("a text").len()
            }),
        },
        Contender {
            name: "Eppo, a new subject",
            share: 1,
            answer: Box::new(move |flag, user| {
                fresh(flag, &subject(&users[user])).as_str().expect("a text").to_string()
            }),
            time: Box::new(move |flag, user| {
                new(flag, &subject(&users[user])).as_str().expect("a text").len()
            }),
        },
    ]
}

fn launchdarkly<'a>(users: &'a [User], names: &'a [String]) -> Contender<'a> {
    use launchdarkly_server_sdk_evaluation::{
        Context, ContextBuilder, Flag, FlagValue, Segment, Store, evaluate,
    };
    struct Nothing;
    impl Store for Nothing {
        fn flag(&self, _: &str) -> Option<Flag> {
            None
        }
        fn segment(&self, _: &str) -> Option<Segment> {
            None
        }
    }
    let clause = |attribute: &str, operator: &str, values: Value| {
        json!({
            "contextKind": "user", "attribute": attribute, "negate": false, "op": operator,
            "values": values,
        })
    };
    let rule = |id: &str, variation: usize, clauses: [Value; 2]| json!({"id": id, "trackEvents": false, "variation": variation, "clauses": clauses});
    let iphone = clause("device", "in", json!(["iPhone"]));
    let flag = |name: &str| -> Flag {
        let flag = json!({
            "key": name, "version": 1, "on": true, "targets": [], "prerequisites": [], "salt": "s",
            "offVariation": 0, "variations": ["v0", "v1", "v2", "v3"],
            "fallthrough": {"variation": 0},
            "clientSideAvailability": {"usingMobileKey": true, "usingEnvironmentId": true},
            "rules": [
                rule("1", 1, [iphone.clone(), clause("city", "in", json!(["New York"]))]),
                rule("2", 2, [iphone.clone(), clause("city", "in", json!(["Miami"]))]),
                rule("3", 3, [
                    clause("country", "in", json!(COUNTRIES)),
                    clause("version", "semVerGreaterThan", json!(["5.1.99"])),
                ]),
            ],
        });
        serde_json::from_value(flag).expect("LaunchDarkly reads it")
    };
    let flags: ahash::AHashMap<&str, Flag> =
        names.iter().map(|name| (name.as_str(), flag(name))).collect();
    let context = |user: &User| -> Context {
        let mut context = ContextBuilder::new(user.id.clone());
        for (name, value) in user.attributes() {
            context.set_string(name, value);
        }
        context.build().expect("LaunchDarkly takes the user")
    };
    let contexts: Vec<_> = users.iter().map(context).collect();
    let (flags, contexts) = (Arc::new(flags), Arc::new(contexts));
    let (same_flags, same_contexts) = (Arc::clone(&flags), Arc::clone(&contexts));
    Contender {
        name: "LaunchDarkly evaluate",
        share: 1,
        answer: Box::new(move |flag, user| {
            let flag = &same_flags[names[flag].as_str()];
            match evaluate(&Nothing, flag, &same_contexts[user], None).value {
                Some(FlagValue::Str(text)) => text.clone(),
                other => panic!("{other:?}"),
            }
        }),
        time: Box::new(move |flag, user| {
            let flag = &flags[names[flag].as_str()];
            match evaluate(&Nothing, flag, &contexts[user], None).value {
                Some(FlagValue::Str(text)) => text.len(),
                _ => 0,
            }
        }),
    }
}

fn unleash<'a>(users: &'a [User], names: &'a [String]) -> Contender<'a> {
    use unleash_yggdrasil::state::EnrichedContext;
    use unleash_yggdrasil::{Context, EngineState, UpdateMessage};
    let one = |name: &str, operator: &str, value: &str| json!({"contextName": name, "operator": operator, "value": value});
    let among = |name: &str, values: Value| json!({"contextName": name, "operator": "IN", "values": values});
    let strategy = |id: &str, constraints: Value| {
        let variant = json!({
            "name": id, "weight": 1_000, "stickiness": "default",
            "payload": {"type": "string", "value": id},
        });
        json!({
            "name": "flexibleRollout", "constraints": constraints, "variants": [variant],
            "parameters": {"groupId": "g", "rollout": "100", "stickiness": "default"},
        })
    };
    let iphone = among("device", json!(["iPhone"]));
    let feature = |name: &String| {
        json!({
            "name": name, "type": "release", "enabled": true,
            "strategies": [
                strategy("v1", json!([iphone, among("city", json!(["New York"]))])),
                strategy("v2", json!([iphone, among("city", json!(["Miami"]))])),
                strategy("v3", json!([
                    among("country", json!(COUNTRIES)), one("version", "SEMVER_GT", "5.1.99"),
                ])),
                strategy("v0", json!([])),
            ],
        })
    };
    let features: Vec<_> = names.iter().map(feature).collect();
    let state: UpdateMessage = serde_json::from_value(json!({"version": 2, "features": features}))
        .expect("Unleash reads it");
    let engine = EngineState::default();
    engine.take_state(state);
    let context = |user: &User| Context {
        user_id: Some(user.id.clone()),
        session_id: None,
        environment: None,
        app_name: None,
        current_time: None,
        remote_address: None,
        properties: Some(
            user.attributes().map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        ),
    };
    let contexts: Vec<_> = users.iter().map(context).collect();
    let check = Arc::new(move |flag: usize, user: usize| {
        let context = EnrichedContext::from(&contexts[user], &names[flag], None);
        engine.check_variant(&context).expect("a variant").name
    });
    let again = Arc::clone(&check);
    Contender {
        name: "Unleash check_variant",
        share: 4,
        answer: Box::new(move |flag, user| again(flag, user)),
        time: Box::new(move |flag, user| check(flag, user).len()),
    }
}

fn growthbook<'a>(users: &'a [User], names: &'a [String]) -> Contender<'a> {
    use growthbook_rust::growthbook::GrowthBook;
    use growthbook_rust::model_public::GrowthBookAttribute;
    let features = by_name(names, |_| {
        json!({"defaultValue": "v0", "rules": [
            {"condition": {"device": "iPhone", "city": "New York"}, "force": "v1"},
            {"condition": {"device": "iPhone", "city": "Miami"}, "force": "v2"},
            {"condition": {"country": {"$in": COUNTRIES}, "version": {"$vgte": "5.2.0"}}, "force": "v3"},
        ]})
    });
    let engine = GrowthBook {
        forced_variations: None,
        features: serde_json::from_value(Value::Object(features)).expect("GrowthBook reads it"),
        attributes: None,
        sticky_bucket_service: None,
        saved_groups: Default::default(),
    };
    let context = |user: &User| {
        let mut attributes = Map::from_iter([("id".to_owned(), json!(user.id))]);
        attributes.extend(user.attributes().map(|(name, value)| (name.to_owned(), json!(value))));
        Some(
            GrowthBookAttribute::from(Value::Object(attributes))
                .expect("GrowthBook takes the user"),
        )
    };
    let contexts: Vec<_> = users.iter().map(context).collect();
    let check = Arc::new(move |flag: usize, user: usize| {
        let value = engine.check(&names[flag], &contexts[user]).value;
        value.as_str().expect("a text").to_owned()
    });
    let again = Arc::clone(&check);
    Contender {
        name: "GrowthBook check",
        share: 4,
        answer: Box::new(move |flag, user| again(flag, user)),
        time: Box::new(move |flag, user| check(flag, user).len()),
    }
}

/// flagd's engine in the process, which compiles the rule at each call.
fn flagd<'a>(users: &'a [User], names: &'a [String]) -> Contender<'a> {
    use flagd_evaluation_engine::Operator;
    use open_feature::EvaluationContext;
    let is = |name: &str, value: &str| json!({"==": [{"var": name}, value]});
    let rule = json!({"if": [
        {"and": [is("device", "iPhone"), is("city", "New York")]}, "v1",
        {"and": [is("device", "iPhone"), is("city", "Miami")]}, "v2",
        {"and": [
            {"in": [{"var": "country"}, COUNTRIES]},
            {"sem_ver": [{"var": "version"}, ">=", "5.2.0"]},
        ]}, "v3",
        "v0",
    ]})
    .to_string();
    let engine = Operator::new();
    let context = |user: &User| {
        let context = EvaluationContext::default().with_targeting_key(user.id.clone());
        let attributes = user.attributes().into_iter();
        attributes.fold(context, |context, (name, value)| context.with_custom_field(name, value))
    };
    let contexts: Vec<_> = users.iter().map(context).collect();
    let apply = Arc::new(move |flag: usize, user: usize| {
        let answer = engine.apply(&names[flag], &rule, &contexts[user]);
        answer.expect("flagd evaluates").expect("a value")
    });
    let again = Arc::clone(&apply);
    Contender {
        name: "flagd apply",
        share: 50,
        answer: Box::new(move |flag, user| again(flag, user)),
        time: Box::new(move |flag, user| apply(flag, user).len()),
    }
}
