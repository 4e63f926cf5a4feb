//! What comes due by itself, and when.

use actix_web::{HttpResponse, web};
use askama::Template;
use chrono::TimeZone;
use chrono_tz::Tz;
use herdgate_actors::domain::Timestamp;
use serde::Deserialize;

use super::{
    error::Trouble,
    links::{encoded, link},
    page,
    shell::{Place, Shell},
    visitor::Visitor,
    words::{When, counted},
};

const PATH: &str = "/dashboard/schedule";
/// Agents of a page.
const ROWS: usize = 100;

/// Which of them, as it stands in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filters {
    name: String,
    page: usize,
}

impl Filters {
    fn link(&self, page: usize) -> String {
        let page = if page == 0 { String::new() } else { page.to_string() };
        link(PATH, [("name", self.name.as_str()), ("page", &page)])
    }
}

/// The schedule of an agent.
struct Line {
    agent: String,
    link: String,
    expression: String,
    zone: String,
    is_paused: bool,
    catches_up: bool,
    last: Option<When>,
    next: Vec<(String, When)>,
}

#[derive(Template)]
#[template(path = "schedule.html")]
struct SchedulePage {
    shell: Shell,
    filters: Filters,
    lines: Vec<Line>,
    total: String,
    before: Option<String>,
    after: Option<String>,
    is_filtered: bool,
}

pub(super) async fn show(visitor: Visitor, filters: web::Query<Filters>) -> Result<HttpResponse, Trouble> {
    let filters = filters.into_inner();
    let backlog = visitor.store().backlog().await?;
    let start = filters.page.saturating_mul(ROWS);
    let part = start..start.saturating_add(ROWS);
    let (scheduled, total) = visitor.reads().schedule_part(filters.name.trim(), part).await?;
    let line = |one: &crate::api::schedule::Scheduled| Line {
        agent: one.agent.to_string(),
        link: format!("/dashboard/agents/{}", encoded(one.agent.as_str())),
        expression: one.expression.clone(),
        is_paused: one.paused,
        catches_up: one.catches_up,
        last: one.last.map(|at| When::new(at.0, visitor.now)),
        next: one
            .next
            .iter()
            .take(3)
            .map(|at| (local(at.0, &one.timezone), When::new(at.0, visitor.now)))
            .collect(),
        zone: one.timezone.clone(),
    };
    let page = SchedulePage {
        shell: Shell::new(&visitor, Place::Schedule, "Schedule", "schedule agents config", &backlog),
        lines: scheduled.iter().map(line).collect(),
        total: counted(total as u64, None),
        before: (filters.page > 0).then(|| filters.link(filters.page - 1)),
        after: (start.saturating_add(ROWS) < total).then(|| filters.link(filters.page + 1)),
        is_filtered: filters.link(0) != PATH,
        filters,
    };
    page::answer(&visitor, &page)
}

/// A moment as the clocks of a zone show it: `Tue 24 Nov 2026, 09:00 CET`.
pub(super) fn local(at: Timestamp, zone: &str) -> String {
    let utc = at.to_utc().naive_utc();
    let zone = zone.parse::<Tz>().unwrap_or(Tz::UTC);
    zone.from_utc_datetime(&utc).format("%a %-d %b %Y, %H:%M %Z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_as_the_clocks_of_the_zone_show_them() {
        let at = Timestamp::from_millis(1_795_000_000_000);
        assert_eq!(local(at, "Europe/Berlin"), "Wed 18 Nov 2026, 12:06 CET");
        assert_eq!(local(at, "nowhere"), "Wed 18 Nov 2026, 11:06 UTC");
    }
}
