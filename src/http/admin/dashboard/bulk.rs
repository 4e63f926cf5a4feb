//! Bulk actions: how far they are, and how one ends them.

use actix_web::{HttpResponse, web};
use askama::Template;
use herdgate_actors::domain::JobId;

use super::{
    bulk_rows::{BulkLine, verdict},
    error::Trouble,
    page,
    shell::{Place, Shell},
    visitor::{Operator, Visitor},
};
use crate::http::admin::api::{
    Named, NoParams, Params,
    bulk::{self, BulkId},
};

#[derive(Template)]
#[template(path = "bulk.html")]
struct BulkPage {
    shell: Shell,
    bulks: Vec<BulkLine>,
}

pub(super) async fn list(visitor: Visitor) -> Result<HttpResponse, Trouble> {
    let backlog = visitor.store().backlog().await?;
    let page = BulkPage {
        shell: Shell::new(&visitor, Place::Bulk, "Bulk actions", "bulk", &backlog),
        bulks: visitor.reads().bulks().items.iter().map(|bulk| BulkLine::new(bulk, visitor.now)).collect(),
    };
    page::answer(&visitor, &page)
}

#[derive(Template)]
#[template(path = "bulk_one.html")]
struct OnePage {
    shell: Shell,
    bulk: BulkLine,
    class: &'static str,
    verdict: String,
}

fn id_of(text: &str) -> Result<JobId, Trouble> {
    text.parse().map_err(|_| Trouble::Missing(format!("bulk action `{text}`")))
}

pub(super) async fn show(visitor: Visitor, id: web::Path<String>) -> Result<HttpResponse, Trouble> {
    let found = visitor.reads().bulk(id_of(&id)?)?;
    let backlog = visitor.store().backlog().await?;
    let (class, verdict) = verdict(&found);
    let page = OnePage {
        shell: Shell::new(&visitor, Place::Bulk, format!("Bulk action {}", found.id), "bulk", &backlog),
        bulk: BulkLine::new(&found, visitor.now),
        class,
        verdict,
    };
    page::answer(&visitor, &page)
}

/// `POST …/cancel`.
pub(super) async fn cancel(operator: Operator, id: web::Path<String>) -> Result<HttpResponse, Trouble> {
    let id = id_of(&id)?;
    let (admin, caller) = operator.asks();
    let cancelled = bulk::cancel(admin, caller, Named(BulkId(id)), Params(NoParams {})).await;
    let flash = page::told(cancelled, |_| "Told to end; what was done stays done.".to_owned());
    Ok(page::went(&format!("/dashboard/bulk/{id}"), &flash))
}
