//! What holds for one agent.

use herdgate_actors::{
    domain::{AgentSpec, Debounce, JobPolicy, KeepWork, PresetName, RetryPolicy, RunSpec, Trigger},
    schedule::CatchUp,
};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::setting::{Collected, Keys, Secrets};
use crate::config::{
    Origin, Origins, ResolvedAgent,
    value::{format_size, format_span},
};

/// Every key of an agent; `project` says where the project set what the agent leaves to it.
pub(super) fn keys(agent: &ResolvedAgent, project: &Origins, secrets: &Secrets<'_>) -> Keys {
    let ResolvedAgent { spec, schedule, catch_up, folder: _, places } = agent;
    let AgentSpec { name: _, triggers, scale, queue_limit, retry, run, params } = &**spec;
    // What stands in the agent's own file goes before what stands in the project's.
    let origin = |paths: &[&str]| {
        let own = paths.iter().find_map(|path| places.get(path)).cloned();
        own.unwrap_or_else(|| project.first_of(paths))
    };
    let mut all = Collected::new(origin);
    all.add_from("scale", *scale, &["scale", "default_agent_scale"]);
    all.add("work_queue_size", *queue_limit);
    all.add("schedule", schedule.as_ref().map(|schedule| schedule.expression.as_str()));
    all.add("timezone", schedule.as_ref().map(|schedule| schedule.zone.name()));
    all.add("catch_up", if *catch_up == CatchUp::Once { "once" } else { "skip" });
    for (at, trigger) in triggers.iter().enumerate() {
        let key = format!("webhooks[{at}]");
        all.add(&key, filter_of(trigger));
    }
    all.add("params", serde_json::from_str::<Value>(params).unwrap_or_default());
    self::run(&mut all, run, secrets);
    let RetryPolicy { attempts, backoff, backoff_max, retry_timeouts, snoozes } = *retry;
    all.add("retry.attempts", attempts);
    all.add("retry.backoff", format_span(backoff));
    all.add("retry.backoff_max", format_span(backoff_max));
    all.add("retry.retry_timeouts", retry_timeouts);
    all.add("retry.snoozes", snoozes);
    all.keys
}

fn run<Of: Fn(&[&str]) -> Origin>(all: &mut Collected<Of>, run: &RunSpec, secrets: &Secrets<'_>) {
    let RunSpec {
        command,
        preset,
        stall_timeout,
        prices,
        cwd,
        env,
        timeout,
        kill_grace,
        output_limit,
        keep_work,
        instructions,
    } = run;
    all.add("run.preset", preset.map(PresetName::as_str));
    all.add("run.stall_timeout", stall_timeout.map(format_span));
    for (model, price) in &prices.of_models {
        let shown = json!({
            "input": price.input, "output": price.output,
            "cache_read": price.cache_read, "cache_write": price.cache_write,
        });
        all.add_from(&format!("run.prices.{model}"), shown, &["run.prices"]);
    }
    all.add("run.command", command.clone());
    all.add("run.cwd", cwd.as_ref().map(|cwd| cwd.display().to_string()));
    for variable in env {
        let origin = (all.origin)(&["run.env", "env"]);
        all.put(&format!("run.env.{}", variable.name), secrets.hide(&variable.value, origin));
    }
    all.add_from("run.timeout", format_span(*timeout), &["run.timeout", "timeout", "local.timeout"]);
    all.add("run.kill_grace", format_span(*kill_grace));
    all.add("run.output_limit", format_size(*output_limit));
    let keep_work = match keep_work {
        KeepWork::Never => "never",
        KeepWork::Failed => "failed",
        KeepWork::Always => "always",
    };
    all.add("run.keep_work", keep_work);
    // Too long to be shown among others; the hash tells whether it is the same.
    let hash = const_hex::encode(&Sha256::digest(instructions.as_bytes())[..8]);
    all.add("instructions", json!({ "bytes": instructions.len(), "sha256": hash }));
}

fn filter_of(trigger: &Trigger) -> Value {
    let mut shown = Map::new();
    shown.insert("source".to_owned(), trigger.source.as_str().into());
    for clause in &trigger.filter.clauses {
        shown.insert(clause.field.name.to_owned(), clause.wanted.clone().into());
    }
    let JobPolicy { key, when_busy, debounce, priority } = &trigger.jobs;
    if let Some(key) = key {
        shown.insert("key".to_owned(), key.as_str().into());
        shown.insert("when_busy".to_owned(), when_busy.as_str().into());
    }
    if let Some(Debounce { quiet, max }) = debounce {
        shown.insert("debounce".to_owned(), format_span(*quiet).into());
        shown.insert("debounce_max".to_owned(), format_span(*max).into());
    }
    if *priority != 0 {
        shown.insert("priority".to_owned(), (*priority).into());
    }
    Value::Object(shown)
}
