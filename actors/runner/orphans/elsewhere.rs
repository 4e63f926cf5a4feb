//! Where orphans cannot be found.

use std::{io, sync::Arc};

use rustix::process::{Pid, WaitOptions, waitpgid};

use super::{GateId, Mark};
use crate::{domain::RunId, runner::Reaper};

/// Ends nothing but groups.
#[derive(Debug)]
pub(in crate::runner) struct Orphans;

impl Orphans {
    pub(in crate::runner) fn start(_gate: GateId) -> io::Result<Arc<Self>> {
        Ok(Arc::new(Self))
    }

    pub(in crate::runner) fn begin(&self, _run: RunId) {}

    pub(in crate::runner) fn forget(&self, _run: RunId) {}

    pub(in crate::runner) async fn end(&self, _run: RunId) -> bool {
        true
    }

    pub(in crate::runner) fn abandon(&self, _run: RunId, group: Pid, _reaper: &Reaper) {
        // Reaping blocks, and a runtime may be going down around this. Without a thread the dead stay
        // zombies until the gate ends.
        let _ = std::thread::Builder::new()
            .name("run-orphans".to_owned())
            .spawn(move || while waitpgid(group, WaitOptions::empty()).is_ok() {});
    }
}

pub(in crate::runner) fn kill_everywhere(_wanted: impl Fn(Mark) -> bool) -> usize {
    0
}
