//! The process group of one run.

use std::{thread, time::Duration};

use rustix::process::{
    Pid, Signal, WaitOptions, WaitStatus, kill_process, kill_process_group, waitpgid, waitpid,
};

use crate::{
    domain::RunId,
    runner::{Warden, stray},
};

/// Between two looks at processes that were killed and are not gone yet: most are gone at the second.
const FIRST_PAUSE: Duration = Duration::from_micros(200);
/// A process that waits for a dead disk or network share takes as long as that takes.
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// A group with a leader that is not reaped, so that its number cannot belong to others. Dropping it
/// kills everyone in it.
#[derive(Debug)]
pub(super) struct Group {
    leader: Pid,
    run: RunId,
    warden: Warden,
    grave: Grave,
}

/// How far a group is on its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grave {
    /// Its leader may be alive.
    Open,
    /// All were killed; some may not be reaped.
    Filling,
    /// Nothing is left.
    Closed,
}

impl Group {
    /// The group of a leader that was just started; puts it on the warden's list.
    pub(super) fn new(leader: Pid, run: RunId, warden: Warden) -> Self {
        warden.register(leader, run);
        Self { leader, run, warden, grave: Grave::Open }
    }

    pub(super) fn leader(&self) -> Pid {
        self.leader
    }

    /// Asks all of the group to end.
    pub(super) fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Ends all of the group.
    pub(super) fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// A leader may have moved itself to another group, which is left alone but for the leader.
    fn signal(&self, signal: Signal) {
        if kill_process_group(self.leader, signal).is_err() {
            let _ = kill_process(self.leader, signal);
        }
    }

    /// Kills what is left, waits until all of it is gone, and gives the status of the leader.
    ///
    /// While one member lives or waits to be reaped the kernel gives the group's number to no one.
    /// Members whose parent died are children of the gate by now; see [`stray`].
    pub(super) async fn bury(mut self) -> Option<WaitStatus> {
        self.condemn();
        let mut pause = FIRST_PAUSE;
        let mut status = None;
        loop {
            match reap(self.leader) {
                Reaped::One(pid, of_pid) => {
                    if pid == self.leader {
                        status = Some(of_pid);
                    }
                }
                Reaped::NoneYet => {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                Reaped::NoneLeft if status.is_some() => break,
                Reaped::NoneLeft => match waitpid(Some(self.leader), WaitOptions::NOHANG) {
                    Ok(None) => tokio::time::sleep(pause).await,
                    Ok(Some((_, of_leader))) => status = Some(of_leader),
                    Err(_) => break,
                },
            }
        }
        self.grave = Grave::Closed;
        let mut pause = FIRST_PAUSE;
        while stray::kill_adopted(self.run) {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        status
    }

    /// Kills all, and strikes the group off the warden's list while its number is still its own.
    fn condemn(&mut self) {
        self.kill();
        self.warden.release(self.leader, self.run);
        self.grave = Grave::Filling;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if self.grave == Grave::Open {
            self.condemn();
        }
        if self.grave == Grave::Filling {
            let (leader, run) = (self.leader, self.run);
            // Reaping blocks, and a runtime may be going down around this. Without a thread the dead
            // stay zombies until the gate ends.
            let _ = thread::Builder::new().name("run-burial".to_owned()).spawn(move || {
                while waitpgid(leader, WaitOptions::empty()).is_ok() {}
                while stray::kill_adopted(run) {
                    thread::sleep(FIRST_PAUSE);
                }
            });
        }
    }
}

enum Reaped {
    One(Pid, WaitStatus),
    NoneYet,
    NoneLeft,
}

fn reap(group: Pid) -> Reaped {
    match waitpgid(group, WaitOptions::NOHANG) {
        Ok(Some((pid, status))) => Reaped::One(pid, status),
        Ok(None) => Reaped::NoneYet,
        Err(_) => Reaped::NoneLeft,
    }
}
