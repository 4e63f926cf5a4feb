//! The one way to make a job: what is unique, what is full, what is a duplicate.

use std::time::Duration;

use super::{Sample, Subject, at, on_every_engine, wait};
use crate::{
    domain::{DedupeKey, Input, JobState, KeyWindow, NewJob, OnConflict, Reason, Unique},
    store::Inserted,
};

on_every_engine!(
    a_job_of_the_same_text_is_made_once,
    a_waiting_job_can_be_replaced,
    a_waiting_job_can_be_superseded,
    a_job_that_executes_is_neither_replaced_nor_superseded,
    a_full_queue_leaves_a_dead_letter_whatever_asks_for_the_job,
    every_key_of_a_delivery_has_a_window_of_its_own,
    the_same_bytes_under_another_id_are_known,
    a_source_may_remember_every_key_for_a_time_of_its_own,
    a_new_key_of_a_known_delivery_leads_to_the_first,
    a_delivery_is_rerouted_under_its_own_name_after_its_key_expired,
);

fn unique(store: &Subject, now: i64, on_conflict: OnConflict) -> NewJob {
    NewJob {
        unique: Some(Unique::Text("pr-7".to_owned())),
        on_conflict,
        input: Some(Input(format!("at {now}"))),
        ..store.manual("dev", now)
    }
}

fn insert(store: &Subject, job: NewJob) -> Inserted {
    wait(store.engine.insert(vec![job])).remove(0)
}

fn a_job_of_the_same_text_is_made_once(store: &Subject) {
    let first = unique(store, 0, OnConflict::Keep);
    let twins = vec![first.clone(), unique(store, 1, OnConflict::Keep), store.manual("dev", 2)];
    let made = wait(store.engine.insert(twins));
    assert_eq!(made[0], Inserted::Created { job: first.id, due: at(0) });
    assert_eq!(made[1], Inserted::Exists { job: first.id, replaced: false });
    assert!(matches!(made[2], Inserted::Created { .. }));
    let other = NewJob { agent: "ops".into(), ..unique(store, 3, OnConflict::Keep) };
    assert!(matches!(insert(store, other), Inserted::Created { .. }), "another agent's is another job");
}

fn a_waiting_job_can_be_replaced(store: &Subject) {
    let first = unique(store, 0, OnConflict::Replace);
    insert(store, first.clone());
    let second = NewJob { not_before: Some(at(500)), ..unique(store, 10, OnConflict::Replace) };
    assert_eq!(insert(store, second), Inserted::Exists { job: first.id, replaced: true });
    assert_eq!(store.claim("dev", 9, 100).jobs.len(), 0, "it waits for the new time");
    let claimed = store.claim("dev", 9, 500).jobs.remove(0);
    assert_eq!((claimed.run.job, claimed.input), (first.id, Some(Input("at 10".to_owned()))));
}

fn a_waiting_job_can_be_superseded(store: &Subject) {
    let (first, second) = (unique(store, 0, OnConflict::Supersede), unique(store, 10, OnConflict::Supersede));
    insert(store, first.clone());
    assert_eq!(insert(store, second.clone()), Inserted::Created { job: second.id, due: at(10) });
    assert_eq!(store.state(first.id), JobState::Cancelled);
    let third = unique(store, 20, OnConflict::Keep);
    assert_eq!(insert(store, third), Inserted::Exists { job: second.id, replaced: false });
}

fn a_job_that_executes_is_neither_replaced_nor_superseded(store: &Subject) {
    let first = unique(store, 0, OnConflict::Keep);
    insert(store, first.clone());
    store.claim("dev", 1, 5);
    for on_conflict in [OnConflict::Replace, OnConflict::Supersede] {
        let made = insert(store, unique(store, 10, on_conflict));
        assert_eq!(made, Inserted::Exists { job: first.id, replaced: false });
    }
}

fn a_full_queue_leaves_a_dead_letter_whatever_asks_for_the_job(store: &Subject) {
    let limited = |now| NewJob { limit: Some(1), ..store.manual("dev", now) };
    assert!(matches!(insert(store, limited(0)), Inserted::Created { .. }));
    let full = limited(1);
    assert_eq!(insert(store, full.clone()), Inserted::Full { job: full.id });
    let row = wait(store.engine.job(full.id)).unwrap().job;
    assert_eq!((row.state, row.reason), (JobState::Discarded, Some(Reason::QueueFull { limit: 1 })));
}

fn windowed(key: &str, seconds: u64) -> DedupeKey {
    DedupeKey { key: key.into(), window: KeyWindow::Default(Duration::from_secs(seconds)) }
}

fn every_key_of_a_delivery_has_a_window_of_its_own(store: &Subject) {
    let sample = |id, now| Sample { keys: vec![windowed("bytes", 60)], ..Sample::new(id, now) };
    let (first, _) = store.record(sample("a", 0));
    let (_, committed) = store.record(sample("b", 60_000));
    assert_eq!(committed.duplicate_of, Some(first), "the last moment");
    let (_, committed) = store.record(sample("c", 60_001));
    assert_eq!(committed.duplicate_of, None, "the bytes are forgotten");
    let (_, committed) = store.record(sample("a", 60_002));
    assert_eq!(committed.duplicate_of, Some(first), "and the id is not");
}

fn a_source_may_remember_every_key_for_a_time_of_its_own(store: &Subject) {
    let own_windows = vec![("hub".into(), Duration::from_secs(10))];
    let sample = |id, now| Sample {
        keys: vec![windowed("bytes", 60)],
        own_windows: own_windows.clone(),
        ..Sample::new(id, now)
    };
    let (first, _) = store.record(sample("a", 0));
    assert_eq!(store.record(sample("a", 10_000)).1.duplicate_of, Some(first), "the last moment");
    assert_eq!(store.record(sample("a", 10_001)).1.duplicate_of, None);
}

fn the_same_bytes_under_another_id_are_known(store: &Subject) {
    let sample = |id, now| Sample { keys: vec!["bytes".into()], ..Sample::new(id, now).wanted_by(&["dev"]) };
    let (first, _) = store.record(sample("a", 0));
    let (second, committed) = store.record(sample("b", 10));
    assert_eq!((committed.duplicate_of, committed.created.len(), committed.skipped), (Some(first), 0, 1));
    let same_key = |receipt| wait(store.engine.receipt(receipt)).unwrap().same_key;
    assert_eq!((same_key(first), same_key(second)), (None, Some("bytes".into())), "and it is told by what");
}

fn a_new_key_of_a_known_delivery_leads_to_the_first(store: &Subject) {
    let (first, _) = store.record(Sample { keys: vec!["bytes".into()], ..Sample::new("a", 0) });
    store.record(Sample { keys: vec!["bytes".into()], ..Sample::new("b", 10) });
    let (_, committed) = store.record(Sample::new("b", 20).wanted_by(&["dev"]));
    assert_eq!((committed.duplicate_of, committed.created.len()), (Some(first), 1));
}

fn a_delivery_is_rerouted_under_its_own_name_after_its_key_expired(store: &Subject) {
    let hour = 3_600_000;
    let (late, _) = store.record(Sample { parsed: false, ..Sample::new("k", 0) });
    store.record(Sample::new("k", hour + 1).wanted_by(&["dev"]));
    let committed = store.reroute(late, Sample::new("k", 0).wanted_by(&["dev"]));
    assert_eq!(committed.created.len(), 1, "it is not the delivery that has its key now");
}
