//! What a gate answers to a delivery, in words.

use serde_json::{Value, json};

use crate::client::Answered;

/// For people.
pub(super) fn lines(answered: &Answered, refused_by_design: bool) -> Vec<String> {
    let said = answered.json();
    let status = answered.status.as_u16();
    let receipt = said["receipt"].as_str();
    let mut lines = Vec::new();
    match (answered.status.is_success(), receipt) {
        (true, Some(receipt)) => {
            lines.push(format!("{status} {}, receipt {receipt}", taken(&said)));
            lines.push(format!("`herdgate show {receipt}` says what became of it, and why"));
        }
        (true, None) => lines.push(format!("{status} {}", answered.text.trim_end())),
        (false, _) => {
            let why = said["error"].as_str().unwrap_or_else(|| answered.text.trim_end());
            let design = if refused_by_design { ", as it should be" } else { "" };
            lines.push(format!("{status} refused{design}: {why}"));
            if let Some(receipt) = receipt {
                lines.push(format!("`herdgate show {receipt}` has what was kept of it"));
            }
            if status == 401 && !refused_by_design {
                lines.push(
                    "the gate knows another secret than this one: does it serve this project, and was it reloaded since the secret changed?"
                        .to_owned(),
                );
            }
        }
    }
    lines
}

fn taken(said: &Value) -> String {
    if said["duplicate"] == true {
        return "known already: the same delivery came before".to_owned();
    }
    let (matched, skipped) = (said["matched"].as_u64().unwrap_or(0), said["skipped"].as_u64().unwrap_or(0));
    match (matched, skipped) {
        (0, 0) => "taken, and no agent wants it".to_owned(),
        (0, _) => "taken, and who wants it has no room for another job".to_owned(),
        (1, _) => "taken: 1 job".to_owned(),
        (jobs, _) => format!("taken: {jobs} jobs"),
    }
}

/// For programs.
pub(super) fn json(url: &str, id: &str, answered: &Answered) -> Value {
    let answer = match answered.json() {
        Value::Null => Value::from(answered.text.as_str()),
        said => said,
    };
    json!({ "url": url, "id": id, "status": answered.status.as_u16(), "answer": answer })
}
