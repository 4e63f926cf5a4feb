//! `herdgate replay`.

use std::process::ExitCode;

use clap::Args;
use herdgate_actors::domain::{AgentName, JobId, ReceiptId};
use serde_json::json;

use super::{
    bulk,
    confirm::agreed,
    deliveries::Filter,
    gate::Gate,
    globals::Globals,
    id::AnyId,
    outcome::{Outcome, usage},
    print::{Out, note},
    words::count,
};
use crate::{api::deliveries::Replay as To, client::Record};

/// Route a stored delivery again with the filters of today, or run a job that has ended again; or
/// replay all deliveries that match.
#[derive(Debug, Args)]
#[command(after_help = "\
herdgate replay 38gcpjab60000
herdgate replay --outcome unmatched --repo acme/app --since 7d --dry-run")]
pub(super) struct Replay {
    /// A receipt, a job, or a run, which stands for its job.
    id: Option<AnyId>,
    /// To this agent alone, as if it matched.
    #[arg(long, value_name = "AGENT")]
    to: Option<String>,
    #[command(flatten)]
    filter: Box<Filter>,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
    /// Only say how many.
    #[arg(long)]
    dry_run: bool,
}

impl Replay {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        let to = To { agent: self.to.as_deref().map(AgentName::from) };
        let Some(id) = self.id else { return self.many(globals, &to) };
        if self.is_filtered() {
            return Err(usage("say either an id or which deliveries"));
        }
        let gate = Gate::of(globals)?;
        let found = match id {
            AnyId::Record(receipt, job) => gate.ask(|api| api.record(receipt, job))?,
            AnyId::Run(run) => return again(globals, &gate, run.job),
        };
        match found {
            Record::Job(detail) => again(globals, &gate, detail.job.id),
            Record::Delivery(detail) => one(globals, &gate, detail.delivery.id, &to),
        }
    }

    fn is_filtered(&self) -> bool {
        let Filter { source, outcome, event, repo, agent, delivery_id, text, window } = &*self.filter;
        [source, event, repo, agent, delivery_id, text].into_iter().any(Option::is_some)
            || outcome.is_some()
            || window.since.is_some()
            || window.until.is_some()
    }

    fn many(&self, globals: &Globals, to: &To) -> Outcome {
        if !self.is_filtered() {
            return Err(usage("say which: an id, or filters like `--outcome unmatched --since 1d`"));
        }
        let gate = Gate::of(globals)?;
        let mut filter = (*self.filter).clone();
        filter.window.limit = u32::MAX;
        let found: Vec<_> = filter.find(&gate)?.rows.iter().map(|delivery| delivery.id).collect();
        let whose = self.to.as_deref().map(|agent| format!(" to {agent}")).unwrap_or_default();
        let what = match found.len() {
            1 => format!("1 delivery will be routed again{whose}"),
            count => format!("{count} deliveries will be routed again{whose}"),
        };
        let mut out = Out::new();
        if self.dry_run || found.is_empty() {
            if globals.json {
                out.json(&json!({ "deliveries": found, "dry_run": true }))?;
            } else {
                out.line(what)?;
            }
            return out.success();
        }
        if !agreed(&what, self.yes)? {
            note("nothing was changed");
            return Ok(ExitCode::FAILURE);
        }
        let (replayed, jobs) = bulk::replay(&gate, &found, to)?;
        if globals.json {
            out.json(&json!({ "replayed": replayed, "jobs": jobs }))?;
        } else {
            let deliveries =
                if replayed == 1 { "1 delivery".to_owned() } else { format!("{replayed} deliveries") };
            out.line(format!("replayed {deliveries}: {}", count(jobs, "new job")))?;
        }
        out.success()
    }
}

fn one(globals: &Globals, gate: &Gate, id: ReceiptId, to: &To) -> Outcome {
    let made = gate.ask(|api| api.replay(id, to))?;
    let mut out = Out::new();
    if globals.json {
        out.object(&made)?;
        return out.success();
    }
    let jobs = match (made.matched, made.skipped) {
        (0, 0) => "no agent wants it today".to_owned(),
        (0, _) => "who wants it has its job already, or no room".to_owned(),
        (jobs, _) => count(u64::from(jobs), "new job"),
    };
    out.line(format!("replayed as receipt {}: {jobs}", made.receipt))?;
    out.line(format!("`herdgate show {}` says why", made.receipt))?;
    out.success()
}

fn again(globals: &Globals, gate: &Gate, job: JobId) -> Outcome {
    let changed = gate.ask(|api| api.retry(job))?;
    let mut out = Out::new();
    if globals.json {
        out.object(&changed)?;
    } else {
        out.line(format!("job {job} runs again; `herdgate logs {job} -f` follows it"))?;
    }
    out.success()
}
