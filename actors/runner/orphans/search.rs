//! One search of the whole system.

use std::{
    collections::HashSet,
    fs, thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, getpid};

use super::{
    Mark,
    process::{Seen, kill_if, pid},
};

/// Processes that are killed may have children of their own, and may just have made them: the search
/// is over when it found nothing as often as this in a row.
const CLEAN_ROUNDS: u32 = 3;
/// Between two rounds. An `execve`, in which a process shows nothing, takes some 300 µs.
const PAUSE: Duration = Duration::from_millis(1);
/// Whatever outruns this long forks faster than it can be found.
const PATIENCE: Duration = Duration::from_secs(5);

/// Kills all processes whose mark is wanted, this one excepted, and tells how many there were.
///
/// The first round looks at every process, which takes some 20 µs each; later ones at those alone that
/// are new or showed nothing.
pub(in crate::runner) fn kill_everywhere(wanted: impl Fn(Mark) -> bool) -> usize {
    let (mut killed, mut clean) = (0, 0);
    let mut strangers = HashSet::new();
    let begun = Instant::now();
    while clean < CLEAN_ROUNDS && begun.elapsed() < PATIENCE {
        let found = round(&mut strangers, &wanted);
        killed += found;
        clean = if found == 0 { clean + 1 } else { 0 };
        thread::sleep(PAUSE);
    }
    killed
}

fn round(strangers: &mut HashSet<Pid>, wanted: &impl Fn(Mark) -> bool) -> usize {
    let mut killed = 0;
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    for process in entries.filter_map(|entry| pid(entry.file_name().to_str()?)) {
        if process == getpid() || strangers.contains(&process) {
            continue;
        }
        match kill_if(process, wanted) {
            Ok(true) => killed += 1,
            Ok(false) | Err(Seen::Unmarked) => {
                strangers.insert(process);
            }
            Err(Seen::Hidden | Seen::Zombie | Seen::Gone | Seen::Marked(_)) => {}
        }
    }
    killed
}
