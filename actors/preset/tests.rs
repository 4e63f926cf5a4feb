//! Streams as the programs' documentation describes them, and what has to be made of them.

use super::*;
use crate::domain::{Cost, CostBasis, RunReport, Timestamp, Tokens, Usd};

fn read(preset: &str, stream: &str) -> Box<dyn StreamReader> {
    let mut reader = find(preset).unwrap().reader();
    let mut lines = Lines::default();
    lines.feed(stream.as_bytes(), reader.as_mut());
    lines.finish(reader.as_mut());
    reader
}

fn verdict(preset: &str, stream: &str, exit: i32) -> Verdict {
    read(preset, stream).verdict(Ended::Exit(exit))
}

fn is_failed(verdict: &Verdict, part: &str) -> bool {
    matches!(verdict, Verdict::Failed(why) if why.contains(part))
}

fn is_final(verdict: &Verdict, part: &str) -> bool {
    matches!(verdict, Verdict::Final(why) if why.contains(part))
}

const CLAUDE_WORKS: &str = r#"{"type":"system","subtype":"init","session_id":"5e5510","model":"claude-sonnet","tools":["Bash"]}
npm warn deprecated something that is no event
{"type":"assistant","message":{"role":"assistant","content":[{"type":"text","text":"I look at the issue."},{"type":"tool_use","name":"Bash","input":{}}]},"session_id":"5e5510"}
{"type":"user","message":{"role":"user","content":[{"type":"tool_result","content":"ok"}]},"session_id":"5e5510"}
"#;

fn claude_ends(rest: &str) -> String {
    format!(
        "{CLAUDE_WORKS}{{\"type\":\"result\",\"session_id\":\"5e5510\",\"num_turns\":3,\
         \"total_cost_usd\":0.0421,\"usage\":{{\"input_tokens\":12,\"output_tokens\":345,\
         \"cache_read_input_tokens\":6789,\"cache_creation_input_tokens\":10}},{rest}}}\n"
    )
}

#[test]
fn claude_that_did_its_work_tells_what_it_used() {
    let stream =
        claude_ends(r#""subtype":"success","is_error":false,"result":"Opened #7.","permission_denials":[]"#);
    let reader = read("claude", &stream);
    assert!(reader.has_ended());
    assert_eq!(reader.verdict(Ended::Exit(0)), Verdict::Done);
    let expected = RunReport {
        summary: Some("Opened #7.".to_owned()),
        session: Some("5e5510".to_owned()),
        model: Some("claude-sonnet".to_owned()),
        turns: Some(3),
        tokens: Some(Tokens { input: 12, output: 345, cache_read: 6789, cache_write: 10 }),
        cost: Some(Cost { usd: Usd::micros(42_100), basis: CostBasis::Reported }),
        ..RunReport::default()
    };
    assert_eq!(reader.report(), expected);
}

#[test]
fn claude_that_did_its_work_has_done_it_whatever_its_exit_code_or_if_it_never_ends() {
    let stream = claude_ends(r#""subtype":"success","is_error":false,"result":"Done.""#);
    let reader = read("claude", &stream);
    for ended in [Ended::Exit(1), Ended::Signal(9), Ended::Lingering] {
        assert_eq!(reader.verdict(ended), Verdict::Done);
    }
}

#[test]
fn claude_that_ends_with_zero_after_an_api_error_has_failed() {
    let stream = claude_ends(
        r#""subtype":"success","is_error":true,"result":"API Error: 500 overloaded","api_error_status":500"#,
    );
    assert!(is_failed(&verdict("claude", &stream, 0), "API error 500: API Error: 500 overloaded"));
}

#[test]
fn claude_whose_tools_were_denied_has_not_done_what_it_was_asked_to() {
    let denials = r#"[{"tool_name":"Bash"},{"tool_name":"Bash"},{"tool_name":"Write"}]"#;
    let stream = claude_ends(&format!(
        r#""subtype":"success","is_error":false,"result":"All done!","permission_denials":{denials}"#
    ));
    let reader = read("claude", &stream);
    assert!(is_final(&reader.verdict(Ended::Exit(0)), "not allowed to use Bash, Write"));
    assert_eq!(reader.report().denied, ["Bash", "Write"]);
}

#[test]
fn claude_that_ends_with_zero_in_the_middle_of_its_task_has_failed_and_said_something() {
    let reader = read("claude", CLAUDE_WORKS);
    assert!(!reader.has_ended());
    assert!(is_failed(&reader.verdict(Ended::Exit(0)), "no result"));
    assert_eq!(reader.verdict(Ended::Exit(1)), Verdict::ByExit);
    assert_eq!(reader.report().summary.as_deref(), Some("I look at the issue."));
}

#[test]
fn claude_at_a_limit_is_not_tried_again_at_once() {
    let turns = claude_ends(r#""subtype":"error_max_turns","is_error":true"#);
    assert!(is_final(&verdict("claude", &turns, 1), "turns"));
    let budget = claude_ends(r#""subtype":"error_max_budget_usd","is_error":true"#);
    assert!(is_final(&verdict("claude", &budget, 1), "budget"));
}

#[test]
fn claude_whose_service_takes_no_more_waits_until_it_does() {
    let limited = "{\"type\":\"rate_limit_event\",\"rate_limit_info\":{\"status\":\"rejected\",\"resetsAt\":1800000000}}\n";
    let end = claude_ends(
        r#""subtype":"success","is_error":true,"result":"You've hit your limit","api_error_status":429"#,
    );
    let until = Some(Timestamp::from_millis(1_800_000_000_000));
    assert_eq!(verdict("claude", &format!("{limited}{end}"), 1), Verdict::RateLimited { until });
    assert_eq!(verdict("claude", &end, 1), Verdict::RateLimited { until: None });
}

#[test]
fn a_warning_about_a_limit_is_no_refusal() {
    let warned = "{\"type\":\"rate_limit_event\",\"rate_limit_info\":{\"status\":\"allowed_warning\",\"resetsAt\":1800000000}}\n";
    let failed = claude_ends(r#""subtype":"error_during_execution","is_error":true,"errors":["it broke"]"#);
    assert!(is_failed(&verdict("claude", &format!("{warned}{failed}"), 1), "it broke"));
}

const CODEX_WORKS: &str = r#"{"type":"thread.started","thread_id":"0199a213"}
{"type":"turn.started"}
{"type":"item.completed","item":{"id":"item_0","type":"reasoning","text":"thinking"}}
{"type":"item.completed","item":{"id":"item_1","type":"agent_message","text":"Fixed the test."}}
"#;

#[test]
fn codex_that_completed_its_turn_tells_its_tokens_and_no_cost() {
    let end = r#"{"type":"turn.completed","usage":{"input_tokens":100,"cached_input_tokens":60,"output_tokens":20}}"#;
    let reader = read("codex", &format!("{CODEX_WORKS}{end}"));
    assert_eq!(reader.verdict(Ended::Exit(0)), Verdict::Done);
    let report = reader.report();
    assert_eq!(report.summary.as_deref(), Some("Fixed the test."));
    assert_eq!(report.tokens, Some(Tokens { input: 40, output: 20, cache_read: 60, cache_write: 0 }));
    assert_eq!((report.session.as_deref(), report.cost), (Some("0199a213"), None));
}

#[test]
fn codex_that_failed_says_why() {
    let failed = r#"{"type":"turn.failed","error":{"message":"stream disconnected"}}"#;
    assert!(is_failed(&verdict("codex", &format!("{CODEX_WORKS}{failed}"), 0), "stream disconnected"));
    assert!(is_failed(&verdict("codex", CODEX_WORKS, 0), "no result"));
    let limited = r#"{"type":"turn.failed","error":{"message":"You've hit your usage limit."}}"#;
    assert_eq!(verdict("codex", limited, 1), Verdict::RateLimited { until: None });
    assert_eq!(verdict("codex", "not json", 3), Verdict::ByExit);
}

#[test]
fn codex_that_got_over_an_error_has_done_its_work() {
    let stream = format!(
        "{}\n{CODEX_WORKS}{}",
        r#"{"type":"error","message":"Reconnecting... 1/5"}"#, r#"{"type":"turn.completed","usage":{}}"#
    );
    assert_eq!(verdict("codex", &stream, 0), Verdict::Done);
}

const GEMINI_WORKS: &str = r#"{"type":"init","session_id":"abc","model":"gemini-pro"}
{"type":"message","role":"user","content":"the prompt"}
{"type":"message","role":"assistant","content":"I look first. ","delta":true}
{"type":"tool_use","tool_name":"shell"}
{"type":"message","role":"assistant","content":"It is ","delta":true}
{"type":"message","role":"assistant","content":"done.","delta":true}
"#;

#[test]
fn gemini_that_succeeded_says_its_last_message() {
    let end = r#"{"type":"result","status":"success","stats":{"total_tokens":30,"input_tokens":20,"output_tokens":10,"cached":5}}"#;
    let reader = read("gemini", &format!("{GEMINI_WORKS}{end}"));
    assert_eq!(reader.verdict(Ended::Exit(0)), Verdict::Done);
    assert_eq!(reader.report().summary.as_deref(), Some("It is done."));
    assert_eq!(reader.report().tokens, Some(Tokens { input: 15, output: 10, cache_read: 5, cache_write: 0 }));
}

#[test]
fn gemini_tells_by_its_exit_code_what_another_attempt_would_meet_again() {
    for (code, part) in
        [(41, "signed in"), (42, "arguments"), (44, "sandbox"), (52, "settings"), (53, "turns")]
    {
        assert!(is_final(&verdict("gemini", "", code), part), "{code}");
    }
    assert_eq!(verdict("gemini", "", 1), Verdict::ByExit);
    assert!(is_failed(&verdict("gemini", GEMINI_WORKS, 0), "no result"));
    let quota = r#"{"type":"result","status":"error","error":{"type":"x","message":"Quota exceeded"}}"#;
    assert_eq!(verdict("gemini", quota, 1), Verdict::RateLimited { until: None });
}

#[test]
fn opencode_sums_the_steps_up() {
    let stream = r#"{"type":"step_start","sessionID":"ses_1","part":{}}
{"type":"step_finish","sessionID":"ses_1","part":{"reason":"tool-calls","cost":0.01,"tokens":{"input":10,"output":2,"reasoning":1,"cache":{"read":3,"write":4}}}}
{"type":"step_start","sessionID":"ses_1","part":{}}
{"type":"text","sessionID":"ses_1","part":{"text":"Done."}}
"#;
    assert!(is_failed(&verdict("opencode", stream, 0), "no result"));
    let end = r#"{"type":"step_finish","sessionID":"ses_1","part":{"reason":"stop","cost":0.02,"tokens":{"input":1,"output":1}}}"#;
    let reader = read("opencode", &format!("{stream}{end}"));
    assert_eq!(reader.verdict(Ended::Exit(0)), Verdict::Done);
    let report = reader.report();
    assert_eq!(report.cost, Some(Cost { usd: Usd::micros(30_000), basis: CostBasis::Reported }));
    assert_eq!(report.tokens, Some(Tokens { input: 11, output: 4, cache_read: 3, cache_write: 4 }));
    assert_eq!((report.turns, report.summary.as_deref()), (Some(2), Some("Done.")));
    let error =
        r#"{"type":"error","sessionID":"ses_1","error":{"name":"APIError","data":{"message":"no credit"}}}"#;
    assert!(is_failed(&verdict("opencode", error, 0), "no credit"));
}

#[test]
fn programs_that_print_for_people_are_judged_by_their_exit_codes() {
    for preset in ["goose", "aider"] {
        assert_eq!(verdict(preset, "some words\n", 0), Verdict::ByExit);
    }
}

#[test]
fn command_lines_say_what_the_configuration_says_and_end_with_its_own_arguments() {
    let texts = |texts: &[&str]| OptionValue::Texts(texts.iter().map(|&text| text.to_owned()).collect());
    let options = Options(
        [
            ("model", OptionValue::Text("sonnet".to_owned())),
            ("max_turns", OptionValue::Number(40)),
            ("allowed_tools", texts(&["Bash(git:*)", "Edit"])),
            ("args", texts(&["--debug"])),
        ]
        .into(),
    );
    let line = find("claude").unwrap().spec().command(&options).join(" ");
    let expected = "claude -p --output-format stream-json --verbose --model sonnet \
                    --allowedTools Bash(git:*) Edit --max-turns 40 --debug";
    assert_eq!(line, expected);
    let options = Options([("add_dir", texts(&["a", "b"])), ("full_auto", OptionValue::Flag(true))].into());
    let line = find("codex").unwrap().spec().command(&options).join(" ");
    assert_eq!(line, "codex exec --json --skip-git-repo-check --add-dir a --add-dir b --full-auto -");
}

mod hostile {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_stream_is_too_much(bytes in prop::collection::vec(any::<u8>(), 0..500), exit in any::<i32>()) {
            for preset in presets() {
                let mut reader = preset.reader();
                let mut lines = Lines::default();
                lines.feed(&bytes, reader.as_mut());
                lines.finish(reader.as_mut());
                let _ = (reader.verdict(Ended::Exit(exit)), reader.report());
            }
        }

        #[test]
        fn what_is_kept_of_a_stream_is_bounded(length in 0_usize..200_000) {
            let text = "x".repeat(length);
            let stream = serde_json::json!({ "type": "result", "subtype": "success", "result": text, "session_id": text });
            let report = read("claude", &stream.to_string()).report();
            prop_assert!(serde_json::to_string(&report).unwrap().len() < 10_000);
        }
    }
}
