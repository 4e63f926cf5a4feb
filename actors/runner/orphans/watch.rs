//! The thread that ends what runs that are over left behind.
//!
//! One for all runs: it knows which are under way, so that whatever belongs to another one must die,
//! whoever's end it was that made somebody look. Most runs leave nothing, and never get here.

use std::{
    collections::HashSet,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use rustix::process::{Pid, WaitOptions, getpid, set_child_subreaper, waitpgid};
use tokio::sync::oneshot;

use super::{
    GateId,
    adopted::{Adopted, Findings, check_list, is_empty},
};
use crate::{
    domain::RunId,
    runner::Reaper,
    telemetry::{Event, emit},
};

/// While the list of children moves, the end of a run of which nothing was seen waits for so many
/// looks and so long: another run that forks for ever must not hold it up.
const LOOKS: u32 = 8;
const SETTLING: Duration = Duration::from_millis(20);
/// A run whose orphans cannot be ended within this does not keep its place; they are hunted on.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between looks at processes that were killed and are not gone yet: most are gone at the second.
const FIRST_PAUSE: Duration = Duration::from_micros(200);
/// A process that waits for a dead disk takes as long as that takes.
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// Ends the orphans of runs that are over. The thread ends when this is dropped.
#[derive(Debug)]
pub(in crate::runner) struct Orphans {
    active: Arc<Mutex<HashSet<RunId>>>,
    /// At most one for each run that ends: their places bound the queue.
    ends: Sender<End>,
}

/// A run that is over but for what it left behind.
#[derive(Debug)]
struct End {
    run: RunId,
    /// Its group, where nobody waits for its members any more.
    group: Option<Pid>,
    /// Told when it is over, and whether nothing is left; `None` where nobody asks.
    done: Option<oneshot::Sender<bool>>,
    /// To be told when nothing is left, where nobody asks.
    reaper: Option<Reaper>,
    since: Instant,
    looks: u32,
}

impl Orphans {
    /// Makes this process the parent of what its runs orphan, and starts the thread.
    pub(in crate::runner) fn start(gate: GateId) -> io::Result<Arc<Self>> {
        set_child_subreaper(Some(getpid()))?;
        if let Err(error) = check_list() {
            let detail =
                format!("this kernel lists no children, daemons that leave a run's group live on: {error}");
            emit(Event::Warned { about: "run processes", detail });
        }
        let active = Arc::default();
        let (ends, queue) = unbounded();
        let hunt = Hunt { active: Arc::clone(&active), adopted: Adopted::new(gate), ends: Vec::new() };
        thread::Builder::new().name("run-orphans".to_owned()).spawn(move || hunt.serve(&queue))?;
        Ok(Arc::new(Self { active, ends }))
    }

    /// From here on the processes of a run are left alone.
    pub(in crate::runner) fn begin(&self, run: RunId) {
        lock(&self.active).insert(run);
    }

    /// A run did not begin after all.
    pub(in crate::runner) fn forget(&self, run: RunId) {
        lock(&self.active).remove(&run);
    }

    /// Ends what a run left behind, its group being dead. Says whether nothing is left; gives up on what
    /// does not die, which is hunted on.
    pub(in crate::runner) async fn end(&self, run: RunId) -> bool {
        lock(&self.active).remove(&run);
        if is_empty() {
            return true;
        }
        let (done, told) = oneshot::channel();
        self.send(End { done: Some(done), ..End::of(run) });
        told.await.unwrap_or(false)
    }

    /// Ends a run for which nobody waits: reaps its group, which was killed, and ends what it left.
    pub(in crate::runner) fn abandon(&self, run: RunId, group: Pid, reaper: &Reaper) {
        lock(&self.active).remove(&run);
        self.send(End { group: Some(group), reaper: Some(reaper.clone()), ..End::of(run) });
    }

    fn send(&self, end: End) {
        // The thread outlives this sender.
        let _ = self.ends.send(end);
    }
}

impl End {
    fn of(run: RunId) -> Self {
        Self { run, group: None, done: None, reaper: None, since: Instant::now(), looks: 0 }
    }
}

/// Every change under this lock is whole, so a panic elsewhere leaves nothing half done.
fn lock(active: &Mutex<HashSet<RunId>>) -> MutexGuard<'_, HashSet<RunId>> {
    active.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Hunt {
    active: Arc<Mutex<HashSet<RunId>>>,
    adopted: Adopted,
    ends: Vec<End>,
}

impl Hunt {
    fn serve(mut self, queue: &Receiver<End>) {
        let mut quiet = true;
        let mut pause = FIRST_PAUSE;
        loop {
            let next = if self.ends.is_empty() && quiet {
                queue.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                queue.recv_timeout(pause)
            };
            match next {
                Ok(end) => {
                    self.ends.push(end);
                    self.ends.extend(queue.try_iter());
                    pause = FIRST_PAUSE;
                }
                Err(RecvTimeoutError::Timeout) => pause = (pause * 2).min(LONGEST_PAUSE),
                Err(RecvTimeoutError::Disconnected) if self.ends.is_empty() => return,
                Err(RecvTimeoutError::Disconnected) => thread::sleep(pause),
            }
            quiet = self.look();
        }
    }

    /// One look; says whether nothing is left to hunt.
    fn look(&mut self) -> bool {
        self.reap_groups();
        let active = &self.active;
        let findings = self.adopted.look(|run| !lock(active).contains(&run));
        for end in &mut self.ends {
            end.looks += 1;
        }
        let (over, left) = self.ends.drain(..).partition(|end| is_over(end, &findings));
        self.ends = left;
        for end in Vec::<End>::into_iter(over) {
            let clean = !findings.killed.contains(&end.run) && end.group.is_none();
            if !clean {
                let detail = format!("what {} left behind does not end; its place is given up", end.run);
                emit(Event::Warned { about: "run processes", detail });
            }
            if let (Some(reaper), true) = (&end.reaper, clean) {
                reaper.release_run(end.run);
            }
            if let Some(done) = end.done {
                let _ = done.send(clean);
            }
        }
        findings == Findings::default()
    }

    /// Members whose parent died are children of the gate by now.
    fn reap_groups(&mut self) {
        for end in &mut self.ends {
            if let Some(group) = end.group {
                while matches!(waitpgid(group, WaitOptions::NOHANG), Ok(Some(_))) {}
                if waitpgid(group, WaitOptions::NOHANG).is_err() {
                    end.group = None;
                }
            }
        }
    }
}

/// Whether nobody needs to wait for what a run left behind any longer.
fn is_over(end: &End, findings: &Findings) -> bool {
    let alive = findings.killed.contains(&end.run) || end.group.is_some();
    if alive {
        return end.since.elapsed() >= PATIENCE;
    }
    !findings.moving || (end.looks >= LOOKS && end.since.elapsed() >= SETTLING)
}
