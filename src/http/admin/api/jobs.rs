//! `/api/jobs`.

use actix_web::{HttpResponse, web};
use herdgate_actors::{
    domain::{JobId, JobState},
    store::JobQuery,
};
use serde::Deserialize;
use serde_json::json;

use super::{
    answers::{bad_request, done, listed, missing, store_error},
    query::{NoParameters, page},
};
use crate::http::admin::auth::Authenticated;

/// What of the listing is wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listing {
    agent: Option<String>,
    state: Option<String>,
    limit: Option<u32>,
    before: Option<JobId>,
}

pub(super) async fn list(api: Authenticated, query: web::Query<Listing>) -> HttpResponse {
    let state = match query.state.as_deref().map(str::parse::<JobState>).transpose() {
        Ok(state) => state,
        Err(error) => return bad_request(&error.to_string()),
    };
    let agent = query.agent.as_deref().map(Into::into);
    let page = page(query.limit, query.before);
    listed(api.engine().jobs(JobQuery { agent, state, page, ..JobQuery::default() }).await)
}

pub(super) async fn show(
    api: Authenticated,
    id: web::Path<String>,
    _: web::Query<NoParameters>,
) -> HttpResponse {
    let Ok(id) = id.parse::<JobId>() else {
        return missing("job");
    };
    match api.engine().job(id).await {
        Ok(Some(job)) => HttpResponse::Ok().json(job),
        Ok(None) => missing("job"),
        Err(error) => store_error(&error),
    }
}

pub(super) async fn replay(
    api: Authenticated,
    id: web::Path<String>,
    _: web::Query<NoParameters>,
) -> HttpResponse {
    let Ok(id) = id.parse::<JobId>() else {
        return missing("job");
    };
    done(api.control().retry(id).await.map(|()| json!({ "job": id })))
}

pub(super) async fn dismiss(
    api: Authenticated,
    id: web::Path<String>,
    _: web::Query<NoParameters>,
) -> HttpResponse {
    let Ok(id) = id.parse::<JobId>() else {
        return missing("job");
    };
    done(api.control().dismiss(id).await.map(|()| json!({ "job": id })))
}

pub(super) async fn cancel(
    api: Authenticated,
    id: web::Path<String>,
    _: web::Query<NoParameters>,
) -> HttpResponse {
    let Ok(id) = id.parse::<JobId>() else {
        return missing("job");
    };
    done(api.control().cancel(id).await.map(|()| json!({ "job": id })))
}
