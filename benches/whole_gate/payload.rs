//! What is delivered.

use serde_json::{Value, json};

/// A push to a branch, about so long and as GitHub writes it: a third of it are the addresses of the
/// repository, the rest its commits. It has no room for those in 1 KiB.
pub(crate) fn push(branch: &str, bytes: usize) -> String {
    let account = json!({
        "login": "acme", "id": 70, "node_id": "MDEyOk9yZ2FuaXphdGlvbjcw", "type": "Organization",
        "html_url": "https://github.com/acme", "site_admin": false,
    });
    let mut repository = json!({
        "id": 500, "name": "app", "full_name": "acme/app", "private": true, "owner": account,
        "html_url": "https://github.com/acme/app", "fork": false, "default_branch": "main",
    });
    if bytes > 4096 {
        for what in ADDRESSES {
            repository[format!("{what}_url")] =
                format!("https://api.github.com/repos/acme/app/{what}").into();
        }
    }
    let mut push = json!({
        "ref": format!("refs/heads/{branch}"), "before": hash(), "after": hash(),
        "pusher": { "name": "jon", "email": "jon@acme.example" },
        "created": false, "deleted": false, "forced": false, "base_ref": null,
        "commits": [], "repository": repository, "sender": { "login": "jon", "id": 12, "type": "User" },
    });
    let mut length = push.to_string().len();
    while length + 300 < bytes {
        let commit = commit();
        length += commit.to_string().len() + 1;
        push["commits"].as_array_mut().expect("it is a list").push(commit);
    }
    push.to_string()
}

/// An issue with these labels, about so long.
pub(crate) fn issue(labels: &[String], bytes: usize) -> String {
    let labels: Vec<_> = labels.iter().map(|label| json!({ "name": label })).collect();
    // Text, which compresses about as a real payload does.
    let text: Vec<_> = (0..bytes / 9).map(|_| format!("{:08x}", fastrand::u16(..))).collect();
    json!({
        "action": "labeled",
        "issue": { "number": 1, "title": "a load", "body": text.join(" "), "labels": labels },
        "repository": { "full_name": "acme/app" },
    })
    .to_string()
}

const ADDRESSES: &[&str] = &[
    "archive",
    "assignees",
    "blobs",
    "branches",
    "collaborators",
    "comments",
    "commits",
    "compare",
    "contents",
    "contributors",
    "deployments",
    "downloads",
    "events",
    "forks",
    "git_commits",
    "git_refs",
    "git_tags",
    "hooks",
    "issue_comment",
    "issue_events",
    "issues",
    "keys",
    "labels",
    "languages",
    "merges",
    "milestones",
    "notifications",
    "pulls",
    "releases",
    "stargazers",
    "statuses",
    "subscribers",
    "subscription",
    "tags",
    "teams",
    "trees",
];

fn hash() -> String {
    format!("{:032x}{:08x}", fastrand::u128(..), fastrand::u32(..))
}

fn commit() -> Value {
    let id = hash();
    let who = json!({ "name": "Jon D.", "email": "jon@acme.example", "username": "jon" });
    json!({
        "id": id, "tree_id": hash(), "distinct": true, "message": format!("Clamp totals at zero\n\nFixes #{}.", fastrand::u16(..)),
        "timestamp": "2026-11-05T14:00:00+01:00", "url": format!("https://github.com/acme/app/commit/{id}"),
        "author": who, "committer": who, "added": [], "removed": [],
        "modified": [format!("src/cart/{:x}.rs", fastrand::u32(..))],
    })
}
