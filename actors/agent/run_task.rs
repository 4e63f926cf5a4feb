//! One run, from its job to its end: a task of its own, so that no restart of an actor ends it.

use std::{borrow::Cow, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::time::Instant;

use super::{
    AgentDeps,
    machine::RunEnd,
    prompt::{self, Delivered},
};
use crate::{
    domain::{AgentSpec, AttemptOutcome, Event, Headers, JobTrigger},
    provider::{self, payload},
    runner::{NotStartedCause, Outcome, OutcomeKind, RunHandle, RunRequest, StopSignal},
    store::{ClaimedJob, StoreError},
};

/// Bodies beyond this many bytes are turned into JSON elsewhere: at about 1 GB/s a larger one would
/// hold up its neighbours for more than 0.25 ms.
const INLINE_LIMIT: usize = 256 * 1024;

/// How a run ended, and how long it took.
pub(super) struct FinishedRun {
    pub(super) outcome: Outcome,
    pub(super) took: Duration,
}

impl FinishedRun {
    /// Whether it never began for want of what every run needs.
    pub(super) const fn is_host_fault(&self) -> bool {
        matches!(self.outcome.kind, OutcomeKind::NotStarted { cause: NotStartedCause::Host, .. })
    }

    /// What the machine is told.
    pub(super) fn end(self, may_keep_place: bool) -> RunEnd {
        let is_host_fault = self.is_host_fault();
        let Outcome { kind, retry_after, .. } = self.outcome;
        RunEnd { outcome: kind.into(), is_host_fault, retry_after, jitter: fastrand::f64(), may_keep_place }
    }
}

/// Drives the run of a job. A panic on the way counts as an interruption.
pub(super) async fn drive(
    deps: AgentDeps,
    spec: Arc<AgentSpec>,
    job: Arc<ClaimedJob>,
    stop: StopSignal,
) -> FinishedRun {
    let begun = Instant::now();
    // A task of its own, so that its panic is a value here.
    let task = tokio::task::spawn_local(async move { perform(&deps, &spec, &job, stop).await });
    let outcome = task.await.unwrap_or_else(|panic| Outcome {
        detail: Some(format!("the gate failed: {panic}")),
        ..OutcomeKind::Interrupted.into()
    });
    FinishedRun { outcome, took: begun.elapsed() }
}

async fn perform(deps: &AgentDeps, spec: &AgentSpec, job: &ClaimedJob, mut stop: StopSignal) -> Outcome {
    crate::failpoint::hit("run.start");
    let request = match request(deps, spec, job).await {
        Ok(request) => request,
        // What the store cannot say is no fault of the job.
        Err(error) => {
            let cause = NotStartedCause::Host;
            return OutcomeKind::NotStarted { cause, error: error.to_string() }.into();
        }
    };
    let RunHandle { stop: runner, mut ended, .. } = deps.runner.start(request);
    let mut told = None;
    loop {
        tokio::select! {
            outcome = &mut ended => return outcome,
            mode = stop.beyond(told) => {
                told = Some(mode);
                runner.stop(mode);
            }
        }
    }
}

/// Puts together what the run is given.
async fn request(deps: &AgentDeps, spec: &AgentSpec, job: &ClaimedJob) -> Result<RunRequest, StoreError> {
    let delivered = match (&job.delivered, job.receipt) {
        (Some(delivered), Some(receipt)) => {
            let unreadable = |error: serde_json::Error| StoreError::Unavailable(error.to_string());
            let headers = delivered.headers().map_err(unreadable)?;
            let event = delivered.event().map_err(unreadable)?;
            let body = deps.store.body(receipt).await?;
            let payload = match body {
                Some(body) => Some(json_of(&headers, body).await),
                None => None,
            };
            Some((delivered.provider, headers, event, payload))
        }
        _ => None,
    };
    let source = match &job.trigger {
        JobTrigger::Webhook { source, .. } => Some(source),
        _ => None,
    };
    let shown = delivered.as_ref().and_then(|(provider, headers, event, _)| {
        Some(Delivered {
            event: event.as_ref()? as &Event,
            source,
            receipt: job.receipt,
            delivery_id: provider::provider(*provider).delivery_id(headers),
            stands_for: Some(&job.stands_for).filter(|others| others.count > 0),
        })
    });
    Ok(RunRequest {
        run: job.run,
        agent: job.agent.clone(),
        spec: Arc::clone(&spec.run),
        trigger: job.trigger.as_str(),
        receipt: job.receipt,
        trace: job.trace.map(|trace| trace.at(trace.run(job.run))),
        prompt: prompt::with_request(
            prompt::render(&spec.run.instructions, &spec.params, &job.trigger, shown.as_ref()),
            job.input.as_ref(),
        ),
        context: shown.as_ref().map(prompt::context_json),
        payload: delivered.and_then(|(.., payload)| payload),
    })
}

/// The JSON of a body, also where a form carries it.
async fn json_of(headers: &Headers, body: Bytes) -> Bytes {
    let read = |headers: &Headers, body: Bytes| match payload(headers, &body) {
        Ok(Cow::Owned(json)) => Bytes::from(json),
        _ => body,
    };
    if body.len() <= INLINE_LIMIT {
        return read(headers, body);
    }
    let (headers, whole) = (headers.clone(), body.clone());
    tokio::task::spawn_blocking(move || read(&headers, whole)).await.unwrap_or(body)
}

/// The detail of an outcome that says more than its kind.
pub(super) fn detail(outcome: &Outcome, attempt: &AttemptOutcome) -> Option<String> {
    outcome.detail.clone().or_else(|| attempt.detail())
}
