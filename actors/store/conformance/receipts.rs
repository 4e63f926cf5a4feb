//! Receipts, duplicates, and the jobs that deliveries make.

use bytes::Bytes;

use super::{Sample, Subject, at, on_every_engine, wait};
use crate::{
    domain::{Origin, Parsed, Verdict},
    store::{
        CountOf, JobState, JobTrigger, Page, QuarantineReason, Reason, ReceiptQuery, ReceiptState, Unrouted,
        UnroutedQuery,
    },
};

on_every_engine!(
    a_receipt_is_read_back_as_it_came,
    a_body_is_kept_byte_for_byte,
    a_second_delivery_of_a_key_is_a_duplicate_of_the_first,
    a_duplicate_shows_the_body_of_its_original,
    a_duplicate_makes_the_missing_job_only,
    the_same_key_at_another_source_is_another_delivery,
    a_delivery_to_two_sources_owns_both_keys,
    a_key_is_forgotten_after_the_window,
    a_replay_is_no_duplicate_and_always_makes_jobs,
    a_full_queue_leaves_a_dead_letter_and_a_free_key,
    an_unrouted_receipt_is_filled_in,
    a_gapped_receipt_is_listed_until_nobody_is_missing,
    a_receipt_that_could_not_be_parsed_again_stays_unrouted,
    a_routing_counts_when_a_parser_took_it_and_not_when_it_was_listed,
    what_was_answered_during_a_long_overload_still_runs,
    one_sweep_holds_no_more_bodies_than_it_has_room_for,
    a_quarantined_receipt_is_shown_and_not_routed_any_more,
    an_unparsable_body_is_kept_with_its_problem,
    receipts_are_listed_newest_first_and_in_pages,
);

fn a_receipt_is_read_back_as_it_came(store: &Subject) {
    let sample = Sample { refused: vec!["ops"], ..Sample::new("k", 0).wanted_by(&["dev"]) };
    let expected = sample.clone().batch(store.engine.ids().receipt(at(0)), &store.engine.ids());
    let (id, committed) = store.record(sample);
    assert_eq!(committed.created[0].agent, "dev".into());
    assert_eq!((committed.created[0].due, committed.skipped, committed.duplicate_of), (at(0), 0, None));

    let receipt = wait(store.engine.receipt(id)).unwrap();
    assert_eq!(receipt.delivery, *expected.delivery);
    assert_eq!(receipt.parsed, expected.parsed);
    assert_eq!((receipt.state, receipt.origin), (ReceiptState::Routed, Origin::Request));
    assert_eq!(receipt.verdicts.len(), 2);
    assert_eq!(receipt.verdicts[1], expected.verdicts[1]);
    let Verdict::Matched(matched) = &receipt.verdicts[0] else { panic!("{:?}", receipt.verdicts) };
    assert_eq!((&matched.agent, matched.trigger), (&"dev".into(), 1));

    let job = &receipt.jobs[0];
    assert_eq!((job.id, job.state, job.receipt), (committed.created[0].job, JobState::Available, Some(id)));
    assert_eq!(job.trigger, JobTrigger::Webhook { source: "hub".into(), trigger: 1, trigger_id: None });
    assert!(wait(store.engine.receipt(store.engine.ids().receipt(at(0)))).is_none());
}

fn a_body_is_kept_byte_for_byte(store: &Subject) {
    let noise: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..)).take(5 << 20).collect();
    for (key, body) in [
        ("empty", Bytes::new()),
        ("broken", Bytes::from_static(b"{\"title\":\"\xff\xfe\0\"}")),
        ("large", Bytes::from(vec![b'a'; 5 << 20])),
        ("noise", Bytes::from(noise)),
    ] {
        let (id, _) = store.record(Sample { body: body.clone(), ..Sample::new(key, 0) });
        assert!(wait(store.engine.receipt(id)).unwrap().delivery.body() == &body, "{key}");
    }
}

fn a_second_delivery_of_a_key_is_a_duplicate_of_the_first(store: &Subject) {
    let (first, _) = store.record(Sample::new("k", 0));
    let (second, committed) = store.record(Sample::new("k", 10));
    assert_eq!(committed.duplicate_of, Some(first));
    let (_, committed) = store.record(Sample::new("k", 20));
    assert_eq!(committed.duplicate_of, Some(first), "not of the second");
    assert_eq!(wait(store.engine.receipt(second)).unwrap().duplicate_of, Some(first));
    let (_, committed) = store.record(Sample::new("other", 30));
    assert_eq!(committed.duplicate_of, None);
}

fn a_duplicate_shows_the_body_of_its_original(store: &Subject) {
    let (first, _) = store.record(Sample::new("k", 0));
    let (second, _) = store.record(Sample::new("k", 10));
    let body = |id| wait(store.engine.receipt(id)).unwrap().delivery.body().clone();
    assert_eq!(body(second), body(first));
    let different = Bytes::from_static(b"{\"action\":\"closed\"}");
    let (third, _) = store.record(Sample { body: different.clone(), ..Sample::new("k", 20) });
    assert_eq!(body(third), different);
}

fn a_duplicate_makes_the_missing_job_only(store: &Subject) {
    store.record(Sample::new("k", 0).wanted_by(&["dev"]));
    let (id, committed) = store.record(Sample::new("k", 10).wanted_by(&["dev", "ops"]));
    assert_eq!(committed.skipped, 1);
    assert_eq!(committed.created.iter().map(|job| job.agent.as_str()).collect::<Vec<_>>(), ["ops"]);
    assert_eq!(wait(store.engine.receipt(id)).unwrap().jobs.len(), 1);

    store.complete("dev", 20);
    let (_, committed) = store.record(Sample::new("k", 30).wanted_by(&["dev", "ops"]));
    assert_eq!((committed.created.len(), committed.skipped), (0, 2), "a job that ended counts too");
}

fn the_same_key_at_another_source_is_another_delivery(store: &Subject) {
    store.record(Sample::new("k", 0).wanted_by(&["dev"]));
    let forged = Sample { sources: vec!["fork"], ..Sample::new("k", 10).wanted_by(&["dev"]) };
    let (_, committed) = store.record(forged);
    assert_eq!((committed.duplicate_of, committed.created.len()), (None, 1));
}

fn a_delivery_to_two_sources_owns_both_keys(store: &Subject) {
    let both = Sample { sources: vec!["hub", "fork"], ..Sample::new("k", 0) };
    let (first, _) = store.record(both);
    for source in ["hub", "fork"] {
        let (_, committed) = store.record(Sample { sources: vec![source], ..Sample::new("k", 10) });
        assert_eq!(committed.duplicate_of, Some(first), "{source}");
    }
}

fn a_key_is_forgotten_after_the_window(store: &Subject) {
    let window = 3_600_000;
    let (first, _) = store.record(Sample::new("k", 0).wanted_by(&["dev"]));
    let (_, committed) = store.record(Sample::new("k", window).wanted_by(&["dev"]));
    assert_eq!((committed.duplicate_of, committed.created.len()), (Some(first), 0), "the last moment");
    let (second, committed) = store.record(Sample::new("k", window + 1).wanted_by(&["dev"]));
    assert_eq!((committed.duplicate_of, committed.created.len()), (None, 1));
    let (_, committed) = store.record(Sample::new("k", window + 2).wanted_by(&["dev"]));
    assert_eq!((committed.duplicate_of, committed.created.len()), (Some(second), 0));
}

fn a_replay_is_no_duplicate_and_always_makes_jobs(store: &Subject) {
    let (of, _) = store.record(Sample::new("k", 0).wanted_by(&["dev"]));
    for now in [10, 20] {
        let replay = Sample { origin: Origin::Replay { of }, ..Sample::new("k", now).wanted_by(&["dev"]) };
        let (id, committed) = store.record(replay.clone());
        assert_eq!((committed.duplicate_of, committed.created.len()), (None, 1));
        assert_eq!(wait(store.engine.receipt(id)).unwrap().origin, Origin::Replay { of });
        assert_eq!(store.reroute(id, replay).created.len(), 0, "routed twice, it is still one replay");
    }
    let (_, committed) = store.record(Sample::new("k", 30));
    assert_eq!(committed.duplicate_of, Some(of), "the replays took no key");
}

fn a_full_queue_leaves_a_dead_letter_and_a_free_key(store: &Subject) {
    let limited = |key, now| Sample { queue_limit: 2, ..Sample::new(key, now).wanted_by(&["dev"]) };
    store.record(limited("a", 0));
    store.enqueue("dev", 0, 500);
    let (id, committed) = store.record(limited("b", 10));
    assert_eq!((committed.created.len(), committed.skipped), (0, 1));
    let dead = &wait(store.engine.receipt(id)).unwrap().jobs[0];
    assert_eq!((dead.state, &dead.reason), (JobState::Discarded, &Some(Reason::QueueFull { limit: 2 })));
    let (_, committed) = store.record(limited("a", 15));
    assert_eq!(committed.skipped, 1);
    assert_eq!(store.jobs().len(), 3, "a delivery that has its job is no overflow");

    assert_eq!(store.claim("dev", 1, 20).jobs.len(), 1);
    let (_, committed) = store.record(limited("b", 30));
    assert_eq!(committed.created.len(), 1, "the redelivery finds a place");
}

fn an_unrouted_receipt_is_filled_in(store: &Subject) {
    let raw = Sample { parsed: false, ..Sample::new("k", 0) };
    let (id, committed) = store.record(raw);
    assert_eq!(committed.created.len(), 0);
    assert!(store.unrouted(0).is_empty(), "not before its time");
    let found = store.unrouted(1);
    let [Unrouted::Receipt { id: listed, delivery, state, routings }] = &found[..] else {
        panic!("{found:?}")
    };
    assert_eq!((*listed, *state, *routings), (id, ReceiptState::Unrouted, 0));
    assert_eq!(*delivery.body(), Sample::new("k", 0).body);

    let committed = store.reroute(id, Sample::new("k", 0).wanted_by(&["dev"]));
    assert_eq!((committed.duplicate_of, committed.created.len()), (None, 1));
    let receipt = wait(store.engine.receipt(id)).unwrap();
    assert_eq!((receipt.state, receipt.origin, receipt.revision), (ReceiptState::Routed, Origin::Request, 3));
    assert_eq!((receipt.verdicts.len(), receipt.jobs.len()), (1, 1));
    assert!(store.unrouted(1).is_empty());
    assert_eq!(store.reroute(id, Sample::new("k", 0).wanted_by(&["dev"])).created.len(), 0);
}

fn a_gapped_receipt_is_listed_until_nobody_is_missing(store: &Subject) {
    let gapped = Sample { missing: 1, ..Sample::new("k", 0).wanted_by(&["dev"]) };
    let (id, committed) = store.record(gapped.clone());
    assert_eq!(committed.created.len(), 1, "who answered has a job");
    assert!(matches!(store.unrouted(1)[0], Unrouted::Receipt { state: ReceiptState::Gapped, .. }));
    store.reroute(id, gapped);
    assert_eq!(store.unrouted(1).len(), 1);
    let committed = store.reroute(id, Sample::new("k", 0).wanted_by(&["dev", "ops"]));
    assert_eq!((committed.created.len(), committed.skipped), (1, 1));
    assert!(store.unrouted(1).is_empty());
    let listed = wait(store.engine.receipts(ReceiptQuery::default()));
    assert_eq!((listed[0].matched, listed[0].state), (2, ReceiptState::Routed));
}

fn a_receipt_that_could_not_be_parsed_again_stays_unrouted(store: &Subject) {
    let gapped = Sample { missing: 1, ..Sample::new("k", 0).wanted_by(&["dev"]) };
    let (id, _) = store.record(gapped);
    store.reroute(id, Sample { parsed: false, ..Sample::new("k", 0) });
    let receipt = wait(store.engine.receipt(id)).unwrap();
    assert_eq!(receipt.state, ReceiptState::Gapped);
    assert!(matches!(receipt.parsed, Some(Parsed::Event(_))), "what was known is still known");
}

fn a_routing_counts_when_a_parser_took_it_and_not_when_it_was_listed(store: &Subject) {
    let raw = |key, now| Sample { parsed: false, ..Sample::new(key, now) };
    let (first, _) = store.record(raw("a", 0));
    let (second, _) = store.record(raw("b", 1));
    let count = |nth: usize| match store.unrouted(9)[nth] {
        Unrouted::Receipt { routings, .. } => routings,
        Unrouted::Unreadable { .. } => panic!("it is readable"),
    };
    assert_eq!(store.unrouted(9).iter().map(Unrouted::id).collect::<Vec<_>>(), [first, second]);
    assert_eq!((count(0), count(1)), (0, 0));
    assert_eq!(wait(store.engine.routing_taken(first)), 1);
    assert_eq!(wait(store.engine.routing_taken(first)), 2);
    assert_eq!((count(0), count(1)), (2, 0));
    assert_eq!(wait(store.engine.routing_taken(store.engine.ids().receipt(at(9)))), 0);
}

fn what_was_answered_during_a_long_overload_still_runs(store: &Subject) {
    let raw = |key, now| Sample { parsed: false, ..Sample::new(key, now) };
    let ids = ["a", "b", "c"].map(|key| store.record(raw(key, 0)).0);
    // No parser has room: swept up again and again, it closes unrouted again and again.
    for sweep in 0..1_000 {
        assert_eq!(store.unrouted(1 + sweep).len(), 3);
        store.reroute(ids[0], raw("a", 0));
    }
    for (id, key) in ids.into_iter().zip(["a", "b", "c"]) {
        assert_eq!(store.reroute(id, Sample::new(key, 0).wanted_by(&["dev"])).created.len(), 1);
    }
    assert_eq!(store.claim("dev", 9, 2_000).jobs.len(), 3);
}

fn one_sweep_holds_no_more_bodies_than_it_has_room_for(store: &Subject) {
    for key in ["a", "b", "c"] {
        store.record(Sample { parsed: false, body: Bytes::from(vec![b'x'; 1_000]), ..Sample::new(key, 0) });
    }
    let sweep = |max_rows, max_bytes| {
        wait(store.engine.unrouted(UnroutedQuery { before: at(1), max_rows, max_bytes })).len()
    };
    assert_eq!(sweep(9, 10), 1, "always one");
    assert_eq!(sweep(9, 2_500), 2);
    assert_eq!(sweep(2, 1 << 20), 2);
}

fn a_quarantined_receipt_is_shown_and_not_routed_any_more(store: &Subject) {
    let (id, _) = store.record(Sample { parsed: false, ..Sample::new("k", 0) });
    let reason = QuarantineReason::RoutedTooOften { routings: 5 };
    assert!(wait(store.engine.quarantine(id, reason.clone())));
    assert!(!wait(store.engine.quarantine(id, reason.clone())), "once");
    assert!(store.unrouted(9).is_empty());
    assert_eq!(store.reroute(id, Sample::new("k", 0).wanted_by(&["dev"])).created.len(), 0);
    let query = ReceiptQuery { state: Some(ReceiptState::Quarantined), ..ReceiptQuery::default() };
    assert_eq!(wait(store.engine.receipts(query.clone()))[0].quarantine, Some(reason.clone()));
    assert_eq!(wait(store.engine.count(CountOf::Receipts(query), 10)), 1);
    assert_eq!(wait(store.engine.receipt(id)).unwrap().quarantine, Some(reason));
}

fn an_unparsable_body_is_kept_with_its_problem(store: &Subject) {
    let (id, _) = store.record(Sample { problem: Some("no JSON"), ..Sample::new("k", 0) });
    let receipt = wait(store.engine.receipt(id)).unwrap();
    assert_eq!(receipt.state, ReceiptState::Unparsable);
    let Some(Parsed::Unparsable(problem)) = receipt.parsed else { panic!("{:?}", receipt.parsed) };
    assert_eq!(problem.0, "no JSON");
    assert!(store.unrouted(1).is_empty());
}

fn receipts_are_listed_newest_first_and_in_pages(store: &Subject) {
    let (a, _) = store.record(Sample::new("a", 0));
    let (b, _) = store.record(Sample { sources: vec!["fork"], ..Sample::new("b", 0) });
    let (c, _) = store.record(Sample { parsed: false, ..Sample::new("c", 0) });
    let list = |query| wait(store.engine.receipts(query)).into_iter().map(|row| row.id).collect::<Vec<_>>();
    let page = |limit, before| ReceiptQuery { page: Page { limit, before }, ..ReceiptQuery::default() };
    assert_eq!(list(page(2, None)), [c, b]);
    assert_eq!(list(page(2, Some(b.get()))), [a]);
    assert_eq!(list(ReceiptQuery { source: Some("hub".into()), ..page(9, None) }), [c, a]);
    assert_eq!(list(ReceiptQuery { state: Some(ReceiptState::Unrouted), ..page(9, None) }), [c]);
    let row = wait(store.engine.receipts(page(1, Some(c.get())))).remove(0);
    assert_eq!((row.event.as_deref(), row.repo.as_deref()), (Some("issues"), Some("acme/app")));
}
