//! Looks whether the files are still those in force, and puts them in force where they are not.

use std::time::Duration;

use actix::prelude::*;
use herdgate_actors::telemetry::{Event, emit};
use tokio::{sync::mpsc, time::Instant};

use super::watches::Watches;
use crate::run::Reload;

/// So often it looks without having been told that something happened.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// A change has ended when nothing has happened for so long: several files are saved together.
const QUIET: Duration = Duration::from_millis(250);
/// Where something happens all the time, it looks all the same after this.
const PATIENCE: Duration = Duration::from_secs(2);

/// The actor that keeps the gate with its files.
pub(in crate::run) struct WatchActor(Reload);

impl WatchActor {
    /// One that has not begun.
    pub(in crate::run) fn new(reload: Reload) -> Self {
        Self(reload)
    }
}

impl Actor for WatchActor {
    type Context = Context<Self>;

    /// Also after a restart, which has ended the work of before.
    fn started(&mut self, context: &mut Context<Self>) {
        context.spawn(keep(self.0.clone()).into_actor(self));
    }
}

impl Supervised for WatchActor {}

async fn keep(reload: Reload) {
    let mut applied = reload.applied();
    let mut looking: Option<Looking> = None;
    loop {
        applied.mark_unchanged();
        if !reload.in_force().reload_on_change {
            looking = None;
            if applied.changed().await.is_err() {
                return;
            }
            continue;
        }
        let look = looking.get_or_insert_with(Looking::new);
        look.follow(&reload).await;
        // Before the wait: what changed before its folder was watched was told by nobody. Twice, for
        // files that were written right before they were first read.
        for _ in 0..2 {
            if !reload.is_behind().await {
                break;
            }
            // What is wrong is told where it is found.
            let _ = reload.run().await;
            look.follow(&reload).await;
        }
        tokio::select! {
            () = look.something_happened() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
            // Somebody else put files in force: other folders may count now.
            _ = applied.changed() => {}
        }
    }
}

/// The watches, while they are wanted.
struct Looking {
    watches: Option<Watches>,
    happened: mpsc::Receiver<()>,
    /// What was told of a watch that cannot be had.
    told: Option<String>,
}

impl Looking {
    fn new() -> Self {
        // One event that waits is as good as a hundred.
        let (changed, happened) = mpsc::channel(1);
        let mut this = Self { watches: None, happened, told: None };
        match Watches::new(changed) {
            Ok(watches) => this.watches = Some(watches),
            Err(error) => this.tell(error.to_string()),
        }
        this
    }

    async fn follow(&mut self, reload: &Reload) {
        let Some(mut watches) = self.watches.take() else { return };
        let files = reload.watched();
        let followed = tokio::task::spawn_blocking(move || {
            let outcome = watches.follow(&files);
            (watches, outcome)
        });
        // Where it panicked, the look each minute remains.
        let Ok((watches, outcome)) = followed.await else { return };
        self.watches = Some(watches);
        match outcome {
            Ok(()) => self.told = None,
            Err(error) => self.tell(error),
        }
    }

    fn tell(&mut self, error: String) {
        if self.told.as_ref() != Some(&error) {
            let detail = format!(
                "changes of the files are noticed within a minute only, for want of a watch: {error}"
            );
            emit(Event::Warned { about: "configuration", detail });
            self.told = Some(error);
        }
    }

    async fn something_happened(&mut self) {
        if self.happened.recv().await.is_none() {
            return std::future::pending().await;
        }
        let patience = Instant::now() + PATIENCE;
        while Instant::now() < patience
            && tokio::time::timeout(QUIET, self.happened.recv()).await.is_ok_and(|event| event.is_some())
        {
        }
    }
}
