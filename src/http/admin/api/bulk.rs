//! `/bulk`: one thing done to all that match.

use actix_web::web::{Data, Json};
use herdgate_actors::{
    control::{BulkFilter, BulkKind, NewBulk as Wanted},
    domain::JobId,
};
use serde_json::json;

use super::{
    answer::{Answer, Refused},
    audit::{Deed, audited},
    body::Body,
    doc::Refusals,
    params::{NoParams, Params},
    path::Named,
};
use crate::{
    api::{
        bulk::{Action, Bulk, Filter, NewBulk},
        ids::Id,
        page::Page,
        problem::Kind,
    },
    http::admin::{Admin, auth::Caller},
    reads::bulk_of,
};

/// The highest rate: more would hold up the deliveries that come meanwhile.
const MOST_PER_SECOND: u32 = 10_000;

/// Bulk actions, the newest first: the last hundred.
#[utoipa::path(get, path = "/bulk", tag = "bulk", responses((status = 200, body = Page<Bulk>), Refusals))]
pub(super) async fn list(admin: Data<Admin>, _: Params<NoParams>) -> Answer<Page<Bulk>> {
    Ok(Json(admin.reads.bulks()))
}

/// One bulk action, and how far it is.
#[utoipa::path(get, path = "/bulk/{id}", tag = "bulk", params(("id" = Id, Path)),
    responses((status = 200, body = Bulk), Refusals))]
pub(super) async fn show(
    admin: Data<Admin>,
    Named(BulkId(id)): Named<BulkId>,
    _: Params<NoParams>,
) -> Answer<Bulk> {
    Ok(Json(admin.reads.bulk(id)?))
}

/// Begins a bulk action, or, with `dry_run`, only counts what it would be done to.
#[utoipa::path(post, path = "/bulk", tag = "bulk", request_body = NewBulk,
    responses((status = 200, body = Bulk), Refusals))]
pub(in crate::http::admin) async fn start(
    admin: Data<Admin>,
    caller: Caller,
    _: Params<NoParams>,
    Body(wanted): Body<NewBulk>,
) -> Answer<Bulk> {
    check(&wanted)?;
    admin.reads.check_agent(wanted.to.as_ref()).await?;
    let wanted = wanted_by(wanted, caller.by.clone());
    if wanted.is_dry {
        // Nothing is changed, so there is nothing to write down.
        return Ok(Json(bulk_of(admin.reads.bulks.start(wanted).await?)));
    }
    let gate = admin.clone();
    let deed = Deed::to("bulk.start", json!(wanted.kind).as_str().unwrap_or_default());
    audited(&admin, caller, deed, async move {
        let bulk = bulk_of(gate.reads.bulks.start(wanted).await?);
        let after = json!(bulk);
        Ok((bulk, Some(after)))
    })
    .await
}

/// Ends a bulk action; what was done stays done.
#[utoipa::path(post, path = "/bulk/{id}/cancel", tag = "bulk", params(("id" = Id, Path)),
    responses((status = 200, body = Bulk), Refusals))]
pub(in crate::http::admin) async fn cancel(
    admin: Data<Admin>,
    caller: Caller,
    Named(BulkId(id)): Named<BulkId>,
    _: Params<NoParams>,
) -> Answer<Bulk> {
    let gate = admin.clone();
    audited(&admin, caller, Deed::to("bulk.cancel", &id), async move {
        gate.reads.bulks.cancel(id).await?;
        let bulk = gate.reads.bulk(id)?;
        let after = json!({ "done": bulk.done, "total": bulk.total });
        Ok((bulk, Some(after)))
    })
    .await
}

/// The id of a bulk action in a path.
pub(in crate::http::admin) struct BulkId(pub(in crate::http::admin) JobId);

impl super::path::InPath for BulkId {
    fn read(text: String) -> Result<Self, crate::api::problem::Problem> {
        text.parse().map(Self).map_err(|_| {
            crate::api::problem::Problem::new(Kind::UnknownBulk, format!("there is no bulk action {text}"))
        })
    }
}

/// A filter that says nothing must say so, and none may say what its action does not know.
fn check(wanted: &NewBulk) -> Result<(), Refused> {
    let wrong = |detail: &str| Err(Refused::new(Kind::InvalidRequest, detail));
    let filter = &wanted.filter;
    let says_nothing = Filter { all: false, ..filter.clone() } == Filter::default();
    if says_nothing != filter.all {
        return wrong("say which are meant in `filter`, or `\"all\": true` and nothing else");
    }
    if !(1..=MOST_PER_SECOND).contains(&wanted.per_second) {
        return wrong("`per_second` goes from 1 to 10000");
    }
    match wanted.action {
        Action::ReplayDeliveries if filter.state.is_some() || filter.reason.is_some() => {
            wrong("`state` and `reason` are of jobs: this action is about deliveries")
        }
        Action::ReplayDeliveries => Ok(()),
        _ if filter.outcome.is_some() || filter.delivery_id.is_some() || filter.text.is_some() => {
            wrong("`outcome`, `delivery_id` and `text` are of deliveries: this action is about jobs")
        }
        _ if wanted.to.is_some() => wrong("`to` is of deliveries: this action is about jobs"),
        _ => Ok(()),
    }
}

/// The task that a call, or a page, asks for.
pub(in crate::http::admin) fn wanted_by(wanted: NewBulk, by: String) -> Wanted {
    Wanted {
        kind: match wanted.action {
            Action::ReplayDeliveries => BulkKind::ReplayDeliveries,
            Action::RetryJobs => BulkKind::RetryJobs,
            Action::DismissJobs => BulkKind::DismissJobs,
            Action::CancelJobs => BulkKind::CancelJobs,
        },
        filter: filter_of(wanted.filter),
        limit: wanted.limit,
        to: wanted.to,
        is_dry: wanted.dry_run,
        per_second: wanted.per_second,
        by,
    }
}

fn filter_of(filter: Filter) -> BulkFilter {
    BulkFilter {
        agent: filter.agent,
        source: filter.source,
        event: filter.event,
        repo: filter.repo,
        text: filter.text,
        outcome: filter.outcome.map(Into::into),
        delivery: filter.delivery_id,
        state: filter.state.map(Into::into),
        reason: filter.reason,
        since: filter.since.map(|time| time.0),
        until: filter.until.map(|time| time.0),
    }
}
