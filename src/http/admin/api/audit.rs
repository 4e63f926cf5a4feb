//! `/audit`: who changed what; and how changes are made, so that each is written down.

use actix_web::{
    rt,
    web::{Data, Json},
};
use herdgate_actors::{
    store::ChangeRow,
    telemetry::{Event, OperatorChange, emit},
};
use serde_json::{Value, value::to_raw_value};

use super::{
    answer::{Answer, Refused},
    params::Params,
};
use crate::{
    api::{
        audit::{AuditQuery, Change},
        page::Page,
        problem::Kind,
    },
    http::admin::{Admin, auth::Caller},
};

/// What was changed, the newest first.
#[utoipa::path(get, path = "/audit", tag = "audit", params(AuditQuery),
    responses((status = 200, body = Page<Change>), super::doc::Refusals))]
pub(super) async fn list(admin: Data<Admin>, Params(query): Params<AuditQuery>) -> Answer<Page<Change>> {
    Ok(Json(admin.reads.changes(&query).await?))
}

/// A change that somebody asks for.
pub(in crate::http::admin) struct Deed {
    /// Its kind, like `agent.pause`.
    action: &'static str,
    /// What it is done to.
    subject: Option<String>,
    /// How that is now.
    before: Option<Value>,
}

impl Deed {
    /// A change to one thing.
    pub(in crate::http::admin) fn to(action: &'static str, subject: &(impl ToString + ?Sized)) -> Self {
        Self { action, subject: Some(subject.to_string()), before: None }
    }

    /// The same, with how it is now.
    pub(super) fn from(self, before: Option<Value>) -> Self {
        Self { before, ..self }
    }
}

/// Makes a change, whether or not its caller stays to hear of it, and writes it down with how things
/// are since.
pub(in crate::http::admin) async fn audited<T: 'static>(
    admin: &Data<Admin>,
    caller: Caller,
    deed: Deed,
    work: impl Future<Output = Result<(T, Option<Value>), Refused>> + 'static,
) -> Answer<T> {
    let admin = admin.clone();
    let task = rt::spawn(async move {
        let outcome = work.await;
        let (after, problem) = match &outcome {
            Ok((_, after)) => (after.clone(), None),
            Err(refused) => (None, Some(refused.0.detail.clone())),
        };
        note(&admin, caller, deed, after, problem).await;
        outcome.map(|(answer, _)| Json(answer))
    });
    task.await.unwrap_or_else(|_| Err(Refused::new(Kind::Unavailable, "the change was not made")))
}

/// Writes a change down.
async fn note(admin: &Admin, caller: Caller, deed: Deed, after: Option<Value>, problem: Option<String>) {
    let Deed { action, subject, before } = deed;
    let from = caller.from.map(|from| from.to_string());
    emit(Event::OperatorChanged(OperatorChange {
        by: caller.by.clone(),
        from: from.clone(),
        action,
        subject: subject.clone(),
        problem: problem.clone(),
    }));
    let (store, at) = (&admin.reads.store, admin.reads.clock.now());
    let raw = |value: Option<Value>| value.and_then(|value| to_raw_value(&value).ok());
    let row = ChangeRow {
        id: store.ids().job(at),
        at,
        by: caller.by,
        origin: from,
        action: action.to_owned(),
        subject,
        before: raw(before),
        after: raw(after),
        problem,
    };
    if let Err(error) = store.note_change(row).await {
        emit(Event::StoreRefused { wanted: "audit", error: error.to_string() });
    }
}
