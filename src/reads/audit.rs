//! Who changed what.

use herdgate_actors::store::{ChangeQuery, ChangeRow, CountOf};

use super::{
    Reads,
    lists::{limit, place, span},
};
use crate::api::{
    audit::{AuditQuery, Change},
    page::Page,
    problem::Problem,
};

impl Reads {
    /// A page of what operators changed, the newest first.
    ///
    /// # Errors
    /// The query asks for what cannot be, or the store does not answer.
    pub async fn changes(&self, query: &AuditQuery) -> Result<Page<Change>, Problem> {
        let limit = limit(&query.window)?;
        let wanted = ChangeQuery {
            by: query.filter.by.clone(),
            action: query.filter.action.clone(),
            subject: query.filter.subject.clone(),
            span: span(&query.window),
            limit,
            before: place(&query.window)?,
        };
        let rows = self.store.changes(wanted.clone()).await?;
        let page = self.page(rows, limit, |last| {
            (last.id.to_string(), CountOf::Changes(ChangeQuery { before: Some(last.id), ..wanted }))
        });
        Ok(page.await?.map(change_of))
    }
}

fn change_of(row: ChangeRow) -> Change {
    let value = |raw: Option<Box<serde_json::value::RawValue>>| {
        raw.and_then(|raw| serde_json::from_str(raw.get()).ok())
    };
    Change {
        id: row.id,
        at: row.at.into(),
        by: row.by,
        from: row.origin,
        action: row.action,
        subject: row.subject,
        before: value(row.before),
        after: value(row.after),
        problem: row.problem,
    }
}
