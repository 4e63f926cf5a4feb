use serde_json::json;

use super::{EffectiveConfig, Setting};
use crate::config::Fixture;

const DEV: &str = r#"scale = 2
env = { TOKEN = "t0ken" }

[[webhooks]]
source = "hub"
events = ["issues"]

[run]
timeout = "20m"
"#;

fn project() -> Fixture {
    Fixture::with_sources()
        .agent("dev", DEV)
        .var("HERDGATE__GATEWAY__PORT", "9000")
        .file(".env.toml", "\n[gateway]\nbody_limit = \"1MiB\"\n")
}

fn shown(setting: &Setting, fixture: &Fixture) -> String {
    let origin = setting.origin.to_string().replace(&format!("{}/", fixture.root().display()), "");
    format!("{} by {origin}", setting.value)
}

#[test]
fn every_value_is_shown_with_the_place_where_it_was_set() {
    let fixture = project();
    let config = EffectiveConfig::of(&fixture.plan());
    let setting = |key: &str| shown(&config.settings[key], &fixture);
    assert_eq!(setting("gateway.port"), "9000 by $HERDGATE__GATEWAY__PORT");
    assert_eq!(setting("gateway.body_limit"), "\"1MiB\" by .env.toml:3");
    assert_eq!(setting("gateway.answer_within"), "\"800ms\" by default");
    assert_eq!(shown(&config.sources["hub"]["type"], &fixture), "\"github\" by config.toml:5");
    let of_agent = |key: &str| shown(&config.agents["dev"][key], &fixture);
    assert_eq!(of_agent("scale"), "2 by agents/dev/agent-config.toml:1");
    assert_eq!(of_agent("run.timeout"), "\"20m\" by agents/dev/agent-config.toml:9");
    assert_eq!(of_agent("run.command"), "[\"cat\"] by config.toml:3");
    assert_eq!(config.agents["dev"]["webhooks[0]"].value, json!({ "source": "hub", "events": ["issues"] }));
}

#[test]
fn no_secret_is_shown_and_each_has_a_fingerprint_under_the_key_alone() {
    let config = project().plan();
    let plain = EffectiveConfig::of(&config);
    let secret = &plain.sources["hub"]["secret"];
    assert!(secret.secret && secret.value.is_null() && secret.fingerprint.is_none());
    let keyed = EffectiveConfig::with_fingerprints(&config, b"one");
    for text in [serde_json::to_string(&plain).unwrap(), serde_json::to_string(&keyed).unwrap()] {
        assert!(!text.contains("s3cret") && !text.contains("t0ken"), "{text}");
    }
    let other = EffectiveConfig::with_fingerprints(&config, b"two");
    let of = |config: &EffectiveConfig| config.agents["dev"]["run.env.TOKEN"].fingerprint.clone().unwrap();
    assert_eq!(of(&keyed), of(&EffectiveConfig::with_fingerprints(&config, b"one")));
    assert_ne!(of(&keyed), of(&other));
}

#[test]
fn what_is_read_back_is_what_was_written() {
    let config = EffectiveConfig::with_fingerprints(&project().plan(), b"key");
    let text = serde_json::to_string(&config).unwrap();
    assert_eq!(serde_json::from_str::<EffectiveConfig>(&text).unwrap(), config);
}

#[test]
fn differences_name_the_keys_and_of_a_secret_only_that_it_changed() {
    let before = EffectiveConfig::with_fingerprints(&project().agent("gone", DEV).plan(), b"key");
    let fixture = project()
        .agent("dev", &DEV.replace("scale = 2", "scale = 3").replace("t0ken", "an0ther"))
        .agent("two", DEV)
        .secret("github_webhook_secret/Org/secret", "rotated")
        .secret("github_webhook_secret/Org/secret_previous", "hub-s3cret")
        .file(".env.toml", "[gateway]\nbody_limit = \"2MiB\"\n");
    let after = EffectiveConfig::with_fingerprints(&fixture.plan(), b"key");
    let differences = before.differences(&after);
    let text: Vec<_> = differences.iter().map(ToString::to_string).collect();
    // The folders of the two projects are not the same.
    let told = text.join("\n");
    for line in [
        "  gateway.body_limit: \"1MiB\" -> \"2MiB\"",
        "source hub changed",
        "  secret: changed",
        "  secret_previous: not set -> a secret",
        "  run.env.TOKEN: changed",
        "  scale: 2 -> 3",
        "agent two added",
        "agent gone removed",
    ] {
        assert!(told.lines().any(|told| told == line), "{line} is not in\n{told}");
    }
    assert!(!told.contains("s3cret") && !told.contains("an0ther"), "{told}");
    assert_eq!(after.differences(&after), []);
}
