//! Notices when the wall clock is set.
//!
//! Wall time may leap and go back; monotonic time does neither, but stands still while the machine
//! sleeps. Who compares both at each look knows when they part.

use std::time::Duration;

use super::Timestamp;

/// Clocks that are kept right by slewing part by less than this between two looks.
const TOLERANCE: Duration = Duration::from_secs(2);

/// How a wall clock moved beyond the time that passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockJump {
    /// Set back by this much.
    Back(Duration),
    /// Set ahead by this much; or the machine slept for so long.
    Ahead(Duration),
}

/// Both clocks at the last look.
#[derive(Debug, Clone, Copy)]
pub struct ClockWatch {
    wall: Timestamp,
    monotonic: Duration,
}

impl ClockWatch {
    /// A first look. `monotonic` is the time since any moment that stays the same.
    pub const fn new(wall: Timestamp, monotonic: Duration) -> Self {
        Self { wall, monotonic }
    }

    /// Looks again; says how the wall clock was set meanwhile.
    pub fn look(&mut self, wall: Timestamp, monotonic: Duration) -> Option<ClockJump> {
        let expected = self.wall.plus(monotonic.saturating_sub(self.monotonic));
        *self = Self { wall, monotonic };
        let (back, ahead) = (expected.since(wall), wall.since(expected));
        if back > TOLERANCE {
            Some(ClockJump::Back(back))
        } else if ahead > TOLERANCE {
            Some(ClockJump::Ahead(ahead))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000 + secs * 1000)
    }

    #[test]
    fn time_that_just_passes_is_no_jump() {
        let mut clocks = ClockWatch::new(at(0), Duration::ZERO);
        assert_eq!(clocks.look(at(3600), Duration::from_secs(3600)), None);
        assert_eq!(clocks.look(at(3601), Duration::from_secs(3602)), None, "slewing");
    }

    #[test]
    fn a_clock_that_is_set_is_told_once() {
        let hour = Duration::from_secs(3600);
        let mut clocks = ClockWatch::new(at(0), Duration::ZERO);
        assert_eq!(clocks.look(at(-3590), Duration::from_secs(10)), Some(ClockJump::Back(hour)));
        assert_eq!(clocks.look(at(-3580), Duration::from_secs(20)), None);
        assert_eq!(clocks.look(at(30), Duration::from_secs(30)), Some(ClockJump::Ahead(hour)));
    }
}
