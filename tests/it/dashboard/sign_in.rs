//! Coming in, and who cannot.

use super::{ANY, window::Window};
use crate::support::{Gate, Project, http};

fn gate() -> (Project, Gate) {
    let project = Project::new("").agent("dev", ANY, "true");
    let gate = Gate::serve(&project);
    (project, gate)
}

#[test]
fn one_signs_in_with_the_key_and_comes_back_to_where_one_wanted_to_go() {
    let (_project, gate) = gate();
    let Some(window) = Window::open(&gate, "one_signs_in_with_the_key") else { return };
    window.go("/");
    assert_eq!(window.path(), "/dashboard/sign-in?next=%2Fdashboard");
    window.go("/dashboard/deliveries?since=1h");
    window.type_into("input[name=key]", "not the key");
    window.enter();
    window.see(".note.bad", "That is not a key of this gate.");
    window.type_into("input[name=key]", gate.key());
    window.enter();
    window.see("h1", "Deliveries");
    assert_eq!(window.path(), "/dashboard/deliveries?since=1h");
    // What a script could steal.
    assert!(!window.js("return document.cookie", &[]).as_str().unwrap().contains("herdgate-"));
    window.click("form[action='/dashboard/sign-out'] button");
    window.see("h1", "Herdgate");
    window.go("/dashboard/deliveries");
    assert!(window.has("input[name=key]"), "signed out");
    let complaints = window.complaints();
    assert!(complaints.iter().all(|line| line.contains("401")), "{complaints:?}");
}

/// The session of somebody who signs in without a browser.
pub(super) fn session(gate: &Gate) -> String {
    let body = format!("key={}", gate.key());
    let origin = format!("http://{}", gate.admin);
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("origin", origin.as_str())];
    let answer = http::request(gate.admin, "POST", "/dashboard/sign-in", &headers, body.as_bytes()).unwrap();
    assert_eq!(answer.status, 303, "{}", answer.text());
    let cookie = answer.head.lines().find_map(|line| line.strip_prefix("set-cookie: herdgate-")).unwrap();
    for flag in ["HttpOnly", "SameSite=Strict", "Path=/dashboard", "Max-Age=86400"] {
        assert!(cookie.contains(flag), "{cookie}");
    }
    format!("herdgate-{}", cookie.split(';').next().unwrap())
}

#[test]
fn nothing_is_shown_or_done_without_a_session() {
    let (_project, gate) = gate();
    let own = format!("http://{}", gate.admin);
    for path in ["/dashboard", "/dashboard/deliveries"] {
        let answer = http::request(gate.admin, "GET", path, &[], b"").unwrap();
        assert_eq!(answer.status, 303, "{path}");
        assert!(
            answer.head.to_ascii_lowercase().contains("location: /dashboard/sign-in?next="),
            "{}",
            answer.head
        );
    }
    for path in ["/dashboard/events", "/dashboard/deliveries/0srk4t5zr0000/replay"] {
        let method = if path.ends_with("events") { "GET" } else { "POST" };
        let headers =
            [("origin", own.as_str()), ("x-herdgate-live", "1"), ("cookie", "herdgate-00000000=1.2.3")];
        let answer = http::request(gate.admin, method, path, &headers, b"").unwrap();
        assert_eq!(answer.status, 401, "{path}: {}", answer.text());
    }
}

#[test]
fn another_site_changes_nothing_even_with_the_session() {
    let (_project, gate) = gate();
    let session = session(&gate);
    let own = format!("http://{}", gate.admin);
    let path = "/dashboard/deliveries/0srk4t5zr0000/replay";
    let post = |headers: &[(&str, &str)]| {
        let headers: Vec<_> = [("cookie", session.as_str())].iter().chain(headers).copied().collect();
        http::request(gate.admin, "POST", path, &headers, b"").unwrap().status
    };
    assert_eq!(post(&[]), 403);
    assert_eq!(post(&[("origin", "http://evil.example")]), 403);
    assert_eq!(post(&[("origin", "http://127.0.0.1:9")]), 403, "another port is another site");
    assert_eq!(post(&[("sec-fetch-site", "same-site"), ("origin", &own)]), 403);
    assert_eq!(post(&[("origin", &own)]), 303);
    assert_eq!(post(&[("sec-fetch-site", "same-origin")]), 303);
}

#[test]
fn every_page_leaves_under_the_same_policy_and_files_are_kept() {
    let (_project, gate) = gate();
    let session = session(&gate);
    let policy = "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; \
                  img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; \
                  frame-ancestors 'none'";
    for path in ["/dashboard", "/dashboard/deliveries", "/dashboard/sign-in", "/dashboard/deliveries/nothing"]
    {
        let answer = http::request(gate.admin, "GET", path, &[("cookie", &session)], b"").unwrap();
        let head = answer.head.to_ascii_lowercase();
        for wanted in [policy, "x-content-type-options: nosniff", "cache-control: no-store"] {
            assert!(head.contains(wanted), "{path}: {head}");
        }
        let text = answer.text();
        assert!(!text.contains(" style=") && !text.contains("onclick"), "nothing inline: {path}");
    }
    let page = http::request(gate.admin, "GET", "/dashboard", &[("cookie", &session)], b"").unwrap();
    let text = page.text();
    let script = text.split('"').find(|part| part.starts_with("/dashboard/assets/app.js?v=")).unwrap();
    let script = http::request(gate.admin, "GET", script, &[("accept-encoding", "gzip")], b"").unwrap();
    let head = script.head.to_ascii_lowercase();
    assert!(head.contains("immutable") && head.contains("content-encoding: gzip"), "{head}");
    let tag = page.head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap().to_owned();
    let headers = [("cookie", session.as_str()), ("x-herdgate-live", "1"), ("if-none-match", &tag)];
    let again = http::request(gate.admin, "GET", "/dashboard", &headers, b"").unwrap();
    assert_eq!(again.status, 304, "only time has passed");
}
