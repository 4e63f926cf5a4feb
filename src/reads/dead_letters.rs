//! Dead letters by agent and reason.

use herdgate_actors::store::{JobQuery, Span};

use super::Reads;
use crate::api::{
    dead_letters::{DeadLetters, DeadLettersQuery},
    page::Page,
    problem::Problem,
};

impl Reads {
    /// How many dead letters there are of which agent for which reason.
    ///
    /// # Errors
    /// There is no such agent, or the store does not answer.
    pub async fn dead_letters(&self, query: &DeadLettersQuery) -> Result<Page<DeadLetters>, Problem> {
        let span = Span { since: query.since.map(|time| time.0), until: query.until.map(|time| time.0) };
        let wanted = JobQuery { agent: query.agent.clone(), span, ..JobQuery::default() };
        let groups = self.store.dead_letters(wanted).await?;
        if groups.is_empty() {
            self.check_agent(query.agent.as_ref()).await?;
        }
        let group = |group: herdgate_actors::store::DeadLetters| DeadLetters {
            agent: group.agent,
            reason: group.reason,
            jobs: group.jobs,
            oldest: group.oldest.into(),
            newest: group.newest.into(),
        };
        Ok(Page::whole(groups.into_iter().map(group).collect()))
    }
}
