//! An assistant at the gate.

use serde_json::{Value, json};

use super::{out, run_with, told};
use crate::support::{Gate, Project};

#[test]
fn an_assistant_looks_runs_and_pauses_over_standard_input_and_output() {
    let project = Project::new("")
        .agent("dev", "[[webhooks]]\nsource = \"github\"\nlabels = [\"agent\"]\n", "echo ran > $REPORTS")
        .agent("ops", "schedule = \"@yearly\"\n", "true");
    let _gate = Gate::serve(&project);
    let call = |id: u32, tool: &str, arguments: Value| {
        json!({"jsonrpc":"2.0","id":id,"method":"tools/call","params":{"name":tool,"arguments":arguments}})
            .to_string()
    };
    let lines = [
        json!({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"test","version":"0"}}}).to_string(),
        json!({"jsonrpc":"2.0","method":"notifications/initialized"}).to_string(),
        json!({"jsonrpc":"2.0","id":1,"method":"tools/list"}).to_string(),
        call(2, "status", json!({})),
        call(3, "run_agent", json!({"agent": "dev"})),
        call(4, "pause_agent", json!({"agent": "ops"})),
        call(5, "pause_agent", json!({"agent": "nobody"})),
        call(6, "show", json!({"id": "0000000000001"})),
        call(7, "list_runs", json!({"state": "faild"})),
        call(8, "list_jobs", json!({"limit": 1})),
    ];
    let output = run_with(project.path(), &["mcp"], &(lines.join("\n") + "\n"));
    assert!(output.status.success(), "{}", told(&output));
    let answers: Vec<Value> = out(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), 9, "a notification is not answered");
    let of = |id: u64| answers.iter().find(|answer| answer["id"] == id).unwrap();
    let text = |id: u64| of(id)["result"]["content"][0]["text"].as_str().unwrap().to_owned();
    assert_eq!(of(0)["result"]["protocolVersion"], "2025-06-18");
    assert!(of(1)["result"]["tools"].as_array().unwrap().iter().any(|tool| tool["name"] == "kill"));
    assert!(text(2).contains("\"ready\""), "{}", text(2));
    project.report();
    assert!(text(4).contains("paused"), "{}", text(4));
    assert!(of(5)["result"]["isError"] == true && text(5).contains("dev, ops"), "{}", text(5));
    assert!(text(6).contains("there is no receipt or job"), "{}", text(6));
    assert!(text(7).contains("`failed`"), "{}", text(7));
    assert!(text(8).contains("manual"), "{}", text(8));
}
