//! What is in force, and what the files say.

use super::{BUGS, window::Window};
use crate::support::{Gate, Project};

#[test]
fn a_broken_configuration_is_told_with_its_place() {
    let project = Project::new("").agent("bugs", BUGS, "true");
    let gate = Gate::serve(&project);
    let Some(window) = Window::signed_in(&gate, "a_broken_configuration_is_told") else { return };
    let config = project.path().join("agents/bugs/agent-config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("labels", "lables")).unwrap();
    window.go("/dashboard/configuration");
    window.see("#revision", "revision 1");
    window.click("[data-again]");
    window.see("#flash.bad", "what was in force stays in force");
    window.see("#problems", "lables");
    window.see("#problems", "agent-config.toml");
    std::fs::write(&config, text.replace("bug", "docs")).unwrap();
    window.click("[data-again]");
    window.see("#flash.ok", "is in force");
    window.see("#revision", "revision 2");
    assert!(!window.has("#problems"));
    window.is_content();
}

#[test]
fn values_are_shown_with_their_origins_and_no_secret_among_them() {
    let project = Project::new("").agent("bugs", BUGS, "true");
    let gate = Gate::serve(&project);
    let Some(window) = Window::signed_in(&gate, "values_are_shown_with_their_origins") else { return };
    window.go("/dashboard/configuration");
    window.see("#values", "gateway.answer_within");
    window.see("#values", "a secret, fingerprint");
    window.type_into("[data-filter]", "agent bugs webhooks");
    window.enter();
    window.see("#values tbody tr", "agents/bugs/agent-config.toml");
    window.see("#values tbody tr", "\"labels\":[\"bug\"]");
    assert_eq!(window.count("#values tbody tr"), 1);
    window.go("/dashboard/configuration?set=1");
    assert!(!window.text("#values").contains("default"), "only what is set");
    window.go("/dashboard/configuration?text=nothing+like+it");
    window.see("#values", "No key says that");
    window.is_content();
}

#[test]
fn what_the_files_say_and_what_each_revision_changed_is_shown() {
    let project = Project::new("reload_on_change = false\n").agent("bugs", BUGS, "true");
    let gate = Gate::serve(&project);
    let Some(window) = Window::signed_in(&gate, "what_the_files_say_is_shown") else { return };
    let agent = project.path().join("agents/bugs/agent-config.toml");
    let text = std::fs::read_to_string(&agent).unwrap();
    std::fs::write(&agent, format!("scale = 3\n{text}")).unwrap();
    window.go("/dashboard/configuration");
    window.see("#refused .note", "The files differ in 1 part from what is in force.");
    window.see("#ahead", "scale: 1 -> 3");
    window.press("r");
    window.see("#flash.ok", "Revision 2 is in force: agent bugs changed.");
    assert!(!window.has("#ahead"));
    window.see("#rev-2", "agent bugs changed");
    window.see("#rev-2", "in force");
    window.see("#rev-1", "agent bugs");

    // What waits for the next start is told until then.
    let config = project.path().join("config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let text = text.replacen("[gateway]", "[gateway]\nmax_connections = 1234", 1);
    assert!(text.contains("1234"), "{text}");
    std::fs::write(&config, text).unwrap();
    window.click("[data-again]");
    window.see("#flash.ok", "These wait for the next start");
    window.see("#ahead", "gateway.max_connections");
    window.see("#ahead", "(waits for the next start)");
    window.is_content();
}
