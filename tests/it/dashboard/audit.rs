//! Who changed what.

use super::{BUGS, deliver, labeled, window::Window};
use crate::support::{Gate, Project};

#[test]
fn what_is_changed_from_a_page_is_written_down_like_what_is_changed_by_the_api() {
    let project = Project::new("").agent("bugs", BUGS, "true");
    let gate = Gate::serve(&project);
    let Some(window) = Window::signed_in(&gate, "what_is_changed_from_a_page") else { return };
    window.go("/dashboard/audit");
    window.see("#none", "Nobody has changed anything yet");
    let delivery = deliver(&gate, "one", &labeled("It is broken", "bug"));

    window.go("/dashboard/agents/bugs");
    window.click("#pause");
    window.see("#flash", "Paused");
    assert_eq!(gate.admin("POST", "/api/v1/agents/bugs/pause").status, 200);
    window.go(&format!("/dashboard/deliveries/{delivery}"));
    window.click("[data-again]");
    window.see("#flash", "it made 1 job");
    window.go("/dashboard/sources");
    window.click("#s-github button[value=tampered]");
    window.see("#flash.ok", "401");

    let written = gate.admin("GET", "/api/v1/audit").json();
    let of = |field: &str| -> Vec<_> {
        let rows = written["items"].as_array().unwrap().iter().rev();
        rows.map(|row| row[field].as_str().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(of("action"), ["agent.pause", "agent.pause", "delivery.replay", "source.sample"]);
    assert_eq!(of("subject"), ["bugs", "bugs", delivery.as_str(), "github"]);
    assert_eq!(written["items"][3]["before"]["paused"], false);
    assert_eq!(written["items"][3]["after"]["paused"], true);
    assert_eq!(written["items"][0]["after"]["answered"], 401);
    assert!(of("by").iter().all(|by| *by == of("by")[0]), "one key, whichever way it came");

    window.press("gu");
    window.see("h1", "Audit");
    assert_eq!(window.count("#rows > tr"), 4);
    window.see("#rows > tr:last-child", "paused false → true");
    window.see("#rows > tr:first-child", "source.sample");
    // A kind leads to all of that kind, and what was changed to its page.
    window.click("#rows > tr:last-child td:nth-child(3) a");
    window.see("#rows > tr", "agent.pause");
    assert_eq!(window.path(), "/dashboard/audit?action=agent.pause");
    assert_eq!(window.count("#rows > tr"), 2);
    window.click("#rows > tr td:nth-child(4) a");
    window.see("h1", "bugs");
    window.go("/dashboard/audit?subject=nothing");
    window.see("#none", "Nothing was changed that matches these filters");
    window.is_content();
}

#[test]
fn what_was_refused_is_written_down_with_its_reason_and_seen_as_it_happens() {
    let project = Project::new("").agent("bugs", BUGS, "true");
    let gate = Gate::serve(&project);
    let Some(window) = Window::signed_in(&gate, "what_was_refused_is_written_down") else { return };
    window.go("/dashboard/audit");
    window.see("#live", "live");
    assert_eq!(gate.admin("POST", "/api/v1/agents/nobody/pause").status, 404);
    window.see("#rows > tr", "agent.pause");
    window.see("#rows > tr", "not done");
    window.see("#rows > tr", "there is no agent nobody");
    window.is_content();
}
