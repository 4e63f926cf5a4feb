//! Defaults, the file, the environment.

use std::time::Duration;

use super::{Fixture, RUN};
use crate::config::ConfigError;

#[test]
fn the_environment_lies_above_the_file_and_the_file_above_the_defaults() {
    let fixture =
        Fixture::new(&format!("scale = 3\n{RUN}[gateway]\nport = 9000\nanswer_within = \"500ms\"\n"))
            .var("HERDGATE__GATEWAY__PORT", "9100")
            .var("HERDGATE__GATEWAY__REQUEST_TIMEOUT", "5s")
            .var("HERDGATE__RETRY__RETRY_TIMEOUTS", "true")
            .agent("dev", "schedule = \"@daily\"\n");
    let plan = fixture.plan();
    assert_eq!(plan.gateway.public.port(), 9100);
    assert_eq!(plan.gateway.answer_within, Duration::from_millis(500));
    assert_eq!(plan.gateway.request_timeout, Duration::from_secs(5));
    assert_eq!(plan.gateway.body_limit, 25 << 20);
    assert_eq!(plan.scale, Some(3));
    assert!(plan.agent("dev").unwrap().spec.retry.retry_timeouts);
}

#[test]
fn a_variable_reaches_a_source_whose_name_no_shell_could_spell() {
    let fixture = Fixture::new(&format!("{RUN}[webhooks.My-Hub]\ntype = \"github\"\n"))
        .secret("github_webhook_secret/Org/secret", "s3cret")
        .var("HERDGATE__WEBHOOKS__MY_HUB__CREDENTIAL", "Org");
    assert_eq!(fixture.plan().source("My-Hub").unwrap().secrets.len(), 1);
}

#[test]
fn a_command_and_variables_of_runs_can_come_from_the_environment() {
    let fixture = Fixture::new("[run.env]\nMODE = \"slow\"\n")
        .var("HERDGATE__RUN__COMMAND", "[\"claude\", \"-p\"]")
        .var("HERDGATE__RUN__ENV", "[\"TOKEN\"]")
        .var("TOKEN", "t0ken")
        .agent("dev", "schedule = \"@daily\"\n");
    let plan = fixture.plan();
    let run = &plan.agent("dev").unwrap().spec.run;
    assert_eq!(run.command, ["claude", "-p"]);
    assert_eq!(run.env.iter().map(|variable| variable.name.as_str()).collect::<Vec<_>>(), ["MODE", "TOKEN"]);
}

#[test]
fn text_that_looks_like_a_number_stays_text_where_text_is_wanted() {
    let fixture = Fixture::new(RUN).var("HERDGATE__CREDENTIALS_DIR", "42");
    assert_eq!(fixture.plan().credentials.root(), fixture.path("42"));
}

#[test]
fn the_credentials_folder_has_a_variable_of_its_own() {
    let fixture = Fixture::new(RUN).var("HERDGATE_CREDENTIALS_DIR", "/run/secrets");
    assert_eq!(fixture.plan().credentials.root(), std::path::Path::new("/run/secrets"));
}

#[test]
fn secrets_lie_where_action_llama_keeps_them_unless_told_otherwise() {
    let fixture = Fixture::new("[run]\ncommand = [\"cat\"]\n").var("HOME", "/home/ada");
    let expected = std::path::Path::new("/home/ada/.action-llama/credentials");
    assert_eq!(fixture.plan().credentials.root(), expected);
}

#[test]
fn a_wrong_meaning_is_told_at_the_variable_that_set_it() {
    let problems = Fixture::new(RUN).var("HERDGATE__TIMEZONE", "Mars").load().unwrap_err();
    let problem = problems.iter().next().unwrap();
    assert!(matches!(&problem.cause, ConfigError::UnknownZone { .. }));
    assert!(problem.to_string().contains("HERDGATE__TIMEZONE"), "{problem}");
}

#[test]
fn variables_without_the_prefix_mean_nothing() {
    let fixture =
        Fixture::new(RUN).var("HERDGATE_RUN_ID", "1-1").var("GATEWAY__PORT", "1").var("HERDGATE", "");
    assert_eq!(fixture.plan().gateway.public.port(), 8080);
}
