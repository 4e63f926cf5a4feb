//! Files that change are in force by themselves, or said to be wrong.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};

use serde_json::json;

use crate::support::{Gate, Project, SECRET, http, sign_with, until};

const ANY: &str = "[[webhooks]]\nsource = \"github\"\n";
const LABELED: &str = "[[webhooks]]\nsource = \"github\"\nlabels = [\"agent\"]\n";

fn revision(gate: &Gate) -> f64 {
    gate.metric("herdgate_topology_revision")
}

/// Does something to the files, and waits until another revision is in force.
fn changes(gate: &Gate, what: &str, act: impl FnOnce()) {
    let before = revision(gate);
    act();
    until(&format!("{what} is in force"), || revision(gate) > before);
}

fn agents(gate: &Gate) -> Vec<String> {
    gate.list("agents").iter().map(|agent| agent["name"].as_str().unwrap().to_owned()).collect()
}

/// As editors save: a new file takes the place of the old one.
fn save(path: &Path, text: &str) {
    let aside = path.with_extension("new");
    fs::write(&aside, text).unwrap();
    fs::rename(aside, path).unwrap();
}

fn config_of(project: &Project, agent: &str) -> std::path::PathBuf {
    project.path().join("agents").join(agent).join("agent-config.toml")
}

fn deliver(gate: &Gate, id: &str, body: &str, secret: &str) -> u16 {
    let signature = format!("sha256={}", sign_with(secret, body.as_bytes()));
    let headers = [
        ("content-type", "application/json"),
        ("x-github-event", "issues"),
        ("x-github-delivery", id),
        ("x-hub-signature-256", signature.as_str()),
    ];
    gate.post("/webhooks/github", &headers, body.as_bytes()).status
}

/// How many watches on folders the process of a gate has, by its files.
fn inotify_files(project: &Project) -> usize {
    let there = fs::read(project.data().join("listening.json")).unwrap();
    let there: serde_json::Value = serde_json::from_slice(&there).unwrap();
    let files = fs::read_dir(format!("/proc/{}/fd", there["pid"])).unwrap();
    let is_inotify = |file: &fs::DirEntry| {
        fs::read_link(file.path()).is_ok_and(|to| to.to_string_lossy().contains("inotify"))
    };
    files.filter(|file| is_inotify(file.as_ref().unwrap())).count()
}

#[test]
fn a_file_that_is_saved_is_in_force_however_it_is_saved() {
    let project = Project::new("").agent("dev", LABELED, "true");
    let gate = Gate::serve(&project);
    let path = config_of(&project, "dev");
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(gate.github("issues", "a", "{\"action\":\"a\"}").json()["matched"], 0);
    changes(&gate, "what was written over", || {
        fs::write(&path, text.replace("labels = [\"agent\"]\n", "")).unwrap();
    });
    assert_eq!(gate.github("issues", "b", "{\"action\":\"b\"}").json()["matched"], 1);
    changes(&gate, "what was put in its place", || save(&path, &text));
    assert_eq!(gate.github("issues", "c", "{\"action\":\"c\"}").json()["matched"], 0);
}

#[test]
fn agents_come_and_go_with_their_folders_also_where_there_was_none() {
    let project = Project::new("").agent("one", ANY, "true");
    let aside = project.path().join("aside");
    fs::rename(project.path().join("agents"), &aside).unwrap();
    let gate = Gate::serve(&project);
    assert_eq!(agents(&gate), [""; 0]);
    changes(&gate, "the folder that appeared", || {
        fs::rename(&aside, project.path().join("agents")).unwrap();
    });
    assert_eq!(agents(&gate), ["one"]);
    // File by file, as somebody types it; until it is whole it is no agent.
    let two = project.path().join("agents/two");
    fs::create_dir(&two).unwrap();
    fs::write(two.join("agent-config.toml"), format!("{ANY}[run]\ncommand = [\"true\"]\n")).unwrap();
    changes(&gate, "the agent that became whole", || fs::write(two.join("ACTIONS.md"), "Do.").unwrap());
    assert_eq!(agents(&gate), ["one", "two"]);
    gate.logged(&["a configuration is in force", "agent two added"]);
    changes(&gate, "the folder that went", || fs::remove_dir_all(&two).unwrap());
    assert_eq!(agents(&gate), ["one"]);
}

#[test]
fn what_kubernetes_puts_in_place_is_in_force() {
    let project = Project::new("").agent("dev", LABELED, "true");
    let folder = project.path().join("agents/dev");
    let text = fs::read_to_string(folder.join("agent-config.toml")).unwrap();
    let version = |name: &str, text: &str| {
        let own = folder.join(name);
        fs::create_dir(&own).unwrap();
        fs::write(own.join("agent-config.toml"), text).unwrap();
        fs::write(own.join("ACTIONS.md"), "Do.").unwrap();
        symlink(name, folder.join("..data_tmp")).unwrap();
        fs::rename(folder.join("..data_tmp"), folder.join("..data")).unwrap();
    };
    for file in ["agent-config.toml", "ACTIONS.md"] {
        fs::remove_file(folder.join(file)).unwrap();
        symlink(format!("..data/{file}"), folder.join(file)).unwrap();
    }
    version("..2026_1", &text);
    let gate = Gate::serve(&project);
    assert_eq!(gate.github("issues", "a", "{\"action\":\"a\"}").json()["matched"], 0);
    changes(&gate, "the next version", || version("..2026_2", &text.replace("labels = [\"agent\"]\n", "")));
    assert_eq!(gate.github("issues", "b", "{\"action\":\"b\"}").json()["matched"], 1);
    changes(&gate, "the one after it", || {
        version("..2026_3", &text);
        fs::remove_dir_all(folder.join("..2026_1")).unwrap();
    });
    assert_eq!(gate.github("issues", "c", "{\"action\":\"c\"}").json()["matched"], 0);
}

#[test]
fn a_secret_is_rotated_by_its_file() {
    let next = "the next secret of this source";
    let project = Project::new("").agent("dev", ANY, "true");
    let gate = Gate::serve(&project);
    let secret = project.path().join("credentials/github_webhook_secret/it/secret");
    changes(&gate, "the next secret", || {
        save(&secret, next);
        fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    });
    assert_eq!(deliver(&gate, "a", "{\"action\":\"a\",\"issue\":{}}", SECRET), 401);
    assert_eq!(deliver(&gate, "b", "{\"action\":\"b\",\"issue\":{}}", next), 200);
    gate.logged(&["a configuration is in force", "source github changed"]);
    assert!(!gate.log().iter().any(|line| line.contains(next)));
}

#[test]
fn files_that_are_wrong_are_told_of_until_they_are_right() {
    let project = Project::new("").agent("dev", ANY, "echo ran > $REPORTS");
    let gate = Gate::serve(&project);
    let ready = || http::request(gate.admin, "GET", "/readyz", &[], b"").unwrap();
    assert_eq!(ready().text(), "ready\n");
    assert!(gate.metric("herdgate_configuration_refused") < 1.0);
    let path = config_of(&project, "dev");
    let good = fs::read_to_string(&path).unwrap();
    let before = revision(&gate);
    save(&path, &format!("{good}\n[retry]\nattemps = 3\n"));
    until("it is refused", || gate.metric("herdgate_configuration_refused") > 0.0);
    let line = gate.logged(&["the new configuration is not taken", "WARN", "attemps"]);
    assert!(line.contains("agent-config.toml:"), "{line}");
    let told = ready();
    assert_eq!(told.status, 200);
    assert!(told.text().starts_with("ready; configuration refused since "), "{}", told.text());
    assert!(told.text().contains("attemps"), "{}", told.text());
    assert_eq!(gate.github("issues", "one", "{\"action\":\"one\"}").json()["matched"], 1);
    assert_eq!(project.report(), "ran");
    save(&path, &good);
    until("it is right again", || gate.metric("herdgate_configuration_refused") < 1.0);
    assert_eq!(ready().text(), "ready\n");
    assert!(revision(&gate) <= before, "nothing has changed, so there is no new revision");
}

#[test]
fn a_gate_that_shall_not_look_does_not_until_it_is_told() {
    let project = Project::new("reload_on_change = false\n").agent("dev", ANY, "true");
    let gate = Gate::serve(&project);
    assert_eq!(inotify_files(&project), 0);
    let config = project.path().join("config.toml");
    let text = fs::read_to_string(&config).unwrap();
    save(&config, &text.replace("reload_on_change = false", "reload_on_change = true"));
    assert_eq!(gate.admin("POST", "/api/v1/config/reload").status, 200);
    until("it looks", || inotify_files(&project) > 0);
    changes(&gate, "what it sees now", || save(&config, &text));
    until("it has stopped looking", || inotify_files(&project) == 0);
}

#[test]
fn limits_are_changed_while_the_doors_are_open() {
    let gateway = "[gateway]\nhost = \"127.0.0.1\"\nport = 0\nadmin_port = 0\nbody_limit = \"1KiB\"\n";
    let project = Project::new(&format!("max_runs = 1\n{gateway}")).agent("dev", LABELED, "true");
    let gate = Gate::serve(&project);
    let config = project.path().join("config.toml");
    let text = fs::read_to_string(&config).unwrap();
    let large = format!("{{\"action\":\"large\",\"issue\":{{}},\"filler\":\"{}\"}}", "x".repeat(2 << 10));
    assert_eq!(deliver(&gate, "a", &large, SECRET), 413);
    let asked = || {
        let text = "GET /livez HTTP/1.1\r\nhost: gate.internal\r\nconnection: close\r\n\r\n";
        http::raw(gate.admin, text.as_bytes()).unwrap().status
    };
    assert_eq!(asked(), 421);
    changes(&gate, "the wider limit", || {
        let wider = "body_limit = \"1MiB\"\nadmin_hosts = [\"gate.internal\"]\nanswer_within = \"2s\"";
        save(&config, &text.replace("body_limit = \"1KiB\"", wider));
    });
    assert_eq!(deliver(&gate, "b", &large, SECRET), 200);
    assert_eq!(asked(), 200);
    let settings = "settings gateway.admin_hosts, gateway.answer_within, gateway.body_limit changed";
    gate.logged(&["a configuration is in force", settings]);
    changes(&gate, "the narrower limit", || save(&config, &text));
    assert_eq!((deliver(&gate, "c", &large, SECRET), asked()), (413, 421));
    assert_eq!(gate.admin("POST", "/api/v1/config/reload").json()["waits_for_restart"], json!([]));
}

#[test]
fn what_the_files_would_change_is_shown_before_it_is_in_force() {
    let project =
        Project::new("reload_on_change = false\n").agent("dev", LABELED, "true").agent("gone", ANY, "true");
    let gate = Gate::serve(&project);
    let compare = || {
        let output = project.command(&["check", "--against-running"]);
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(compare(), (Some(0), "the files are what is in force: revision 1\n".to_owned()));
    let dev = config_of(&project, "dev");
    save(&dev, &format!("scale = 3\n{}", fs::read_to_string(&dev).unwrap()));
    let project = project.without("gone").agent("two", ANY, "true");
    let config = project.path().join("config.toml");
    let text = fs::read_to_string(&config).unwrap();
    save(
        &config,
        &text.replace("admin_port = 0", "admin_port = 0\nmax_connections = 77\nbody_limit = \"1MiB\""),
    );
    let secret = project.path().join("credentials/github_webhook_secret/it/secret");
    save(&secret, "the next secret");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    let output = project.command(&["check", "--against-running"]);
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8(output.stdout).unwrap();
    for line in [
        "  gateway.body_limit: \"25MiB\" -> \"1MiB\"",
        "  gateway.max_connections: 10000 -> 77 (waits for the next start)",
        "source github changed",
        "  secret: changed",
        "agent dev changed",
        "  scale: 1 -> 3",
        "agent gone removed",
        "agent two added",
    ] {
        assert!(told.lines().any(|told| told == line), "{line} is not in\n{told}");
    }
    assert!(!told.contains("the next secret"), "{told}");
    assert_eq!(
        gate.admin("POST", "/api/v1/config/reload").json()["waits_for_restart"],
        json!(["[gateway] max_connections"])
    );
    let output = project.command(&["check", "--against-running"]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(told.lines().filter(|line| line.starts_with("  ")).count(), 1, "only what waits: {told}");
    gate.kill();
    assert_eq!(project.command(&["check", "--against-running"]).status.code(), Some(1));
}
