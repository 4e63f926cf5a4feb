//! How the store fares, told while it lasts: a store that refuses is asked again, and one that is broken
//! fails the gate.

use std::{sync::Arc, time::Duration};

use herdgate_actors::{
    store::{Store, StoreState},
    telemetry::{Event, emit},
};
use tokio::time::{Instant, sleep, timeout};

use super::health::Health;

/// So often a store that goes on refusing is warned of, for those who look at the log later.
const WARN_EVERY: Duration = Duration::from_secs(60);
/// A gate that is not ready may be sent nothing whose commit would show that there is room again, so
/// it writes something itself.
const PROBE_EVERY: Duration = Duration::from_secs(5);

/// Watches until the store is gone or broken.
pub(super) async fn watch(store: Arc<dyn Store>, health: Health) {
    let mut states = store.state();
    let mut warned: Option<Instant> = None;
    loop {
        let state = states.borrow_and_update().clone();
        match state {
            StoreState::Writable => {
                if warned.take().is_some() {
                    emit(Event::StoreState { writable: true, why: None });
                }
            }
            StoreState::Refusing { error, .. } => {
                if warned.is_none_or(|warned| warned.elapsed() >= WARN_EVERY) {
                    warned = Some(Instant::now());
                    emit(Event::StoreState { writable: false, why: Some(error) });
                }
            }
            StoreState::Broken { error } => {
                let why = format!("the store is broken: {error}");
                emit(Event::StoreState { writable: false, why: Some(error) });
                return health.fail(why);
            }
        }
        let wait = async {
            if warned.is_none() {
                return std::future::pending().await;
            }
            sleep(PROBE_EVERY).await;
            // What becomes of it is told as the store's state.
            let _ = timeout(PROBE_EVERY, store.probe()).await;
        };
        tokio::select! {
            changed = states.changed() => if changed.is_err() {
                // Closed without having broken.
                return;
            },
            () = wait => {}
        }
    }
}
