//! No body passes for another event: the header that names it is not signed.

use super::{
    super::{
        events::{KNOWN, REPEATED},
        shapes::SHAPES,
    },
    Fixture, parse,
};

#[test]
fn a_body_passes_for_its_own_event_alone() {
    let is_known = |fixture: &Fixture| SHAPES.iter().any(|shape| shape.event == fixture.event());
    for fixture in Fixture::all().into_iter().filter(is_known) {
        for shape in SHAPES.iter().filter(|shape| shape.event != fixture.event()) {
            let passes = parse(shape.event, &fixture.body).is_ok();
            assert!(!passes, "{} passes for {}", fixture.name, shape.event);
        }
    }
}

#[test]
fn who_names_another_event_is_told_what_speaks_against_it() {
    let refused = |event: &str, fixture: &str| parse(event, &Fixture::named(fixture).body).unwrap_err().0;
    assert_eq!(refused("issues", "push.branch"), "the body is no `issues`: it has no `issue`");
    assert_eq!(refused("issues", "issue_comment.created"), "the body is no `issues`: it has a `comment`");
    assert_eq!(
        refused("secret_scanning_alert", "dependabot_alert.created"),
        "the body is no `secret_scanning_alert`: its `alert` is about an advisory"
    );
}

#[test]
fn shapes_are_those_of_known_events_and_each_event_that_repeats_itself_has_one() {
    assert!(SHAPES.is_sorted_by_key(|shape| shape.event));
    assert!(SHAPES.iter().all(|shape| KNOWN.iter().any(|known| known.name == shape.event)));
    assert!(REPEATED.iter().all(|event| SHAPES.iter().any(|shape| shape.event == *event)));
}

#[test]
fn an_event_that_nobody_knows_yet_may_have_any_body() {
    for fixture in Fixture::all() {
        assert!(parse("of_tomorrow", &fixture.body).is_ok(), "{}", fixture.name);
    }
}
