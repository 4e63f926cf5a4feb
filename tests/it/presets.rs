//! What agent programs say of their runs, and what comes of it. The programs are scripts that behave as
//! the real ones are known to.

use std::fs;

use serde_json::Value;

use crate::support::{Gate, Project, until};

const LABELED: &str = "[[webhooks]]\nsource = \"github\"\nevents = [\"issues\"]\n";

/// A gate with one agent, whose program is read as `preset`.
fn gate(preset: &str, more: &str, script: &str) -> (Project, Gate) {
    let project = Project::new("").agent("dev", LABELED, script);
    let file = project.path().join("agents/dev/agent-config.toml");
    let config = fs::read_to_string(&file).unwrap();
    let config = config.replacen("[run]\n", &format!("[run]\n{preset}{more}"), 1);
    fs::write(&file, config).unwrap();
    let gate = Gate::serve(&project);
    (project, gate)
}

fn preset(name: &str) -> String {
    format!("preset = \"{name}\"\n")
}

/// The job of a delivery, once one of its attempts has ended.
fn job(gate: &Gate) -> Value {
    gate.github(
        "issues",
        "one",
        r#"{"action":"opened","issue":{"number":1},"repository":{"full_name":"a/b"}}"#,
    );
    let mut job = Value::Null;
    until("an attempt has ended", || {
        let jobs = gate.admin("GET", "/api/v1/jobs?agent=dev").json();
        let Some(id) = jobs["items"][0]["id"].as_str() else { return false };
        job = gate.admin("GET", &format!("/api/v1/jobs/{id}")).json();
        job["attempts"][0]["finished_at"].is_string()
    });
    job
}

const CLAUDE: &str = r#"
say() { printf '%s\n' "$1"; }
say '{"type":"system","subtype":"init","session_id":"s-1","model":"claude-sonnet"}'
"#;

fn result(rest: &str) -> String {
    format!(
        r#"say '{{"type":"result","session_id":"s-1","num_turns":2,"total_cost_usd":0.5,"usage":{{"input_tokens":7,"output_tokens":3}},{rest}}}'"#
    )
}

#[test]
fn what_a_run_did_and_cost_is_kept() {
    let end = result(r#""subtype":"success","is_error":false,"result":"Opened a pull request.""#);
    let (project, gate) = gate(&preset("claude"), "", &format!("{CLAUDE}{end}"));
    let job = job(&gate);
    assert_eq!(job["job"]["state"], "completed", "{job}");
    let report = &job["attempts"][0]["report"];
    assert_eq!(report["summary"], "Opened a pull request.");
    assert_eq!((&report["session"], &report["model"]), (&"s-1".into(), &"claude-sonnet".into()));
    assert_eq!((report["cost_usd"].as_f64(), report["tokens"]["input"].as_u64()), (Some(0.5), Some(7)));

    let spent = &gate.admin("GET", "/api/v1/agents").json()["items"][0]["spent_24h"];
    assert_eq!(*spent, serde_json::json!({ "usd": 0.5, "tokens": 10, "unpriced_runs": 0 }));
    until("it is counted", || {
        gate.metric("herdgate_run_cost_micro_usd_total{agent=\"dev\",basis=\"reported\"}") >= 500_000.0
    });
    assert!(gate.metric("herdgate_run_tokens_total{agent=\"dev\",kind=\"output\"}") >= 3.0);
    let shown = project.herdgate(&["show", job["attempts"][0]["id"].as_str().unwrap()]);
    for told in
        ["said       Opened a pull request.", "cost       $0.5000, as its program reported", "turns      2"]
    {
        assert!(shown.contains(told), "{told} is missing from:\n{shown}");
    }
    assert!(project.herdgate(&["agents", "--wide"]).contains("$0.50"));
}

#[test]
fn tokens_without_a_price_cost_what_nobody_knows() {
    let script = r#"echo '{"type":"turn.completed","usage":{"input_tokens":5,"output_tokens":2}}'"#;
    let (project, gate) = gate(&preset("codex"), "", script);
    let job = job(&gate);
    assert_eq!(job["job"]["state"], "completed", "{job}");
    assert_eq!(gate.admin("GET", "/api/v1/agents").json()["items"][0]["spent_24h"]["unpriced_runs"], 1);
    let shown = project.herdgate(&["show", job["attempts"][0]["id"].as_str().unwrap()]);
    assert!(shown.contains("cost       unknown"), "{shown}");
}

#[test]
fn an_api_error_is_a_failure_although_the_program_ends_with_zero() {
    let end = result(r#""subtype":"success","is_error":true,"result":"overloaded","api_error_status":529"#);
    let (_project, gate) = gate(&preset("claude"), "", &format!("{CLAUDE}{end}\nexit 0"));
    let job = job(&gate);
    assert_eq!(
        (&job["job"]["state"], &job["attempts"][0]["state"]),
        (&"retryable".into(), &"not_done".into())
    );
    assert_eq!(job["attempts"][0]["detail"], "API error 529: overloaded");
}

#[test]
fn a_denied_tool_is_final_and_no_second_attempt_is_paid_for() {
    let denied = r#""subtype":"success","is_error":false,"result":"Done!","permission_denials":[{"tool_name":"Bash"}]"#;
    let (_project, gate) = gate(&preset("claude"), "", &format!("{CLAUDE}{}", result(denied)));
    let job = job(&gate);
    assert_eq!(job["job"]["state"], "discarded", "{job}");
    assert_eq!(job["attempts"][0]["report"]["denied"][0], "Bash");
}

#[test]
fn tokens_of_a_model_with_a_price_cost_what_the_list_says() {
    let script =
        r#"echo '{"type":"turn.completed","usage":{"input_tokens":2000000,"output_tokens":500000}}'"#;
    let prices = "options = { model = \"some\" }\nprices = { some = { input = 1.5, output = 8 } }\n";
    let (_project, gate) = gate(&preset("codex"), prices, script);
    let report = &job(&gate)["attempts"][0]["report"];
    assert_eq!(
        (report["cost_usd"].as_f64(), report["cost_basis"].as_str()),
        (Some(7.0), Some("priced")),
        "{report}"
    );
}

#[test]
fn turns_and_money_that_are_used_up_are_final_with_that_reason() {
    for (subtype, why) in [("error_max_turns", "`max_turns`"), ("error_max_budget_usd", "`max_budget_usd`")] {
        let end = result(&format!(r#""subtype":"{subtype}","is_error":true"#));
        let (_project, gate) = gate(&preset("claude"), "", &format!("{CLAUDE}{end}\nexit 1"));
        let job = job(&gate);
        assert_eq!(
            (&job["job"]["state"], &job["attempts"][0]["state"]),
            (&"discarded".into(), &"gave_up".into())
        );
        assert!(job["attempts"][0]["detail"].as_str().unwrap().contains(why), "{job}");
    }
}

#[test]
fn fields_that_are_null_or_of_another_kind_hide_no_result() {
    let end = result(
        r#""subtype":"success","is_error":false,"result":"Done.","permission_denials":null,"errors":7"#,
    );
    let (_project, gate) = gate(&preset("claude"), "", &format!("{CLAUDE}{end}"));
    assert_eq!(job(&gate)["job"]["state"], "completed");
}

#[test]
fn an_end_in_the_middle_of_the_task_is_a_failure() {
    let (_project, gate) = gate(&preset("claude"), "", &format!("{CLAUDE}exit 0"));
    let job = job(&gate);
    assert_eq!(job["job"]["state"], "retryable", "{job}");
    assert!(job["attempts"][0]["detail"].as_str().unwrap().contains("no result"));
}

#[test]
fn a_program_that_never_ends_after_its_result_is_ended_and_its_work_counts() {
    let end = result(r#""subtype":"success","is_error":false,"result":"Done.""#);
    let (_project, gate) = gate(&preset("claude"), "", &format!("{CLAUDE}{end}\nsleep 600"));
    assert_eq!(job(&gate)["job"]["state"], "completed");
}

#[test]
fn a_program_that_falls_silent_is_ended_long_before_its_timeout() {
    let silent = format!("{CLAUDE}sleep 600");
    let (_project, gate) = gate(&preset("claude"), "stall_timeout = \"300ms\"\n", &silent);
    assert_eq!(job(&gate)["attempts"][0]["state"], "stalled");
}

#[test]
fn a_limit_of_the_service_is_waited_for_and_counts_for_no_attempt() {
    let limited =
        r#"say '{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","resetsAt":4102444800}}'"#;
    let end = result(r#""subtype":"success","is_error":true,"result":"limit","api_error_status":429"#);
    let (_project, gate) = gate(&preset("claude"), "", &format!("{CLAUDE}{limited}\n{end}\nexit 1"));
    let job = job(&gate);
    assert_eq!(job["job"]["state"], "scheduled", "{job}");
    assert_eq!(job["attempts"][0]["state"], "rate_limited");
}

#[test]
fn junk_and_a_line_of_ten_megabytes_between_events_hide_no_result() {
    let junk = "head -c 10485760 /dev/zero | tr '\\0' x; echo; printf '\\377\\376 {\\n'\n";
    let end = result(r#""subtype":"success","is_error":false,"result":"Done.""#);
    let (_project, gate) = gate(&preset("claude"), "", &format!("{CLAUDE}{junk}{end}\nexit 1"));
    assert_eq!(job(&gate)["job"]["state"], "completed");
}

#[test]
fn any_command_may_say_what_it_did_in_its_result_file() {
    let script = r#"printf '{"summary":"cleaned up","cost_usd":0.01,"links":["https://example.com/1"]}' > $HERDGATE_RESULT_FILE"#;
    let (_project, gate) = gate("", "", script);
    let job = job(&gate);
    assert_eq!(job["job"]["state"], "completed");
    assert_eq!(job["attempts"][0]["report"]["links"][0], "https://example.com/1");
}

#[test]
fn a_result_file_that_says_failed_takes_the_success_back() {
    let script = r#"printf '{"outcome":"failed","summary":"tests are red"}' > $HERDGATE_RESULT_FILE"#;
    let (_project, gate) = gate("", "", script);
    let job = job(&gate);
    assert_eq!(job["attempts"][0]["detail"], "tests are red", "{job}");
}
