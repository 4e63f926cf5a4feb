//! The process group of one run.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rustix::process::{
    Pid, Signal, WaitOptions, WaitStatus, kill_process, kill_process_group, waitpgid, waitpid,
};

use crate::{
    domain::RunId,
    runner::{Reaper, orphans::Orphans},
    telemetry::{Event, emit},
};

/// Between two looks at processes that were killed and are not gone yet: most are gone at the second.
const FIRST_PAUSE: Duration = Duration::from_micros(200);
/// A process that waits for a dead disk or network share takes as long as that takes.
const LONGEST_PAUSE: Duration = Duration::from_millis(100);
/// After this the run is over all the same: what does not die must not keep a place for ever.
const PATIENCE: Duration = Duration::from_secs(10);

/// A group with a leader that is not reaped, so that its number cannot belong to others. Dropping it
/// kills everyone in it.
#[derive(Debug)]
pub(super) struct Group {
    leader: Pid,
    run: RunId,
    reaper: Reaper,
    orphans: Arc<Orphans>,
    state: GroupState,
}

/// How far a group is on its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum GroupState {
    /// Its leader may be alive.
    Alive,
    /// All were killed; some may not be reaped.
    Killed,
    /// Nothing is left of it.
    Reaped,
}

impl Group {
    /// The group of a leader that was just started and is on the reaper's list.
    pub(super) fn new(leader: Pid, run: RunId, reaper: Reaper, orphans: Arc<Orphans>) -> Self {
        Self { leader, run, reaper, orphans, state: GroupState::Alive }
    }

    /// Asks all of the group to end.
    pub(super) fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Ends all of the group.
    pub(super) fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// While the leader is not reaped its number is its own.
    fn signal(&self, signal: Signal) {
        if kill_process_group(self.leader, signal).is_err() {
            let _ = kill_process(self.leader, signal);
        }
    }

    /// Kills what is left, waits until all of it is gone, and gives the status of the leader.
    ///
    /// While one member lives or waits to be reaped the kernel gives the group's number to no one.
    /// Members whose parent died are children of the gate by now; see [`Orphans`].
    pub(super) async fn reap(mut self) -> Option<WaitStatus> {
        self.kill_and_unregister();
        let status = self.reap_members().await;
        if self.state == GroupState::Reaped && self.orphans.end(self.run).await {
            self.reaper.release_run(self.run);
        }
        status
    }

    async fn reap_members(&mut self) -> Option<WaitStatus> {
        let mut pause = FIRST_PAUSE;
        let mut status = None;
        let begun = Instant::now();
        loop {
            match waitpgid(self.leader, WaitOptions::NOHANG) {
                Ok(Some((pid, of_pid))) => {
                    if pid == self.leader {
                        status = Some(of_pid);
                    }
                    continue;
                }
                Ok(None) => {}
                Err(_) if status.is_some() => break,
                // The leader has left its own group, or something else reaped it.
                Err(_) => match waitpid(Some(self.leader), WaitOptions::NOHANG) {
                    Ok(None) => {}
                    Ok(Some((_, of_leader))) => {
                        status = Some(of_leader);
                        continue;
                    }
                    Err(_) => break,
                },
            }
            if begun.elapsed() >= PATIENCE {
                let detail = format!("processes of {} do not die; its place is given up", self.run);
                emit(Event::Warned { about: "run processes", detail });
                // Dropping it leaves them to the thread of the orphans.
                return status;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            // One that moved in after the first signal. The number is still the group's own.
            self.kill();
        }
        self.state = GroupState::Reaped;
        status
    }

    /// Kills all, and strikes the group off the reaper's list while its number is still its own.
    fn kill_and_unregister(&mut self) {
        self.kill();
        self.reaper.release_group(self.leader, self.run);
        self.state = GroupState::Killed;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if self.state == GroupState::Alive {
            self.kill_and_unregister();
        }
        if self.state == GroupState::Killed {
            // Reaping takes its time, and a runtime may be going down around this.
            self.orphans.abandon(self.run, self.leader, &self.reaper);
        }
    }
}
