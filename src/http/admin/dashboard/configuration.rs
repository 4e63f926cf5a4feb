//! What is in force and where it was set, what the files say otherwise, and the configurations before.

use actix_web::{HttpResponse, web};
use askama::Template;
use herdgate_actors::{
    domain::Revision,
    store::{RevisionQuery, RevisionRow},
};
use serde::Deserialize;

use super::{
    config_rows::{self, ValueLine},
    error::Trouble,
    links::link,
    page,
    shell::{Place, Shell},
    visitor::{Flash, Operator, Visitor},
    words::{When, counted, plural},
};
use crate::{
    api::problem::Kind,
    config::EffectiveConfig,
    http::admin::api::{NoParams, Params, config},
};

const PATH: &str = "/dashboard/configuration";
/// Revisions that are listed at once.
const REVISIONS: u32 = 20;
/// Values that are listed at once; a filter finds the others.
const VALUES: usize = 300;

/// Which values and revisions, as it stands in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filters {
    /// Only values whose part or key says this.
    text: String,
    /// `1`: only what is set somewhere.
    set: String,
    /// Revisions before this one.
    before: Option<u64>,
}

/// A configuration that was in force.
struct RevisionLine {
    number: u64,
    at: When,
    changes: String,
    is_in_force: bool,
}

/// Files that were not taken.
struct Refused {
    problems: String,
    since: When,
    tried: When,
    report: String,
}

/// What the files say that is not in force.
struct Ahead {
    count: String,
    text: String,
    class: &'static str,
}

#[derive(Template)]
#[template(path = "configuration.html")]
struct ConfigurationPage {
    shell: Shell,
    filters: Filters,
    revision: u64,
    since: When,
    file: String,
    waiting: String,
    refused: Option<Refused>,
    ahead: Option<Ahead>,
    values: Vec<ValueLine>,
    /// Values that are not shown.
    hidden: String,
    /// Agents whose values are shown only when they are asked for.
    agents: String,
    is_filtered: bool,
    revisions: Vec<RevisionLine>,
    older: Option<String>,
}

pub(super) async fn show(visitor: Visitor, filters: web::Query<Filters>) -> Result<HttpResponse, Trouble> {
    let filters = filters.into_inner();
    let (admin, state) = (&visitor.admin, visitor.admin.configuration());
    let backlog = visitor.store().backlog().await?;
    let (in_force, salt) = (admin.reload.in_force(), admin.keys.salt());
    let effective = if filters.text.trim().is_empty() {
        EffectiveConfig::without_agents(&in_force, salt)
    } else {
        EffectiveConfig::with_fingerprints(&in_force, salt)
    };
    let mut values = config_rows::rows(&effective, &filters.text, filters.set == "1");
    let hidden = values.len().saturating_sub(VALUES);
    values.truncate(VALUES);
    let before = filters.before.map(Revision);
    let rows = visitor
        .store()
        .revisions(RevisionQuery { limit: REVISIONS, before, ..RevisionQuery::default() })
        .await?;
    let older = rows.last().filter(|last| rows.len() == REVISIONS as usize && last.number.0 > 1);
    let older = older.map(|last| link(PATH, [("before", last.number.to_string().as_str())]) + "#revisions");
    let line = |row: &RevisionRow| RevisionLine {
        number: row.number.0,
        at: When::new(row.at, visitor.now),
        changes: row.changes.to_string(),
        is_in_force: row.number == state.revision,
    };
    let page = ConfigurationPage {
        shell: Shell::new(&visitor, Place::Configuration, "Configuration", "config", &backlog),
        revision: state.revision.0,
        since: When::new(state.since, visitor.now),
        file: effective.file.display().to_string(),
        waiting: state.waiting.join("; "),
        refused: state.refused.as_ref().map(|refused| Refused {
            problems: plural(refused.problems as u64, "problem"),
            since: When::new(refused.since, visitor.now),
            tried: When::new(refused.tried_at, visitor.now),
            report: refused.report.clone(),
        }),
        ahead: ahead(&visitor).await,
        values,
        hidden: if hidden == 0 { String::new() } else { counted(hidden as u64, None) },
        agents: plural(in_force.agents.len() as u64, "agent"),
        is_filtered: !filters.text.is_empty() || filters.set == "1",
        revisions: rows.iter().map(line).collect(),
        older,
        filters,
    };
    page::answer(&visitor, &page)
}

/// What is different in the files, where anything is.
async fn ahead(visitor: &Visitor) -> Option<Ahead> {
    match visitor.admin.reload.ahead(visitor.admin.keys.salt()).await {
        Ok(differences) if differences.is_empty() => None,
        Ok(differences) => {
            let text: Vec<_> = differences.iter().map(ToString::to_string).collect();
            let count = plural(differences.len() as u64, "part");
            Some(Ahead { count: format!("differ in {count}"), text: text.join("\n"), class: "warn" })
        }
        Err(report) => Some(Ahead { count: "are wrong".to_owned(), text: report, class: "bad" }),
    }
}

/// `POST /dashboard/configuration`: all or nothing.
pub(super) async fn reload(operator: Operator) -> Result<HttpResponse, Trouble> {
    let (admin, caller) = operator.asks();
    let flash = match config::reload(admin, caller, Params(NoParams {})).await {
        Err(refused) if refused.0.kind() == Some(Kind::ConfigurationRefused) => {
            Flash::failed("Not reloaded: what was in force stays in force. What is wrong stands below.")
        }
        answer => page::told(answer, |reloaded| {
            let waits = reloaded.waits_for_restart.join("; ");
            let waits =
                if waits.is_empty() { waits } else { format!(" These wait for the next start: {waits}.") };
            format!("Revision {} is in force: {}.{waits}", reloaded.revision, reloaded.differences)
        }),
    };
    Ok(page::went("/dashboard/configuration", &flash))
}
