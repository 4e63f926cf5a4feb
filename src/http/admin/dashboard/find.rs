//! Finds whatever has an id, and the places that small screens have no room for.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    web,
};
use askama::Template;
use herdgate_actors::{domain::AnyId, store::Found};
use serde::Deserialize;

use super::{
    answer,
    error::Trouble,
    links::{encoded, link},
    page,
    shell::{Place, Shell},
    visitor::Visitor,
};

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    q: String,
}

/// `GET /dashboard/find`: leads to a delivery, a job, a run or an agent; what is none of them is taken
/// for the id that a provider gave its delivery.
pub(super) async fn find(visitor: Visitor, wanted: web::Query<Wanted>) -> Result<HttpResponse, Trouble> {
    let text = wanted.q.trim();
    let to = match text.parse::<AnyId>() {
        Ok(AnyId::Run(run)) => format!("/dashboard/runs/{run}"),
        Ok(id) => match visitor.store().find(id).await? {
            Some(Found::Receipt(receipt)) => format!("/dashboard/deliveries/{}", receipt.id),
            Some(Found::Job(job)) => format!("/dashboard/jobs/{}", job.job.id),
            None => return Err(Trouble::Missing(format!("delivery, job or run `{text}`"))),
        },
        Err(_) if visitor.control().topology().agent(&text.into()).is_some() => {
            format!("/dashboard/agents/{}", encoded(text))
        }
        Err(_) => link("/dashboard/deliveries", [("delivery", text)]),
    };
    Ok(answer::guarded(StatusCode::SEE_OTHER).insert_header((header::LOCATION, to)).finish())
}

#[derive(Template)]
#[template(path = "more.html")]
struct More {
    shell: Shell,
}

/// All places, on a page of its own.
pub(super) async fn more(visitor: Visitor) -> Result<HttpResponse, Trouble> {
    let backlog = visitor.store().backlog().await?;
    page::answer(&visitor, &More { shell: Shell::new(&visitor, Place::More, "More", "jobs runs", &backlog) })
}
