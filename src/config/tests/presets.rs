//! Agent programs that Herdgate knows.

use std::time::Duration;

use herdgate_actors::domain::PresetName;

use super::Fixture;
use crate::config::ConfigError;

fn project(run: &str) -> Fixture {
    Fixture::new(run)
}

fn agent_run(fixture: &Fixture) -> (Vec<String>, Option<&'static str>, Option<Duration>) {
    let run = fixture.load().unwrap().agents[0].spec.run.clone();
    (run.command.clone(), run.preset.map(PresetName::as_str), run.stall_timeout)
}

const DAILY: &str = "schedule = \"@daily\"\n";

#[test]
fn a_preset_and_its_options_make_the_command_line() {
    let config = "[run]\npreset = \"claude\"\n[run.options]\nmodel = \"opus\"\nmaxTurns = 9\n";
    let own =
        format!("{DAILY}[run.options]\nmodel = \"sonnet\"\nallowed_tools = [\"Edit\", \"Bash(git:*)\"]\n");
    let (command, preset, stall) = agent_run(&project(config).agent("dev", &own));
    let expected = "claude -p --output-format stream-json --verbose --model sonnet \
                    --allowedTools Edit Bash(git:*) --max-turns 9";
    assert_eq!(command.join(" "), expected);
    assert_eq!((preset, stall), (Some("claude"), Some(Duration::from_secs(300))));
}

#[test]
fn a_command_beside_a_preset_is_run_and_read_as_that_program() {
    let config = "[run]\npreset = \"codex\"\ncommand = [\"./run.sh\"]\nstall_timeout = 0\n";
    let (command, preset, stall) = agent_run(&project(config).agent("dev", DAILY));
    assert_eq!((command, preset, stall), (vec!["./run.sh".to_owned()], Some("codex"), None));
}

#[test]
fn an_agent_with_a_program_of_its_own_is_not_read_as_the_projects() {
    let claude = "[run]\npreset = \"claude\"\n[run.options]\nmodel = \"opus\"\n";
    let own = format!("{DAILY}[run]\ncommand = [\"cat\"]\n");
    assert_eq!(agent_run(&project(claude).agent("dev", &own)), (vec!["cat".to_owned()], None, None));
    let cat = "[run]\ncommand = [\"cat\"]\n";
    let own = format!("{DAILY}[run]\npreset = \"goose\"\n");
    let (command, preset, stall) = agent_run(&project(cat).agent("dev", &own));
    assert_eq!(command.join(" "), "goose run --no-session -i -");
    assert_eq!((preset, stall), (Some("goose"), None));
    let own = format!("{DAILY}[run]\npreset = \"codex\"\n");
    let (command, ..) = agent_run(&project(claude).agent("dev", &own));
    assert_eq!(command.join(" "), "codex exec --json --skip-git-repo-check -");
}

#[test]
fn unknown_presets_and_options_are_errors_that_say_what_there_is() {
    let causes = project("[run]\npreset = \"cluade\"\n").agent("dev", DAILY).causes();
    let told = causes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    assert!(told.contains("claude"), "{told}");
    let config = "[run]\npreset = \"claude\"\n[run.options]\nmax_turn = 5\nmodel = []\n";
    let causes = project(config).agent("dev", DAILY).causes();
    let is_unknown = |cause: &ConfigError| matches!(cause, ConfigError::UnknownKey { nearest, .. } if nearest.as_deref() == Some("max_turns"));
    let is_wrong = |cause: &ConfigError| matches!(cause, ConfigError::WrongType { expected, found } if (expected.as_str(), found.as_str()) == ("a text", "a list"));
    assert!(causes.len() == 2 && causes.iter().any(is_unknown) && causes.iter().any(is_wrong), "{causes:?}");
}

#[test]
fn a_price_that_is_none_says_how_one_is_written() {
    for (price, part) in [
        ("3", "in dollars for a million tokens"),
        ("{ input = 1 }", "in dollars for a million tokens"),
        ("{ input = -1, output = 2 }", "`input` is no amount of money"),
        ("{ input = 1, output = 2, cash = 3 }", "cash"),
    ] {
        let causes = project(&format!("[run]\npreset = \"codex\"\nprices = {{ some = {price} }}\n"))
            .agent("dev", DAILY)
            .causes();
        let told = causes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        assert!(told.contains(part), "{price}: {told}");
    }
}
