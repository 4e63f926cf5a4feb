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
            // A probe that found a last page proves no room for a delivery.
            StoreState::Writable if health.disk_is_full() => {
                if warned.is_none_or(|warned| warned.elapsed() >= WARN_EVERY) {
                    warned = Some(Instant::now());
                    emit(Event::StoreState { writable: false, why: Some("the disk is full".into()) });
                }
            }
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
            sleep(PROBE_EVERY).await;
            if warned.is_some() {
                // What becomes of it is told as the store's state.
                let _ = timeout(PROBE_EVERY, store.probe()).await;
            }
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

#[cfg(test)]
mod tests {
    use herdgate_actors::{
        domain::Timestamp,
        store::MemoryEngine,
        telemetry::bus::{Published, subscribe},
    };
    use tokio::sync::broadcast::Receiver;

    use super::*;

    /// What was told of the store by now, in order: whether it takes writes.
    fn told(facts: &mut Receiver<Arc<Published>>) -> Vec<bool> {
        std::iter::from_fn(|| facts.try_recv().ok())
            .filter_map(|fact| match &fact.event {
                Event::StoreState { writable, .. } => Some(*writable),
                _ => None,
            })
            .collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_goes_on_refusing_is_warned_of_each_minute_until_it_writes_again() {
        let mut facts = subscribe();
        let store = Arc::new(MemoryEngine::new(Duration::from_secs(60)));
        let watched = tokio::spawn(watch(Arc::clone(&store) as Arc<dyn Store>, Health::default()));
        sleep(Duration::from_secs(600)).await;
        assert!(told(&mut facts).is_empty());
        let since = Timestamp::from_millis(0);
        store.pretend(StoreState::Refusing { since, error: "the disk is full".to_owned() });
        sleep(Duration::from_secs(30)).await;
        assert_eq!(told(&mut facts), [false], "at once");
        sleep(Duration::from_secs(600)).await;
        let again = told(&mut facts);
        assert!((9..=10).contains(&again.len()) && !again.contains(&true), "each minute: {again:?}");
        store.pretend(StoreState::Writable);
        sleep(Duration::from_secs(600)).await;
        assert_eq!(told(&mut facts), [true]);
        watched.abort();
    }
}
