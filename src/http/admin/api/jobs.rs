//! `/jobs`.

use actix_web::web::{Data, Json};
use herdgate_actors::domain::JobId;
use serde_json::{Value, json};

use super::{
    answer::{Answer, Refused},
    audit::{Deed, audited},
    doc::Refusals,
    params::{NoParams, Params},
    path::Named,
};
use crate::{
    api::{
        history::JobDetail,
        ids::Id,
        jobs::{Job, JobChanged, JobsQuery},
        page::Page,
    },
    http::admin::{Admin, auth::Caller},
};

/// Jobs, the newest first.
#[utoipa::path(get, path = "/jobs", tag = "jobs", params(JobsQuery),
    responses((status = 200, body = Page<Job>), Refusals))]
pub(super) async fn list(admin: Data<Admin>, Params(query): Params<JobsQuery>) -> Answer<Page<Job>> {
    Ok(Json(admin.reads.jobs(&query).await?))
}

/// One job with its attempts.
#[utoipa::path(get, path = "/jobs/{id}", tag = "jobs", params(("id" = Id, Path)),
    responses((status = 200, body = JobDetail), Refusals))]
pub(super) async fn show(
    admin: Data<Admin>,
    Named(id): Named<JobId>,
    _: Params<NoParams>,
) -> Answer<JobDetail> {
    Ok(Json(admin.reads.job(id).await?))
}

/// Runs a job that has ended once more, with fresh failure counts.
#[utoipa::path(post, path = "/jobs/{id}/retry", tag = "jobs", params(("id" = Id, Path)),
    responses((status = 200, body = JobChanged), Refusals))]
pub(in crate::http::admin) async fn retry(
    admin: Data<Admin>,
    caller: Caller,
    Named(job): Named<JobId>,
    _: Params<NoParams>,
) -> Answer<JobChanged> {
    let (deed, gate) = (deed(&admin, "job.retry", job).await, admin.clone());
    audited(&admin, caller, deed, async move {
        gate.control().retry(job).await?;
        changed(&gate, job).await
    })
    .await
}

/// Marks a dead letter as seen to, or a job that waits as not wanted: it is cancelled.
#[utoipa::path(post, path = "/jobs/{id}/dismiss", tag = "jobs", params(("id" = Id, Path)),
    responses((status = 200, body = JobChanged), Refusals))]
pub(in crate::http::admin) async fn dismiss(
    admin: Data<Admin>,
    caller: Caller,
    Named(job): Named<JobId>,
    _: Params<NoParams>,
) -> Answer<JobChanged> {
    let (deed, gate) = (deed(&admin, "job.dismiss", job).await, admin.clone());
    audited(&admin, caller, deed, async move {
        gate.control().dismiss(job).await?;
        changed(&gate, job).await
    })
    .await
}

/// Ends a job: at once where it waits, with its run where it has one.
#[utoipa::path(post, path = "/jobs/{id}/cancel", tag = "jobs", params(("id" = Id, Path)),
    responses((status = 200, body = JobChanged), Refusals))]
pub(in crate::http::admin) async fn cancel(
    admin: Data<Admin>,
    caller: Caller,
    Named(job): Named<JobId>,
    _: Params<NoParams>,
) -> Answer<JobChanged> {
    let (deed, gate) = (deed(&admin, "job.cancel", job).await, admin.clone());
    audited(&admin, caller, deed, async move {
        gate.control().cancel(job).await?;
        changed(&gate, job).await
    })
    .await
}

async fn deed(admin: &Admin, action: &'static str, job: JobId) -> Deed {
    Deed::to(action, &job).from(state_of(admin, job).await)
}

async fn changed(admin: &Admin, job: JobId) -> Result<(JobChanged, Option<Value>), Refused> {
    Ok((JobChanged { job }, state_of(admin, job).await))
}

/// Where a job stands, where that is known.
async fn state_of(admin: &Admin, job: JobId) -> Option<Value> {
    let detail = admin.reads.job(job).await.ok()?;
    Some(json!({ "agent": detail.job.agent, "state": detail.job.state }))
}
