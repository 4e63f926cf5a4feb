//! The configuration is changed under load: nothing is lost, doubled or refused.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::support::{Gate, Project, SECRET, http, sign_with, until};

const ANY: &str = "[[webhooks]]\nsource = \"github\"\n";
const LABELED: &str = "[[webhooks]]\nsource = \"github\"\nlabels = [\"agent\"]\n";

/// Every job of an agent, page by page.
fn jobs(gate: &Gate, agent: &str) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let answer = gate.admin("GET", &format!("/api/v1/jobs?agent={agent}&limit=1000{after}"));
        if answer.status == 400 && answer.text().contains("unknown-name") {
            // Nobody of that name is there now, nor ever had a job.
            return all;
        }
        assert_eq!(answer.status, 200, "{}", answer.text());
        let page = answer.json();
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return all,
        }
    }
}

fn receipts(gate: &Gate, agent: &str) -> Vec<String> {
    jobs(gate, agent).iter().map(|job| job["receipt"].as_str().unwrap().to_owned()).collect()
}

/// A project whose agents come, go, are renamed and scaled meanwhile.
struct Changing {
    project: Project,
    ran: std::path::PathBuf,
}

impl Changing {
    fn new(config: &str) -> Self {
        let project = Project::new(config);
        let ran = project.path().join("ran");
        let project = project
            .agent("steady", &format!("scale = 2\n{ANY}"), &format!("echo $RUN >> {}", ran.display()))
            .agent("dev", LABELED, "true")
            .agent("comes", ANY, "true");
        Self { project, ran }
    }

    fn rename(&self, from: &str, to: &str) {
        let agents = self.project.path().join("agents");
        fs::rename(agents.join(from), agents.join(to)).unwrap();
    }

    /// In the place of the old one at once, as whoever writes them should.
    fn put(&self, path: &Path, text: &str) {
        let aside = self.project.path().join("aside");
        fs::write(&aside, text).unwrap();
        fs::set_permissions(&aside, fs::Permissions::from_mode(0o600)).unwrap();
        fs::rename(aside, path).unwrap();
    }

    fn secret(&self, field: &str, value: &str) {
        self.put(&self.project.path().join("credentials/github_webhook_secret/it").join(field), value);
    }

    /// Changes of every kind, there and back. The senders' secret is taken all the while.
    fn change(&self, round: usize) {
        let steady = self.project.path().join("agents/steady/agent-config.toml");
        let text = fs::read_to_string(&steady).unwrap();
        let comes = self.project.path().join("comes");
        if round.is_multiple_of(2) {
            self.rename("dev", "developer");
            fs::rename(self.project.path().join("agents/comes"), comes).unwrap();
            self.put(&steady, &text.replace("scale = 2", "scale = 1"));
            self.secret("secret_previous", SECRET);
            self.secret("secret", "the next secret of this source");
        } else {
            self.rename("developer", "dev");
            fs::rename(comes, self.project.path().join("agents/comes")).unwrap();
            self.put(&steady, &text.replace("scale = 1", "scale = 2"));
            self.secret("secret", SECRET);
        }
    }

    /// Every delivery has one job for each agent that was there, and each has run once.
    fn is_whole(&self, gate: &Gate, deliveries: usize) {
        until("every delivery has its job", || receipts(gate, "steady").len() >= deliveries);
        until("every job of the agent that stayed has run", || {
            jobs(gate, "steady").iter().all(|job| job["state"] == "completed")
        });
        let steady = receipts(gate, "steady");
        assert_eq!(steady.len(), deliveries);
        assert_eq!(steady.iter().collect::<BTreeSet<_>>().len(), deliveries, "one job for each delivery");
        // Under one name or the other, as it was called when the delivery came.
        let mut renamed = receipts(gate, "dev");
        renamed.extend(receipts(gate, "developer"));
        assert_eq!(renamed.iter().collect::<BTreeSet<_>>().len(), renamed.len());
        // One that is claimed while its agent is scaled down is put back before anything has run.
        let ran = fs::read_to_string(&self.ran).unwrap();
        assert_eq!(ran.lines().count(), deliveries, "no run was ended or done twice");
    }
}

/// Delivers so many from three senders, at so many a second where that is given, and meanwhile does
/// something round after round.
fn under_load(gate: &Gate, deliveries: usize, per_second: Option<u32>, rounds: usize, round: impl Fn(usize)) {
    let (next, begun) = (AtomicUsize::new(0), Instant::now());
    let every = per_second.map_or(Duration::ZERO, |rate| Duration::from_secs(1) / rate);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                loop {
                    let id = next.fetch_add(1, Ordering::Relaxed);
                    if id >= deliveries {
                        return;
                    }
                    let due = begun + every * u32::try_from(id).unwrap();
                    thread::sleep(due.saturating_duration_since(Instant::now()));
                    deliver(gate, id);
                }
            });
        }
        (0..rounds).for_each(round);
    });
}

/// How many jobs the agent has that is called one way or the other.
fn renamed(gate: &Gate) -> usize {
    receipts(gate, "dev").len() + receipts(gate, "developer").len()
}

fn deliver(gate: &Gate, id: usize) {
    let body = format!(
        "{{\"action\":\"labeled\",\"n\":\"{id}\",\"issue\":{{\"labels\":[{{\"name\":\"agent\"}}]}}}}"
    );
    let signature = format!("sha256={}", sign_with(SECRET, body.as_bytes()));
    let id = format!("d{id}");
    let headers = [
        ("content-type", "application/json"),
        ("x-github-event", "issues"),
        ("x-github-delivery", id.as_str()),
        ("x-hub-signature-256", signature.as_str()),
    ];
    let answer = http::request(gate.public, "POST", "/webhooks/github", &headers, body.as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "delivery {id}: {}", answer.text());
}

#[test]
fn twenty_reloads_under_load_lose_double_and_refuse_nothing() {
    const DELIVERIES: usize = 300;
    let changing = Changing::new("reload_on_change = false\n");
    let gate = Gate::serve(&changing.project);
    under_load(&gate, DELIVERIES, None, 20, |round| {
        changing.change(round);
        let answer = gate.admin("POST", "/api/v1/config/reload");
        assert_eq!(answer.status, 200, "{}", answer.text());
    });
    changing.is_whole(&gate, DELIVERIES);
    // One that was on its way to an agent that had just left is asked about again.
    until("each has a job under the one name or the other", || renamed(&gate) == DELIVERIES);
    until("the agents that are there have run all of theirs", || {
        ["dev", "comes"].iter().all(|agent| jobs(&gate, agent).iter().all(|job| job["state"] == "completed"))
    });
    assert!(gate.metric("herdgate_reload_failures_total") < 1.0);
}

#[test]
fn files_that_change_under_load_lose_double_and_refuse_nothing() {
    const DELIVERIES: usize = 300;
    let changing = Changing::new("");
    let gate = Gate::serve(&changing.project);
    let revision = || gate.metric("herdgate_topology_revision");
    under_load(&gate, DELIVERIES, None, 8, |round| {
        let before = revision();
        changing.change(round);
        until("the files are in force", || revision() > before);
    });
    changing.is_whole(&gate, DELIVERIES);
    assert!(gate.metric("herdgate_reload_failures_total") < 1.0);
}

/// A minute or two of work: run by hand, with `-- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn a_thousand_reloads_beside_500_deliveries_a_second() {
    let number = |name: &str, default: usize| {
        std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let rate = u32::try_from(number("HERDGATE_RELOAD_RATE", 500)).unwrap();
    let (reloads, deliveries) =
        (number("HERDGATE_RELOADS", 1_000), number("HERDGATE_RELOAD_DELIVERIES", 20_000));
    let changing = Changing::new("reload_on_change = false\nwork_queue_size = 1000000\n");
    let gate = Gate::serve(&changing.project);
    let begun = Instant::now();
    let took = std::sync::Mutex::new(Vec::new());
    under_load(&gate, deliveries, Some(rate), reloads, |round| {
        changing.change(round);
        let asked = Instant::now();
        let answer = gate.admin("POST", "/api/v1/config/reload");
        assert_eq!(answer.status, 200, "{}", answer.text());
        took.lock().unwrap().push((asked.elapsed(), begun.elapsed()));
    });
    let (delivered_in, took) = (begun.elapsed(), took.into_inner().unwrap());
    let mut spans: Vec<_> = took.iter().map(|(span, _)| *span).collect();
    spans.sort();
    println!(
        "{deliveries} deliveries and {reloads} reloads in {delivered_in:?}, the last reload after {:?}; a reload took {:?} at the median, {:?} at p99",
        took[took.len() - 1].1,
        spans[spans.len() / 2],
        spans[spans.len() * 99 / 100]
    );
    let every = receipts(&gate, "steady");
    assert_eq!(every.len(), deliveries, "nothing lost");
    assert_eq!(every.iter().collect::<BTreeSet<_>>().len(), deliveries, "nothing doubled");
    until("each has a job under the one name or the other", || renamed(&gate) == deliveries);
    assert!(gate.metric("herdgate_reload_failures_total") < 1.0);
    let revision = gate.metric("herdgate_topology_revision");
    assert!(revision > reloads as f64, "{revision}");
}
