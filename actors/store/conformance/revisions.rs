//! Configurations and their numbers.

use std::time::Duration;

use super::{Sample, Subject, at, on_every_engine, wait};
use crate::{
    domain::{Digest, Parts, Revision},
    store::{NewRevision, Prune, RevisionQuery, RevisionRow},
};

on_every_engine!(
    each_configuration_has_the_next_number_and_says_what_it_changed,
    the_last_configuration_is_known_with_all_its_parts,
    revisions_that_no_kept_receipt_names_are_forgotten_and_never_numbered_again,
    revisions_are_listed_in_pages,
);

fn parts(agents: &[&str]) -> Parts {
    let digest = |name: &str| {
        Digest::of(|digest| {
            digest.text(name);
        })
    };
    Parts { agents: agents.iter().map(|name| ((*name).into(), digest(name))).collect(), ..Parts::default() }
}

fn add(store: &Subject, now: i64, agents: &[&str]) -> Revision {
    let before = wait(store.engine.last_revision()).map(|last| last.parts).unwrap_or_default();
    let parts = parts(agents);
    let changes = before.changes(&parts);
    wait(store.engine.add_revision(NewRevision { at: at(now), parts, changes }))
}

fn list(store: &Subject) -> Vec<RevisionRow> {
    wait(store.engine.revisions(RevisionQuery::default()))
}

fn each_configuration_has_the_next_number_and_says_what_it_changed(store: &Subject) {
    assert_eq!(wait(store.engine.last_revision()), None);
    assert_eq!(add(store, 10, &["one"]), Revision(1));
    assert_eq!(add(store, 20, &["one", "two"]), Revision(2));
    let told: Vec<_> = list(store)
        .into_iter()
        .map(|row| (row.number.0, row.at, row.digest, row.changes.to_string()))
        .collect();
    assert_eq!(
        told,
        [
            (2, at(20), parts(&["one", "two"]).digest(), "agent two added".to_owned()),
            (1, at(10), parts(&["one"]).digest(), "agent one added".to_owned())
        ]
    );
}

fn the_last_configuration_is_known_with_all_its_parts(store: &Subject) {
    add(store, 10, &["one"]);
    add(store, 20, &["two"]);
    let last = wait(store.engine.last_revision()).unwrap();
    assert_eq!((last.number, last.at, last.parts), (Revision(2), at(20), parts(&["two"])));
    assert_eq!(add(store, 30, &[]), Revision(3));
}

#[test]
fn a_file_that_is_opened_again_knows_them_too() {
    let store = Subject::sqlite();
    add(&store, 10, &["one"]);
    let store = store.restarted();
    assert_eq!(wait(store.engine.last_revision()).unwrap().parts, parts(&["one"]));
    assert_eq!(add(&store, 20, &["one", "two"]), Revision(2));
    assert_eq!(list(&store)[0].changes.to_string(), "agent two added");
}

fn revisions_that_no_kept_receipt_names_are_forgotten_and_never_numbered_again(store: &Subject) {
    for (now, agents) in [(10, &["one"]), (20, &["two"]), (5_000, &["three"])] {
        add(store, now, agents);
    }
    store.record(Sample::new("later", 10_000));
    let prune = |millis| {
        let retention = Duration::from_millis(millis);
        wait(store.engine.prune(Prune { now: at(10_000), trusted: None, retention, limit: 100 }));
        list(store).iter().map(|row| row.number.0).collect::<Vec<_>>()
    };
    assert_eq!(prune(9_000), [3, 2], "the second was in force when the oldest kept receipt came");
    assert_eq!(prune(1), [3], "what is in force is never forgotten");
    assert_eq!(add(store, 20_000, &["one"]), Revision(4));
}

fn revisions_are_listed_in_pages(store: &Subject) {
    for now in 1..=5 {
        add(store, now, &[if now % 2 == 0 { "one" } else { "two" }]);
    }
    let page = |before| {
        let query = RevisionQuery { limit: 2, before, ..RevisionQuery::default() };
        wait(store.engine.revisions(query)).iter().map(|row| row.number.0).collect::<Vec<_>>()
    };
    assert_eq!(
        (page(None), page(Some(Revision(4))), page(Some(Revision(1)))),
        (vec![5, 4], vec![3, 2], vec![])
    );
}
