//! What stands around every page: where one can go, what waits there, and how the gate fares.

use herdgate_actors::{domain::JobState, store::Backlog};

use super::{
    assets, links,
    visitor::{Flash, Visitor},
    words::counted,
};
use crate::{api::bulk, run::health::State};

/// A place in the rail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Overview,
    Deliveries,
    Jobs,
    Runs,
    Agents,
    DeadLetters,
    Bulk,
    Schedule,
    Sources,
    TryOut,
    Configuration,
    Audit,
    Nodes,
    More,
}

/// Those of the rail with their names and addresses; where a letter stands, `g` and it lead there.
const PLACES: [(Place, &str, &str, &str); 13] = [
    (Place::Overview, "Overview", "/dashboard", "o"),
    (Place::Deliveries, "Deliveries", "/dashboard/deliveries", "d"),
    (Place::Jobs, "Jobs", "/dashboard/jobs", "j"),
    (Place::Runs, "Runs", "/dashboard/runs", "r"),
    (Place::Agents, "Agents", "/dashboard/agents", "a"),
    (Place::DeadLetters, "Dead letters", "/dashboard/dead-letters", "l"),
    (Place::Bulk, "Bulk actions", "/dashboard/bulk", "b"),
    (Place::Schedule, "Schedule", "/dashboard/schedule", "s"),
    (Place::Sources, "Sources", "/dashboard/sources", "w"),
    (Place::TryOut, "Try out", "/dashboard/try", "t"),
    (Place::Configuration, "Configuration", "/dashboard/configuration", "c"),
    (Place::Audit, "Audit", "/dashboard/audit", "u"),
    (Place::Nodes, "Nodes", "/dashboard/nodes", "n"),
];

/// One link of the rail.
pub(super) struct Link {
    pub(super) name: &'static str,
    pub(super) to: &'static str,
    pub(super) key: &'static str,
    pub(super) is_here: bool,
    pub(super) count: Option<String>,
    /// The count is one of failures.
    pub(super) is_bad: bool,
}

/// How the gate fares.
pub(super) struct GateState {
    pub(super) word: &'static str,
    pub(super) why: Option<String>,
}

/// Everything around a page.
pub(super) struct Shell {
    pub(super) title: String,
    pub(super) links: Vec<Link>,
    /// The five of small screens.
    pub(super) bottom: Vec<Link>,
    pub(super) gate: GateState,
    pub(super) revision: u64,
    pub(super) theme: Option<&'static str>,
    pub(super) other_theme: &'static str,
    pub(super) flash: Option<Flash>,
    /// What must change for the page to look again.
    pub(super) topics: &'static str,
    pub(super) here: String,
    pub(super) css: String,
    pub(super) js: String,
    pub(super) icon: String,
    pub(super) version: &'static str,
}

impl Shell {
    /// Around a page that shows `topics`.
    pub(super) fn new(
        visitor: &Visitor,
        place: Place,
        title: impl Into<String>,
        topics: &'static str,
        backlog: &[Backlog],
    ) -> Self {
        let link = |(of, name, to, key): (Place, &'static str, &'static str, &'static str)| {
            let (count, is_bad) = count_of(of, visitor, backlog);
            Link { name, to, key, is_here: of == place, count, is_bad }
        };
        let small = |of: &Place| PLACES.into_iter().find(|(known, ..)| known == of).map(link);
        let mut bottom: Vec<_> = [Place::Overview, Place::Deliveries, Place::Jobs, Place::Agents]
            .iter()
            .filter_map(small)
            .collect();
        let is_here = !bottom.iter().any(|link| link.is_here);
        let more = "/dashboard/more";
        bottom.push(Link { name: "More", to: more, key: "", is_here, count: None, is_bad: false });
        Self {
            title: title.into(),
            links: PLACES.into_iter().map(link).collect(),
            bottom,
            gate: gate_state(visitor),
            revision: visitor.control().topology().revision().0,
            theme: visitor.theme,
            other_theme: if visitor.theme == Some("dark") { "light" } else { "dark" },
            flash: visitor.flash.clone(),
            topics,
            here: links::own_page(Some(&visitor.here)).to_owned(),
            css: assets::address("app.css"),
            js: assets::address("app.js"),
            icon: assets::address("icon.svg"),
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// What waits at a place, and whether it is bad.
fn count_of(place: Place, visitor: &Visitor, backlog: &[Backlog]) -> (Option<String>, bool) {
    let jobs = |of: fn(JobState) -> bool| {
        backlog.iter().filter(|entry| of(entry.state)).map(|entry| entry.jobs).sum()
    };
    let count: u64 = match place {
        Place::Jobs => jobs(JobState::is_waiting),
        Place::Runs => visitor.control().agents().executing() as u64,
        Place::DeadLetters => jobs(|state| state == JobState::Discarded),
        Place::Bulk => {
            let bulks = visitor.reads().bulks().items;
            bulks.iter().filter(|bulk| bulk.state == bulk::State::Running).count() as u64
        }
        _ => 0,
    };
    ((count > 0).then(|| counted(count, None)), place == Place::DeadLetters)
}

fn gate_state(visitor: &Visitor) -> GateState {
    let (word, why) = match visitor.health().state() {
        State::Ready => ("ready", None),
        State::Starting => ("starting", None),
        State::Draining => ("draining", Some("runs end, deliveries are kept for the next start".to_owned())),
        State::Degraded { why, .. } => ("degraded", Some(why)),
        State::Failed(why) => ("failed", Some(why)),
    };
    GateState { word, why }
}
