//! `/api/receipts`.

use actix_web::{HttpResponse, web};
use herdgate_actors::{
    domain::{JobId, ReceiptId},
    store::{ReceiptQuery, ReceiptState},
};
use serde::Deserialize;
use serde_json::json;

use super::{
    answers::{bad_request, listed, missing, not_done, store_error},
    query::{NoParameters, page},
};
use crate::{
    http::admin::auth::Authenticated,
    views::{self, receipt_json},
};

/// What of the listing is wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listing {
    source: Option<String>,
    state: Option<String>,
    limit: Option<u32>,
    before: Option<JobId>,
}

pub(super) async fn list(api: Authenticated, query: web::Query<Listing>) -> HttpResponse {
    let state = match query.state.as_deref().map(|text| {
        serde_json::from_value::<ReceiptState>(json!(text))
            .map_err(|_| format!("`{text}` is not a receipt state"))
    }) {
        Some(Err(error)) => return bad_request(&error),
        Some(Ok(state)) => Some(state),
        None => None,
    };
    let source = query.source.as_deref().map(Into::into);
    let page = page(query.limit, query.before);
    listed(api.engine().receipts(ReceiptQuery { source, state, page, ..ReceiptQuery::default() }).await)
}

pub(super) async fn show(
    api: Authenticated,
    id: web::Path<String>,
    _: web::Query<NoParameters>,
) -> HttpResponse {
    let Ok(id) = id.parse::<ReceiptId>() else {
        return missing("receipt");
    };
    match api.engine().receipt(id).await {
        Ok(Some(receipt)) => {
            HttpResponse::Ok().json(receipt_json(&receipt, &views::triggers_of(&api.control().topology())))
        }
        Ok(None) => missing("receipt"),
        Err(error) => store_error(&error),
    }
}

pub(super) async fn replay(
    api: Authenticated,
    id: web::Path<String>,
    _: web::Query<NoParameters>,
) -> HttpResponse {
    let Ok(id) = id.parse::<ReceiptId>() else {
        return missing("receipt");
    };
    match api.control().replay(id).await {
        Ok(recorded) => HttpResponse::Ok().json(json!({
            "receipt": recorded.receipt,
            "replay_of": id,
            "matched": recorded.matched,
            "skipped": recorded.skipped,
        })),
        Err(error) => not_done(&error),
    }
}
