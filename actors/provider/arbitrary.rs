//! JSON as hostile as a test can make it: known keys over values of any type.

use proptest::prelude::*;
use serde_json::Value;

/// Any object whose keys are mostly those that a parser looks for.
pub(super) fn object(keys: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e9..1e9).prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(Value::from("https://linear.app/issue/A-9223372036854775808")),
        Just(Value::from("https://sentry.io/api/0/projects//")),
    ];
    let key = prop_oneof![4 => proptest::sample::select(keys).prop_map(str::to_owned), 1 => ".{0,6}"];
    let value = leaf.prop_recursive(4, 48, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            entries(key.clone(), inner),
        ]
    });
    let key = prop_oneof![4 => proptest::sample::select(keys).prop_map(str::to_owned), 1 => ".{0,6}"];
    entries(key, value)
}

fn entries(
    key: impl Strategy<Value = String>,
    value: impl Strategy<Value = Value>,
) -> impl Strategy<Value = Value> {
    proptest::collection::vec((key, value), 0..6)
        .prop_map(|entries| Value::Object(entries.into_iter().collect()))
}

/// The body with each of its values, at any depth, once left out and once replaced by every type.
pub(super) fn mutations(body: &[u8]) -> Vec<Value> {
    let whole: Value = serde_json::from_slice(body).expect("a fixture is JSON");
    let mut pointers = Vec::new();
    places(&whole, String::new(), &mut pointers);
    let others = [
        Value::Null,
        Value::from(true),
        Value::from(-7),
        Value::from(0.5),
        Value::from(""),
        Value::from("text"),
        serde_json::json!([1, "a", {}]),
        serde_json::json!({"a": {"b": []}}),
    ];
    let mut mutations = Vec::new();
    for pointer in pointers {
        let at = |mutation: &mut Value, other: Value| {
            *mutation.pointer_mut(&pointer).expect("it was found there") = other;
        };
        mutations.extend(others.iter().map(|other| {
            let mut mutation = whole.clone();
            at(&mut mutation, other.clone());
            mutation
        }));
        let (parent, key) = pointer.rsplit_once('/').expect("pointers begin with a slash");
        let mut mutation = whole.clone();
        if let Some(Value::Object(entries)) = mutation.pointer_mut(parent) {
            entries.remove(key);
            mutations.push(mutation);
        }
    }
    mutations
}

/// Where every value but the whole stands.
fn places(value: &Value, at: String, pointers: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(entries) => entries.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(i, value)| (i.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (key, value) in inner {
        places(value, format!("{at}/{key}"), pointers);
    }
    if !at.is_empty() {
        pointers.push(at);
    }
}
