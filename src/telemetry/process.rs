//! What the process takes of the machine, read when it is asked for.

use std::{fmt::Write, fs, sync::OnceLock};

/// In `/proc/self/stat`, counted from after the name: <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>
const USER_TICKS: usize = 11;
const SYSTEM_TICKS: usize = 12;
const START_TICKS: usize = 19;
const RESIDENT_PAGES: usize = 21;

/// Appends the numbers of the process to a page. What the system does not tell is left out.
pub(super) fn render(page: &mut String) {
    if let Some(stat) = Stat::read() {
        let cpu = stat.cpu_seconds();
        series(page, "cpu_seconds_total", "counter", "User and system time.", cpu);
        series(page, "resident_memory_bytes", "gauge", "Memory in use.", stat.resident_bytes());
        if let Some(start) = stat.start_seconds() {
            series(page, "start_time_seconds", "gauge", "When the process began, since 1970.", start);
        }
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        // One of them is the listing itself.
        let open = open.count().saturating_sub(1);
        series(page, "open_fds", "gauge", "Open files and connections.", open as f64);
    }
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    if let Some(limit) = limit {
        series(page, "max_fds", "gauge", "How many files and connections may be open.", limit as f64);
    }
}

fn series(page: &mut String, name: &str, kind: &str, help: &str, value: f64) {
    let name = format!("herdgate_process_{name}");
    // A string takes everything.
    let _ = write!(page, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n\n");
}

/// Fields of `/proc/self/stat`.
struct Stat(Vec<u64>);

impl Stat {
    fn read() -> Option<Self> {
        Self::parse(&fs::read_to_string("/proc/self/stat").ok()?)
    }

    /// The name in parentheses may hold anything, parentheses too.
    fn parse(text: &str) -> Option<Self> {
        let (_, fields) = text.rsplit_once(')')?;
        let fields: Vec<_> = fields.split_whitespace().map(|field| field.parse().unwrap_or(0)).collect();
        (fields.len() > RESIDENT_PAGES).then_some(Self(fields))
    }

    fn cpu_seconds(&self) -> f64 {
        (self.0[USER_TICKS] + self.0[SYSTEM_TICKS]) as f64 / ticks_per_second()
    }

    fn resident_bytes(&self) -> f64 {
        self.0[RESIDENT_PAGES] as f64 * rustix::param::page_size() as f64
    }

    fn start_seconds(&self) -> Option<f64> {
        Some(boot_seconds()? + self.0[START_TICKS] as f64 / ticks_per_second())
    }
}

fn ticks_per_second() -> f64 {
    rustix::param::clock_ticks_per_second() as f64
}

/// When the machine began, read once, so that a clock that is set does not move it.
fn boot_seconds() -> Option<f64> {
    static BOOT: OnceLock<Option<f64>> = OnceLock::new();
    *BOOT.get_or_init(|| {
        let stat = fs::read_to_string("/proc/stat").ok()?;
        stat.lines().find_map(|line| line.strip_prefix("btime ")?.parse().ok())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let text = format!("42 (a) b) S {}", (1..=40).map(|n| n.to_string()).collect::<Vec<_>>().join(" "));
        let stat = Stat::parse(&text).unwrap();
        assert_eq!((stat.0[USER_TICKS], stat.0[SYSTEM_TICKS]), (11, 12));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_numbers_of_this_process_are_there() {
        let mut page = String::new();
        render(&mut page);
        for name in
            ["cpu_seconds_total", "resident_memory_bytes", "start_time_seconds", "open_fds", "max_fds"]
        {
            let line = page.lines().find(|line| line.starts_with(&format!("herdgate_process_{name} ")));
            let value: f64 = line.unwrap().rsplit_once(' ').unwrap().1.parse().unwrap();
            assert!(value > 0.0 || name == "cpu_seconds_total", "{name} is {value}");
        }
    }
}
