//! How many runs a second, and what deliveries feel of it.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use clap::Args;

use crate::{
    Around, Others, WARM_UP,
    client::{Client, Latencies},
    gate::{CpuTime, idle, resident, runs_ended, serve},
    payload::issue,
    support::{Gate, Project},
};

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
        let gate = serve(&project, self.around.program.as_deref(), &[]);
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
            let (begun, before, cpu) = (Instant::now(), runs_ended(&gate), CpuTime::of(&gate));
            thread::sleep(Duration::from_secs(self.around.seconds));
            let (runs, cpu) = (runs_ended(&gate) - before, CpuTime::of(&gate).since(&cpu));
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
            cpu.all / runs.max(1) as f64 * 1e6,
            resident(&gate)
        );
        println!("by thread: {}", cpu.by_thread(usize::try_from(runs).unwrap_or(usize::MAX)));
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
