//! What projects of Action Llama have beside its plain configuration.

use super::{Fixture, RUN};
use crate::config::{ConfigError, Warning};

/// Its full reference, where the keys of the top stand behind the last table.
const BEHIND_A_TABLE: &str = r#"
[webhooks.my-github]
type = "github"
credential = "MyOrg"

maxReruns = 5
maxCallDepth = 2
workQueueSize = 20
webhookQueueSize = 20
scale = 4
defaultAgentScale = 2
historyRetentionDays = 30
"#;

fn with_secret(fixture: Fixture) -> Fixture {
    fixture.secret("github_webhook_secret/MyOrg/secret", "s3cret").agent("dev", "schedule = \"@daily\"\n")
}

#[test]
fn keys_of_the_top_behind_a_table_are_warned_of_and_have_no_effect() {
    let fixture = with_secret(Fixture::new(&format!("{RUN}{BEHIND_A_TABLE}")));
    let warnings = fixture.warnings();
    assert_eq!(warnings.len(), 7, "{warnings:?}");
    let scale = "`scale` belongs to the top of the file; here it is part of [webhooks.my-github]";
    assert!(warnings.iter().any(|warning| warning.contains(scale)), "{warnings:?}");
    let plan = fixture.plan();
    assert_eq!((plan.scale, plan.agent("dev").unwrap().spec.scale), (None, 1));
}

#[test]
fn keys_of_an_agent_behind_its_triggers_are_warned_of() {
    let fixture = Fixture::with_sources().agent("dev", "[[webhooks]]\nsource = \"hub\"\nscale = 3\n");
    assert!(fixture.warnings()[0].contains("here it is part of [[webhooks]]"));
    let wrong = Fixture::with_sources().agent("dev", "[[webhooks]]\nsource = \"hub\"\ncatch_up = \"once\"\n");
    assert!(matches!(&wrong.causes()[..], [ConfigError::Misplaced { .. }]));
}

#[test]
fn a_short_history_shortens_the_window_that_nobody_chose() {
    let fixture =
        Fixture::new(&format!("historyRetentionDays = 3\n{RUN}")).agent("dev", "schedule = \"@daily\"\n");
    assert_eq!(fixture.plan().dedupe_window, std::time::Duration::from_hours(72));
    assert_eq!(fixture.plan().warnings, [Warning::ShortWindow { days: 3 }]);
}

#[test]
fn what_a_machine_has_of_its_own_lies_over_the_project() {
    let fixture = Fixture::new(&format!("scale = 2\n{RUN}[gateway]\nport = 9000\nadmin_port = 9001\n"))
        .file(".env.toml", "projectName = \"acme\"\nscale = 5\n[gateway]\nport = 9999\n")
        .agent("dev", "schedule = \"@daily\"\n");
    let plan = fixture.plan();
    assert_eq!((plan.gateway.public.port(), plan.gateway.admin.port(), plan.scale), (9999, 9001, Some(5)));
    let origin = fixture.path(".env.toml").display().to_string();
    assert_eq!(plan.origins, [("gateway.port".to_owned(), origin.clone()), ("scale".to_owned(), origin)]);
}

#[test]
fn a_named_environment_lies_over_the_machine_and_variables_lie_over_both() {
    let home = tempfile::tempdir().unwrap();
    let environments = home.path().join(".action-llama/environments");
    std::fs::create_dir_all(&environments).unwrap();
    std::fs::write(environments.join("prod.toml"), "[gateway]\nport = 7000\nadmin_port = 7001\n").unwrap();
    std::fs::write(environments.join("test.toml"), "[gateway]\nport = 6000\n").unwrap();
    let project = || {
        Fixture::new(RUN)
            .file(".env.toml", "environment = \"prod\"\n[gateway]\nport = 9999\n")
            .agent("dev", "schedule = \"@daily\"\n")
            .var("HOME", &home.path().display().to_string())
    };
    assert_eq!(project().plan().gateway.public.port(), 7000);
    assert_eq!(project().warnings(), [""; 0]);
    assert_eq!(project().var("AL_ENV", "test").plan().gateway.public.port(), 6000);
    let over = project().var("HERDGATE__GATEWAY__PORT", "5000").plan();
    assert_eq!((over.gateway.public.port(), over.gateway.admin.port()), (5000, 7001));
    assert!(over.origins.contains(&("gateway.port".to_owned(), "HERDGATE__GATEWAY__PORT".to_owned())));
}

#[test]
fn a_mistake_of_a_machine_is_told_in_its_file() {
    let complaint = Fixture::new(RUN).file(".env.toml", "[gateway]\nprot = 1\n").complaint();
    assert!(complaint.contains("project/.env.toml:2:1"), "{complaint}");
}

#[test]
fn a_type_that_action_llama_alone_has_makes_its_source_unavailable_and_nothing_else() {
    for (found, key) in [("discord", "discord_bot"), ("twitter", "x_twitter_api"), ("test", "anything")] {
        let fixture = Fixture::new(&format!("{RUN}[webhooks.chat]\ntype = \"{found}\"\n{key} = \"main\"\n"))
            .agent("dev", "schedule = \"@daily\"\n[[webhooks]]\nsource = \"chat\"\nguilds = [\"1\"]\n");
        let plan = fixture.plan();
        assert!(plan.sources.is_empty());
        assert!(plan.agent("dev").unwrap().spec.triggers.is_empty());
        let told = plan
            .warnings
            .iter()
            .filter(|warning| matches!(warning, Warning::Unavailable { .. } | Warning::NeverHears { .. }));
        assert_eq!(told.count(), 2, "{found}: {:?}", plan.warnings);
    }
}

#[test]
fn agents_in_the_folder_of_the_project_are_pointed_at_and_can_be_had() {
    let project = |config: &str| {
        Fixture::new(&format!("{config}{RUN}"))
            .file("dev/agent-config.toml", "schedule = \"@daily\"\n")
            .file("dev/ACTIONS.md", "Work.\n")
            .file("docs/README.md", "None.\n")
    };
    let told = project("").warnings();
    assert!(told[0].contains("one called `dev`") && told[0].contains("agents_dir = \".\""), "{told:?}");
    assert!(project("agents_dir = \".\"\n").plan().agent("dev").is_some());
}

#[test]
fn what_a_provider_never_sends_is_told_with_what_was_meant() {
    let told = |trigger: &str| {
        let trigger = format!("[[webhooks]]\n{trigger}");
        Fixture::with_sources().agent("dev", &trigger).warnings().join("\n")
    };
    for (trigger, expected) in [
        ("source = \"hub\"\nevents = [\"issue\"]\n", "did you mean `issues`?"),
        ("source = \"hub\"\nactions = [\"label\"]\n", "did you mean `labeled`?"),
        ("source = \"hub\"\nconclusions = [\"failed\"]\n", "did you mean `failure`?"),
        ("source = \"hub\"\nrepos = [\"app\"]\n", "write its owner too"),
        ("source = \"hub\"\nrepos = [\"https://github.com/acme/app\"]\n", "write `acme/app`"),
        ("source = \"hub\"\nlabels = []\n", "holds nothing back"),
        ("source = \"sentry\"\nresources = [\"issues\"]\n", "did you mean `issue`?"),
        ("source = \"linear\"\nactions = [\"created_at\"]\n", "did you mean `create"),
    ] {
        assert!(told(trigger).contains(expected), "{trigger}: {}", told(trigger));
    }
    for sound in [
        "source = \"hub\"\nevents = [\"issues\", \"push\"]\nactions = [\"opened\"]\nrepos = [\"acme/*\"]\n",
        "source = \"hub\"\nevents = [\"repository_dispatch\"]\nactions = [\"my-own-event\"]\n",
        "source = \"linear\"\nevents = [\"Issue\", \"issues\", \"ProjectUpdate\", \"projectupdate\"]\nactions = [\"remove\"]\n",
        "source = \"docs\"\nevents = [\"anything\"]\n",
    ] {
        assert_eq!(told(sound), "", "{sound}");
    }
}
