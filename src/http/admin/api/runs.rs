//! `/api/runs`.

use actix_web::{HttpResponse, web};
use herdgate_actors::{
    domain::{ReceiptId, RunId},
    runner::StopMode,
    store::{RunCursor, RunQuery},
};
use serde::Deserialize;
use serde_json::json;

use super::{
    answers::{bad_request, done, listed, missing},
    query::{NoParameters, page},
};
use crate::{http::admin::auth::Authenticated, views::run_json};

/// What of the listing is wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listing {
    agent: Option<String>,
    receipt: Option<ReceiptId>,
    limit: Option<u32>,
    after: Option<String>,
}

pub(super) async fn list(api: Authenticated, query: web::Query<Listing>) -> HttpResponse {
    let agent = query.agent.as_deref().map(Into::into);
    let Ok(after) = query.after.as_deref().map(str::parse::<RunCursor>).transpose() else {
        return bad_request("`after` is not a place in the list of runs");
    };
    let (receipt, limit) = (query.receipt, page(query.limit, None).limit);
    let runs = api.engine().runs(RunQuery { agent, receipt, limit, after, ..RunQuery::default() }).await;
    listed(runs.map(|runs| runs.iter().map(run_json).collect::<Vec<_>>()))
}

pub(super) async fn kill(
    api: Authenticated,
    id: web::Path<String>,
    _: web::Query<NoParameters>,
) -> HttpResponse {
    let Ok(id) = id.parse::<RunId>() else {
        return missing("run");
    };
    done(api.control().kill(id, StopMode::Gently).await.map(|()| json!({ "run": id.to_string() })))
}
