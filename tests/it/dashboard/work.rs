//! What operators do to agents, jobs and runs.

use super::{ANY, BUGS, deliver, held, labeled, window::Window};
use crate::support::{Gate, Project, until};

#[test]
fn an_agent_is_paused_scaled_and_resumed() {
    let project = Project::new("");
    let script = held(&project);
    let project = project.agent("dev", ANY, &script);
    let gate = Gate::serve(&project);
    let Some(window) = Window::signed_in(&gate, "an_agent_is_paused_scaled_and_resumed") else { return };
    window.go("/dashboard/agents");
    window.click("#agents tbody a");
    window.see("h1", "dev");
    window.click("#pause");
    window.see("#flash", "Paused");
    window.see("#state", "paused");
    for id in ["one", "two"] {
        deliver(&gate, id, &labeled(id, "bug"));
    }
    window.see("#verdict", "2 jobs wait");
    window.type_into("#scale", "2");
    window.click("#set-scale");
    window.see("#flash", "2 runs at once");
    window.see("#tiles", "its file says 1");
    window.click("#unscale");
    window.see("#flash", "1 run at once from now on, as its file says.");
    assert!(!window.has("#unscale"));
    window.type_into("#scale", "2");
    window.click("#set-scale");
    window.see("#flash", "2 runs at once");
    window.click("#resume");
    window.see("#state", "running");
    window.see("#tiles", "2/2");
    assert_eq!(window.count("#charts svg"), 5);
    window.is_content();
    std::fs::write(project.path().join("go"), "").unwrap();
}

#[test]
fn a_log_is_followed_and_its_run_killed() {
    let project = Project::new("");
    let script = held(&project);
    let project = project.agent("dev", ANY, &script);
    let gate = Gate::serve(&project);
    let Some(window) = Window::signed_in(&gate, "a_log_is_followed_and_its_run_killed") else { return };
    deliver(&gate, "one", &labeled("one", "bug"));
    assert_eq!(project.report(), "began");
    window.go("/dashboard/runs?state=executing");
    window.click("#rows a");
    window.see("#verdict", "It runs.");
    window.see("#log #L1", "began");
    window.click("#ask > summary");
    window.click("#kill");
    window.see("#flash", "Told to end");
    window.see("#verdict", "It was");
    window.see("#log .end", "It was");
    window.see("#facts", "cancelled");
    window.is_content();
}

#[test]
fn a_log_that_goes_on_is_followed_to_its_end() {
    let project = Project::new("");
    let go = project.path().join("go").display().to_string();
    let colour = "printf '\\033[31mred\\033[0m <b>plain</b>\\n'";
    let script = format!("{colour}; while [ ! -e {go} ]; do sleep 0.05; done; echo the last line; exit 3");
    let project = project.agent("dev", &format!("{ANY}[retry]\nattempts = 1\n"), &script);
    let gate = Gate::serve(&project);
    let Some(window) = Window::signed_in(&gate, "a_log_that_goes_on_is_followed_to_its_end") else { return };
    deliver(&gate, "one", &labeled("one", "bug"));
    until("it runs", || gate.metric("herdgate_executing{agent=\"dev\"}") > 0.5);
    window.go("/dashboard/runs");
    window.click("#rows a");
    window.see("#log #L1 .c1", "red");
    window.see("#log #L1", "<b>plain</b>");
    assert!(!window.has("#log #L2"));
    std::fs::write(&go, "").unwrap();
    window.see("#log #L2", "the last line");
    window.see("#log .end", "It failed with exit code 3");
    window.see("#verdict", "Its job is a dead letter");

    window.go("/dashboard/dead-letters");
    window.see("#lines tbody", "dev");
    window.click("#lines tbody tr td:last-child a");
    window.see("h1", "1 job");
    window.click("[data-again]");
    window.see("#verdict", "Done: 1 of 1 run again.");
    window.is_content();
}

#[test]
fn a_run_is_asked_for_by_hand_with_a_prompt() {
    let project = Project::new("").agent("dev", ANY, "cat");
    let gate = Gate::serve(&project);
    let Some(window) = Window::signed_in(&gate, "a_run_is_asked_for_by_hand") else { return };
    window.go("/dashboard/agents/dev");
    window.click("#ask-run > summary");
    window.type_into("#prompt-text", "Look at the <b>logs</b>");
    window.click("#run");
    window.see("#flash", "Asked for: this is job");
    window.see("#verdict", "It is done.");
    window.click("#runs a");
    window.see("#verdict", "It completed");
    window.is_content();
}

#[test]
fn jobs_are_chosen_and_cancelled_together() {
    let project = Project::new("").agent("dev", ANY, "true");
    let gate = Gate::serve(&project);
    let Some(window) = Window::signed_in(&gate, "jobs_are_chosen_and_cancelled_together") else { return };
    gate.admin("POST", "/api/v1/agents/dev/pause");
    for id in ["one", "two", "three"] {
        deliver(&gate, id, &labeled(id, "bug"));
    }
    window.go("/dashboard/jobs?state=waiting");
    assert_eq!(window.count("#rows > tr"), 3);
    window.see("#tabs a[aria-current]", "3");
    window.click("[data-all]");
    window.see("[data-chosen]", "3 chosen");
    window.click("button[value=cancel]");
    window.see("#flash", "3 jobs cancelled");
    window.see("#none", "No job is waiting");
    window.go("/dashboard/jobs?state=cancelled");
    window.click("#rows a");
    window.see("#verdict", "An operator ended it.");
    window.is_content();
}

#[test]
fn a_source_is_tried_with_samples_signed_and_forged() {
    let project = Project::new("").agent("bugs", BUGS, "true");
    let gate = Gate::serve(&project);
    let Some(window) = Window::signed_in(&gate, "a_source_is_tried_with_samples") else { return };
    window.go("/dashboard/sources");
    window.see("#s-github", &format!("http://{}/webhooks/github/github", gate.public));
    for forged in ["unsigned", "tampered"] {
        window.click(&format!("#s-github button[value={forged}]"));
        window.see("#flash.ok", "401");
    }
    window.see("#s-github", "1 unsigned");
    window.see("#s-github", "1 bad_signature");
    window.click("#s-github button[value=signed]");
    window.see("#flash.ok", "200");
    assert!(window.path().starts_with("/dashboard/deliveries/"), "{}", window.path());
    window.is_content();
}

#[test]
fn a_payload_is_tried_against_today_and_a_draft() {
    let project = Project::new("").agent("bugs", BUGS, "echo ran > $REPORTS");
    let gate = Gate::serve(&project);
    let Some(window) = Window::signed_in(&gate, "a_payload_is_tried") else { return };
    let id = deliver(&gate, "one", &labeled("Typo", "docs"));
    window.go(&format!("/dashboard/try?delivery={id}"));
    window.click("[data-again]");
    window.see("#why", "It would trigger nobody. bugs misses it by the least: labels wanted bug, was docs.");
    window.type_into("textarea[name=draft]", "labels = [\"docs\"]");
    window.click("[data-again]");
    window.see("#why", "It would trigger the draft.");
    window.type_into("textarea[name=draft]", "lables = [\"docs\"]");
    window.click("[data-again]");
    window.see("#problem", "lables");
    assert_eq!(project.report_within(std::time::Duration::ZERO), None, "nobody ran");
    window.is_content();
}
