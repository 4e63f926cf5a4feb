//! What is kept of one agent: a sample a minute for an hour, and the peaks of a day.

use std::collections::VecDeque;

use herdgate_actors::domain::Timestamp;

/// An hour of minutes. With the day about 4 KiB an agent.
const MINUTES: usize = 60;
/// A day of peaks.
const PEAKS: usize = 72;
/// Minutes in a peak.
const PER_PEAK: u32 = 20;

/// How full an agent was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// When.
    pub at: Timestamp,
    /// Jobs that waited.
    pub waiting: u32,
    /// Runs under way.
    pub executing: u32,
    /// Runs that might have been.
    pub scale: u32,
    /// Deliveries that waited to be judged.
    pub mailbox: u32,
}

impl Sample {
    /// The higher of each.
    fn peak(self, later: Self) -> Self {
        Self {
            at: later.at,
            waiting: self.waiting.max(later.waiting),
            executing: self.executing.max(later.executing),
            scale: self.scale.max(later.scale),
            mailbox: self.mailbox.max(later.mailbox),
        }
    }
}

/// The past of one agent, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Past {
    /// A sample a minute.
    pub hour: VecDeque<Sample>,
    /// The peaks of twenty minutes each.
    pub day: VecDeque<Sample>,
    /// Samples in the last peak.
    in_peak: u32,
}

impl Past {
    /// Takes the sample of a minute.
    pub(super) fn take(&mut self, sample: Sample) {
        push(&mut self.hour, sample, MINUTES);
        if let Some(peak) = self.day.back_mut().filter(|_| self.in_peak < PER_PEAK) {
            *peak = peak.peak(sample);
            self.in_peak += 1;
        } else {
            push(&mut self.day, sample, PEAKS);
            self.in_peak = 1;
        }
    }
}

fn push(ring: &mut VecDeque<Sample>, sample: Sample, most: usize) {
    if ring.len() == most {
        ring.pop_front();
    }
    ring.push_back(sample);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_and_the_peaks_of_a_day_are_kept_and_no_more() {
        let mut past = Past::default();
        let sample = |minute: u32| Sample {
            at: Timestamp::from_millis(i64::from(minute) * 60_000),
            waiting: minute % 20,
            executing: 1,
            scale: 2,
            mailbox: 0,
        };
        for minute in 0..3_000 {
            past.take(sample(minute));
        }
        assert_eq!((past.hour.len(), past.day.len()), (MINUTES, PEAKS));
        assert_eq!(past.hour.back(), Some(&sample(2_999)));
        assert!(past.day.iter().all(|peak| peak.waiting == 19), "peaks are not lost");
        assert_eq!(past.day[0].at, sample(3_000 - 72 * 20 + 19).at);
    }
}
