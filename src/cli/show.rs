//! `herdgate show`.

use clap::Args;
use herdgate_actors::{
    domain::{JobId, ReceiptId, RunId},
    store::{RunRow, SqliteReader, Views},
};
use serde_json::{Value, json};

use super::{
    globals::Globals,
    id::AnyId,
    outcome::{Outcome, report},
    print::Out,
    project::{Records, read},
};
use crate::views::{Triggers, receipt_json, run_json, triggers};

/// Show a receipt, a job with its history, or a run.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// A receipt, as the answer to a delivery names it, a job, or a run.
    id: AnyId,
}

impl Show {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        let records = globals.project().records()?;
        let store = records.store()?;
        let found = match self.id {
            AnyId::Run(run) => one_run(&store, run)?,
            AnyId::Record(receipt, job) => record(&records, &store, receipt, job)?,
        };
        let mut out = Out::new();
        out.pretty(&found)?;
        out.success()
    }
}

fn record(records: &Records, store: &SqliteReader, receipt: ReceiptId, job: JobId) -> miette::Result<Value> {
    if let Some(receipt) = read(store.receipt(receipt))? {
        let triggers: Triggers = records.plan.as_ref().map_or_else(|| [].into(), triggers);
        return Ok(receipt_json(&receipt, &triggers));
    }
    match read(store.job(job))? {
        Some(job) => Ok(json!(job)),
        None => Err(report(format!("there is no receipt or job {job}"))),
    }
}

/// A run as the listing has it, with the job that it tried.
fn one_run(store: &SqliteReader, run: RunId) -> miette::Result<Value> {
    let detail = read(store.job(run.job))?;
    let attempt = detail.as_ref().and_then(|job| job.attempts.iter().find(|row| row.attempt == run.attempt));
    let (Some(job), Some(attempt)) = (&detail, attempt) else {
        return Err(report(format!("there is no run {run}")));
    };
    let row = RunRow {
        run,
        agent: job.job.agent.clone(),
        trigger: job.job.trigger.clone(),
        receipt: job.job.receipt,
        attempt: attempt.clone(),
    };
    let mut shown = run_json(&row);
    shown["job"] = json!(job.job);
    Ok(shown)
}
