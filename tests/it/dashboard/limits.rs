//! Pages stay small whatever there is, and fit small screens.

use super::{ANY, BUGS, deliver, labeled, window::Window};
use crate::support::{Gate, Project};

#[test]
fn nothing_is_wider_than_a_phone() {
    let project =
        Project::new("").agent("triage", BUGS, "true").agent("an-agent-with-quite-a-long-name", ANY, "true");
    let gate = Gate::serve(&project);
    let Some(window) = Window::signed_in(&gate, "nothing_is_wider_than_a_phone") else { return };
    let id = deliver(&gate, "one", &labeled(&"Supercalifragilistic".repeat(10), "bug"));
    window.resize(390, 844);
    for path in super::screenshots::PATHS {
        window.go(&path.replace("{delivery}", &id));
        let width = window.js("return document.documentElement.scrollWidth", &[]);
        assert!(width.as_u64().unwrap() <= 390, "{path} is {width} wide");
        assert!(window.has(".bottom a"), "{path}");
    }
    window.is_content();
}
