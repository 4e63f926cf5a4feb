//! What a delivery's page says.

use super::{BUGS, deliver, labeled, window::Window};
use crate::support::{Gate, Project};

#[test]
fn a_delivery_says_why_it_triggered_whom_and_is_replayed() {
    let ops = "[[webhooks]]\nsource = \"github\"\nlabels = [\"ops\"]\n";
    let project = Project::new("").agent("bugs", BUGS, "true").agent("ops", ops, "true");
    let gate = Gate::serve(&project);
    let Some(window) = Window::signed_in(&gate, "a_delivery_says_why") else { return };
    let id = deliver(&gate, "one", &labeled("It is broken", "bug"));
    window.go(&format!("/dashboard/deliveries/{id}"));
    window.see("h1", "issues.labeled: It is broken");
    window.see("#why", "It triggered bugs.");
    let rows = "#judged tbody tr";
    window.see(&format!("{rows}:nth-child(1)"), "bugs");
    window.see(&format!("{rows}:nth-child(1)"), "matched");
    window.see(&format!("{rows}:nth-child(2)"), "ops");
    window.see(&format!("{rows}:nth-child(2) td.cell.no"), "wanted ops, was bug");
    assert_eq!(window.count("#judged td.cell.no"), 1);

    window.see(".timeline", "verified for github by its current secret");
    // The body as a tree, what agents are shown, and how to send it again.
    window.see(".tree", "It broke.");
    window.click("#curl > summary");
    window.see("#curl-text", "x-github-event: issues");
    window.see("#curl-text", "X-Hub-Signature-256: sha256=$(".to_ascii_lowercase().as_str());

    window.press("r");
    window.see("#flash", "with the filters of today: it made 1 job");
    window.see(".facts", &id);
    assert_ne!(window.path(), format!("/dashboard/deliveries/{id}"));
    window.is_content();
}

#[test]
fn a_delivery_that_nobody_wanted_says_what_was_missing_then_and_today() {
    let project = Project::new("").agent("bugs", BUGS, "true");
    let gate = Gate::serve(&project);
    let Some(window) = Window::signed_in(&gate, "a_delivery_that_nobody_wanted") else { return };
    let id = deliver(&gate, "one", &labeled("Typo", "docs"));
    window.go(&format!("/dashboard/deliveries/{id}"));
    window.see("#why", "It triggered nobody. bugs missed it by the least: labels wanted bug, was docs.");
    let config = project.path().join("agents/bugs/agent-config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("\"bug\"", "\"docs\"")).unwrap();
    gate.signal(rustix::process::Signal::HUP);
    // The page follows the configuration by itself.
    window.see("#why", "Today it would trigger bugs.");
    window.see("#judged", "today: matches");
    window.click(".tabs a:last-child");
    window.see("#judged tbody tr", "matched");
    window.see("#judged tbody tr", "then: no");
    window.is_content();
}

#[test]
fn what_strangers_write_stays_text() {
    let project = Project::new("").agent("bugs", BUGS, "true");
    let gate = Gate::serve(&project);
    let Some(window) = Window::signed_in(&gate, "what_strangers_write_stays_text") else { return };
    let attack =
        "<img src=x onerror=\"window.pwned=1\"><script>window.pwned=1</script>'\"><svg/onload=alert(1)>";
    let id = deliver(&gate, attack, &labeled(attack, "bug"));
    for path in ["/dashboard/deliveries".to_owned(), format!("/dashboard/deliveries/{id}")] {
        window.go(&path);
        window.see("#live", "live");
        assert!(window.js("return window.pwned ?? null", &[]).is_null(), "{path}");
        assert!(!window.has("main img"), "{path}");
    }
    window.see("h1", attack);
    window.see(".tree", attack);
    window.is_content();
}

#[test]
fn a_page_is_whole_without_scripts() {
    let project = Project::new("").agent("bugs", BUGS, "true");
    let gate = Gate::serve(&project);
    let Some(window) = Window::signed_in(&gate, "a_page_is_whole_without_scripts") else { return };
    let id = deliver(&gate, "one", &labeled("It is broken", "bug"));
    window.scripts(false);
    window.go("/dashboard/deliveries");
    window.click(&format!("#d-{id} a"));
    assert!(window.has("#judged td.cell.yes"));
    window.click("[data-again]");
    assert!(window.has("#flash.ok"), "a form works without a script");
    assert!(!window.path().ends_with(&id));
    window.scripts(true);
}

#[test]
fn everything_is_reached_by_keys_alone() {
    let project = Project::new("").agent("bugs", BUGS, "true");
    let gate = Gate::serve(&project);
    let Some(window) = Window::signed_in(&gate, "everything_is_reached_by_keys_alone") else { return };
    let ids = ["one", "two"].map(|id| deliver(&gate, id, &labeled(id, "bug")));
    window.press("gd");
    window.see("h1", "Deliveries");
    window.press("j");
    window.press("j");
    window.enter();
    window.see("h1", "issues.labeled");
    assert!(window.path().ends_with(&ids[0]), "{}: the second row is the older one", window.path());
    window.press("r");
    window.see("#flash", "it made 1 job");
    window.press("gd");
    window.see("h1", "Deliveries");
    window.press("/");
    window.press("acme/other");
    window.enter();
    window.see(".empty", "Nothing matches these filters");
    window.press("?");
    window.see("dialog[open] h2", "Keys");
    window.press("\u{e00c}");
    window.press("t");
    window.see("#theme", "Light");
    assert_eq!(window.js("return document.documentElement.dataset.theme", &[]), "dark");
    window.is_content();
}

#[test]
fn what_comes_due_is_listed_a_page_at_a_time_and_found_by_name() {
    let mut project = Project::new("");
    for number in 0..105 {
        let config = format!("schedule = \"{} 3 1 1 *\"\n", number % 60);
        project = project.agent(&format!("nightly-{number:03}"), &config, "true");
    }
    let gate = Gate::serve(&project);
    let Some(window) = Window::signed_in(&gate, "what_comes_due_is_listed") else { return };
    window.go("/dashboard/schedule");
    window.see(".pages", "105");
    assert_eq!(window.count("#lines tbody tr"), 100);
    window.click(".pages a[rel=next]");
    window.see(".pages", "before");
    assert_eq!(window.count("#lines tbody tr"), 5);
    window.type_into("[data-filter]", "nightly-042");
    window.enter();
    window.see("#lines tbody tr", "nightly-042");
    assert_eq!(window.count("#lines tbody tr"), 1);
    window.go("/dashboard/schedule?name=nobody");
    window.see("#lines", "No agent with a schedule has such a name");
    window.is_content();
}
