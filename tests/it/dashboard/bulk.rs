//! One thing done to all that match.

use super::{ANY, BUGS, deliver, labeled, window::Window};
use crate::support::{Gate, Project, until};

#[test]
fn a_cell_of_the_dead_letters_is_acted_on_and_its_progress_seen() {
    let once = format!("{ANY}[retry]\nattempts = 1\n");
    let project = Project::new("").agent("dev", &once, "exit 3").agent("other", &once, "exit 4");
    let gate = Gate::serve(&project);
    let Some(window) = Window::signed_in(&gate, "a_cell_of_the_dead_letters_is_acted_on") else { return };
    for id in ["one", "two", "three"] {
        deliver(&gate, id, &labeled(id, "bug"));
    }
    until("all are dead letters", || gate.list("jobs?state=discarded").len() == 6);
    window.go("/dashboard/dead-letters");
    assert_eq!(window.count("#lines tbody tr"), 2);
    window.click("#lines tbody tr:first-child td.num a.small");
    window.see("h1", "3 jobs");
    window.see(".sub", "agent dev");
    window.click("button[value=dismiss_jobs]");
    window.see("#verdict", "Done: 3 of 3 dismissed.");
    window.see("#facts", "at most 100 a second");
    assert_eq!(gate.list("jobs?state=discarded").len(), 3, "the other agent's are left");
    window.press("gb");
    window.see("#bulks tbody tr", "Dismiss 3 jobs");
    let written = gate.list("audit?action=bulk.start");
    assert_eq!(written[0]["after"]["total"], 3);
    window.is_content();
}

#[test]
fn all_deliveries_that_match_are_counted_replayed_slowly_and_the_rest_cancelled() {
    let project = Project::new("").agent("bugs", BUGS, "true");
    let gate = Gate::serve(&project);
    let Some(window) = Window::signed_in(&gate, "all_deliveries_that_match_are_replayed") else { return };
    for n in 0..12 {
        deliver(&gate, &format!("id {n}"), &labeled("Typo", if n % 2 == 0 { "docs" } else { "bug" }));
    }
    window.go("/dashboard/deliveries?outcome=unmatched&since=1h");
    window.click("#all");
    window.see("h1", "6 deliveries");
    window.see(".sub", "outcome unmatched");
    // It comes after they were counted, so it is not meant.
    deliver(&gate, "late", &labeled("Late", "docs"));
    window.type_into("#rate", "1");
    window.click("[data-again]");
    window.see("#verdict", "of 6 replayed so far, at most 1 a second");
    window.see("#rail", "Bulk actions1");
    window.click("#cancel");
    window.see("#verdict", "Cancelled with");
    assert!(!window.has("#cancel"));
    let done = gate.list("bulk")[0].clone();
    assert_eq!((&done["total"], &done["state"]), (&6.into(), &"cancelled".into()));
    assert!(done["done"].as_u64().unwrap() < 6, "{done}");
    window.is_content();
}

#[test]
fn what_is_found_by_text_is_replayed_and_nothing_else() {
    let project = Project::new("").agent("any", ANY, "true");
    let gate = Gate::serve(&project);
    let Some(window) = Window::signed_in(&gate, "what_is_found_by_text_is_replayed") else { return };
    deliver(&gate, "one", &labeled("The zebra escaped", "bug"));
    deliver(&gate, "two", &labeled("The lion sleeps", "bug"));
    window.go("/dashboard/deliveries?text=zebra");
    window.click("#all");
    window.see("h1", "1 delivery");
    window.click("[data-again]");
    window.see("#verdict", "Done: 1 of 1 replayed.");
    until("it ran again", || gate.list("jobs").len() == 3);
    window.go("/dashboard/deliveries?text=lion");
    window.see("#total", "1 match");
    window.go("/dashboard/jobs?state=executing");
    assert!(!window.has("#all"), "nothing is done to all that run");
    window.is_content();
}
