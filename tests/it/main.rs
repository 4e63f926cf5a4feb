//! The promises of a gate, tested on the program itself: real HTTP, real files, real processes,
//! real signals.
//!
//! - `way`: a delivery, or a tick, becomes a run.
//! - `hostile`: what no honest sender sends.
//! - `durability`: crashes, restarts, duplicates, replay.
//! - `supervision`: panics at every stage.
//! - `contexts`: what the samples say.
//! - `crash`: the same, again and again.
//! - `overload`: bounded memory.
//! - `power`: the order of commit, fsync and answer.
//! - `commands`: what people type.
//! - `architecture`: the walls inside the code.
#![expect(clippy::unwrap_used, reason = "what is not there fails the test, which is what it is for")]
#![expect(clippy::format_collect, clippy::format_push_string, reason = "a test may allocate")]

mod architecture;
mod commands;
mod contexts;
mod crash;
mod durability;
mod hostile;
mod overload;
mod power;
mod supervision;
mod support;
mod way;
