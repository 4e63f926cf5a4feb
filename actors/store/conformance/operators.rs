//! What operators asked for and did is remembered.

use serde_json::value::RawValue;

use super::{Subject, at, on_every_engine, wait};
use crate::{
    domain::JobId,
    store::{AgentOverride, BULKS_KEPT, BulkRow, ChangeQuery, ChangeRow, CountOf, Span},
};

on_every_engine!(
    wishes_of_operators_are_remembered_until_nothing_is_wished,
    changes_are_listed_by_who_what_and_when,
    the_newest_bulk_actions_are_remembered,
);

fn wishes_of_operators_are_remembered_until_nothing_is_wished(store: &Subject) {
    let wish = |is_paused, scale| AgentOverride { agent: "dev".into(), is_paused, scale };
    wait(store.engine.set_override(wish(true, None)));
    wait(store.engine.set_override(wish(true, Some(3))));
    assert_eq!(wait(store.engine.overrides()), [wish(true, Some(3))]);
    wait(store.engine.set_override(wish(false, None)));
    assert_eq!(wait(store.engine.overrides()), []);
}

fn changes_are_listed_by_who_what_and_when(store: &Subject) {
    let note = |raw: i64, by: &str, action: &str, subject: &str| {
        wait(store.engine.note_change(ChangeRow {
            id: JobId::from_raw(raw),
            at: at(raw),
            by: by.to_owned(),
            origin: None,
            action: action.to_owned(),
            subject: Some(subject.to_owned()),
            before: None,
            after: RawValue::from_string("{\"paused\":true}".to_owned()).ok(),
            problem: None,
        }));
    };
    note(1, "default", "agent.pause", "dev");
    note(2, "ann", "agent.pause", "ops");
    note(3, "ann", "job.cancel", "0000000000001");
    let all = || ChangeQuery { limit: 10, ..ChangeQuery::default() };
    let ids = |query: ChangeQuery| -> Vec<i64> {
        wait(store.engine.changes(query)).iter().map(|change| change.id.get()).collect()
    };
    assert_eq!(ids(all()), [3, 2, 1]);
    assert_eq!(ids(ChangeQuery { by: Some("ann".to_owned()), ..all() }), [3, 2]);
    assert_eq!(ids(ChangeQuery { action: Some("agent.pause".to_owned()), ..all() }), [2, 1]);
    assert_eq!(ids(ChangeQuery { subject: Some("dev".to_owned()), ..all() }), [1]);
    assert_eq!(ids(ChangeQuery { span: Span { since: Some(at(2)), until: Some(at(3)) }, ..all() }), [2]);
    assert_eq!(
        ids(ChangeQuery { before: Some(JobId::from_raw(3)), limit: 1, ..ChangeQuery::default() }),
        [2]
    );
    let behind = ChangeQuery { before: Some(JobId::from_raw(3)), ..all() };
    assert_eq!(wait(store.engine.count(CountOf::Changes(behind), 10)), 2);
    let first = wait(store.engine.changes(all())).pop().unwrap();
    assert_eq!(first.after.unwrap().get(), "{\"paused\":true}");
}

fn the_newest_bulk_actions_are_remembered(store: &Subject) {
    let task = |raw: i64| BulkRow { id: JobId::from_raw(raw), record: format!("{{\"n\":{raw}}}") };
    for raw in 1..=i64::from(BULKS_KEPT) + 5 {
        wait(store.engine.save_bulk(task(raw)));
    }
    let again = BulkRow { record: "{}".to_owned(), ..task(50) };
    wait(store.engine.save_bulk(again.clone()));
    let kept = wait(store.engine.bulks());
    assert_eq!(kept.len(), BULKS_KEPT as usize);
    assert_eq!(kept[0], task(i64::from(BULKS_KEPT) + 5));
    assert!(kept.contains(&again) && !kept.contains(&task(1)));
}
