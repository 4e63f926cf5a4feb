//! The gate under load, and what it costs.

use std::{collections::BTreeMap, fs, net::TcpStream, path::Path};

use crate::support::{Gate, Project};

/// Serves a project by this very build, or by another.
pub(crate) fn serve(project: &Project, program: Option<&Path>, environment: &[(&str, &str)]) -> Gate {
    match program {
        None => Gate::serve_with(project, environment),
        Some(program) => {
            let program = program.to_str().expect("paths of programs are texts");
            // Leaves this build's own program out of the command line.
            let by = ["/bin/sh", "-c", "shift; exec \"$0\" \"$@\"", program];
            Gate::serve_by(project, &by, environment)
        }
    }
}

pub(crate) fn idle(gate: &Gate, count: usize) -> Vec<TcpStream> {
    (0..count).map_while(|_| TcpStream::connect(gate.public).ok()).collect()
}

/// How many runs have ended well.
pub(crate) fn runs_ended(gate: &Gate) -> u64 {
    let page = gate.admin("GET", "/metrics").text();
    let lines = page.lines().filter(|line| line.starts_with("herdgate_runs_total{"));
    let counts = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok());
    counts.sum()
}

/// The processor time that the gate has used, in seconds.
#[derive(Debug, Clone, Default)]
pub(crate) struct CpuTime {
    pub(crate) all: f64,
    /// By the names of threads.
    threads: BTreeMap<String, f64>,
}

impl CpuTime {
    /// So far.
    pub(crate) fn of(gate: &Gate) -> Self {
        let folder = format!("/proc/{}", gate.pid());
        let mut threads = BTreeMap::new();
        for task in fs::read_dir(format!("{folder}/task")).into_iter().flatten().flatten() {
            let (name, seconds) = read(&task.path().join("stat"));
            *threads.entry(name).or_default() += seconds;
        }
        Self { all: read(Path::new(&format!("{folder}/stat"))).1, threads }
    }

    /// Used since `earlier`.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        let before = |name| earlier.threads.get(name).copied().unwrap_or_default();
        let threads = self.threads.iter().map(|(name, seconds)| (name.clone(), seconds - before(name)));
        Self { all: self.all - earlier.all, threads: threads.collect() }
    }

    /// `store-writer 31 µs, …`: of each of so many, what takes most first.
    pub(crate) fn by_thread(&self, count: usize) -> String {
        let each = |seconds: f64| seconds / count.max(1) as f64 * 1e6;
        let mut threads: Vec<_> = self.threads.iter().filter(|(_, seconds)| each(**seconds) >= 0.5).collect();
        threads.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        let threads: Vec<_> =
            threads.into_iter().map(|(name, seconds)| format!("{name} {:.0} µs", each(*seconds))).collect();
        threads.join(", ")
    }
}

/// The name of a process or thread, and its processor time.
fn read(stat: &Path) -> (String, f64) {
    let stat = fs::read_to_string(stat).unwrap_or_default();
    let (head, rest) = stat.rsplit_once(") ").unwrap_or_default();
    let name =
        head.split_once('(').unwrap_or_default().1.trim_end_matches(|last: char| last.is_ascii_digit());
    let fields: Vec<_> = rest.split(' ').collect();
    let ticks = |place: usize| fields.get(place).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    // Fields 14 and 15 of the whole line, in hundredths of a second on Linux.
    (name.to_owned(), (ticks(11) + ticks(12)) / 100.0)
}

/// Its resident memory in MiB.
pub(crate) fn resident(gate: &Gate) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", gate.pid())).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0) / 1024
}
