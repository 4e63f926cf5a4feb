//! The program, serving.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use hmac::{Hmac, KeyInit, Mac};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use sha2::Sha256;

use super::{
    PATIENCE, Project, SECRET,
    http::{self, Response},
    within,
};

/// A gate in a process of its own. Killed when dropped.
pub(crate) struct Gate {
    child: Mutex<Child>,
    /// Its public door.
    pub(crate) public: SocketAddr,
    /// Its admin door.
    pub(crate) admin: SocketAddr,
    log: Arc<Mutex<Vec<String>>>,
    key: String,
}

impl Gate {
    /// Serves a project, and returns when the gate is ready.
    pub(crate) fn serve(project: &Project) -> Self {
        Self::serve_with(project, &[])
    }

    /// The same, with variables in its environment.
    pub(crate) fn serve_with(project: &Project, environment: &[(&str, &str)]) -> Self {
        Self::start(project, environment).unwrap_or_else(|log| panic!("the gate did not start: {log:?}"))
    }

    /// The same, where it may end before it is ready.
    pub(crate) fn try_serve(project: &Project, environment: &[(&str, &str)]) -> Option<Self> {
        Self::start(project, environment).ok()
    }

    /// Serves a project by way of another program, which becomes the gate: its arguments end with
    /// the gate's command line.
    pub(crate) fn serve_by(project: &Project, by: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::try_serve_by(project, by, environment)
            .unwrap_or_else(|log| panic!("the gate did not start: {log:?}"))
    }

    /// The same, where it may end before it is ready; then its log.
    pub(crate) fn try_serve_by(
        project: &Project,
        by: &[&str],
        environment: &[(&str, &str)],
    ) -> Result<Self, Vec<String>> {
        let gate = Self::command(project, environment);
        let mut command = Command::new(by[0]);
        command.args(&by[1..]).arg(gate.get_program()).args(gate.get_args());
        command.envs(environment.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        Self::spawn(project, command)
    }

    /// Serves a project, with its system calls written to `trace`.
    pub(crate) fn traced(project: &Project, trace: &Path) -> Self {
        let calls = "pwrite64,fsync,fdatasync,write,writev,sendto,sendmsg,read,recvfrom";
        let mut strace = Command::new("strace");
        strace.args(["-f", "-y", "-s", "64", "-e", &format!("trace={calls}"), "-o"]).arg(trace);
        let gate = Self::command(project, &[]);
        strace.arg(gate.get_program()).args(gate.get_args());
        strace.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        Self::spawn(project, strace).unwrap_or_else(|log| panic!("the gate did not start: {log:?}"))
    }

    fn start(project: &Project, environment: &[(&str, &str)]) -> Result<Self, Vec<String>> {
        Self::spawn(project, Self::command(project, environment))
    }

    fn spawn(project: &Project, mut command: Command) -> Result<Self, Vec<String>> {
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let log = Arc::new(Mutex::new(Vec::new()));
        let ready = loop {
            let Some(Ok(line)) = lines.next() else {
                let _ = child.kill();
                let _ = child.wait();
                return Err(log.lock().unwrap().clone());
            };
            let event: Value = serde_json::from_str(&line).unwrap_or_default();
            log.lock().unwrap().push(line);
            if event["message"] == "ready" {
                break event;
            }
        };
        let rest = Arc::clone(&log);
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                rest.lock().unwrap().push(line);
            }
        });
        let address = |name: &str| ready[name].as_str().unwrap().parse().unwrap();
        let key = std::fs::read_to_string(project.data().join("api-key")).unwrap().trim().to_owned();
        Ok(Self { child: Mutex::new(child), public: address("public"), admin: address("admin"), log, key })
    }

    /// The command line that serves a project.
    pub(crate) fn command(project: &Project, environment: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_herdgate"));
        command
            .args(["serve", "--log-format", "json", "--config"])
            .arg(project.path())
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command
    }

    /// Ends a gate that is traced, in order, and waits for the end of the trace.
    pub(crate) fn stop_traced(mut self, project: &Project) {
        let whereabouts = std::fs::read(project.data().join("listening.json")).unwrap();
        let whereabouts: Value = serde_json::from_slice(&whereabouts).unwrap();
        let pid = i32::try_from(whereabouts["pid"].as_i64().unwrap()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), Signal::TERM).unwrap();
        self.wait();
    }

    /// Its log lines so far.
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.lock().unwrap().id()
    }

    /// Delivers a body as GitHub does.
    pub(crate) fn github(&self, event: &str, id: &str, body: &str) -> Response {
        let body = &of_event(event, &named(id, body));
        self.post(
            "/webhooks/github",
            &[
                ("content-type", "application/json"),
                ("x-github-event", event),
                ("x-github-delivery", id),
                ("x-hub-signature-256", &format!("sha256={}", sign(body.as_bytes()))),
            ],
            body.as_bytes(),
        )
    }

    /// Posts to the public door.
    pub(crate) fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
        http::request(self.public, "POST", path, headers, body).unwrap()
    }

    /// The key of its admin door.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// Asks the admin door, with the key.
    pub(crate) fn admin(&self, method: &str, path: &str) -> Response {
        let key = format!("Bearer {}", self.key);
        http::request(self.admin, method, path, &[("authorization", &key)], b"").unwrap()
    }

    /// The rows of a list of the API, which must be one page.
    pub(crate) fn list(&self, path: &str) -> Vec<Value> {
        let answer = self.admin("GET", &format!("/api/v1/{path}"));
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let page = answer.json();
        page["items"].as_array().unwrap_or_else(|| panic!("{path} is no list: {page}")).clone()
    }

    /// Asks the API for a change, with a body of JSON.
    pub(crate) fn change(&self, path: &str, body: &Value) -> Response {
        let key = format!("Bearer {}", self.key);
        let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
        let body = body.to_string();
        http::request(self.admin, "POST", &format!("/api/v1/{path}"), &headers, body.as_bytes()).unwrap()
    }

    /// The value of a metric series, which must exist: a gauge that was renamed must not read as 0.
    pub(crate) fn metric(&self, series: &str) -> f64 {
        let page = self.admin("GET", "/metrics").text();
        page.lines()
            .find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
            .unwrap_or_else(|| panic!("there is no series {series} in:\n{page}"))
    }

    /// Waits for a line of the log that has all these parts.
    pub(crate) fn logged(&self, parts: &[&str]) -> String {
        let find = || self.log().into_iter().find(|line| parts.iter().all(|part| line.contains(part)));
        let found = within(PATIENCE, || find().is_some());
        assert!(found, "the log never said {parts:?}:\n{}", self.log().join("\n"));
        find().unwrap_or_default()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.lock().unwrap().id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Kills it as a power cut would: nothing of it gets to act.
    pub(crate) fn kill(self) {
        drop(self);
    }

    /// Whether it has not ended yet.
    pub(crate) fn is_alive(&self) -> bool {
        matches!(self.child.lock().unwrap().try_wait(), Ok(None))
    }

    /// Kills it if it has not ended yet.
    pub(crate) fn kill_now(&self) {
        let _ = self.child.lock().unwrap().kill();
    }

    /// Delivers a body as GitHub does; the status, if there is an answer.
    pub(crate) fn try_github(&self, event: &str, id: &str, body: &str) -> Option<u16> {
        self.try_github_within(event, id, body, PATIENCE)
    }

    /// The same, hanging up after a while.
    pub(crate) fn try_github_within(
        &self,
        event: &str,
        id: &str,
        body: &str,
        patience: Duration,
    ) -> Option<u16> {
        let body = &of_event(event, &named(id, body));
        let signature = format!("sha256={}", sign(body.as_bytes()));
        let headers = [
            ("content-type", "application/json"),
            ("x-github-event", event),
            ("x-github-delivery", id),
            ("x-hub-signature-256", signature.as_str()),
        ];
        let to = self.public;
        let answer =
            http::request_within(patience, to, "POST", "/webhooks/github", &headers, body.as_bytes());
        answer.ok().map(|answer| answer.status)
    }

    /// Waits until it has ended by itself.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let child = self.child.get_mut().unwrap();
        let mut status = None;
        let ended = within(PATIENCE, || {
            status = child.try_wait().unwrap();
            status.is_some()
        });
        assert!(ended, "the gate did not end:\n{}", self.log.lock().unwrap().join("\n"));
        status.unwrap()
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        let mut child = self.child.lock().unwrap();
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// A body of the delivery `id`: equal bytes would be one event, whatever their ids.
pub(crate) fn named(id: &str, body: &str) -> String {
    match body.trim_start().strip_prefix('{').map(str::trim_start) {
        Some("}") => format!("{{\"it\":{}}}", Value::from(id)),
        Some(rest) if rest.starts_with('"') => format!("{{\"it\":{},{rest}", Value::from(id)),
        _ => body.to_owned(),
    }
}

/// A body that can be of the event: that of an issue has one.
fn of_event(event: &str, body: &str) -> String {
    match body.strip_prefix('{') {
        Some(rest) if event == "issues" && !body.contains("\"issue\"") && rest.starts_with('"') => {
            format!("{{\"issue\":{{}},{rest}")
        }
        _ => body.to_owned(),
    }
}

/// The hex HMAC-SHA256 of a body under [`SECRET`].
pub(crate) fn sign(body: &[u8]) -> String {
    sign_with(SECRET, body)
}

/// The hex HMAC-SHA256 of a body under a secret.
pub(crate) fn sign_with(secret: &str, body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap().chain_update(body);
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}
