//! A way to wake an actor, open to anybody at any time.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use actix::{dev::ToEnvelope, prelude::*};

use crate::domain::{AgentName, WakeUp};

/// Rouses an agent by its name; one that is not there is passed over.
pub type WakeAgent = Arc<dyn Fn(&AgentName) + Send + Sync>;

/// Rouses an actor. However often that is asked for, at most one [`Wake`] waits in the mailbox, so it
/// needs no bound.
#[derive(Clone)]
pub struct Waker {
    to: Recipient<Wake>,
    is_waking: Arc<AtomicBool>,
}

impl Waker {
    /// A waker of `actor`. All who wake it must share one, or clones of it.
    pub fn new<A>(actor: Addr<A>) -> Self
    where
        A: Handler<Wake>,
        A::Context: ToEnvelope<A, Wake>,
    {
        Self { to: actor.recipient(), is_waking: Arc::default() }
    }
}

impl WakeUp for Waker {
    fn wake(&self) {
        if !self.is_waking.swap(true, Ordering::AcqRel) {
            #[expect(clippy::disallowed_methods, reason = "at most one wake-up is ever on its way")]
            self.to.do_send(Wake(Arc::clone(&self.is_waking)));
        }
    }
}

impl fmt::Debug for Waker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waker")
    }
}

/// "Look at the store." Lets the next wake-up through on drop, so drop it before looking.
pub struct Wake(Arc<AtomicBool>);

impl Message for Wake {
    type Result = ();
}

impl Drop for Wake {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}
