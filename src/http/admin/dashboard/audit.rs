//! Who changed what, and what it was before.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::{
    change_rows::{ChangeLine, PATH},
    error::Trouble,
    links::link,
    listing::{Choice, Pages, given, spans, window},
    page,
    shell::{Place, Shell},
    visitor::Visitor,
};
use crate::api::{
    audit::{AuditFilter, AuditQuery},
    list::Listed,
};

/// Which changes, as it stands in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filters {
    by: String,
    action: String,
    subject: String,
    since: String,
    after: String,
}

impl Filters {
    fn query(&self, visitor: &Visitor) -> AuditQuery {
        let filter = AuditFilter {
            by: given(&self.by).map(str::to_owned),
            action: given(&self.action).map(str::to_owned),
            subject: given(&self.subject).map(str::to_owned),
        };
        Listed { filter, window: window(&self.since, &self.after, visitor) }
    }

    fn link(&self, after: &str) -> String {
        let all = [
            ("by", self.by.as_str()),
            ("action", &self.action),
            ("subject", &self.subject),
            ("since", &self.since),
            ("after", after),
        ];
        link(PATH, all)
    }
}

#[derive(Template)]
#[template(path = "audit.html")]
struct Audit {
    shell: Shell,
    filters: Filters,
    spans: Vec<Choice>,
    rows: Vec<ChangeLine>,
    pages: Pages,
    is_filtered: bool,
}

pub(super) async fn show(visitor: Visitor, filters: web::Query<Filters>) -> Result<HttpResponse, Trouble> {
    let filters = filters.into_inner();
    let backlog = visitor.store().backlog().await?;
    let found = visitor.reads().changes(&filters.query(&visitor)).await?;
    let page = Audit {
        shell: Shell::new(&visitor, Place::Audit, "Audit", "audit", &backlog),
        spans: spans(&filters.since),
        rows: found.items.iter().map(|change| ChangeLine::new(change, visitor.now)).collect(),
        pages: Pages::of(&found, filters.after.is_empty(), |after| filters.link(after)),
        is_filtered: filters.link("") != PATH,
        filters,
    };
    page::answer(&visitor, &page)
}
