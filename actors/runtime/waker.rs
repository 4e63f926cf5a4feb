//! A way to wake an actor that can be rung by anybody at any time.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use actix::{dev::ToEnvelope, prelude::*};

use crate::domain::WakeUp;

/// Rouses an actor. However often it is rung, at most one [`Wake`] waits in the mailbox, so it
/// needs no bound.
#[derive(Clone)]
pub struct Waker {
    to: Recipient<Wake>,
    ringing: Arc<AtomicBool>,
}

impl Waker {
    /// A bell beside `actor`. All ringers must share one, or clones of it.
    pub fn new<A>(actor: Addr<A>) -> Self
    where
        A: Handler<Wake>,
        A::Context: ToEnvelope<A, Wake>,
    {
        Self { to: actor.recipient(), ringing: Arc::default() }
    }
}

impl WakeUp for Waker {
    fn wake(&self) {
        if !self.ringing.swap(true, Ordering::AcqRel) {
            #[expect(clippy::disallowed_methods, reason = "at most one ring is ever on its way")]
            self.to.do_send(Wake(Arc::clone(&self.ringing)));
        }
    }
}

impl fmt::Debug for Waker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bell")
    }
}

/// "Look at the store." Silences the bell on drop, so drop it before looking.
pub struct Wake(Arc<AtomicBool>);

impl Message for Wake {
    type Result = ();
}

impl Drop for Wake {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}
