//! Jobs.

use herdgate_actors::{
    domain::JobId,
    store::{AttemptRow, CountOf, JobDetail as StoredJob, JobQuery, JobRow, Page as StorePage, RunRow},
};

use super::{
    Reads,
    lists::{limit, place, span},
    problems::no_job,
};
use crate::api::{
    history::JobDetail,
    jobs::{Job, JobsQuery},
    page::Page,
    problem::Problem,
    runs::Run,
};

impl Reads {
    /// A page of jobs, the newest first.
    ///
    /// # Errors
    /// The query asks for what cannot be, or the store does not answer.
    pub async fn jobs(&self, query: &JobsQuery) -> Result<Page<Job>, Problem> {
        let JobsQuery { filter, window } = query;
        let limit = limit(window)?;
        let wanted = JobQuery {
            agent: filter.agent.clone(),
            state: filter.state.map(Into::into),
            reason: filter.reason.clone(),
            source: filter.source.clone(),
            event: filter.event.clone(),
            repo: filter.repo.clone(),
            receipt: filter.receipt,
            span: span(window),
            page: StorePage { limit, before: place(window)?.map(JobId::get) },
        };
        let rows = self.store.jobs(wanted.clone()).await?;
        if rows.is_empty() && window.after.is_none() {
            self.check_agent(filter.agent.as_ref()).await?;
            self.check_source(filter.source.as_ref())?;
        }
        let page = self.page(rows, limit, |last| {
            let page = StorePage { limit, before: Some(last.id.get()) };
            (last.id.to_string(), CountOf::Jobs(JobQuery { page, ..wanted }))
        });
        Ok(page.await?.map(Job::from))
    }

    /// One job with its attempts.
    ///
    /// # Errors
    /// There is none, or the store does not answer.
    pub async fn job(&self, id: JobId) -> Result<JobDetail, Problem> {
        let found = self.store.job(id).await?.ok_or_else(|| no_job(id))?;
        Ok(JobDetail { attempts: attempts_of(&found), job: found.job.into() })
    }
}

/// The attempts of a job, as runs.
pub(super) fn attempts_of(job: &StoredJob) -> Vec<Run> {
    job.attempts.iter().map(|attempt| run_of(&job.job, attempt).into()).collect()
}

fn run_of(job: &JobRow, attempt: &AttemptRow) -> RunRow {
    RunRow {
        run: herdgate_actors::domain::RunId { job: job.id, attempt: attempt.attempt },
        agent: job.agent.clone(),
        trigger: job.trigger.clone(),
        receipt: job.receipt,
        attempt: attempt.clone(),
    }
}
