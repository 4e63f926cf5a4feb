//! `/api/runs`.

use actix_web::{HttpResponse, web};
use herdgate_actors::{
    domain::{JobId, ReceiptId},
    store::RunQuery,
};
use serde::Deserialize;

use super::{answers::listed, query::page};
use crate::{http::admin::auth::Authenticated, views::run_json};

/// What of the listing is wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listing {
    agent: Option<String>,
    receipt: Option<ReceiptId>,
    limit: Option<u32>,
    before: Option<JobId>,
}

pub(super) async fn list(api: Authenticated, query: web::Query<Listing>) -> HttpResponse {
    let agent = query.agent.as_deref().map(Into::into);
    let page = page(query.limit, query.before);
    let runs = api.engine().runs(RunQuery { agent, receipt: query.receipt, page }).await;
    listed(runs.map(|runs| runs.iter().map(run_json).collect::<Vec<_>>()))
}
