//! The ticks that keep the gate going.

/// Message to the scheduler, once a second: fire what is due, route what was left unrouted, find
/// what was forgotten.
#[derive(Debug, Clone, Copy)]
pub struct Tick;

/// Message to the scheduler, once an hour: delete what is older than it needs to be kept.
#[derive(Debug, Clone, Copy)]
pub struct Prune;
