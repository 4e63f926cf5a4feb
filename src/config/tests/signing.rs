//! Who may send: a source is open only where somebody said so.

use super::{Fixture, RUN};
use crate::config::{ColorMode, Env, Project};

fn source(rest: &str) -> Fixture {
    Fixture::new(&format!("{RUN}[webhooks.my-hub]\n{rest}")).agent("dev", "schedule = \"@daily\"\n")
}

fn secrets(fixture: &Fixture) -> usize {
    fixture.plan().source("my-hub").unwrap().secrets.len()
}

#[test]
fn a_credential_that_is_given_and_empty_is_an_error_in_every_spelling() {
    for config in [
        "type = \"github\"\ncredential = \"\"\n",
        "type = \"github\"\ncredential = \"  \\t\"\n",
        "type = \"github\"\ngithub_webhook_secret = \"\"\n",
        "type = \"github\"\ngithubWebhookSecret = \"\"\n",
        "type = \"sentry\"\nsentry_client_secret = \" \"\n",
        "type = \"linear\"\nlinear_webhook_secret = \"\"\n",
        "type = \"mintlify\"\nmintlify_webhook_secret = \"\"\n",
        "type = \"mintlify\"\ncredential = \"\"\nallow_unsigned = true\n",
    ] {
        let complaint = source(config).complaint();
        assert!(complaint.contains("names no instance"), "{config}\n{complaint}");
    }
}

#[test]
fn a_credential_that_the_environment_leaves_empty_is_an_error() {
    for variable in
        ["HERDGATE__WEBHOOKS__MY_HUB__CREDENTIAL", "HERDGATE__WEBHOOKS__MY_HUB__GITHUB_WEBHOOK_SECRET"]
    {
        for value in ["", " ", "\n"] {
            let fixture = source("type = \"github\"\n").var(variable, value);
            let complaint = fixture.complaint();
            assert!(complaint.contains(variable), "{complaint}");
            assert!(complaint.contains("names no instance"), "{complaint}");
        }
    }
}

#[test]
fn an_empty_variable_does_not_open_a_source_that_the_file_signs() {
    let fixture = source("type = \"github\"\ncredential = \"Org\"\n")
        .secret("github_webhook_secret/Org/secret", "s3cret")
        .var("HERDGATE__WEBHOOKS__MY_HUB__CREDENTIAL", "");
    assert!(fixture.complaint().contains("names no instance"));
}

#[test]
fn a_source_without_a_credential_takes_the_default_secret_of_its_type() {
    for (provider, kind) in [
        ("github", "github_webhook_secret"),
        ("sentry", "sentry_client_secret"),
        ("linear", "linear_webhook_secret"),
        ("mintlify", "mintlify_webhook_secret"),
    ] {
        let fixture = source(&format!("type = \"{provider}\"\n"));
        let signed = fixture.secret(&format!("{kind}/default/secret"), "s3cret");
        assert_eq!(secrets(&signed), 1, "{provider}");
        assert_eq!(signed.plan().warnings, [], "{provider}");
    }
}

#[test]
fn a_source_that_is_meant_to_be_open_stays_open_beside_a_default_secret() {
    let fixture = source("type = \"github\"\nallow_unsigned = true\n")
        .secret("github_webhook_secret/default/secret", "s3cret");
    assert_eq!(secrets(&fixture), 0);
    assert!(fixture.plan().warnings[0].to_string().contains("anybody can send"));
}

#[test]
fn without_a_credential_and_a_default_secret_a_source_of_any_type_is_open_and_loudly_so() {
    for provider in ["github", "sentry", "linear", "mintlify"] {
        let fixture = source(&format!("type = \"{provider}\"\n"));
        assert_eq!(secrets(&fixture), 0, "{provider}");
        assert!(fixture.plan().warnings[0].to_string().contains("anybody can send"), "{provider}");
    }
}

#[test]
fn an_empty_default_secret_is_an_error_and_opens_nothing() {
    let fixture = source("type = \"github\"\n").secret("github_webhook_secret/default/secret", " \n");
    assert!(fixture.complaint().contains("is empty"));
}

#[test]
fn a_gate_that_requires_signatures_has_no_open_source() {
    let config = |rest: &str| {
        Fixture::new(&format!(
            "{RUN}[gateway]\nrequire_signatures = true\n[webhooks.my-hub]\ntype = \"github\"\n{rest}"
        ))
    };
    for rest in ["", "allow_unsigned = true\n"] {
        let complaint = config(rest).complaint();
        assert!(complaint.contains("require_signatures"), "{complaint}");
    }
    let signed = config("").secret("github_webhook_secret/default/secret", "s3cret");
    assert_eq!(secrets(&signed), 1);
    let by_variable = source("type = \"github\"\n").var("HERDGATE__GATEWAY__REQUIRE_SIGNATURES", "true");
    assert!(by_variable.complaint().contains("require_signatures"));
}

#[test]
fn secrets_that_lie_in_the_repository_are_refused_on_an_open_address() {
    let config = |gateway: &str| {
        Fixture::new(&format!(
            "{RUN}[gateway]\n{gateway}\n[webhooks.my-hub]\ntype = \"github\"\ncredential = \"Acme\"\n"
        ))
        .secret("github_webhook_secret/Acme/secret", "example-only-github-secret")
    };
    for open in
        ["", "host = \"0.0.0.0\"", "host = \"127.0.0.1\"\nadmin_host = \"::\"", "host = \"192.0.2.1\""]
    {
        let complaint = config(open).complaint();
        assert!(complaint.contains("everybody knows"), "{open}\n{complaint}");
        assert!(!complaint.contains("example-only-github"), "{complaint}");
    }
    for loopback in ["host = \"127.0.0.1\"", "host = \"::1\"", "host = \"localhost\""] {
        assert_eq!(config(loopback).plan().source("my-hub").unwrap().secrets.len(), 1, "{loopback}");
    }
}

#[test]
fn sha_1_is_accepted_only_where_it_is_asked_for() {
    let headers = |rest: &str| {
        let fixture = source(&format!("type = \"github\"\ncredential = \"Org\"\n{rest}"))
            .secret("github_webhook_secret/Org/secret", "s3cret");
        fixture.plan().source("my-hub").unwrap().signatures.len()
    };
    assert_eq!(headers(""), 1);
    assert_eq!(headers("allow_sha1 = true\n"), 2);
}

#[test]
fn the_example_is_served_on_loopback_alone() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config.example.toml");
    let plan = Project::at(&path)
        .with_env(Env::default())
        .load()
        .unwrap_or_else(|problems| panic!("{}", problems.render(ColorMode::Plain, 120)));
    assert!(plan.gateway.public.ip().is_loopback() && plan.gateway.admin.ip().is_loopback());
}
