//! One attempt of a job, from claim to finish.

use std::{borrow::Cow, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::{task::spawn_local, time::Instant};
use tracing::Instrument;

use super::{
    driver::{AgentDeps, LEASE},
    prompt::{self, Delivered},
    retry,
};
use crate::{
    domain::{Headers, ReceiptId},
    provider::{self, payload},
    runner::{Outcome, RunHandle, RunRequest, StopMode},
    store::{AttemptOutcome, ClaimedDelivery, ClaimedJob, Disposition, Finish, JobTrigger},
    telemetry::{Event, emit},
};

/// The pause before a finish that the store refused is tried again.
const FINISH_PAUSE: Duration = Duration::from_millis(500);

/// Runs a claimed job and records how it ended. A panic on the way counts as an interruption.
pub(super) async fn drive(bench: &Arc<AgentDeps>, job: ClaimedJob) {
    let begun = Instant::now();
    let span = tracing::info_span!(
        "run",
        run = %job.run,
        agent = %job.agent,
        receipt = job.receipt.map(tracing::field::display)
    );
    emit(Event::RunStarted {
        run: job.run,
        agent: job.agent.clone(),
        trigger: job.trigger.as_str(),
        receipt: job.receipt,
        waited_ms: bench.clock.now().since(job.created_at).into(),
    });
    let task = {
        let (bench, job) = (Arc::clone(bench), job.clone());
        spawn_local(async move { perform(&bench, &job).await }.instrument(span.clone()))
    };
    // The task is apart so that its panic is a value here.
    let outcome = task.await.unwrap_or(AttemptOutcome::Interrupted);
    record(bench, &job, outcome, begun.elapsed()).instrument(span).await;
}

/// Drives the command, renewing the lease meanwhile.
async fn perform(bench: &AgentDeps, job: &ClaimedJob) -> AttemptOutcome {
    crate::failpoint::hit("run.start");
    let order = match order(bench, job).await {
        Ok(order) => order,
        Err(error) => return AttemptOutcome::NotStarted { error },
    };
    let run = bench.runner.start(order);
    until_ended(bench, job, run).await.kind.into()
}

async fn until_ended(bench: &AgentDeps, job: &ClaimedJob, run: RunHandle) -> Outcome {
    let RunHandle { stop, mut ended, .. } = run;
    let mut herd = bench.herd.stop_signal();
    let mut renewal = tokio::time::interval_at(Instant::now() + LEASE / 3, LEASE / 3);
    let mut told = None;
    loop {
        tokio::select! {
            outcome = &mut ended => return outcome,
            mode = herd.beyond(told) => {
                told = Some(mode);
                stop.stop(mode);
            }
            _ = renewal.tick() => {
                let until = bench.clock.now().plus(LEASE);
                // Only a clear "no" means that somebody else has the job by now.
                if let Ok(gone) = bench.engine.renew(vec![job.run], bench.life, until).await
                    && !gone.is_empty()
                {
                    stop.stop(StopMode::Now);
                }
            }
        }
    }
}

/// Puts together what the run is given.
async fn order(bench: &AgentDeps, job: &ClaimedJob) -> Result<RunRequest, String> {
    let unreadable =
        |error: serde_json::Error| format!("what is stored of the delivery is unreadable: {error}");
    let headers = job.delivered.as_ref().map(ClaimedDelivery::headers).transpose().map_err(unreadable)?;
    let context = job.delivered.as_ref().map(ClaimedDelivery::context).transpose().map_err(unreadable)?;
    let context = context.flatten();
    let body = match job.receipt {
        Some(receipt) => stored_body(bench, receipt).await?,
        None => None,
    };
    let delivered = context.as_ref().map(|context| Delivered {
        context,
        source: match &job.trigger {
            JobTrigger::Webhook { source, .. } => Some(source),
            JobTrigger::Schedule { .. } | JobTrigger::Manual | JobTrigger::Unreadable => None,
        },
        receipt: job.receipt,
        delivery_id: job
            .delivered
            .as_ref()
            .zip(headers.as_ref())
            .and_then(|(delivered, headers)| provider::provider(delivered.provider).delivery_id(headers)),
    });
    let spec = &bench.spec;
    Ok(RunRequest {
        run: job.run,
        agent: job.agent.clone(),
        spec: Arc::clone(&spec.run),
        trigger: job.trigger.as_str(),
        receipt: job.receipt,
        prompt: prompt::render(&spec.run.instructions, &spec.params, &job.trigger, delivered.as_ref()),
        context: delivered.as_ref().map(prompt::context_json),
        payload: headers.as_ref().zip(body).map(|(headers, body)| json_of(headers, body)),
    })
}

/// The body behind a job, as it was sent.
async fn stored_body(bench: &AgentDeps, receipt: ReceiptId) -> Result<Option<Bytes>, String> {
    bench.engine.body(receipt).await.map_err(|error| error.to_string())
}

/// The JSON of a delivery, also where a form carried it.
fn json_of(headers: &Headers, body: Bytes) -> Bytes {
    match payload(headers, &body) {
        Ok(Cow::Owned(json)) => Bytes::from(json),
        _ => body,
    }
}

/// Moves the job. Tried until the store takes it: losing this would run the job again.
async fn record(bench: &AgentDeps, job: &ClaimedJob, outcome: AttemptOutcome, took: Duration) {
    loop {
        let at = bench.clock.now();
        let disposition = match &outcome {
            // Stopped in order: that is no sign against the job.
            AttemptOutcome::Interrupted if !bench.herd.takes_runs() => Disposition::PutBack { at },
            outcome => retry::decide(&bench.spec.retry, outcome, &job.history, at, fastrand::f64()),
        };
        let finish = Finish { run: job.run, outcome: outcome.clone(), disposition: disposition.clone(), at };
        match bench.engine.finish(finish, None).await {
            Ok(_) => {
                emit(Event::RunEnded {
                    run: job.run,
                    agent: job.agent.clone(),
                    trigger: job.trigger.as_str(),
                    outcome: outcome.as_str(),
                    detail: outcome.detail(),
                    then: describe(&disposition),
                    retried: matches!(disposition, Disposition::Retry { .. }),
                    at,
                    took_ms: took.into(),
                });
                return;
            }
            Err(error) => {
                emit(Event::StoreRefused { wanted: "finish", error: error.to_string() });
                if bench.engine.broken().is_some() {
                    return;
                }
                tokio::time::sleep(FINISH_PAUSE).await;
            }
        }
    }
}

fn describe(disposition: &Disposition) -> String {
    match disposition {
        Disposition::Complete => "done".to_owned(),
        Disposition::Retry { at } => format!("tried again at {at}"),
        Disposition::PutBack { at } => format!("put back until {at}"),
        Disposition::Discard(reason) => format!("dead letter: {reason}"),
    }
}
