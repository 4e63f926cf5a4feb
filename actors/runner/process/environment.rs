//! What a run's command finds in its environment, and nothing else.

use std::ffi::{OsStr, OsString};

use crate::runner::{
    RunRequest,
    folders::RunFiles,
    orphans::{GATE_VARIABLE, GateId, RUN_VARIABLE},
};

/// What a command needs to find programs and its user's files, and to speak and date as its user.
const INHERITED: [&str; 4] = ["PATH", "HOME", "LANG", "TZ"];

/// The part of the gate's own environment that every run gets.
#[derive(Debug, Clone)]
pub(super) struct Inherited {
    variables: Vec<(OsString, OsString)>,
    gate: String,
}

impl Inherited {
    pub(super) fn from_gate(gate: GateId) -> Self {
        let set = INHERITED.into_iter().filter_map(|name| Some((name.into(), std::env::var_os(name)?)));
        Self { variables: set.collect(), gate: gate.to_string() }
    }

    /// The whole environment of a run. The agent's own variables win over the inherited ones, and
    /// Herdgate's over both.
    pub(super) fn for_run(&self, order: &RunRequest, files: &RunFiles) -> Vec<(OsString, OsString)> {
        let mut env = self.variables.clone();
        for var in &order.spec.env {
            set(&mut env, &var.name, &var.value);
        }
        set(&mut env, RUN_VARIABLE, order.run.to_string());
        set(&mut env, GATE_VARIABLE, &self.gate);
        set(&mut env, "HERDGATE_AGENT", order.agent.as_str());
        set(&mut env, "HERDGATE_TRIGGER", order.trigger);
        set(&mut env, "HERDGATE_ATTEMPT", order.run.attempt.to_string());
        if let Some(receipt) = order.receipt {
            set(&mut env, "HERDGATE_RECEIPT", receipt.to_string());
        }
        if let Some(trace) = order.trace {
            // The variable that OpenTelemetry's tools read.
            set(&mut env, "TRACEPARENT", trace.to_string());
        }
        set(&mut env, "HERDGATE_PROMPT_FILE", &files.prompt);
        set(&mut env, "HERDGATE_RESULT_FILE", &files.result);
        let others = [
            ("HERDGATE_INSTRUCTIONS_FILE", &files.instructions),
            ("HERDGATE_CONTEXT_FILE", &files.context),
            ("HERDGATE_PAYLOAD_FILE", &files.payload),
        ];
        for (name, file) in others {
            if let Some(file) = file {
                set(&mut env, name, file);
            }
        }
        env
    }
}

fn set(env: &mut Vec<(OsString, OsString)>, name: &str, value: impl AsRef<OsStr>) {
    let value = value.as_ref().to_owned();
    match env.iter_mut().find(|(known, _)| known == name) {
        Some((_, known)) => *known = value,
        None => env.push((name.into(), value)),
    }
}
