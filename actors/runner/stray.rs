//! Finding what left a run's process group.
//!
//! A daemon leaves the group with `setsid`, but it keeps the environment that it was executed with,
//! and there is the id of the run. On Linux the gate also adopts what its runs orphan (a "child
//! subreaper"), so the strays of a run that is over are children of the gate, and a run without
//! strays costs one small read. A stray that runs with another environment or as another user is not
//! found. Other Unixes have nothing of this.

#[cfg(target_os = "linux")]
pub(super) use linux::{adopt_orphans, kill_adopted, kill_everywhere};

#[cfg(not(target_os = "linux"))]
pub(super) use elsewhere::{adopt_orphans, kill_adopted, kill_everywhere};

/// The variable that names the run.
pub(super) const RUN_VARIABLE: &str = "HERDGATE_RUN_ID";

/// Reads the run out of an environment as `/proc` shows it: `NAME=value`, each ended by a zero byte.
#[cfg(any(target_os = "linux", test))]
fn run_in(environment: &[u8]) -> Option<crate::domain::RunId> {
    environment.split(|byte| *byte == 0).find_map(|entry| {
        let value = entry.strip_prefix(RUN_VARIABLE.as_bytes())?.strip_prefix(b"=")?;
        std::str::from_utf8(value).ok()?.parse().ok()
    })
}

#[cfg(target_os = "linux")]
mod linux {
    use std::{collections::HashSet, fs, io};

    use rustix::process::{
        Pid, PidfdFlags, Signal, WaitOptions, getpid, pidfd_open, pidfd_send_signal, set_child_subreaper,
        waitpid,
    };

    use super::run_in;
    use crate::domain::RunId;

    /// Strays may have children of their own, which show only when their parent is dead. Each round
    /// ends a generation; whatever outruns this many forks faster than it can be found.
    const ROUNDS: usize = 32;
    /// A look takes some 10 µs, an `execve` some 300 µs.
    const LOOKS: usize = 200;

    /// Makes the gate the parent of what its runs orphan.
    pub(in crate::runner) fn adopt_orphans() -> io::Result<()> {
        Ok(set_child_subreaper(Some(getpid()))?)
    }

    /// Kills the adopted strays of one run, buries what is dead, and tells whether any was alive.
    /// To be called until none was.
    pub(in crate::runner) fn kill_adopted(run: RunId) -> bool {
        let mut found = false;
        for pid in adopted() {
            if kill_if(pid, |owner| owner == run) {
                found = true;
            } else {
                // Takes a zombie, and leaves all else as it is: the runs' own leaders are children of
                // the threads that started them and so never listed here.
                let _ = waitpid(Some(pid), WaitOptions::NOHANG);
            }
        }
        found
    }

    /// Kills the strays of runs in the whole system.
    pub(in crate::runner) fn kill_everywhere(runs: &HashSet<RunId>) {
        if runs.is_empty() {
            return;
        }
        for _ in 0..ROUNDS {
            let killed = all().filter(|pid| kill_if(*pid, |owner| runs.contains(&owner))).count();
            if killed == 0 {
                return;
            }
        }
    }

    /// The kernel gives orphans to the first thread of the process that adopts them.
    fn adopted() -> Vec<Pid> {
        let gate = Pid::as_raw(Some(getpid()));
        let children = fs::read_to_string(format!("/proc/self/task/{gate}/children")).unwrap_or_default();
        children.split_ascii_whitespace().filter_map(pid).collect()
    }

    fn all() -> impl Iterator<Item = Pid> {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        entries.filter_map(|entry| pid(entry.file_name().to_str()?))
    }

    fn pid(text: &str) -> Option<Pid> {
        text.parse().ok().and_then(Pid::from_raw)
    }

    /// The descriptor is taken before the environment is read, so that the signal goes to the process
    /// that was looked at. A zombie's environment reads as empty.
    fn kill_if(pid: Pid, wanted: impl Fn(RunId) -> bool) -> bool {
        let Ok(process) = pidfd_open(pid, PidfdFlags::empty()) else { return false };
        run_in(&environment(pid)).is_some_and(wanted) && pidfd_send_signal(process, Signal::KILL).is_ok()
    }

    /// In the middle of an `execve` a process shows no environment: it is looked at again, for about
    /// as long as that can take.
    fn environment(pid: Pid) -> Vec<u8> {
        let process = format!("/proc/{}", Pid::as_raw(Some(pid)));
        for _ in 0..LOOKS {
            let environment = fs::read(format!("{process}/environ")).unwrap_or_default();
            let status = || fs::read_to_string(format!("{process}/stat")).unwrap_or_default();
            let is_dead = || {
                status()
                    .rsplit(") ")
                    .next()
                    .is_none_or(|rest| rest.is_empty() || rest.starts_with(['Z', 'X']))
            };
            if !environment.is_empty() || is_dead() {
                return environment;
            }
            std::thread::yield_now();
        }
        Vec::new()
    }
}

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use std::{collections::HashSet, io};

    use crate::domain::RunId;

    pub(in crate::runner) fn adopt_orphans() -> io::Result<()> {
        Ok(())
    }

    pub(in crate::runner) fn kill_adopted(_run: RunId) -> bool {
        false
    }

    pub(in crate::runner) fn kill_everywhere(_runs: &HashSet<RunId>) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_run_is_read_from_its_own_variable_only() {
        let run = "0srk4t5zr0000-1";
        assert_eq!(
            run_in(format!("A=1\0HERDGATE_RUN_ID={run}\0B=2\0").as_bytes()),
            Some(run.parse().unwrap())
        );
        assert_eq!(run_in(format!("XHERDGATE_RUN_ID={run}\0").as_bytes()), None);
        assert_eq!(run_in(format!("TEXT=HERDGATE_RUN_ID={run}\0").as_bytes()), None);
        assert_eq!(run_in(b"HERDGATE_RUN_ID=\0"), None);
        assert_eq!(run_in(b""), None);
    }
}
