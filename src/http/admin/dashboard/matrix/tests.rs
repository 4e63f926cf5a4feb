use std::time::Duration;

use herdgate_actors::domain::{
    AgentSpec, FIELD, FieldSpec, Filter, KeepWork, Match, Place, Prices, ProviderName, RetryPolicy, Revision,
    RunSpec, TriggerMismatch, fact,
};

use super::*;

static LABELS: FieldSpec = FieldSpec { name: "labels", values: &[Place::Fact(fact::LABELS)], ..FIELD };
static ACTIONS: FieldSpec = FieldSpec { name: "actions", values: &[Place::Action], ..FIELD };

fn wants(labels: &str) -> Trigger {
    let clause = |field, wanted: &str| Clause { field, wanted: vec![wanted.to_owned()] };
    let clauses = vec![clause(&LABELS, labels), clause(&ACTIONS, "labeled")];
    Trigger::new("hub".into(), Filter { clauses })
}

fn topology(agents: &[(&str, &[&str])]) -> Topology {
    let agent = |(name, labels): &(&str, &[&str])| AgentSpec {
        name: (*name).into(),
        triggers: labels.iter().map(|label| wants(label)).collect(),
        scale: 1,
        queue_limit: 1,
        retry: RetryPolicy::default(),
        run: RunSpec {
            command: vec!["true".to_owned()],
            preset: None,
            stall_timeout: None,
            prices: Prices::default(),
            cwd: None,
            env: Vec::new(),
            timeout: Duration::ZERO,
            kill_grace: Duration::ZERO,
            output_limit: 0,
            keep_work: KeepWork::Never,
            instructions: "".into(),
        }
        .into(),
        params: "{}".into(),
    };
    Topology::new(Revision(3), Vec::new(), agents.iter().map(|one| agent(one).into()).collect())
}

fn event() -> Event {
    let mut event = Event::new(ProviderName::new("github"), "issues");
    event.header.action = Some("labeled".to_owned());
    event.facts.set_list(fact::LABELS, vec!["bug".to_owned()]);
    event
}

fn yes_of(agent: &str) -> Verdict {
    let trigger_id = Some(TriggerId::of(&wants("bug")));
    Verdict::Matched(Match { agent: agent.into(), trigger: 0, trigger_id, source: "hub".into() })
}

fn failed(field: &str, wanted: &str) -> FailedClause {
    FailedClause {
        field: field.to_owned(),
        wanted: vec![wanted.to_owned()],
        actual: Actual::One("bug".to_owned()),
    }
}

fn no_of(agent: &str, misses: &[&[FailedClause]]) -> Verdict {
    let mismatch =
        |(trigger, failed): (usize, &&[FailedClause])| TriggerMismatch { trigger, failed: failed.to_vec() };
    Verdict::NotMatched { agent: agent.into(), mismatches: misses.iter().enumerate().map(mismatch).collect() }
}

fn names(matrix: &Matrix) -> Vec<(String, &'static str)> {
    matrix.rows.iter().map(|row| (row.agent.to_string(), row.word)).collect()
}

#[test]
fn those_that_matched_come_first_then_those_that_missed_by_least() {
    let topology = topology(&[("a", &["docs"]), ("b", &["bug"]), ("c", &["ops"])]);
    let both = [failed("labels", "ops"), failed("actions", "opened")];
    let shown = [no_of("c", &[&both]), no_of("a", &[&both[..1]]), yes_of("b")];
    let event = event();
    let judged = Judged {
        shown: &shown,
        other: &shown,
        is_today: true,
        same_filters: true,
        topology: &topology,
        event: Some(&event),
    };
    let matrix = lay_out(&judged, false);
    assert_eq!(names(&matrix), [("b".to_owned(), "matched"), ("a".to_owned(), "no"), ("c".to_owned(), "no")]);
    assert_eq!(matrix.columns, ["labels", "actions"]);
    let row = &matrix.rows[0];
    assert_eq!(
        (row.cells[0].word, row.cells[0].wanted.as_str(), row.cells[0].actual.as_str()),
        ("yes", "bug", "bug")
    );
    let row = &matrix.rows[1];
    assert_eq!((row.cells[0].word, row.cells[0].wanted.as_str()), ("no", "ops"));
    assert_eq!(row.cells[1].word, "yes", "what did not fail held");
    assert!(matrix.rows.iter().all(|row| row.changed.is_none()));
}

#[test]
fn what_would_be_said_otherwise_today_is_marked_and_who_was_not_asked_is_told() {
    let topology = topology(&[("a", &["bug"]), ("b", &["docs"])]);
    let then = [no_of("a", &[&[failed("labels", "docs")]])];
    let today = [yes_of("a"), no_of("b", &[&[failed("labels", "docs")]])];
    let event = event();
    let judged = Judged {
        shown: &then,
        other: &today,
        is_today: false,
        same_filters: false,
        topology: &topology,
        event: Some(&event),
    };
    let matrix = lay_out(&judged, false);
    assert_eq!(names(&matrix), [("a".to_owned(), "no"), ("b".to_owned(), "not asked")]);
    assert_eq!(matrix.rows[0].changed, Some("today: matches"));
    assert_eq!(matrix.rows[1].changed, None, "no is no, asked or not");

    let judged = Judged {
        shown: &then,
        other: &today,
        is_today: false,
        same_filters: true,
        topology: &topology,
        event: Some(&event),
    };
    let row = &lay_out(&judged, false).rows[1];
    assert_eq!((row.word, row.cells[0].word), ("no", "no"), "with the filters of then it is known why");
}

#[test]
fn each_trigger_of_an_agent_is_a_row_and_many_agents_are_cut() {
    let miss = [failed("labels", "x")];
    let two = [miss[0].clone(), failed("actions", "y")];
    let topology = topology(&[("a", &["bug", "docs"])]);
    let shown = [no_of("a", &[&two, &miss])];
    let judged = Judged {
        shown: &shown,
        other: &shown,
        is_today: true,
        same_filters: true,
        topology: &topology,
        event: None,
    };
    let matrix = lay_out(&judged, false);
    let rows: Vec<_> = matrix.rows.iter().map(|row| (row.is_first, row.trigger)).collect();
    assert_eq!(rows, [(true, Some(2)), (false, Some(1))], "the nearest comes first");

    let many: Vec<_> = (0..1_000).map(|index| no_of(&format!("agent-{index}"), &[&miss])).collect();
    let judged = Judged {
        shown: &many,
        other: &many,
        is_today: true,
        same_filters: true,
        topology: &topology,
        event: None,
    };
    let matrix = lay_out(&judged, false);
    assert_eq!((matrix.rows.len(), matrix.hidden), (ROWS, 1_000 - ROWS));
    assert_eq!(lay_out(&judged, true).rows.len(), 1_000);
}

#[test]
fn the_nearest_miss_is_told_in_words() {
    let two = [failed("labels", "x"), failed("actions", "y")];
    let verdicts = [no_of("far", &[&two]), no_of("near", &[&two, &two[..1]])];
    let (agent, missed) = nearest(&verdicts).unwrap();
    assert_eq!(agent.as_str(), "near");
    assert_eq!(why_not(missed), "labels wanted x, was bug");
}
