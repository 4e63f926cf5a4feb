//! A project that changes while it is looked at.

use std::time::Duration;

use herdgate_actors::domain::KeepWork;

use super::{Fixture, RUN};
use crate::config::{Env, Project, Warning};

#[test]
fn every_load_reads_everything_anew() {
    let fixture = Fixture::with_sources().agent("dev", "schedule = \"@daily\"\n");
    let project = fixture.project();
    assert_eq!(project.load().unwrap().source("hub").unwrap().secrets.len(), 1);
    let fixture = fixture
        .secret("github_webhook_secret/Org/secret_previous", "older")
        .agent("ops", "schedule = \"@hourly\"\n");
    let again = project.load().unwrap();
    assert_eq!((again.source("hub").unwrap().secrets.len(), again.agents.len()), (2, 2));
    drop(fixture.file("config.toml", "[gateway]\nprot = 1\n"));
    assert!(project.load().is_err());
}

#[test]
fn a_flag_lies_over_everything() {
    let fixture =
        Fixture::new(&format!("{RUN}[log]\nformat = \"pretty\"\n")).var("HERDGATE__LOG__FORMAT", "auto");
    let config = fixture.project().with_flag("log.format", "json").load().unwrap();
    assert_eq!(config.log.format, crate::config::LogFormat::Json);
}

#[test]
fn what_is_worth_watching_is_everything_that_was_read() {
    let fixture = Fixture::with_sources().agent("dev", "schedule = \"@daily\"\n");
    let watched: Vec<_> = fixture.plan().watched.paths().collect();
    for path in [
        "config.toml",
        ".env.toml",
        "agents/dev/agent-config.toml",
        "agents/dev/SKILL.md",
        "credentials/github_webhook_secret/Org/secret",
        "credentials/github_webhook_secret/default/secret_previous",
    ] {
        assert!(watched.contains(&fixture.path(path)), "{path}: {watched:?}");
    }
    // Also where nothing of it can be loaded, and what appeared since.
    let fixture = fixture.file("config.toml", "[gateway\n").file("agents/new/notes", "");
    let watched: Vec<_> = fixture.project().watched().paths().collect();
    assert!(watched.contains(&fixture.path("config.toml")));
    assert!(watched.contains(&fixture.path("agents/new/ACTIONS.md")));
}

#[test]
fn the_data_is_found_while_the_project_is_broken() {
    for broken in [
        "data_dir = \"state\"\n[gateway]\nport = 9000\nprot = 1\n[webhooks.x]\ntype = \"github\"\ncredential = \"None\"\n",
        "data_dir = \"state\"\n[gateway]\nport = 9000\n[run\n",
    ] {
        let fixture = Fixture::new(broken).agent("dev", "schedule = 5\n");
        assert!(fixture.load().is_err());
        let located = fixture.project().locate().unwrap();
        assert_eq!(located.data_dir, fixture.path("state"));
        assert_eq!(located.public.port(), 9000);
        assert!(matches!(&located.warnings[..], [Warning::Broken { .. }]), "{broken}");
    }
    let sound = Fixture::with_sources().project().locate().unwrap();
    assert!(sound.warnings.is_empty());
    assert!(Project::at("/no/such/project").with_env(Env::default()).locate().is_err());
}

#[test]
fn without_its_secrets_a_project_can_still_be_checked() {
    let fixture = Fixture::new(&format!("{RUN}[webhooks.hub]\ntype = \"github\"\ncredential = \"Org\"\n"))
        .agent("dev", "schedule = \"@daily\"\n");
    assert!(fixture.load().is_err());
    let config = fixture.project().without_secrets().load().unwrap();
    assert!(config.warnings.is_empty(), "{:?}", config.warnings);
}

#[test]
fn new_keys_reach_what_they_are_for() {
    let fixture = Fixture::new(&format!(
        "max_runs = 7\n{RUN}keep_work = \"always\"\n[retry]\nsnoozes = 3\n[gateway]\ntrusted_proxies = [\"10.0.0.0/8\", \"::1\"]\nadmin_hosts = [\"Gate.internal\"]\n[webhooks.hub]\ntype = \"github\"\ndedupe_window = \"10m\"\n"
    ))
    .agent("dev", "schedule = \"@daily\"\n")
    .agent("ops", "schedule = \"@daily\"\n[run]\nkeep_work = \"never\"\n[retry]\nsnoozes = 0\n");
    let plan = fixture.plan();
    assert_eq!(plan.max_runs, 7);
    let of = |name: &str| {
        let spec = &plan.agent(name).unwrap().spec;
        (spec.run.keep_work, spec.retry.snoozes)
    };
    assert_eq!((of("dev"), of("ops")), ((KeepWork::Always, 3), (KeepWork::Never, 0)));
    assert_eq!(plan.source("hub").unwrap().dedupe_window, Some(Duration::from_mins(10)));
    assert_eq!(plan.gateway.trusted_proxies.len(), 2);
    assert_eq!(plan.gateway.admin_hosts, ["gate.internal"]);
}

#[test]
fn what_the_machine_lacks_is_a_warning() {
    let fixture =
        Fixture::new("data_dir = \"/proc/x\"\n[run]\ncommand = [\"no-such-program\"]\ncwd = \"gone\"\n")
            .agent("dev", "schedule = \"@daily\"\n")
            .agent("off", "scale = 0\n[run]\ncommand = [\"another\"]\n");
    let told = fixture.warnings().join("\n");
    assert!(told.contains("`no-such-program` is not on PATH, so no run of agent `dev` can start"), "{told}");
    assert!(told.contains("gone is not there"), "{told}");
    assert!(told.contains("the data folder /proc/x cannot be used"), "{told}");
    assert!(!told.contains("another"), "{told}");
}

#[test]
fn a_data_folder_that_others_can_enter_is_told_of() {
    use std::{fs, os::unix::fs::PermissionsExt};
    let fixture = Fixture::new(RUN).agent("dev", "schedule = \"@daily\"\n").file(".herdgate/x", "");
    for (mode, expected) in
        [(0o777, "cannot be used: other users can write"), (0o755, "is open to other users")]
    {
        fs::set_permissions(fixture.path(".herdgate"), fs::Permissions::from_mode(mode)).unwrap();
        assert!(fixture.warnings().join("\n").contains(expected), "{mode:o}");
    }
}

#[test]
fn a_previous_secret_is_warned_of_after_a_month() {
    use std::{fs, time::SystemTime};
    let fixture = Fixture::with_sources()
        .secret("github_webhook_secret/Org/secret_previous", "older")
        .agent("dev", "schedule = \"@daily\"\n");
    assert_eq!(fixture.warnings(), [""; 0]);
    let file = fs::File::options()
        .write(true)
        .open(fixture.path("credentials/github_webhook_secret/Org/secret_previous"))
        .unwrap();
    let age = Duration::from_hours(40 * 24 + 1);
    let now = file.metadata().unwrap().modified().unwrap();
    file.set_modified(now.checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH)).unwrap();
    assert!(fixture.warnings()[0].contains("has been accepted for 40 days"), "{:?}", fixture.warnings());
}

#[test]
fn variables_that_look_like_ours_and_mean_nothing_are_told_of() {
    let fixture = Fixture::new(RUN)
        .agent("dev", "schedule = \"@daily\"\n")
        .var("HERDGATE_GATEWAY_PORT", "9000")
        .var("HERDGATE_RUN_ID", "1-1")
        .var("HERDGATE_SERVICE_HOST", "10.0.0.1")
        .var("HERDGATE_PORT", "tcp://10.0.0.1:8080")
        .var("HERDGATE_PORT_8080_TCP_ADDR", "10.0.0.1");
    let warnings = fixture.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("did you mean `HERDGATE__GATEWAY__PORT`?"), "{warnings:?}");
}

#[test]
fn a_source_too_many_behind_one_url_is_told_of() {
    let source = |number: u32| format!("[webhooks.hub{number}]\ntype = \"github\"\n");
    let project = |count: u32| {
        Fixture::new(&format!("{RUN}{}", (0..count).map(source).collect::<String>()))
            .secret("github_webhook_secret/default/secret", "s3cret")
            .agent("dev", "schedule = \"@daily\"\n")
    };
    assert_eq!(project(8).warnings(), [""; 0]);
    assert!(project(9).warnings()[0].starts_with("9 signed sources of type github"));
}
