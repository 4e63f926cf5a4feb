//! One process, looked at through `/proc`.

use std::fs;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::Mark;

/// What a look at a process tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// It belongs to a run.
    Marked(Mark),
    /// It has an environment without a run's variables, or one that may not be read.
    Unmarked,
    /// It shows no environment yet or any more: it is in the middle of an `execve`, or of its end.
    Hidden,
    /// It is dead, and its parent has not taken note.
    Zombie,
    /// There is no such process.
    Gone,
}

pub(super) fn look(pid: Pid) -> Seen {
    let folder = format!("/proc/{}", Pid::as_raw(Some(pid)));
    match fs::read(format!("{folder}/environ")) {
        Ok(environment) if !environment.is_empty() => {
            Mark::of(&environment).map_or(Seen::Unmarked, Seen::Marked)
        }
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => match of_status(&folder) {
            // Another user's, whose status tells as little.
            Seen::Hidden => Seen::Unmarked,
            seen => seen,
        },
        Ok(_) | Err(_) => of_status(&folder),
    }
}

/// Why a process shows no environment.
fn of_status(folder: &str) -> Seen {
    fs::read_to_string(format!("{folder}/stat")).map_or(Seen::Gone, |status| read_status(&status))
}

/// Reads `/proc/<pid>/stat`, see proc(5). An `execve` sets the place of the environment last, also
/// where that is empty; one that is not empty came up between the two reads.
fn read_status(status: &str) -> Seen {
    /// Counted from the state, which is the third field and the first after the name.
    const ENV_START: usize = 47;
    // The name may hold anything.
    let Some((_, fields)) = status.rsplit_once(") ") else { return Seen::Gone };
    let mut fields = fields.split(' ');
    match fields.next() {
        Some("Z" | "X") => Seen::Zombie,
        Some(_) => match (fields.nth(ENV_START - 1), fields.next()) {
            (Some(start), Some(end)) if start == end.trim_end() && start != "0" => Seen::Unmarked,
            _ => Seen::Hidden,
        },
        None => Seen::Gone,
    }
}

/// Kills a process if it is still what it is wanted to be. The descriptor is taken before the look, so
/// that the signal goes to the process that was looked at.
pub(super) fn kill_if(pid: Pid, wanted: impl Fn(Mark) -> bool) -> Result<bool, Seen> {
    let Ok(process) = pidfd_open(pid, PidfdFlags::empty()) else { return Err(Seen::Gone) };
    match look(pid) {
        Seen::Marked(mark) if wanted(mark) => Ok(pidfd_send_signal(process, Signal::KILL).is_ok()),
        Seen::Marked(_) => Ok(false),
        other => Err(other),
    }
}

pub(super) fn pid(text: &str) -> Option<Pid> {
    text.parse().ok().and_then(Pid::from_raw)
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_process_without_an_environment_is_known_at_the_first_look() {
        let mut sleeper = Command::new("sleep").arg("1000").env_clear().stdin(Stdio::null()).spawn().unwrap();
        assert_eq!(look(Pid::from_child(&sleeper)), Seen::Unmarked);
        sleeper.kill().unwrap();
        // Dead, and not reaped yet.
        while look(Pid::from_child(&sleeper)) != Seen::Zombie {
            std::thread::yield_now();
        }
        sleeper.wait().unwrap();
    }

    #[test]
    fn the_status_of_a_process_with_a_strange_name_is_read_rightly() {
        let fields = |state: &str, env_start: &str| {
            let between = vec!["1"; 46].join(" ");
            format!("7 (a) Z) {state} {between} {env_start} 5 0\n")
        };
        assert_eq!(read_status(&fields("S", "5")), Seen::Unmarked);
        assert_eq!(read_status(&fields("S", "4")), Seen::Hidden);
        assert_eq!(read_status(&fields("R", "0")), Seen::Hidden);
        assert_eq!(read_status(&fields("Z", "0")), Seen::Zombie);
        assert_eq!(read_status(""), Seen::Gone);
    }
}
