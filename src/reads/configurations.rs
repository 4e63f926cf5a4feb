//! The configuration in force, and those before it.

use herdgate_actors::{
    domain::Revision as Number,
    store::{CountOf, RevisionQuery},
};

use super::{
    Reads,
    lists::{limit, place, span},
};
use crate::{
    api::{
        config::{InForce, Refused, Revision, RevisionsQuery, State},
        page::Page,
        problem::Problem,
    },
    config::EffectiveConfig,
};

impl Reads {
    /// All that is in force, without secrets; `salt` is what their fingerprints are made with.
    pub fn configuration(&self, salt: &[u8]) -> InForce {
        let state = self.reload.state();
        let refused = state.refused.as_deref().map(|refused| Refused {
            since: refused.since.into(),
            tried_at: refused.tried_at.into(),
            problems: refused.problems as u64,
            first: refused.first.clone(),
            report: refused.report.clone(),
        });
        InForce {
            state: State {
                revision: state.revision.0,
                since: state.since.into(),
                waiting: state.waiting.into_iter().map(str::to_owned).collect(),
                refused,
            },
            effective: EffectiveConfig::with_fingerprints(&self.reload.in_force(), salt),
        }
    }

    /// A page of the configurations that were in force, the newest first.
    ///
    /// # Errors
    /// The query asks for what cannot be, or the store does not answer.
    pub async fn revisions(&self, query: &RevisionsQuery) -> Result<Page<Revision>, Problem> {
        let window = &query.window;
        let (limit, before) = (limit(window)?, place::<u64>(window)?.map(Number));
        let wanted = RevisionQuery { span: span(window), limit, before };
        let rows = self.store.revisions(wanted).await?;
        let page = self.page(rows, limit, |last| {
            (
                last.number.to_string(),
                CountOf::Revisions(RevisionQuery { before: Some(last.number), ..wanted }),
            )
        });
        Ok(page.await?.map(Revision::from))
    }
}
