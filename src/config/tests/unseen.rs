//! What is wrong is shown, but never with a secret in it.

use super::{Fixture, RUN};
use crate::config::ColorMode;

/// Everything an operator or a log could see of what is wrong.
fn everything(fixture: &Fixture) -> String {
    let problems = fixture.load().unwrap_err();
    format!(
        "{}{}{problems:?}{problems}",
        problems.render(ColorMode::Plain, 200),
        problems.render(ColorMode::Colour, 80)
    )
}

#[test]
fn tokens_on_lines_that_are_wrong_are_blanked() {
    for config in [
        // A quote that is missing.
        "[run]\ncommand = [\"cat\"]\n[run.env]\nGITHUB_TOKEN = \"ghp_s3cret\n",
        "[run]\ncommand = [\"cat\"]\n[run.env]\nGITHUB_TOKEN = 'ghp_s3cret\n",
        "[run]\ncommand = [\"cat\"]\n[run.env]\nGITHUB_TOKEN = \"\"\"\nghp_s3cret\n",
        "[run]\ncommand = [\"cat\"]\n[run.env]\nGITHUB_TOKEN = ghp_s3cret\n",
        "[run]\ncommand = [\"cat\"]\nenv = { GITHUB_TOKEN = \"ghp_s3cret }\n",
        "[run]\ncommand = [\"cat\"]\nenv.GITHUB_TOKEN = \"ghp_s3cret\n",
        // Something else on their line.
        "[run]\ncommand = [\"cat\"]\nenv = { GITHUB_TOKEN = \"ghp_s3cret\", PORT = 8080 }\n",
        "[run]\ncommand = [\"cat\"]\nenv = { GITHUB_TOKEN = 'ghp_s3cret', PORT = [\"ghp_s3cret\"] }\n",
        // A secret where none is read.
        "[run]\ncommand = [\"cat\"]\n[webhooks.hub]\ntype = \"github\"\nsecret = \"ghp_s3cret\"\n",
        "[run]\ncommand = [\"cat\"]\n[webhooks.hub]\ntype = \"github\"\nsecret = \"ghp_s3cret\n",
        "[run]\ncommand = [\"cat\"]\n[webhooks.hub]\ntype = \"github\"\napi_token = ghp_s3cret\n",
    ] {
        let shown = everything(&Fixture::new(config));
        assert!(!shown.contains("s3cret"), "{config}\n{shown}");
    }
}

#[test]
fn what_is_blanked_keeps_its_place_under_the_caret() {
    let config = "[run]\ncommand = [\"cat\"]\nenv = { TOKEN = \"ghp_s3cret\", PORT = 8080 }\n";
    insta::assert_snapshot!(Fixture::new(config).complaint());
}

#[test]
fn the_value_of_a_variable_is_never_quoted_back() {
    for (variable, rest) in [
        ("HERDGATE__RUN__TIMEOUT", ""),
        ("HERDGATE__GATEWAY__BODY_LIMIT", ""),
        ("HERDGATE__GATEWAY__PORT", ""),
        ("HERDGATE__GATEWAY__HOST", ""),
        ("HERDGATE__GATEWAY__URL", ""),
        ("HERDGATE__TIMEZONE", ""),
        ("HERDGATE__CATCH_UP", ""),
        ("HERDGATE__LOG__FORMAT", ""),
        ("HERDGATE__WEBHOOKS__HUB__TYPE", "[webhooks.hub]\n"),
        ("HERDGATE__WEBHOOKS__HUB__CREDENTIAL", "[webhooks.hub]\ntype = \"github\"\n"),
        ("HERDGATE__WEBHOOKS__HUB__GITHUB_WEBHOOK_SECRET", "[webhooks.hub]\ntype = \"github\"\n"),
    ] {
        let fixture = Fixture::new(&format!("{RUN}{rest}"))
            .var(variable, "ghp_s3cret")
            .agent("dev", "schedule = \"@daily\"\n");
        let shown = everything(&fixture);
        assert!(shown.contains(variable), "{shown}");
        assert!(!shown.contains("s3cret"), "{variable}\n{shown}");
    }
}

#[test]
fn a_plan_and_its_files_show_no_text_of_theirs() {
    let fixture = Fixture::new(&format!("{RUN}[run.env]\nTOKEN = \"ghp_s3cret\"\n[gateway]\nport = \"x\"\n"));
    let shown = everything(&fixture);
    assert!(!shown.contains("ghp_"), "{shown}");
}
