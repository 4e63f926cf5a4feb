//! Bulk actions, as tables and sentences show them.

use herdgate_actors::domain::Timestamp;

use super::{
    agent_rows::Meter,
    words::{ShortId, When, counted, plural},
};
use crate::api::bulk::{Action, Bulk, Filter, State};

/// A bulk action in a table.
pub(super) struct BulkLine {
    pub(super) id: String,
    pub(super) short: ShortId,
    pub(super) what: String,
    pub(super) filter: String,
    pub(super) class: &'static str,
    pub(super) word: &'static str,
    pub(super) meter: Meter,
    pub(super) progress: String,
    pub(super) skipped: u64,
    pub(super) problem: String,
    pub(super) by: String,
    pub(super) rate: u32,
    pub(super) started: When,
    pub(super) ended: Option<When>,
    pub(super) is_running: bool,
}

impl BulkLine {
    pub(super) fn new(bulk: &Bulk, now: Timestamp) -> Self {
        let (class, word) = class_of(bulk.state);
        let passed = bulk.done + bulk.skipped;
        Self {
            id: bulk.id.to_string(),
            short: ShortId::new(bulk.id),
            what: what(bulk.action, bulk.total),
            filter: filter_words(&bulk.filter),
            class,
            word,
            meter: Meter::new(passed, bulk.total),
            progress: format!("{} of {}", counted(passed, None), counted(bulk.total, None)),
            skipped: bulk.skipped,
            problem: bulk.problem.clone().unwrap_or_default(),
            by: bulk.by.clone(),
            rate: bulk.per_second,
            started: When::new(bulk.started_at.0, now),
            ended: bulk.ended_at.map(|at| When::new(at.0, now)),
            is_running: bulk.state == State::Running,
        }
    }
}

const fn class_of(state: State) -> (&'static str, &'static str) {
    match state {
        State::Counted => ("off", "only counted"),
        State::Running => ("executing", "under way"),
        State::Done => ("completed", "done"),
        State::Cancelled => ("cancelled", "cancelled"),
        State::Failed => ("failed", "failed"),
        State::Interrupted => ("interrupted", "interrupted"),
    }
}

/// Where it stands, in a sentence.
pub(super) fn verdict(bulk: &Bulk) -> (&'static str, String) {
    let so_far = format!("{} of {}", counted(bulk.done, None), counted(bulk.total, None));
    let why = bulk.problem.as_deref().map(|problem| format!(": {problem}")).unwrap_or_default();
    let rest = if bulk.skipped > 0 {
        format!(" {} could not: they were in another state by then, or refused{why}.", bulk.skipped)
    } else {
        String::new()
    };
    let done = done(bulk.action);
    match bulk.state {
        State::Counted => ("no", format!("{} were counted, and nothing was done.", bulk.total)),
        State::Running => {
            ("", format!("{so_far} {done} so far, at most {} a second.{rest}", bulk.per_second))
        }
        State::Done => ("yes", format!("Done: {so_far} {done}.{rest}")),
        State::Cancelled => {
            ("no", format!("Cancelled with {so_far} {done}; what was done stays done.{rest}"))
        }
        State::Failed => ("bad", format!("Failed with {so_far} {done}{why}. What was done stays done.")),
        State::Interrupted => {
            ("no", format!("The gate ended with {so_far} {done}; what was done stays done. Begin it anew."))
        }
    }
}

/// What is done: `Run 3 jobs again`.
pub(super) fn what(action: Action, count: u64) -> String {
    let meant = meant(action, count);
    match action {
        Action::ReplayDeliveries => format!("Replay {meant}"),
        Action::RetryJobs => format!("Run {meant} again"),
        Action::DismissJobs => format!("Dismiss {meant}"),
        Action::CancelJobs => format!("Cancel {meant}"),
    }
}

const fn done(action: Action) -> &'static str {
    match action {
        Action::ReplayDeliveries => "replayed",
        Action::RetryJobs => "run again",
        Action::DismissJobs => "dismissed",
        Action::CancelJobs => "cancelled",
    }
}

/// `3 deliveries`, `1 job`.
pub(super) fn meant(action: Action, count: u64) -> String {
    match (action, count) {
        (Action::ReplayDeliveries, 1) => "1 delivery".to_owned(),
        (Action::ReplayDeliveries, _) => format!("{} deliveries", counted(count, None)),
        _ => plural(count, "job"),
    }
}

/// `agent dev · reason attempts_used_up`.
pub(super) fn filter_words(filter: &Filter) -> String {
    let mut words = Vec::new();
    let mut add =
        |name: &str, value: Option<String>| words.extend(value.map(|value| format!("{name} {value}")));
    add("agent", filter.agent.as_ref().map(ToString::to_string));
    add("source", filter.source.as_ref().map(ToString::to_string));
    add("event", filter.event.clone());
    add("repository", filter.repo.clone());
    add("saying", filter.text.clone());
    add("state", filter.state.map(|state| state.as_str().to_owned()));
    add("reason", filter.reason.as_ref().map(|reason| reason.replace('_', " ")));
    add("outcome", filter.outcome.map(|outcome| format!("{outcome:?}").to_lowercase()));
    let moment = |time: crate::api::time::Time| time.0.to_utc().format("%Y-%m-%d %H:%M UTC").to_string();
    add("since", filter.since.map(moment));
    add("until", filter.until.map(moment));
    if words.is_empty() { "all there are".to_owned() } else { words.join(" · ") }
}

#[cfg(test)]
mod tests {
    use herdgate_actors::domain::JobId;

    use super::*;
    use crate::api::time::Time;

    fn bulk(state: State, done: u64, skipped: u64) -> Bulk {
        Bulk {
            limit: None,
            to: None,
            jobs: 0,
            id: JobId::from_raw(1),
            action: Action::RetryJobs,
            filter: Filter { agent: Some("dev".into()), ..Filter::default() },
            by: "ann".to_owned(),
            state,
            total: 40,
            done,
            skipped,
            problem: None,
            per_second: 5,
            started_at: Time(Timestamp::from_millis(0)),
            ended_at: None,
        }
    }

    #[test]
    fn how_far_it_is_stands_in_a_sentence() {
        assert_eq!(verdict(&bulk(State::Running, 12, 0)).1, "12 of 40 run again so far, at most 5 a second.");
        let (class, text) = verdict(&bulk(State::Done, 38, 2));
        assert_eq!(class, "yes");
        assert!(text.starts_with("Done: 38 of 40 run again. 2 could not"), "{text}");
        let line = BulkLine::new(&bulk(State::Running, 12, 2), Timestamp::from_millis(1));
        assert_eq!((line.what.as_str(), line.progress.as_str()), ("Run 40 jobs again", "14 of 40"));
        assert_eq!(line.filter, "agent dev");
    }
}
