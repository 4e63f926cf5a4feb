//! What is done to the gate, and what is measured.

use std::{
    fs,
    net::TcpStream,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use clap::Args;

use crate::{
    Around, Others,
    client::{Client, Latencies},
    support::{Gate, Project},
};

/// Before anything is measured.
const WARM_UP: Duration = Duration::from_secs(2);

/// Options of `runs`.
#[derive(Debug, Args)]
pub(crate) struct Runs {
    #[command(flatten)]
    around: Around,
    /// How many agents there are.
    #[arg(long, default_value_t = 4)]
    agents: usize,
    /// Runs at once of each.
    #[arg(long, default_value_t = 8)]
    scale: u32,
    /// How many agents want the same delivery.
    #[arg(long, default_value_t = 1)]
    fan_out: usize,
    /// Jobs that wait at most.
    #[arg(long, default_value_t = 500)]
    backlog: u64,
    /// Other deliveries a second, whose answers are timed.
    #[arg(long, default_value_t = 100)]
    probes: u64,
}

/// Options of `deliveries`.
#[derive(Debug, Args)]
pub(crate) struct Deliveries {
    #[command(flatten)]
    around: Around,
    /// Connections that deliver at once.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Whether an agent wants them, which makes each a job.
    #[arg(long)]
    matched: bool,
}

/// An issue with these labels, about so long.
fn issue(labels: &[String], bytes: usize) -> String {
    let labels: Vec<_> = labels.iter().map(|label| serde_json::json!({ "name": label })).collect();
    // Text, which compresses about as a real payload does.
    let text: Vec<_> = (0..bytes / 9).map(|_| format!("{:08x}", fastrand::u16(..))).collect();
    serde_json::json!({
        "action": "labeled",
        "issue": { "number": 1, "title": "a load", "body": text.join(" "), "labels": labels },
        "repository": { "full_name": "acme/app" },
    })
    .to_string()
}

fn agent(project: Project, name: &str, config: &str) -> Project {
    let config = format!(
        "work_queue_size = 1000000\n{config}[[webhooks]]\nsource = \"github\"\nlabels = [\"{name}\"]\n"
    );
    project.agent_with_command(name, &config, "[\"/bin/true\"]")
}

impl Runs {
    pub(crate) fn measure(&self) {
        let config = format!("scale = {}\n", self.scale);
        let project = (0..self.agents)
            .fold(Project::new(""), |project, number| agent(project, &format!("agent-{number}"), &config));
        let gate = Gate::serve(&project);
        let _others = Others::start(self.around.others);
        let _idle = idle(&gate, self.around.idle);
        let (over, measuring) = (AtomicBool::new(false), AtomicBool::new(false));
        let (made, ended) = (AtomicU64::new(0), AtomicU64::new(0));
        let fan_out = self.fan_out.clamp(1, self.agents);
        let (runs, cpu, seconds, answers) = thread::scope(|scope| {
            for feeder in 0..4 {
                let (gate, over, made, ended) = (&gate, &over, &made, &ended);
                scope.spawn(move || {
                    let mut clients: Vec<_> = (0..self.agents)
                        .map(|first| {
                            let labels =
                                (0..fan_out).map(|next| format!("agent-{}", (first + next) % self.agents));
                            let labels: Vec<_> = labels.collect();
                            Client::new(gate.public, "issues", &issue(&labels, self.around.bytes))
                        })
                        .collect();
                    let mut turn = feeder;
                    while !over.load(Ordering::Relaxed) {
                        if made.load(Ordering::Relaxed) > ended.load(Ordering::Relaxed) + self.backlog {
                            thread::sleep(Duration::from_millis(1));
                            continue;
                        }
                        turn = (turn + 1) % clients.len();
                        if clients[turn].deliver().is_ok_and(|(status, _)| status == 200) {
                            made.fetch_add(fan_out as u64, Ordering::Relaxed);
                        }
                    }
                });
            }
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    ended.store(runs_ended(&gate), Ordering::Relaxed);
                    thread::sleep(Duration::from_millis(20));
                }
            });
            let probing = scope.spawn(|| self.probe(&gate, &over, &measuring));
            thread::sleep(WARM_UP);
            measuring.store(true, Ordering::Relaxed);
            let (begun, before, cpu) = (Instant::now(), runs_ended(&gate), cpu_seconds(&gate));
            thread::sleep(Duration::from_secs(self.around.seconds));
            let (runs, cpu) = (runs_ended(&gate) - before, cpu_seconds(&gate) - cpu);
            let seconds = begun.elapsed().as_secs_f64();
            over.store(true, Ordering::Relaxed);
            (runs, cpu, seconds, probing.join().expect("the probe does not panic"))
        });
        println!(
            "{:.0} runs/s ({} agents, scale {}, fan-out {fan_out}, {} others, {} idle), {:.0} µs of the gate's CPU a run, {} MiB",
            runs as f64 / seconds,
            self.agents,
            self.scale,
            self.around.others,
            self.around.idle,
            cpu / runs.max(1) as f64 * 1e6,
            resident(&gate)
        );
        println!("answers meanwhile: {} probes, {}", answers.count(), answers.summary());
    }

    /// Deliveries that nobody wants, at a steady pace.
    fn probe(&self, gate: &Gate, over: &AtomicBool, measuring: &AtomicBool) -> Latencies {
        let mut latencies = Latencies::default();
        if self.probes == 0 {
            return latencies;
        }
        let mut client = Client::new(gate.public, "issues", &issue(&[], self.around.bytes));
        let pace = Duration::from_secs(1) / u32::try_from(self.probes).unwrap_or(u32::MAX);
        let mut next = Instant::now();
        while !over.load(Ordering::Relaxed) {
            thread::sleep(next.saturating_duration_since(Instant::now()));
            // From when it was due: a gate that stalls delays those behind, too.
            let due = next;
            next += pace;
            if client.deliver().is_ok() && measuring.load(Ordering::Relaxed) {
                latencies.add(due.elapsed());
            }
        }
        latencies
    }
}

impl Deliveries {
    pub(crate) fn measure(&self) {
        // Jobs are made and wait: the agent's only place is taken by the first.
        let project = Project::new("").agent_with_command(
            "wants",
            "work_queue_size = 100000000\n[[webhooks]]\nsource = \"github\"\nlabels = [\"wanted\"]\n",
            "[\"/bin/sleep\", \"100000\"]",
        );
        let gate = Gate::serve_with(&project, &[("HERDGATE__GATEWAY__SHUTDOWN_GRACE", "0")]);
        let _others = Others::start(self.around.others);
        let _idle = idle(&gate, self.around.idle);
        let labels = if self.matched { vec!["wanted".to_owned()] } else { Vec::new() };
        let body = issue(&labels, self.around.bytes);
        let (over, measuring) = (AtomicBool::new(false), AtomicBool::new(false));
        let refused = AtomicU64::new(0);
        let (seconds, cpu, all) = thread::scope(|scope| {
            let senders: Vec<_> = (0..self.connections)
                .map(|_| {
                    scope.spawn(|| {
                        let mut latencies = Latencies::default();
                        let mut client = Client::new(gate.public, "issues", &body);
                        while !over.load(Ordering::Relaxed) {
                            match client.deliver() {
                                Ok((200, took)) if measuring.load(Ordering::Relaxed) => latencies.add(took),
                                Ok((200, _)) => {}
                                _ => {
                                    refused.fetch_add(1, Ordering::Relaxed);
                                }
                            }
                        }
                        latencies
                    })
                })
                .collect();
            thread::sleep(WARM_UP);
            measuring.store(true, Ordering::Relaxed);
            let (begun, cpu) = (Instant::now(), cpu_seconds(&gate));
            thread::sleep(Duration::from_secs(self.around.seconds));
            over.store(true, Ordering::Relaxed);
            let (seconds, cpu) = (begun.elapsed().as_secs_f64(), cpu_seconds(&gate) - cpu);
            let mut all = Latencies::default();
            for sender in senders {
                all.merge(sender.join().expect("a sender does not panic"));
            }
            (seconds, cpu, all)
        });
        let count = all.count();
        println!(
            "{:.0} durable deliveries/s of {} bytes ({} connections, {}), {:.0} µs of the gate's CPU each, {} MiB, {} not answered 200",
            count as f64 / seconds,
            body.len(),
            self.connections,
            if self.matched { "matched" } else { "unmatched" },
            cpu / count.max(1) as f64 * 1e6,
            resident(&gate),
            refused.load(Ordering::Relaxed)
        );
        println!("answers: {}", all.summary());
    }
}

fn idle(gate: &Gate, count: usize) -> Vec<TcpStream> {
    (0..count).map_while(|_| TcpStream::connect(gate.public).ok()).collect()
}

/// How many runs have ended well.
fn runs_ended(gate: &Gate) -> u64 {
    let page = gate.admin("GET", "/metrics").text();
    let lines = page.lines().filter(|line| line.starts_with("herdgate_runs_total{"));
    let counts = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok());
    counts.sum()
}

/// The processor time that the gate itself has used.
fn cpu_seconds(gate: &Gate) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", gate.pid())).unwrap_or_default();
    let fields: Vec<_> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |place: usize| fields.get(place).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    // Fields 14 and 15 of the whole line, in hundredths of a second on Linux.
    (ticks(11) + ticks(12)) / 100.0
}

/// Its resident memory in MiB.
fn resident(gate: &Gate) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", gate.pid())).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0) / 1024
}
