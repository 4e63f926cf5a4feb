//! How far a run is, and why it has to end.

/// Why the gate ends a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StopReason {
    Timeout,
    Stop,
    /// Its program said how it ended, and did not end.
    Lingers,
    /// Its program was silent for too long.
    Stalled,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// It has until its timeout.
    Running,
    /// It got TERM and has `kill_grace` left.
    Asked(StopReason),
    /// It got KILL.
    Killed(StopReason),
}
