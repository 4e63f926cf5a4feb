//! Points and spans of time, as people read them.

use std::time::Duration;

use herdgate_actors::domain::{Clock, Timestamp};

use super::globals::View;

/// What lies further back is a date.
const RECENT: Duration = Duration::from_secs(14 * 24 * 3_600);

/// How times are shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    now: Timestamp,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `3m ago`.
    Relative,
    /// With the offset of this machine's zone.
    Local,
    /// As the API has them.
    Utc,
}

impl Times {
    pub(super) fn new(view: View) -> Self {
        let form = match view {
            View { utc: true, .. } => Form::Utc,
            View { absolute: true, .. } => Form::Local,
            View { .. } => Form::Relative,
        };
        Self { now: Clock::System.now(), form }
    }

    /// A point in time, for a table.
    pub(super) fn short(&self, at: Timestamp) -> String {
        match self.form {
            Form::Relative => self.relative(at).unwrap_or_else(|| local(at)),
            Form::Local => local(at),
            Form::Utc => at.to_string(),
        }
    }

    /// The time that everything is compared with.
    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    /// A point in time where there is room for all of it.
    pub(super) fn full(&self, at: Timestamp) -> String {
        match self.form {
            Form::Relative => match self.relative(at) {
                Some(relative) => format!("{relative} ({})", local(at)),
                None => local(at),
            },
            Form::Local => local(at),
            Form::Utc => at.to_string(),
        }
    }

    fn relative(&self, at: Timestamp) -> Option<String> {
        let (before, after) = (self.now.since(at), at.since(self.now));
        let distance = before.max(after);
        if distance > RECENT {
            return None;
        }
        if distance < Duration::from_secs(1) {
            return Some("now".to_owned());
        }
        let rough = rough(distance);
        Some(if after.is_zero() { format!("{rough} ago") } else { format!("in {rough}") })
    }
}

/// A date in this machine's zone.
fn local(at: Timestamp) -> String {
    at.to_utc().with_timezone(&chrono::Local).format("%Y-%m-%d %H:%M:%S %:z").to_string()
}

/// A span in its largest unit.
fn rough(span: Duration) -> String {
    match span.as_secs() {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds @ 60..3_600 => format!("{}m", seconds / 60),
        seconds @ 3_600..86_400 => format!("{}h", seconds / 3_600),
        seconds => format!("{}d", seconds / 86_400),
    }
}

/// A span in its two largest units.
pub(super) fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..10 => format!("{:.1}s", span.as_secs_f64()),
        10..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{}h {:02}m", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{}d {:02}h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_792_742_400_000);

    fn times(form: Form) -> Times {
        Times { now: NOW, form }
    }

    #[test]
    fn what_is_near_is_told_by_its_distance_and_what_is_far_by_its_date() {
        let short = |seconds: i64| {
            times(Form::Relative).short(Timestamp::from_millis(NOW.as_millis() + seconds * 1_000))
        };
        assert_eq!(
            [short(0), short(-59), short(-60), short(-7_199), short(-86_400 * 14), short(90)],
            ["now", "59s ago", "1m ago", "1h ago", "14d ago", "in 1m"]
        );
        assert!(short(-86_400 * 15).starts_with("2026-10-0"), "{}", short(-86_400 * 15));
    }

    #[test]
    fn utc_is_as_the_api_writes_it() {
        assert_eq!(times(Form::Utc).short(NOW), "2026-10-23T08:00:00.000Z");
        assert_eq!(times(Form::Utc).full(NOW), "2026-10-23T08:00:00.000Z");
    }

    #[test]
    fn spans_have_two_units() {
        let of = |seconds: f64| span(Duration::from_secs_f64(seconds));
        assert_eq!(
            [of(0.04), of(9.96), of(59.9), of(60.0), of(3_725.0), of(90_000.0)],
            ["0.0s", "10.0s", "59s", "1m 00s", "1h 02m", "1d 01h"]
        );
    }
}
