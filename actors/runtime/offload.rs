//! Work that would hold up an arbiter.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// Threads for what takes long: as many pieces at once as there are cores, and a bounded number that
/// wait. tokio's own pool for blocking work has neither bound.
#[derive(Debug, Clone)]
pub struct Offload {
    at_work: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

/// Too much is waiting already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too much work waits already")]
pub struct Overloaded;

impl Offload {
    /// Does `at_once` pieces of work at once while up to `waiting` more wait.
    pub fn new(at_once: usize, waiting: usize) -> Self {
        Self {
            at_work: Arc::new(Semaphore::new(at_once)),
            places: Arc::new(Semaphore::new(at_once + waiting)),
        }
    }

    /// Does it as soon as there is a thread for it.
    ///
    /// # Errors
    /// No more may wait; `work` is dropped.
    pub fn run(&self, work: impl FnOnce() + Send + 'static) -> Result<(), Overloaded> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Overloaded)?;
        let at_work = Arc::clone(&self.at_work);
        tokio::spawn(async move {
            // Never closed.
            let turn = at_work.acquire_owned().await;
            tokio::task::spawn_blocking(move || {
                work();
                drop((turn, place));
            });
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn what_is_beyond_the_bound_is_refused_and_the_rest_is_done_in_turn() {
        let offload = Offload::new(1, 1);
        let (done, mut seen) = tokio::sync::mpsc::unbounded_channel();
        let (go, wait) = mpsc::channel::<()>();
        let first = done.clone();
        offload
            .run(move || {
                let _ = wait.recv();
                first.send(1).unwrap();
            })
            .unwrap();
        let second = done.clone();
        offload.run(move || second.send(2).unwrap()).unwrap();
        assert_eq!(offload.run(|| unreachable!()), Err(Overloaded));
        go.send(()).unwrap();
        assert_eq!([seen.recv().await, seen.recv().await], [Some(1), Some(2)]);
    }
}
