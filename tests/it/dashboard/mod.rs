//! What people see, in a real browser: Chromium, driven by its own driver.
//!
//! - `window`: a browser that is signed in, and what it complained about.
//! - `sign_in`, `pages`, `live`, `work`, `audit`, `bulk`, `configuration`: what people
//!   do. `limits`: what pages stay small.
//! - `large`: how long pages take where there is much, measured.
//! - `screenshots`: pictures of every page, to be looked at.

mod audit;
mod bulk;
mod configuration;
mod large;
mod limits;
mod live;
mod pages;
mod screenshots;
mod sign_in;
mod window;
mod work;

use crate::support::{Gate, Project};

/// An agent for issues that carry a label.
pub(super) const BUGS: &str =
    "[[webhooks]]\nsource = \"github\"\nevents = [\"issues\"]\nactions = [\"labeled\"]\nlabels = [\"bug\"]\n";
/// One for everything.
pub(super) const ANY: &str = "[[webhooks]]\nsource = \"github\"\n";

/// A delivery of a labeled issue.
pub(super) fn labeled(title: &str, label: &str) -> String {
    serde_json::json!({
        "action": "labeled",
        "label": { "name": label },
        "issue": {
            "number": 7, "title": title, "body": "It broke.", "html_url": "https://github.com/acme/app/issues/7",
            "user": { "login": "ada" }, "labels": [{ "name": label }], "assignees": [],
        },
        "repository": { "full_name": "acme/app", "name": "app", "owner": { "login": "acme" } },
        "sender": { "login": "ada" },
    })
    .to_string()
}

/// Delivers it; its receipt.
pub(super) fn deliver(gate: &Gate, id: &str, body: &str) -> String {
    let answer = gate.github("issues", id, body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["receipt"].as_str().unwrap().to_owned()
}

/// A script that says that it runs, and runs until the file `go` is there.
pub(super) fn held(project: &Project) -> String {
    let go = project.path().join("go").display().to_string();
    format!("echo began; echo began > $REPORTS; while [ ! -e {go} ]; do sleep 0.05; done; echo done")
}
