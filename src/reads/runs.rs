//! Runs: those under way first.

use herdgate_actors::{
    domain::RunId,
    store::{CountOf, RunCursor, RunQuery, RunRow},
};

use super::{
    Reads,
    agents::phase_of,
    jobs::attempts_of,
    lists::{limit, place, span},
    problems::no_run,
};
use crate::api::{
    history::RunDetail,
    page::Page,
    problem::Problem,
    runs::{Run, RunsQuery, State},
};

impl Reads {
    /// A page of runs: those under way, then the latest start first.
    ///
    /// # Errors
    /// The query asks for what cannot be, or the store does not answer.
    pub async fn runs(&self, query: &RunsQuery) -> Result<Page<Run>, Problem> {
        let RunsQuery { filter, window } = query;
        let limit = limit(window)?;
        let ended = filter.state.filter(|state| *state != State::Executing);
        let wanted = RunQuery {
            agent: filter.agent.clone(),
            source: filter.source.clone(),
            receipt: filter.receipt,
            outcome: ended.map(|state| state.as_str().to_owned()),
            executing: filter.state.map(|state| state == State::Executing),
            span: span(window),
            limit,
            after: place(window)?,
        };
        let rows = self.store.runs(wanted.clone()).await?;
        if rows.is_empty() && window.after.is_none() {
            self.check_agent(filter.agent.as_ref()).await?;
            self.check_source(filter.source.as_ref())?;
        }
        let page = self.page(rows, limit, |last: &RunRow| {
            let place = RunCursor::from(last);
            (place.to_string(), CountOf::Runs(RunQuery { after: Some(place), ..wanted }))
        });
        Ok(page.await?.map(Run::from))
    }

    /// One run with its job and the other attempts.
    ///
    /// # Errors
    /// There is none, or the store does not answer.
    pub async fn run(&self, id: RunId) -> Result<RunDetail, Problem> {
        let found = self.store.job(id.job).await?.ok_or_else(|| no_run(id))?;
        let attempts = attempts_of(&found);
        let run = attempts.iter().find(|run| run.id == id).cloned().ok_or_else(|| no_run(id))?;
        let observed = self.control.agents().observed_one(&run.agent);
        let executing = observed.and_then(|state| state.executing.into_iter().find(|one| one.run == id));
        let files = self.files_of(id).await;
        Ok(RunDetail {
            run,
            job: found.job.into(),
            attempts,
            phase: executing.map(|one| phase_of(one.phase)),
            log_bytes: files.log_bytes,
            prompt: files.prompt,
        })
    }
}
