//! Writes down how a run ended, until that is on disk: losing it would run the job again.

use std::{sync::Arc, time::Duration};

use super::{
    AgentDeps,
    run_task::{self, FinishedRun},
};
use crate::{
    domain::{AgentName, AttemptOutcome, Disposition, RunId, RunReport},
    store::{Claim, Claimed, ClaimedJob, Finish},
    telemetry::{Event, RunEnded, emit},
};

/// The pause before a finish that the store refused is tried again.
const FINISH_PAUSE: Duration = Duration::from_millis(500);

/// What is told of a run that was started.
pub(super) struct RunRecord {
    job: Arc<ClaimedJob>,
    outcome: AttemptOutcome,
    detail: Option<String>,
    report: RunReport,
    is_host_fault: bool,
    took: Duration,
}

impl RunRecord {
    pub(super) fn new(job: &Arc<ClaimedJob>, report: &FinishedRun) -> Self {
        let outcome = AttemptOutcome::from(report.outcome.kind.clone());
        let detail = run_task::detail(&report.outcome, &outcome);
        let is_host_fault = report.is_host_fault();
        let (told, took) = (report.outcome.report.clone(), report.took);
        Self { job: Arc::clone(job), outcome, detail, report: told, is_host_fault, took }
    }

    fn tell(self, finish: &Finish, again_in: Duration) {
        if self.is_host_fault {
            return emit(Event::RunNotStarted {
                agent: self.job.agent.clone(),
                run: finish.run,
                cause: "host",
                detail: self.detail.unwrap_or_default(),
                again_in_ms: again_in.into(),
            });
        }
        emit(Event::RunEnded(RunEnded {
            run: finish.run,
            agent: self.job.agent.clone(),
            trigger: self.job.trigger.as_str(),
            outcome: finish.outcome.as_str(),
            detail: self.detail,
            then: describe(&finish.disposition),
            retried: matches!(finish.disposition, Disposition::Retry { .. }),
            ends_job: !matches!(finish.disposition, Disposition::Retry { .. } | Disposition::PutBack { .. }),
            at: finish.at,
            made_at: self.job.created_at,
            took_ms: self.took.into(),
            tokens: self.report.tokens,
            cost: self.report.cost,
            trace: self.job.trace,
        }));
    }
}

/// The end of a run that is to be written down.
pub(super) struct Recording {
    pub(super) deps: AgentDeps,
    pub(super) run: RunId,
    pub(super) agent: AgentName,
    pub(super) outcome: AttemptOutcome,
    pub(super) disposition: Disposition,
    /// The pause before the agent begins another run, where it was held off.
    pub(super) again_in: Duration,
    /// What to claim in the same change.
    pub(super) then: Option<Claim>,
    /// Nothing for a job that was claimed and put back without a run.
    pub(super) ended: Option<RunRecord>,
}

impl Recording {
    /// Tried until the store takes it or is broken for good. Gives what was claimed along.
    pub(super) async fn record(self) -> Option<Claimed> {
        let Self { deps, run, agent, outcome, disposition, again_in, mut then, ended } = self;
        loop {
            let at = deps.clock.now();
            if let Some(claim) = &mut then {
                claim.now = at;
            }
            let report = ended.as_ref().map(|ended| ended.report.clone()).unwrap_or_default();
            let (outcome, disposition) = (outcome.clone(), disposition.clone());
            let finish = Finish { run, outcome, disposition, at, report };
            match deps.store.finish(finish.clone(), then.clone()).await {
                Ok(finished) => {
                    if let Disposition::Discard(reason) = &finish.disposition {
                        let reason = reason.to_string();
                        emit(Event::JobDiscarded { job: run.job, agent, reason });
                    }
                    if let Some(ended) = ended {
                        ended.tell(&finish, again_in);
                    }
                    return finished.claimed;
                }
                Err(error) => {
                    emit(Event::StoreRefused { wanted: "finish", error: error.to_string() });
                    if deps.store.broken().is_some() {
                        return None;
                    }
                    tokio::time::sleep(FINISH_PAUSE).await;
                }
            }
        }
    }
}

/// Writes down a run whose agent is gone: its job waits, and nothing counts against it.
pub(super) async fn put_back(deps: AgentDeps, ended: RunRecord) {
    let (run, agent, outcome) = (ended.job.run, ended.job.agent.clone(), ended.outcome.clone());
    let disposition = match outcome {
        AttemptOutcome::Completed => Disposition::Complete,
        _ => Disposition::PutBack { at: deps.clock.now() },
    };
    let ended = Some(ended);
    let again_in = Duration::ZERO;
    Recording { deps, run, agent, outcome, disposition, again_in, then: None, ended }.record().await;
}

fn describe(disposition: &Disposition) -> String {
    match disposition {
        Disposition::Complete => "done".to_owned(),
        Disposition::Cancel => "cancelled".to_owned(),
        Disposition::Retry { at } => format!("tried again at {at}"),
        Disposition::PutBack { at } => format!("tried again at {at}, uncounted"),
        Disposition::Discard(reason) => format!("dead letter: {reason}"),
    }
}
