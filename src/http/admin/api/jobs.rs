//! `/jobs`.

use actix_web::web::{Data, Json};
use herdgate_actors::domain::JobId;

use super::{
    answer::Answer,
    params::{NoParams, Params},
    path::Named,
};
use crate::{
    api::{
        history::JobDetail,
        jobs::{Job, JobChanged, JobsQuery},
        page::Page,
    },
    http::admin::Admin,
};

pub(super) async fn list(admin: Data<Admin>, Params(query): Params<JobsQuery>) -> Answer<Page<Job>> {
    Ok(Json(admin.reads.jobs(&query).await?))
}

pub(super) async fn show(
    admin: Data<Admin>,
    Named(id): Named<JobId>,
    _: Params<NoParams>,
) -> Answer<JobDetail> {
    Ok(Json(admin.reads.job(id).await?))
}

pub(super) async fn retry(
    admin: Data<Admin>,
    Named(job): Named<JobId>,
    _: Params<NoParams>,
) -> Answer<JobChanged> {
    admin.control().retry(job).await?;
    Ok(Json(JobChanged { job }))
}

pub(super) async fn dismiss(
    admin: Data<Admin>,
    Named(job): Named<JobId>,
    _: Params<NoParams>,
) -> Answer<JobChanged> {
    admin.control().dismiss(job).await?;
    Ok(Json(JobChanged { job }))
}

pub(super) async fn cancel(
    admin: Data<Admin>,
    Named(job): Named<JobId>,
    _: Params<NoParams>,
) -> Answer<JobChanged> {
    admin.control().cancel(job).await?;
    Ok(Json(JobChanged { job }))
}
