//! Projects of Action Llama load as they are, but for the command that they need.

use std::time::Duration;

use super::Fixture;
use crate::config::{ConfigError, Warning};

/// Keys of several of its versions together.
const CONFIG: &str = r#"
projectName = "acme-herd"
maxReruns = 5
maxCallDepth = 2
maxTriggerDepth = 2
workQueueSize = 50
resourceLockTimeout = 600
scale = 8
defaultAgentScale = 2
historyRetentionDays = 30
defaultWaitTimeout = 60

[models.fast]
provider = "anthropic"
model = "some-model"
thinkingLevel = "low"
authType = "api_key"

[harness]
type = "pi"

[local]
enabled = true
image = "herd:latest"
memory = "2g"
cpus = 1.5
timeout = 1200

[gateway]
port = 8081
url = "https://herd.example.com/"
lockTimeout = 600

[webhooks.hub]
type = "github"
credential = "Acme"

[webhooks.other-hub]
type = "github"
github_webhook_secret = "Acme"

[webhooks.docs]
type = "mintlify"
allowUnsigned = true

[telemetry]
enabled = false
provider = "none"

[cloud]
provider = "cloud-run"
"#;

const AGENT: &str = r#"
source = "acme/skills"
credentials = ["github_token", "git_ssh:default"]
models = ["fast"]
maxWorkQueueSize = 7
waitTimeout = 30

[harness]
type = "pi"

[hooks]
pre = ["gh repo clone acme/app"]
post = []

[runtime]
type = "host-user"
run_as = "bot"

[[webhooks]]
source = "hub"
org = "acme"
orgs = []
events = ["issues"]
assignee = ""
branches = ["main"]
conclusions = ["failure"]

[[webhooks]]
source = "docs"
repos = ["handbook"]

[params]
zebra = 1
apes = ["a", "b"]
nested = { ratio = 0.5, on = true, since = 2026-01-02 }
"#;

fn project() -> Fixture {
    Fixture::new(CONFIG)
        .secret("github_webhook_secret/Acme/secret", "s3cret")
        .file("agents/dev/config.toml", AGENT)
        .file("agents/dev/SKILL.md", "---\nname: dev\ndescription: Works\nlicense: MIT\n---\n\n# Work\n")
        .var("HERDGATE_CREDENTIALS_DIR", "credentials")
}

fn with_command(fixture: Fixture) -> Fixture {
    fixture.file("config.toml", &format!("{CONFIG}\n[run]\ncommand = [\"cat\"]\n"))
}

#[test]
fn its_project_lacks_nothing_but_a_command() {
    assert_eq!(project().causes(), [ConfigError::NoCommand { agents: vec!["dev".to_owned()] }]);
}

#[test]
fn its_keys_mean_what_they_meant() {
    let plan = with_command(project()).plan();
    assert_eq!(plan.scale, Some(8));
    assert_eq!(plan.history_retention, Duration::from_hours(30 * 24));
    assert_eq!(plan.gateway.url.as_deref(), Some("https://herd.example.com"));
    let agent = plan.agent("dev").unwrap();
    assert_eq!((agent.spec.scale, agent.spec.queue_limit), (2, 7));
    assert_eq!(agent.spec.run.timeout, Duration::from_mins(20));
    assert_eq!(&*agent.spec.run.instructions, "\n# Work\n");
    assert_eq!(
        &*agent.spec.params,
        r#"{"zebra":1,"apes":["a","b"],"nested":{"ratio":0.5,"on":true,"since":"2026-01-02"}}"#
    );
    let shown: Vec<_> =
        agent.spec.triggers[0].filter.clauses.iter().map(|clause| clause.field.name).collect();
    assert_eq!(shown, ["events", "orgs", "branches", "conclusions"]);
    assert_eq!(agent.spec.triggers[1].filter.clauses[0].field.name, "projects");
    assert_eq!(plan.source("other-hub").unwrap().secrets.len(), 1);
    assert_eq!(plan.source("docs").unwrap().secrets.len(), 0);
}

#[test]
fn its_port_is_kept_even_where_it_is_our_admin_port() {
    let plan = with_command(project()).plan();
    assert_eq!((plan.gateway.public.port(), plan.gateway.admin.port()), (8081, 8082));
}

#[test]
fn keys_without_effect_are_named() {
    let plan = with_command(project()).plan();
    let keys: Vec<_> = plan
        .warnings
        .iter()
        .filter_map(|warning| match warning {
            Warning::NotActedOn { key, .. } => Some(key.as_str()),
            _ => None,
        })
        .collect();
    let expected = [
        "projectName",
        "maxReruns",
        "maxCallDepth",
        "maxTriggerDepth",
        "resourceLockTimeout",
        "defaultWaitTimeout",
        "models",
        "harness",
        "local.enabled",
        "local.image",
        "local.memory",
        "local.cpus",
        "gateway.lockTimeout",
        "telemetry.enabled",
        "telemetry.provider",
        "cloud",
        "source",
        "credentials",
        "models",
        "waitTimeout",
        "harness",
        "hooks",
        "runtime",
    ];
    let sorted = |keys: &[&str]| {
        let mut keys: Vec<_> = keys.iter().map(|key| (*key).to_owned()).collect();
        keys.sort();
        keys
    };
    assert_eq!(sorted(&keys), sorted(&expected));
}

#[test]
fn it_needs_no_config_toml_where_an_agent_brings_its_command() {
    let fixture = Fixture::new("").agent("dev", "schedule = \"@daily\"\n[run]\ncommand = [\"cat\"]\n");
    std::fs::remove_file(fixture.path("config.toml")).unwrap();
    assert!(fixture.plan().agent("dev").is_some());
}

#[test]
fn actions_come_before_a_skill_and_agent_config_before_config() {
    let fixture = with_command(project()).agent("dev", "schedule = \"@daily\"\n");
    let plan = fixture.plan();
    let agent = plan.agent("dev").unwrap();
    assert_eq!(&*agent.spec.run.instructions, "Do your work.\n");
    assert!(agent.spec.triggers.is_empty() && agent.schedule.is_some());
}
