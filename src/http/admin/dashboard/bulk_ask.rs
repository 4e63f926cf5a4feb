//! One thing to all that match: how many are meant is said before anything is done to them.

use actix_web::{HttpResponse, web};
use askama::Template;
use herdgate_actors::control::count_for;
use serde::Deserialize;

use super::{
    bulk_rows::{filter_words, meant, what},
    error::Trouble,
    links::link,
    listing::{given, named, since},
    page,
    shell::{Place, Shell},
    visitor::{Operator, Visitor},
};
use crate::{
    api::{
        bulk::{Action, Filter, NewBulk},
        jobs::State,
        time::Time,
    },
    http::admin::api::{Body, NoParams, Params, bulk},
};

const PATH: &str = "/dashboard/bulk/new";
/// The name of all states together in which a job waits.
const WAITING: &str = "waiting";
/// So many a second, unless somebody says otherwise: what runs beside it hardly notices.
const RATE: u32 = 100;

/// Which are meant, as it stands in the address and, once they are counted, in the form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Which {
    /// `deliveries` or `jobs`.
    pub(super) of: String,
    pub(super) state: String,
    pub(super) agent: String,
    pub(super) source: String,
    pub(super) event: String,
    pub(super) repo: String,
    pub(super) text: String,
    pub(super) outcome: String,
    pub(super) reason: String,
    /// A span like `24h`; in the form the moment at which it began.
    pub(super) since: String,
    /// In the form, the moment at which they were counted: later ones are not meant.
    pub(super) until: String,
    pub(super) action: String,
    pub(super) rate: String,
}

impl Which {
    /// The page that asks about these.
    pub(super) fn link(&self) -> String {
        link(PATH, self.fields())
    }

    fn fields(&self) -> [(&'static str, &str); 10] {
        [
            ("of", &self.of),
            ("state", &self.state),
            ("agent", &self.agent),
            ("source", &self.source),
            ("event", &self.event),
            ("repo", &self.repo),
            ("text", &self.text),
            ("outcome", &self.outcome),
            ("reason", &self.reason),
            ("since", &self.since),
        ]
    }

    /// What can be done to them.
    pub(super) fn actions(&self) -> &'static [Action] {
        match (self.of.as_str(), self.state.as_str()) {
            ("deliveries", _) => &[Action::ReplayDeliveries],
            ("jobs", "discarded") => &[Action::RetryJobs, Action::DismissJobs],
            ("jobs", "completed" | "cancelled") => &[Action::RetryJobs],
            ("jobs", WAITING | "available" | "scheduled" | "retryable" | "held") => &[Action::CancelJobs],
            _ => &[],
        }
    }

    fn filter(&self, visitor: &Visitor) -> Result<Filter, Trouble> {
        let moment = |text: &str| -> Result<Option<Time>, Trouble> {
            let time = given(text).map(str::parse::<Time>).transpose();
            time.map_err(|error| Trouble::Wrong(error.to_string()))
        };
        let since = match since(&self.since, visitor.now) {
            Some(since) => Some(since),
            None => moment(&self.since)?,
        };
        let state: Option<State> = if self.state == WAITING { None } else { named(&self.state)? };
        Ok(Filter {
            delivery_id: None,
            all: false,
            agent: given(&self.agent).map(Into::into),
            source: given(&self.source).map(Into::into),
            event: given(&self.event).map(str::to_owned),
            repo: given(&self.repo).map(str::to_owned),
            text: given(&self.text).map(str::to_owned),
            outcome: named(&self.outcome)?,
            state,
            reason: given(&self.reason).map(str::to_owned),
            since,
            until: Some(moment(&self.until)?.unwrap_or(Time(visitor.now))),
        })
    }
}

/// Something that can be done to them.
struct Button {
    value: &'static str,
    text: String,
    class: &'static str,
}

#[derive(Template)]
#[template(path = "bulk_ask.html")]
struct Ask {
    shell: Shell,
    /// What the form says again, so that nothing else is done than what was counted.
    fields: Vec<(&'static str, String)>,
    count: String,
    filter: String,
    buttons: Vec<Button>,
    rate: u32,
    is_any: bool,
    is_replay: bool,
    back: &'static str,
}

/// `GET /dashboard/bulk/new`: counts, and asks.
pub(super) async fn ask(visitor: Visitor, which: web::Query<Which>) -> Result<HttpResponse, Trouble> {
    let which = which.into_inner();
    let actions = which.actions();
    let Some(first) = actions.first().copied() else {
        return Err(Trouble::Wrong("there is nothing that could be done to all of these".to_owned()));
    };
    let filter = which.filter(&visitor)?;
    let wanted = NewBulk {
        action: first,
        filter: filter.clone(),
        limit: None,
        to: None,
        dry_run: true,
        per_second: RATE,
    };
    let count = count_for(visitor.control(), bulk::wanted_by(wanted, visitor.by.clone())).await?;
    let backlog = visitor.store().backlog().await?;
    let button = |(index, action): (usize, &Action)| Button {
        value: word(*action),
        text: what(*action, count),
        class: match action {
            _ if *action == Action::CancelJobs => "risk",
            _ if index == 0 => "main-act",
            _ => "",
        },
    };
    let (since, until) = (filter.since, filter.until);
    let mut fields: Vec<_> = which.fields().map(|(name, value)| (name, value.to_owned())).into();
    fields.retain(|(name, value)| *name != "since" && !value.is_empty());
    fields.extend(since.map(|time| ("since", time.to_string())));
    fields.extend(until.map(|time| ("until", time.to_string())));
    let page = Ask {
        shell: Shell::new(&visitor, Place::Bulk, "Bulk action", "", &backlog),
        fields,
        count: meant(first, count),
        filter: filter_words(&Filter { until: None, ..filter }),
        buttons: actions.iter().enumerate().map(button).collect(),
        rate: RATE,
        is_any: count > 0,
        is_replay: first == Action::ReplayDeliveries,
        back: if which.of == "deliveries" { "/dashboard/deliveries" } else { "/dashboard/jobs" },
    };
    page::answer(&visitor, &page)
}

/// As forms name it.
const fn word(action: Action) -> &'static str {
    match action {
        Action::ReplayDeliveries => "replay_deliveries",
        Action::RetryJobs => "retry_jobs",
        Action::DismissJobs => "dismiss_jobs",
        Action::CancelJobs => "cancel_jobs",
    }
}

/// `POST /dashboard/bulk`: begins it.
pub(super) async fn start(operator: Operator, which: web::Form<Which>) -> Result<HttpResponse, Trouble> {
    let which = which.into_inner();
    let action = which.actions().iter().copied().find(|action| word(*action) == which.action);
    let action =
        action.ok_or_else(|| Trouble::Wrong(format!("`{}` cannot be done to these", which.action)))?;
    let wrong = |_| Trouble::Wrong(format!("`{}` is no number a second", which.rate));
    let per_second = given(&which.rate).map_or(Ok(RATE), |rate| rate.parse().map_err(wrong))?;
    let filter = which.filter(&operator.0)?;
    let (admin, caller) = operator.asks();
    let wanted = Body(NewBulk { action, filter, limit: None, to: None, dry_run: false, per_second });
    let started = bulk::start(admin, caller, Params(NoParams {}), wanted).await;
    let mut to = which.link();
    let flash = page::told(started, |started| {
        to = format!("/dashboard/bulk/{}", started.id);
        "Begun: how far it is stands below.".to_owned()
    });
    Ok(page::went(&to, &flash))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actions(of: &str, state: &str) -> &'static [Action] {
        Which { of: of.to_owned(), state: state.to_owned(), ..Which::default() }.actions()
    }

    #[test]
    fn only_what_makes_sense_is_offered() {
        assert_eq!(actions("deliveries", ""), [Action::ReplayDeliveries]);
        assert_eq!(actions("jobs", "discarded"), [Action::RetryJobs, Action::DismissJobs]);
        assert_eq!(actions("jobs", "waiting"), [Action::CancelJobs]);
        assert_eq!([actions("jobs", ""), actions("jobs", "executing"), actions("runs", "")], [&[]; 3]);
    }
}
