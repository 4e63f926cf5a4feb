//! What carries actors: mailboxes that are bounded and measured, and supervision that survives panics.
//!
//! actix counts a mailbox per clone of its address, so its capacity is no bound at all, and its
//! depth cannot be read. A [`MailboxSender`] puts a permit and a time stamp into the [`Envelope`];
//! wherever the message ends (handled, dropped by a restart, lost with a dead actor) both return, so
//! bound and depth are always true. A [`Waker`] is for wake-ups, of which one is as good as a hundred.
//!
//! [`actix::Supervisor`] restarts an actor that *stopped*; one that *panicked* takes its mailbox
//! with it. Under [`Supervision`] a panic of one message is contained and charged to that message
//! ([`ActorScope::contain`]). A panic outside of messages, or a stop that nobody asked for, restarts
//! the actor as its [`Policy`] says: same address, same mailbox. An actor whose work is done ends.

mod actor_id;
mod directory;
mod mailbox;
mod offload;
mod policy;
mod scope;
mod supervision;
mod supervisor;
mod threads;
mod waker;

/// A thread that carries actors.
pub use actix::ArbiterHandle;
pub use actor_id::ActorId;
pub use directory::{Directory, Listener, Proxy};
pub use mailbox::{Envelope, MailboxDepth, MailboxMetrics, MailboxSender, SendError};
pub use offload::{Offload, Overloaded};
pub use policy::{Policy, RestartDecision};
pub use scope::{ActorScope, Doing, MessagePanicked, Observed};
pub use supervision::{Seat, Supervision};
pub use supervisor::OnGiveUp;
pub use threads::Threads;
pub use waker::{Wake, WakeAgent, Waker};
