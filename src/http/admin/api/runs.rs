//! `/runs`.

use actix_web::web::{Data, Json};
use herdgate_actors::{domain::RunId, runner::StopMode};

use super::{
    answer::Answer,
    params::{NoParams, Params},
    path::Named,
};
use crate::{
    api::{
        history::RunDetail,
        page::Page,
        runs::{Run, RunChanged, RunsQuery},
    },
    http::admin::Admin,
};

pub(super) async fn list(admin: Data<Admin>, Params(query): Params<RunsQuery>) -> Answer<Page<Run>> {
    Ok(Json(admin.reads.runs(&query).await?))
}

pub(super) async fn show(
    admin: Data<Admin>,
    Named(id): Named<RunId>,
    _: Params<NoParams>,
) -> Answer<RunDetail> {
    Ok(Json(admin.reads.run(id).await?))
}

pub(super) async fn kill(
    admin: Data<Admin>,
    Named(run): Named<RunId>,
    _: Params<NoParams>,
) -> Answer<RunChanged> {
    admin.control().kill(run, StopMode::Gently).await?;
    Ok(Json(RunChanged { run }))
}
