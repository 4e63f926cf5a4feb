//! How many durable deliveries a second.

use std::{
    path::Path,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use clap::Args;

use crate::{
    Around, Others, WARM_UP,
    client::{Client, Latencies},
    compare::{Figures, compare},
    gate::{CpuTime, idle, resident, serve},
    payload::push,
    support::Project,
};

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
    /// Another build of the program, measured in turn with this one.
    #[arg(long)]
    versus: Option<std::path::PathBuf>,
    /// How often in turn.
    #[arg(long, default_value_t = 20)]
    pairs: usize,
}

/// What one round has found.
struct Round {
    seconds: f64,
    bytes: usize,
    cpu: CpuTime,
    resident: u64,
    refused: u64,
    answers: Latencies,
}

impl Deliveries {
    pub(crate) fn measure(&self) {
        let ours = self.around.program.as_deref();
        if let Some(other) = &self.versus {
            compare(self.pairs, || self.round(ours).figures(), || self.round(Some(other)).figures());
            return;
        }
        let round = self.round(ours);
        let count = round.answers.count();
        println!(
            "{:.0} durable deliveries/s of {} bytes ({} connections, {}), {:.0} µs of the gate's CPU each, {} MiB, {} not answered 200",
            count as f64 / round.seconds,
            round.bytes,
            self.connections,
            if self.matched { "matched" } else { "unmatched" },
            round.cpu.all / count.max(1) as f64 * 1e6,
            round.resident,
            round.refused
        );
        println!("by thread: {}", round.cpu.by_thread(count));
        println!("answers: {}", round.answers.summary());
    }

    fn round(&self, program: Option<&Path>) -> Round {
        // Jobs are made and wait: the agent's only place is taken by the first.
        let project = Project::new("").agent_with_command(
            "wants",
            "work_queue_size = 1000000\n[[webhooks]]\nsource = \"github\"\nevents = [\"push\"]\nbranches = [\"wanted\"]\n",
            "[\"/bin/sleep\", \"100000\"]",
        );
        let gate = serve(&project, program, &[("HERDGATE__GATEWAY__SHUTDOWN_GRACE", "0")]);
        let _others = Others::start(self.around.others);
        let _idle = idle(&gate, self.around.idle);
        let body = push(if self.matched { "wanted" } else { "main" }, self.around.bytes);
        let bytes = Client::new(gate.public, "push", &body).body_len();
        let (over, measuring) = (AtomicBool::new(false), AtomicBool::new(false));
        let refused = AtomicU64::new(0);
        thread::scope(|scope| {
            let senders: Vec<_> = (0..self.connections)
                .map(|_| {
                    scope.spawn(|| {
                        let mut latencies = Latencies::default();
                        let mut client = Client::new(gate.public, "push", &body);
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
            let (begun, cpu) = (Instant::now(), CpuTime::of(&gate));
            thread::sleep(Duration::from_secs(self.around.seconds));
            let cpu = CpuTime::of(&gate).since(&cpu);
            over.store(true, Ordering::Relaxed);
            let seconds = begun.elapsed().as_secs_f64();
            let mut answers = Latencies::default();
            for sender in senders {
                answers.merge(sender.join().expect("a sender does not panic"));
            }
            let refused = refused.load(Ordering::Relaxed);
            Round { seconds, bytes, cpu, resident: resident(&gate), refused, answers }
        })
    }
}

impl Round {
    fn figures(mut self) -> Figures {
        let count = self.answers.count() as f64;
        assert!(self.refused == 0 && count > 0.0, "{} were not answered 200", self.refused);
        vec![
            ("deliveries/s", count / self.seconds),
            ("µs of CPU each", self.cpu.all / count * 1e6),
            ("p50 ms", self.answers.at(500)),
            ("p99 ms", self.answers.at(990)),
            ("MiB", self.resident as f64),
        ]
    }
}
