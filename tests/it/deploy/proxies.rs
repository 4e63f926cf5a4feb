//! Proxies before a real gate: a signed delivery passes untouched, and nothing else does.

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    process::{Command, Stdio},
};

use super::{Running, free_port, is_there, text};
use crate::support::{Gate, Project, http, named, sign, until};

const ANY: &str = "[[webhooks]]\nsource = \"github\"\n";

/// Asks through a proxy what its comments promise.
fn assert_passes_webhooks_alone(proxy: SocketAddr, project: &Project) {
    until("the proxy answers", || http::request(proxy, "GET", "/", &[], b"").is_ok());
    // Larger than what proxies take by default, and with bytes that a rewrite would change.
    let filler = "ü \\u00fc\t".repeat(200_000);
    let body = named(
        "through the proxy",
        &format!("{{ \"action\" : \"opened\",  \"issue\" : {{}}, \"filler\":{filler:?} }}\n"),
    );
    let signature = format!("sha256={}", sign(body.as_bytes()));
    let headers = [
        ("content-type", "application/json"),
        ("x-github-event", "issues"),
        ("x-github-delivery", "through the proxy"),
        ("x-hub-signature-256", signature.as_str()),
    ];
    let taken = http::request(proxy, "POST", "/webhooks/github", &headers, body.as_bytes()).unwrap();
    assert_eq!((taken.status, taken.json()["matched"].as_u64()), (200, Some(1)), "{}", taken.text());
    assert_eq!(project.report(), "ran");
    let forged = http::request(proxy, "POST", "/webhooks/github", &headers, b"{}").unwrap();
    assert_eq!(forged.status, 401);
    for hidden in ["/", "/metrics", "/api/v1/agents", "/livez", "/webhooks/../metrics"] {
        let answer = http::request(proxy, "GET", hidden, &[], b"").unwrap();
        assert!([400, 404].contains(&answer.status), "{hidden} answers {}", answer.status);
    }
}

fn gate() -> (Project, Gate) {
    let project = Project::new("").agent("dev", ANY, "echo ran > $REPORTS");
    let gate = Gate::serve(&project);
    (project, gate)
}

/// The file with a gate and a port of this test.
fn plain_nginx(gate: &Gate, port: u16) -> String {
    let lines = text("proxy/nginx.conf")
        .replace("server 127.0.0.1:8080;", &format!("server {};", gate.public))
        .replace("listen 443 ssl;", &format!("listen 127.0.0.1:{port};"));
    lines.lines().filter(|line| !line.contains("ssl_certificate")).map(|line| format!("{line}\n")).collect()
}

fn nginx(folder: &Path, server: &str) -> Command {
    let here = folder.display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|kind| format!("{kind}_temp_path {here}/{kind};\n"))
        .collect();
    let whole = format!(
        "daemon off;\npid {here}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}{server}}}\n"
    );
    fs::write(folder.join("nginx.conf"), whole).unwrap();
    let mut command = Command::new("nginx");
    command.arg("-e").arg("stderr").arg("-p").arg(folder).arg("-c").arg(folder.join("nginx.conf"));
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
}

#[test]
fn nginx_passes_signed_webhooks_and_nothing_else() {
    let test = "deploy::proxies::nginx_passes_signed_webhooks_and_nothing_else";
    if !is_there("nginx", "nginx-light", test) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (project, gate) = gate();
    let port = free_port();
    let mut command = nginx(folder.path(), &plain_nginx(&gate, port));
    let _proxy = Running(command.stderr(Stdio::null()).spawn().unwrap());
    assert_passes_webhooks_alone(([127, 0, 0, 1], port).into(), &project);
}

#[test]
fn nginx_finds_no_fault_with_its_file_as_it_is() {
    let test = "deploy::proxies::nginx_finds_no_fault_with_its_file_as_it_is";
    if !is_there("nginx", "nginx-light", test) || !is_there("openssl", "openssl", test) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
        .args(["-subj", "/CN=gate.example.com", "-days", "1", "-out"])
        .arg(&certificate)
        .arg("-keyout")
        .arg(&key)
        .output();
    assert!(made.unwrap().status.success());
    let live = "/etc/letsencrypt/live/gate.example.com";
    let server = text("proxy/nginx.conf")
        .replace(&format!("{live}/fullchain.pem"), &certificate.display().to_string())
        .replace(&format!("{live}/privkey.pem"), &key.display().to_string());
    let output = nginx(folder.path(), &server).arg("-t").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !said.contains("warn"), "{said}");
}

#[test]
fn caddy_passes_signed_webhooks_and_nothing_else() {
    let test = "deploy::proxies::caddy_passes_signed_webhooks_and_nothing_else";
    if !is_there("caddy", "caddy", test) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("Caddyfile");
    let caddy = |verb: &str| {
        let mut command = Command::new("caddy");
        command.args([verb, "--adapter", "caddyfile", "--config"]).arg(&file).env("HOME", folder.path());
        for name in ["XDG_DATA_HOME", "XDG_CONFIG_HOME"] {
            command.env(name, folder.path());
        }
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command
    };
    fs::write(&file, text("proxy/Caddyfile")).unwrap();
    let checked = caddy("validate").output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));

    let (project, gate) = gate();
    let port = free_port();
    let here = text("proxy/Caddyfile")
        .replace("gate.example.com {", &format!("http://127.0.0.1:{port} {{"))
        .replace("127.0.0.1:8080", &gate.public.to_string());
    fs::write(&file, format!("{{\n\tadmin off\n}}\n{here}")).unwrap();
    let _proxy = Running(caddy("run").stderr(Stdio::null()).spawn().unwrap());
    assert_passes_webhooks_alone(([127, 0, 0, 1], port).into(), &project);
}
