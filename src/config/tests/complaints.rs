//! Each mistake has its message, with place, cause and help.

use super::{Fixture, RUN};
use crate::config::{ConfigError, Env, Project};

/// Holds the rendered complaint of a project against its snapshot.
macro_rules! complains {
    ($($(#[$doc:meta])* $name:ident: $fixture:expr;)*) => {
        $(
            $(#[$doc])*
            #[test]
            fn $name() {
                insta::assert_snapshot!($fixture.complaint());
            }
        )*
    };
}

fn hub_trigger(rest: &str) -> Fixture {
    Fixture::with_sources().agent("dev", &format!("[[webhooks]]\nsource = \"hub\"\n{rest}"))
}

fn scheduled(config: &str) -> Fixture {
    Fixture::new(RUN).agent("dev", config)
}

fn source(rest: &str) -> Fixture {
    Fixture::new(&format!("{RUN}[webhooks.hub]\n{rest}"))
}

complains! {
    a_mistyped_key_is_told_with_the_one_that_was_meant:
        Fixture::new("[gateway]\nprot = 8080\n[run]\ncommand = [\"cat\"]\n");
    a_key_like_no_other_is_told_with_all_that_are_known:
        Fixture::new("[retry]\nzzz = 1\n[run]\ncommand = [\"cat\"]\n");
    a_mistyped_key_of_an_agent_is_told_in_its_own_file:
        scheduled("schedul = \"@daily\"\nschedule = \"@daily\"\n");
    a_key_in_two_spellings_is_refused:
        Fixture::new(&format!("workQueueSize = 5\nwork_queue_size = 6\n{RUN}"));
    a_value_of_another_type_is_told_with_the_wanted_one:
        Fixture::new("[gateway]\nport = \"8080\"\n[run]\ncommand = \"cat\"\n");
    a_number_out_of_bounds_is_told_with_the_bounds:
        Fixture::new(&format!("scale = -1\n{RUN}[gateway]\nport = 70000\n"));
    a_span_without_a_unit_that_exists_is_explained:
        scheduled("schedule = \"@daily\"\ntimeout = \"5 minutes\"\n");
    a_word_that_is_no_choice_is_told_with_the_choices:
        scheduled("schedule = \"@daily\"\ncatch_up = \"all\"\n");
    what_is_no_toml_is_told_with_its_line:
        Fixture::new("[gateway]\nport = 8080\n\n[run\ncommand = [\"cat\"]\n");
    a_table_given_twice_is_no_toml:
        Fixture::new("[webhooks.hub]\ntype = \"github\"\n[webhooks.hub]\ntype = \"sentry\"\n");
    an_unknown_source_is_told_with_the_one_that_was_meant:
        Fixture::with_sources().agent("dev", "[[webhooks]]\nsource = \"sentri\"\n");
    an_unknown_source_like_no_other_is_told_with_all_sources:
        Fixture::with_sources().agent("dev", "[[webhooks]]\nsource = \"my-github\"\n");
    an_unknown_source_where_there_are_none_is_told_with_the_table_to_add:
        scheduled("[[webhooks]]\nsource = \"my-github\"\n");
    a_trigger_without_a_source_is_told_with_the_sources:
        Fixture::with_sources().agent("dev", "[[webhooks]]\nevents = [\"issues\"]\n");
    a_field_that_the_provider_does_not_have_is_told_with_those_it_has:
        Fixture::with_sources().agent("dev", "[[webhooks]]\nsource = \"sentry\"\nrepos = [\"acme/app\"]\n");
    a_mistyped_field_is_told_with_the_one_that_was_meant:
        hub_trigger("repositories = \"acme/app\"\nlabel = \"agent\"\n");
    a_field_that_wants_no_texts_is_refused:
        hub_trigger("labels = [\"agent\", 7]\n");
    an_unknown_type_is_told_with_the_one_that_was_meant:
        source("type = \"gihub\"\n");
    an_unknown_type_like_no_other_is_told_with_all_types:
        source("type = \"jira\"\n");
    a_source_without_a_type_is_refused:
        source("credential = \"Org\"\n");
    a_missing_secret_is_told_with_its_path:
        source("type = \"github\"\ncredential = \"MyOrg\"\n");
    an_empty_secret_is_told_with_its_path:
        source("type = \"github\"\ncredential = \"MyOrg\"\n")
            .secret("github_webhook_secret/MyOrg/secret", " \n");
    an_empty_previous_secret_is_refused_too:
        source("type = \"github\"\ncredential = \"MyOrg\"\n")
            .secret("github_webhook_secret/MyOrg/secret", "s3cret")
            .secret("github_webhook_secret/MyOrg/secret_previous", "");
    an_instance_that_is_a_path_is_refused:
        source("type = \"github\"\ncredential = \"../../etc\"\n");
    a_gate_that_requires_signatures_wants_a_secret:
        Fixture::new(&format!("{RUN}[gateway]\nrequire_signatures = true\n[webhooks.docs]\ntype = \"mintlify\"\n"));
    a_credential_that_is_empty_is_told_with_its_place:
        source("type = \"github\"\ncredential = \"\"\n");
    a_secret_in_the_file_is_told_where_secrets_lie:
        source("type = \"github\"\nsecret = \"ghp_s3cret\"\n");
    a_key_of_herdgate_behind_a_table_is_told_where_it_belongs:
        Fixture::new("[run]\ncommand = [\"cat\"]\ndata_dir = \"state\"\n");
    a_file_that_is_no_utf_8_is_told_with_its_line:
        Fixture::new("").bytes("config.toml", b"# one\ntimezone = \"Z\xfcrich\"\n");
    an_agent_without_a_configuration_is_told_of_the_missing_file:
        Fixture::new(RUN).file("agents/hello/ACTIONS.md", "Greet.\n");
    a_history_shorter_than_what_must_be_known_is_refused:
        Fixture::new(&format!("history_retention_days = 3\ndedupe_window = \"4d\"\n{RUN}"));
    a_history_shorter_than_the_window_of_a_source_is_refused:
        source("type = \"github\"\ndedupe_window = \"30d\"\n");
    an_environment_that_is_not_there_is_told_of:
        Fixture::new(RUN).file(".env.toml", "environment = \"prod\"\n").var("HOME", "/nowhere");
    a_proxy_that_is_no_address_is_refused:
        Fixture::new(&format!("{RUN}[gateway]\ntrusted_proxies = [\"10.0.0.0/8\", \"proxy\"]\n"));
    a_source_that_forbids_unsigned_webhooks_needs_a_credential:
        source("type = \"github\"\nallow_unsigned = false\n");
    a_credential_of_another_provider_is_refused:
        source("type = \"github\"\nsentry_client_secret = \"Org\"\n");
    a_tolerance_where_no_time_is_signed_is_refused:
        source("type = \"github\"\ntolerance = \"1m\"\n");
    a_rate_limit_needs_a_rate:
        source("type = \"github\"\nrate_limit = { burst = 5 }\n");
    a_name_that_cannot_stand_in_an_url_is_refused:
        Fixture::new(&format!("{RUN}[webhooks.\"my hub\"]\ntype = \"github\"\n"));
    an_agent_that_nothing_starts_is_refused:
        scheduled("scale = 2\n");
    an_agent_configured_in_front_matter_is_told_where_that_belongs:
        Fixture::new(RUN).file("agents/dev/SKILL.md", "---\nmetadata:\n  schedule: '@daily'\n---\nWork.\n");
    a_schedule_that_cannot_be_read_is_told_with_the_reason:
        scheduled("schedule = \"61 * * * *\"\n");
    a_schedule_that_never_fires_is_refused:
        scheduled("schedule = \"0 0 30 2 *\"\n");
    an_unknown_zone_is_told_with_the_one_that_was_meant:
        scheduled("schedule = \"@daily\"\ntimezone = \"Europe/Berln\"\n");
    an_unknown_zone_of_the_project_is_refused:
        Fixture::new(&format!("timezone = \"Mars\"\n{RUN}"));
    agents_that_differ_only_by_case_are_refused:
        scheduled("schedule = \"@daily\"\n").agent("Dev", "schedule = \"@daily\"\n");
    an_agent_whose_name_cannot_stand_in_an_url_is_refused:
        Fixture::new(RUN).agent("my agent", "schedule = \"@daily\"\n");
    without_a_command_the_table_to_add_is_shown:
        Fixture::new("").agent("dev", "schedule = \"@daily\"\n").agent("ops", "schedule = \"@daily\"\n");
    two_listeners_cannot_share_a_port:
        Fixture::new(&format!("{RUN}[gateway]\nport = 9000\nadmin_port = 9000\n"));
    a_host_that_is_no_address_is_refused:
        Fixture::new(&format!("{RUN}[gateway]\nhost = \"gate.example.com\"\nurl = \"gate\"\n"));
    a_variable_of_the_wrong_type_is_named:
        Fixture::new(RUN).var("HERDGATE__GATEWAY__PORT", "eighty");
    an_unknown_variable_is_named_with_the_one_that_was_meant:
        Fixture::new(RUN).var("HERDGATE__GATEWAY__PROT", "80");
    every_problem_of_every_file_is_told_at_once:
        Fixture::new(
            "timezone = \"Mars\"\n[gateway]\nprot = 1\n[webhooks.hub]\ntype = \"gihub\"\n[webhooks.docs]\ntype = \"mintlify\"\n",
        )
        .agent("dev", "schedule = \"x\"\n[[webhooks]]\nsource = \"docz\"\n[[webhooks]]\nsource = \"hub\"\n")
        .agent("ops", "scale = \"two\"\n[[webhooks]]\nsource = \"docs\"\nlabels = [\"a\"]\n")
        .var("HERDGATE__SCALE", "many");
}

#[test]
fn a_folder_without_a_project_says_how_to_make_one() {
    let folder = tempfile::tempdir().unwrap();
    let problems = Project::at(folder.path()).with_env(Env::default()).load().unwrap_err();
    let causes: Vec<_> = problems.iter().map(|problem| &problem.cause).collect();
    assert_eq!(causes, [&ConfigError::NoProject]);
}

#[test]
fn a_line_is_known_to_programs_too() {
    let problems = Fixture::new("# one\n# two\nscal = 1\n").load().unwrap_err();
    assert_eq!(problems.iter().next().unwrap().line(), Some(3));
}

#[test]
fn a_wrong_value_is_told_of_once() {
    let fixture = Fixture::new("[run]\ncommand = 5\n").agent("dev", "schedule = 5\nwebhooks = 5\n");
    let causes = fixture.causes();
    assert!(causes.iter().all(|cause| matches!(cause, ConfigError::WrongType { .. })), "{causes:?}");
    assert_eq!(causes.len(), 3);
}

#[test]
fn an_empty_command_is_no_command() {
    let causes = Fixture::new("[run]\ncommand = []\n").agent("dev", "schedule = \"@daily\"\n").causes();
    assert_eq!(causes, [ConfigError::NoCommand { agents: vec!["dev".to_owned()] }]);
}

#[test]
fn a_source_whose_type_is_wrong_does_not_make_its_triggers_wrong() {
    let causes = source("type = \"gihub\"\n").agent("dev", "[[webhooks]]\nsource = \"hub\"\n").causes();
    assert_eq!(causes.len(), 1, "{causes:?}");
}

#[test]
fn an_illegible_project_says_nothing_about_what_follows_from_that() {
    let causes = Fixture::new("[run\n").agent("dev", "[[webhooks]]\nsource = \"hub\"\nbad = {\n").causes();
    assert!(causes.iter().all(|cause| matches!(cause, ConfigError::Syntax(_))), "{causes:?}");
}

#[test]
fn no_message_shows_a_secret_or_the_value_of_a_variable() {
    let fixture = Fixture::with_sources()
        .secret("github_webhook_secret/Org/secret_previous", "older-s3cret")
        .agent("dev", "schedule = \"x\"\nenv = [\"TOKEN\"]\n[[webhooks]]\nsource = \"nope\"\n[run.env]\nKEY = \"t0ken\"\n")
        .var("TOKEN", "t0ken")
        .var("HERDGATE__GATEWAY__PORT", "s3cret");
    let problems = fixture.load().unwrap_err();
    for text in [problems.to_string(), problems.render(crate::config::ColorMode::Colour, 80)] {
        assert!(!text.contains("s3cret") && !text.contains("t0ken"), "{text}");
    }
}
