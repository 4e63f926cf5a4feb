//! A provider that comes from outside, with fields that nothing inside has ever heard of.

use std::sync::Once;

use herdgate::{
    config,
    explain::{Explainer, Explanation, Question},
};
use herdgate_actors::{
    domain::{
        Actual, DeliveryKey, Event, FIELD, FactName, FieldSpec, Filter, Headers, KeyForm, Matcher, Place,
        ProviderName, Signature, SubscriptionIndex, Timestamp, Trigger, Unparsable,
    },
    provider::{self, CredentialSpec, Provider, ProviderSpec, Sample},
};
use serde_json::{Map, Value, json};

/// A kiln: it tells how hot it was, what was fired in it, and how the glaze came out.
struct Kiln;

const GLAZE: FactName = FactName::text("glaze");
const POTS: FactName = FactName::list("pots");
const DEGREES: FactName = FactName::number("degrees");
const MAKER: FactName = FactName::within("batch.maker");

static FIELDS: [FieldSpec; 5] = [
    FieldSpec { name: "events", values: &[Place::Event], ..FIELD },
    FieldSpec {
        name: "glazes",
        values: &[Place::Fact(GLAZE)],
        matcher: Matcher::IgnoreCase,
        selectivity: 5,
        ..FIELD
    },
    FieldSpec { name: "pots", values: &[Place::Fact(POTS)], matcher: Matcher::Glob, ..FIELD },
    FieldSpec { name: "degrees", values: &[Place::Fact(DEGREES)], ..FIELD },
    FieldSpec { name: "makers", values: &[Place::Fact(MAKER)], ..FIELD },
];

static KILN: ProviderSpec = ProviderSpec {
    name: ProviderName::new("kiln"),
    title: "Kiln",
    documentation: None,
    credential: CredentialSpec { r#type: "kiln_secret", key: KeyForm::Raw },
    signatures: &[Signature::sha256("x-kiln-signature", "")],
    kept_headers: &[],
    fields: &FIELDS,
    key_facts: &[],
    signs_time: false,
    tolerance: None,
    sends_forms: false,
    body_window: None,
    asked_by_name: &[],
    known_events: &[],
    shapes: &[],
    shaped: None,
    samples: &[],
};

impl Provider for Kiln {
    fn spec(&self) -> &'static ProviderSpec {
        &KILN
    }

    fn delivery_key(&self, _: &Headers, _: &[u8]) -> DeliveryKey {
        "one".into()
    }

    fn delivery_id<'a>(&self, _: &'a Headers) -> Option<&'a str> {
        None
    }

    fn parse(&self, _: &Headers, body: &[u8]) -> Result<Event, Unparsable> {
        let body: Value = serde_json::from_slice(body).map_err(|error| Unparsable(error.to_string()))?;
        let text = |key: &str| body[key].as_str().map(str::to_owned);
        let mut event = Event::new(KILN.name, "fired");
        event.facts.set(GLAZE, text("glaze"));
        event.facts.set(MAKER, body["batch"]["maker"].as_str());
        event.facts.set_number(DEGREES, body["degrees"].as_i64());
        let pots = body["pots"].as_array().into_iter().flatten();
        event.facts.set_list(POTS, pots.filter_map(|pot| Some(pot.as_str()?.to_owned())).collect());
        event.details.add("batch", Some(body["batch"].clone()));
        event.details.add("cone", body["cone"].as_i64());
        Ok(event)
    }

    fn sample_headers(&self, _: &Sample, _: &str, _: Timestamp) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// The program knows it from now on.
fn kiln() -> ProviderName {
    static ADDED: Once = Once::new();
    ADDED.call_once(|| provider::add(&Kiln));
    KILN.name
}

const FIRED: &str = r#"{"glaze":"Celadon","pots":["bowl-1","cup-2"],"degrees":1260,"cone":9,
                        "batch":{"id":7,"maker":"ines"}}"#;

fn asked(trigger: &Value) -> Explanation {
    Explainer::new(None, Timestamp::from_millis(0)).answer(&Question {
        provider: kiln().as_str().to_owned(),
        source: None,
        headers: Vec::new(),
        body: FIRED.as_bytes().to_vec(),
        trigger: trigger.as_object().cloned(),
        secrets: None,
        trust: false,
    })
}

fn filter(table: &Value) -> Filter {
    config::filter_of_json(kiln(), table.as_object().unwrap()).unwrap()
}

#[test]
fn fields_of_a_provider_from_outside_are_filters_with_reasons() {
    for wanted in [
        json!({ "glazes": ["celadon"] }),
        json!({ "pots": "cup-*" }),
        json!({ "degrees": "1260" }),
        json!({ "makers": ["mira", "ines"], "glazes": "CELADON" }),
    ] {
        assert!(asked(&wanted).verdicts[0].matched, "{wanted}");
    }
    let refused = asked(&json!({ "glazes": "tenmoku", "pots": "vase-*", "degrees": "1000" }));
    let failed = &refused.verdicts[0].failed;
    let said: Vec<_> = failed.iter().map(|clause| (clause.field.as_str(), clause.actual.clone())).collect();
    assert_eq!(
        said,
        [
            ("glazes", Actual::One("Celadon".into())),
            ("pots", Actual::Many(vec!["bowl-1".into(), "cup-2".into()])),
            ("degrees", Actual::One("1260".into())),
        ]
    );
}

#[test]
fn a_field_that_a_provider_from_outside_has_not_is_told_with_the_one_that_was_meant() {
    let problems = config::filter_of_json(kiln(), json!({ "glaze": "x" }).as_object().unwrap()).unwrap_err();
    assert!(problems[0].1.to_string().contains("glaze"), "{problems:?}");
}

#[test]
fn an_event_of_a_provider_from_outside_is_found_by_the_index_shown_and_known_again() {
    let trigger = |table: Value| Trigger::new("kiln".into(), filter(&table));
    let agents = [
        vec![trigger(json!({ "glazes": "celadon" }))],
        vec![trigger(json!({ "glazes": "tenmoku" }))],
        vec![trigger(json!({}))],
    ];
    let event = provider::provider(kiln()).read(&Headers::new(), FIRED.as_bytes()).unwrap();
    let mut found = Vec::new();
    let index = SubscriptionIndex::build(agents.iter().map(Vec::as_slice));
    index.candidates(&["kiln".into()], &event, &mut found);
    assert_eq!(found, [0, 2]);

    let shown = r#""details":{"batch":{"id":7,"maker":"ines"},"cone":9,"degrees":1260,"glaze":"Celadon","pots":["bowl-1","cup-2"]}"#;
    let prompt = asked(&Map::new().into()).prompt.unwrap();
    assert!(prompt.contains(shown), "{prompt}");

    let stored = serde_json::to_string(&event).unwrap();
    assert!(stored.contains(shown), "{stored}");
    assert_eq!(serde_json::from_str::<Event>(&stored).unwrap(), event);
}
