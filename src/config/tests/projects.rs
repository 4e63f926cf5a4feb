//! What a sound project comes to.

use std::time::Duration;

use herdgate_actors::{
    domain::{Clause, ProviderName, Scheme},
    schedule::CatchUp,
};

use super::{Fixture, RUN};
use crate::config::{Env, Project, Warning, filter_of_json};

/// The files as the design shows them.
const DESIGN_CONFIG: &str = r#"
[gateway]
port = 8080

[webhooks.my-github]
type = "github"               # github | sentry | linear | mintlify
credential = "MyOrg"          # <credentials>/github_webhook_secret/MyOrg/secret ; omit for unsigned webhooks

[run]                         # how runs are driven; an agent may override it
command = ["claude", "-p"]    # the prompt arrives on standard input
"#;
const DESIGN_AGENT: &str = r#"
schedule = "*/15 * * * *"     # at least one of schedule and webhooks
timezone = "Europe/Berlin"
scale = 2                     # concurrent runs; 0 disables the agent
timeout = 900                 # seconds

[[webhooks]]                  # AND across fields, OR inside a field; a trigger without filters takes everything from its source
source = "my-github"
repos = ["acme/app"]
events = ["issues"]
actions = ["labeled"]
labels = ["agent"]

[params]
triggerLabel = "agent"
"#;

/// Clauses on fields of GitHub, or of the first provider that has one of that name.
fn clauses(wanted: &[(&str, &[&str])]) -> Vec<Clause> {
    let field = |name: &str| {
        let mut specs = herdgate_actors::provider::all().iter().map(|provider| provider.spec());
        specs.find_map(|spec| spec.field(name)).unwrap()
    };
    let texts = |wanted: &[&str]| wanted.iter().map(|text| (*text).to_owned()).collect();
    wanted.iter().map(|(name, wanted)| Clause { field: field(name), wanted: texts(wanted) }).collect()
}

/// The same, as the provider of that name has its fields.
fn clauses_of(provider: &str, wanted: &[(&str, &[&str])]) -> Vec<Clause> {
    let spec = herdgate_actors::provider::find(provider).unwrap().spec();
    let mut clauses = clauses(wanted);
    for clause in &mut clauses {
        clause.field = spec.field(clause.field.name).unwrap();
    }
    clauses
}

#[test]
fn the_files_of_the_design_load_as_they_are() {
    let plan = Fixture::new(DESIGN_CONFIG)
        .secret("github_webhook_secret/MyOrg/secret", "s3cret\n")
        .agent("dev", DESIGN_AGENT);
    let plan = plan.var("HERDGATE_CREDENTIALS_DIR", "credentials").plan();
    // Whether this machine has the program is not the file's affair.
    let of_files = plan.warnings.iter().filter(|warning| !matches!(warning, Warning::NoProgram { .. }));
    assert_eq!(of_files.count(), 0);
    assert_eq!(plan.gateway.public.to_string(), "0.0.0.0:8080");
    assert_eq!(plan.gateway.admin.to_string(), "127.0.0.1:8081");
    let source = plan.source("my-github").unwrap();
    assert_eq!((source.provider, source.secrets.len()), (ProviderName::new("github"), 1));
    let agent = plan.agent("dev").unwrap();
    assert_eq!(agent.schedule.as_ref().unwrap().zone, chrono_tz::Europe::Berlin);
    assert_eq!(agent.spec.scale, 2);
    assert_eq!(agent.spec.run.timeout, Duration::from_mins(15));
    assert_eq!(agent.spec.run.command, ["claude", "-p"]);
    assert_eq!(&*agent.spec.run.instructions, "Do your work.\n");
    assert_eq!(&*agent.spec.params, r#"{"triggerLabel":"agent"}"#);
    let expected = clauses(&[
        ("events", &["issues"]),
        ("actions", &["labeled"]),
        ("repos", &["acme/app"]),
        ("labels", &["agent"]),
    ]);
    assert_eq!(agent.spec.triggers[0].filter.clauses, expected);
}

#[test]
fn the_linear_and_mintlify_examples_load_as_they_are() {
    let plan = Fixture::new(&format!(
        "{RUN}[webhooks.linear-main]\ntype = \"linear\"\ncredential = \"main-workspace\"\n\n\
         [webhooks.mintlify-docs]\ntype = \"mintlify\"\ncredential = \"docs-project\"\n"
    ))
    .secret("linear_webhook_secret/main-workspace/secret", "one")
    .secret("mintlify_webhook_secret/docs-project/secret", "two")
    .agent(
        "planner",
        r#"
[[webhooks]]
source = "linear-main"
events = ["issues", "issue_comment"]
actions = ["create", "update"]
organizations = ["your-org-id"]
labels = ["bug", "ready-for-dev"]

[[webhooks]]
source = "mintlify-docs"
events = ["build"]
actions = ["failed"]
projects = ["my-docs"]
"#,
    )
    .plan();
    let triggers = &plan.agent("planner").unwrap().spec.triggers;
    let linear = clauses_of(
        "linear",
        &[
            ("events", &["issues", "issue_comment"]),
            ("actions", &["create", "update"]),
            ("organizations", &["your-org-id"]),
            ("labels", &["bug", "ready-for-dev"]),
        ],
    );
    let mintlify = clauses_of(
        "mintlify",
        &[("events", &["build"]), ("actions", &["failed"]), ("projects", &["my-docs"])],
    );
    assert_eq!(triggers[0].filter.clauses, linear);
    assert_eq!(triggers[1].filter.clauses, mintlify);
}

#[test]
fn one_text_is_a_list_of_one_and_empty_ones_want_nothing() {
    let plan = Fixture::with_sources()
        .agent(
            "dev",
            "[[webhooks]]\nsource = \"hub\"\norg = \"acme\"\norgs = [\"other\"]\nevents = []\nauthor = \"\"\nassignee = \"ada\"\nlabels = [\"\"]\n",
        )
        .plan();
    let expected = clauses(&[("orgs", &["acme", "other"]), ("assignee", &["ada"])]);
    assert_eq!(plan.agent("dev").unwrap().spec.triggers[0].filter.clauses, expected);
}

#[test]
fn a_trigger_in_json_is_the_same_filter() {
    let table = serde_json::json!({
        "source": "hub", "org": "acme", "orgs": ["other"], "events": [], "author": "", "assignee": "ada",
        "labels": [""], "branches": null,
    });
    let filter = filter_of_json(ProviderName::new("github"), table.as_object().unwrap()).unwrap();
    assert_eq!(filter.clauses, clauses(&[("orgs", &["acme", "other"]), ("assignee", &["ada"])]));
    let table = serde_json::json!({"source": "hub", "labels": 7, "repo": "acme/app"});
    let wrong = filter_of_json(ProviderName::new("github"), table.as_object().unwrap()).unwrap_err();
    assert_eq!(wrong.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), ["labels", "repo"]);
}

#[test]
fn an_agent_has_its_own_run_over_the_projects() {
    let plan = Fixture::new(
        "[run]\ncommand = [\"cat\"]\ntimeout = \"5m\"\nkill_grace = 0\ncwd = \"work\"\nenv = [\"LANGUAGE\"]\n[retry]\nattempts = 7\nbackoff = \"1s\"\n",
    )
    .agent(
        "dev",
        "schedule = \"@daily\"\nenv = [\"TOKEN\"]\n[run]\ncommand = [\"sh\", \"-c\", \"\"]\noutput_limit = \"1KiB\"\n[run.env]\nMODE = \"fast\"\n[retry]\nretry_timeouts = true\n",
    )
    .agent("ops", "schedule = \"@daily\"\ntimeout = 60\n")
    .var("TOKEN", "t0ken")
    .var("LANGUAGE", "de");
    let folder = plan.path("work");
    let plan = plan.plan();
    let dev = &plan.agent("dev").unwrap().spec;
    assert_eq!(dev.run.command, ["sh", "-c", ""]);
    assert_eq!((dev.run.timeout, dev.run.kill_grace), (Duration::from_mins(5), Duration::ZERO));
    assert_eq!(dev.run.output_limit, 1024);
    assert_eq!(dev.run.cwd.as_deref(), Some(folder.as_path()));
    let variables: Vec<_> =
        dev.run.env.iter().map(|variable| (variable.name.as_str(), variable.value.as_str())).collect();
    assert_eq!(variables, [("LANGUAGE", "de"), ("MODE", "fast"), ("TOKEN", "t0ken")]);
    assert_eq!((dev.retry.attempts, dev.retry.retry_timeouts), (7, true));
    let ops = &plan.agent("ops").unwrap().spec;
    assert_eq!(
        (ops.run.timeout, ops.run.command.as_slice()),
        (Duration::from_mins(1), &["cat".to_owned()][..])
    );
}

#[test]
fn a_previous_secret_is_accepted_beside_the_current_one() {
    let plan = Fixture::with_sources().secret("github_webhook_secret/Org/secret_previous", "older").plan();
    assert_eq!(plan.source("hub").unwrap().secrets.len(), 2);
}

#[test]
fn a_signature_may_stand_in_another_header() {
    let plan = Fixture::new(&format!(
        "{RUN}[webhooks.docs]\ntype = \"mintlify\"\nallow_unsigned = true\nsignature_header = \"X-Docs-Signature\"\nsignature_prefix = \"v1=\"\n"
    ))
    .plan();
    let [signature] = &plan.source("docs").unwrap().signatures[..] else { panic!("one header") };
    assert_eq!(signature.header, "x-docs-signature");
    assert!(matches!(&signature.scheme, Scheme::Hmac { prefix, .. } if prefix == "v1="));
}

#[test]
fn a_disabled_agent_needs_nothing_to_start_it_and_is_told_of() {
    let plan = Fixture::new(RUN).agent("dev", "scale = 0\n").plan();
    assert_eq!(plan.warnings, [Warning::Disabled { agent: "dev".into() }]);
    assert_eq!(plan.agent("dev").unwrap().spec.scale, 0);
}

#[test]
fn what_should_be_looked_at_is_a_warning() {
    let fixture = Fixture::new(&format!("{RUN}[webhooks.open]\ntype = \"github\"\n"))
        .agent("dev", "schedule = \"@daily\"\nenv = [\"TOKEN\"]\n")
        .file("agents/half/agent-config.toml", "schedule = \"@daily\"\n")
        .file("agents/.hidden/ACTIONS.md", "Nothing.\n")
        .file("agents/node_modules/ACTIONS.md", "Nothing.\n")
        .file("agents/notes/README.md", "Nothing.\n");
    let plan = fixture.plan();
    let expected = [
        Warning::NoInstructions { folder: fixture.path("agents/half") },
        Warning::Unsigned { source_name: "open".into(), provider: ProviderName::new("github") },
        Warning::NotSet { agent: "dev".into(), variable: "TOKEN".to_owned() },
    ];
    assert_eq!(plan.warnings, expected);
    assert_eq!(plan.agents.len(), 1);
}

#[test]
fn a_secret_that_others_can_read_is_a_warning() {
    use std::{fs, os::unix::fs::PermissionsExt};
    let fixture = Fixture::with_sources().agent("dev", "schedule = \"@daily\"\n");
    let path = fixture.path("credentials/github_webhook_secret/Org/secret");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(fixture.plan().warnings, [Warning::Exposed { path }]);
}

#[test]
fn paths_start_at_the_project_and_the_store_has_an_absolute_one() {
    let fixture =
        Fixture::new(&format!("agents_dir = \"herd\"\ndata_dir = \"state\"\ncatch_up = \"once\"\n{RUN}"))
            .file("herd/dev/agent-config.toml", "schedule = \"@daily\"\n")
            .file("herd/dev/SKILL.md", "---\nname: dev\n---\nWork.\n");
    let plan = fixture.plan();
    assert_eq!(plan.data_dir, fixture.path("state"));
    assert!(plan.data_dir.is_absolute());
    assert_eq!(plan.credentials.root(), fixture.path("credentials"));
    let agent = plan.agent("dev").unwrap();
    assert_eq!(&*agent.spec.run.instructions, "Work.\n");
    assert_eq!(agent.catch_up, CatchUp::Once);
}

#[test]
fn a_plan_shows_neither_secrets_nor_values_of_variables() {
    let plan = Fixture::with_sources()
        .agent("dev", "schedule = \"@daily\"\nenv = [\"TOKEN\"]\n")
        .var("TOKEN", "t0ken")
        .plan();
    let text = format!("{plan:?}");
    assert!(!text.contains("s3cret") && !text.contains("t0ken"), "{text}");
}

#[test]
fn the_file_and_its_folder_are_the_same_project() {
    let fixture = Fixture::new(RUN).agent("dev", "schedule = \"@daily\"\n");
    let by_file = Project::at(fixture.path("config.toml")).with_env(Env::default()).load().unwrap();
    assert_eq!(by_file.agents_dir, fixture.plan().agents_dir);
    assert!(Project::at("no/such/config.toml").with_env(Env::default()).load().is_err());
}
