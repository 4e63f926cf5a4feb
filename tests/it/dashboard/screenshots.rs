//! Pictures of every page, to be looked at: `cargo nextest run -E 'test(pictures)' --run-ignored all`,
//! then see `target/screenshots`.

use std::{fs, path::PathBuf};

use super::{ANY, BUGS, deliver, held, labeled, window::Window};
use crate::support::{Gate, Project, until};

/// Every page.
pub(super) const PATHS: [&str; 20] = [
    "/dashboard",
    "/dashboard/deliveries",
    "/dashboard/deliveries?repo=nobody/nothing",
    "/dashboard/deliveries/{delivery}",
    "/dashboard/jobs",
    "/dashboard/jobs?state=held",
    "/dashboard/runs",
    "/dashboard/agents",
    "/dashboard/agents/triage",
    "/dashboard/dead-letters",
    "/dashboard/schedule",
    "/dashboard/sources",
    "/dashboard/try?delivery={delivery}",
    "/dashboard/configuration",
    "/dashboard/configuration?text=agent+triage",
    "/dashboard/bulk",
    "/dashboard/bulk/new?of=jobs&state=discarded",
    "/dashboard/audit",
    "/dashboard/nodes",
    "/dashboard/more",
];

#[test]
#[ignore = "makes pictures for people"]
fn pictures_of_every_page() {
    let project = Project::new("");
    let script = held(&project);
    let ops = "[[webhooks]]\nsource = \"github\"\nevents = [\"issues\"]\nlabels = [\"ops\", \"incident\"]\n";
    let docs = "[[webhooks]]\nsource = \"github\"\nevents = [\"issues\"]\nrepos = [\"acme/docs\"]\nlabels = [\"docs\"]\n";
    let project = project
        .agent("triage", BUGS, &script)
        .agent("oncall", &format!("{ops}[retry]\nattempts = 1\n"), "echo no runner here; exit 3")
        .agent("docs", docs, "true")
        .agent("watch", ANY, "echo seen")
        .agent("janitor", "schedule = \"0 3 * * *\"\n", "true");
    let gate = Gate::serve(&project);
    let Some(window) = Window::signed_in(&gate, "pictures_of_every_page") else { return };
    let mut last = String::new();
    for (index, label) in
        ["bug", "docs", "ops", "bug", "question", "bug", "incident", "docs"].iter().enumerate()
    {
        last = deliver(&gate, &format!("id-{index}"), &labeled("Login fails after the update", label));
    }
    let delivery = deliver(&gate, "the-one", &labeled("Login fails after the update", "bug"));
    assert_ne!(last, delivery);
    until("the first runs", || gate.metric("herdgate_executing{agent=\"triage\"}") > 0.5);
    until("the others are done", || gate.metric("herdgate_executing{agent=\"watch\"}") < 0.5);
    gate.admin("POST", "/api/v1/agents/docs/pause");
    gate.admin("POST", "/api/v1/agents/nobody/pause");
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    for (screen, width, height) in [("wide", 1280, 860), ("phone", 390, 844)] {
        window.resize(width, height);
        for theme in ["light", "dark"] {
            window.prefer(theme);
            for path in PATHS {
                window.go(&path.replace("{delivery}", &delivery));
                let name = path
                    .trim_start_matches("/dashboard")
                    .trim_matches('/')
                    .replace(['/', '{', '}', '?', '=', '&', '+'], "-");
                let name = if name.is_empty() { "overview".to_owned() } else { name };
                fs::write(folder.join(format!("{name}.{screen}.{theme}.png")), window.picture()).unwrap();
            }
        }
    }
    window.is_content();
    fs::write(project.path().join("go"), "").unwrap();
}
