//! `/runs`.

use actix_web::web::{Data, Json};
use herdgate_actors::{domain::RunId, runner::StopMode};
use serde_json::json;

use super::{
    answer::Answer,
    audit::{Deed, audited},
    doc::Refusals,
    params::{NoParams, Params},
    path::Named,
};
use crate::{
    api::{
        history::RunDetail,
        ids::RunKey,
        page::Page,
        runs::{Run, RunChanged, RunsQuery},
    },
    http::admin::{Admin, auth::Caller},
};

/// Runs: those under way, then the latest start first.
#[utoipa::path(get, path = "/runs", tag = "runs", params(RunsQuery),
    responses((status = 200, body = Page<Run>), Refusals))]
pub(super) async fn list(admin: Data<Admin>, Params(query): Params<RunsQuery>) -> Answer<Page<Run>> {
    Ok(Json(admin.reads.runs(&query).await?))
}

/// One run, its job, and the job's other attempts.
#[utoipa::path(get, path = "/runs/{id}", tag = "runs", params(("id" = RunKey, Path)),
    responses((status = 200, body = RunDetail), Refusals))]
pub(super) async fn show(
    admin: Data<Admin>,
    Named(id): Named<RunId>,
    _: Params<NoParams>,
) -> Answer<RunDetail> {
    Ok(Json(admin.reads.run(id).await?))
}

/// Ends a run, and its job with it.
#[utoipa::path(post, path = "/runs/{id}/kill", tag = "runs", params(("id" = RunKey, Path)),
    responses((status = 200, body = RunChanged), Refusals))]
pub(in crate::http::admin) async fn kill(
    admin: Data<Admin>,
    caller: Caller,
    Named(run): Named<RunId>,
    _: Params<NoParams>,
) -> Answer<RunChanged> {
    let gate = admin.clone();
    audited(&admin, caller, Deed::to("run.kill", &run), async move {
        gate.control().kill(run, StopMode::Gently).await?;
        Ok((RunChanged { run }, Some(json!({ "state": "stopping" }))))
    })
    .await
}
