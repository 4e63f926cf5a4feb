//! What happens is seen while it happens.

use super::{ANY, BUGS, deliver, held, labeled, window::Window};
use crate::support::{Gate, Project, until};

#[test]
fn a_delivery_arrives_live_and_the_list_does_not_jump() {
    let project = Project::new("").agent("bugs", BUGS, "true");
    let gate = Gate::serve(&project);
    let Some(window) = Window::signed_in(&gate, "a_delivery_arrives_live") else { return };
    window.go("/dashboard/deliveries");
    window.see(".empty", "No deliveries yet");
    window.see("#live", "live");
    let first = deliver(&gate, "one", &labeled("It is broken", "bug"));
    // An empty list has nothing that could jump.
    window.see("#rows", "issues.labeled");
    window.see("#rows", "matched");
    assert!(window.has(&format!("#d-{first}")));

    let second = deliver(&gate, "two", &labeled("It is fine", "docs"));
    deliver(&gate, "three", &labeled("It is fine too", "docs"));
    window.see("#fresh", "2 new");
    assert!(!window.has(&format!("#d-{second}")), "nothing moves before somebody wants to see it");
    window.click("#fresh");
    assert!(window.has(&format!("#d-{second}")));
    assert_eq!(window.count("#rows > tr"), 3);
    assert_eq!(window.count("#rows > tr.new"), 2);
    window.see(&format!("#d-{second}"), "no match");

    window.press("p");
    window.see("#live", "paused");
    deliver(&gate, "four", &labeled("Unseen", "docs"));
    window.press("p");
    window.see("#fresh", "1 new");
    window.is_content();
}

#[test]
fn the_overview_follows_what_runs() {
    let project = Project::new("");
    let script = held(&project);
    let project = project.agent("dev", ANY, &script);
    let gate = Gate::serve(&project);
    let Some(window) = Window::signed_in(&gate, "the_overview_follows_what_runs") else { return };
    window.see("#agents", "open");
    deliver(&gate, "one", &labeled("A", "bug"));
    assert_eq!(project.report(), "began");
    window.see("#agents", "running");
    window.see("#agents", "1/1");
    std::fs::write(project.path().join("go"), "").unwrap();
    until("it is seen to be done", || window.text("#agents").contains("open"));
    window.is_content();
}

#[test]
fn an_open_page_does_not_hold_up_the_end_of_the_gate() {
    let project = Project::new("").agent("dev", ANY, "true");
    let mut gate = Gate::serve(&project);
    let Some(window) = Window::signed_in(&gate, "an_open_page_does_not_hold_up_the_end") else { return };
    window.see("#live", "live");
    let began = std::time::Instant::now();
    gate.signal(rustix::process::Signal::TERM);
    assert!(gate.wait().success());
    println!("ended in {:?} with a page open", began.elapsed());
    window.see("#live", "reconnecting");
}
