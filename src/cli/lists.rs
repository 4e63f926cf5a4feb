//! What all listings have in common: how much of what is shown, and how much more there is.

use std::str::FromStr;

use clap::Args;
use herdgate_actors::domain::{Clock, Timestamp};

use super::{gate::Gate, palette::Tone, print::Out};
use crate::{
    api::{
        list::{self, Listed},
        page::{MOST_ROWS, Page},
        time::Time,
    },
    client::{Api, ApiError},
};

/// How much of a listing.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Window {
    /// Only then or later: a time like `2026-11-24T13:00:00Z`, or so long ago, like `2h` or `1d`.
    #[arg(long, value_name = "TIME")]
    pub(super) since: Option<When>,
    /// Only before: a time, or so long ago.
    #[arg(long, value_name = "TIME")]
    pub(super) until: Option<When>,
    /// At most this many.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) limit: u32,
}

/// A point in time, as the command line says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct When(pub(super) Time);

/// A text that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a time like `2026-11-24T13:00:00Z`, or how long ago, like `30m`, `2h` or `1d`")]
pub(super) struct NoTime;

impl FromStr for When {
    type Err = NoTime;

    fn from_str(text: &str) -> Result<Self, NoTime> {
        Self::read(text, Clock::System.now())
    }
}

impl When {
    fn read(text: &str, now: Timestamp) -> Result<Self, NoTime> {
        if let Ok(time) = text.parse() {
            return Ok(Self(time));
        }
        let ago = humantime::parse_duration(text).map_err(|_| NoTime)?;
        Ok(Self(now.minus(ago).into()))
    }
}

impl Window {
    /// The first of the pages that are read.
    fn first(&self) -> list::Window {
        list::Window {
            since: self.since.map(|when| when.0),
            until: self.until.map(|when| when.0),
            ..list::Window::default()
        }
    }
}

/// Rows, and how many there are behind them.
#[derive(Debug)]
pub(super) struct Rows<T> {
    pub(super) rows: Vec<T>,
    more: u32,
    is_capped: bool,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), more: 0, is_capped: false }
    }
}

impl<T> Rows<T> {
    /// Reads as many pages as it takes.
    pub(super) fn read<F>(
        gate: &Gate,
        window: &Window,
        filter: F,
        mut page: impl AsyncFnMut(&Api, &Listed<F>) -> Result<Page<T>, ApiError>,
    ) -> miette::Result<Self> {
        let mut found = Self::default();
        let mut query = Listed { filter, window: window.first() };
        loop {
            let read = u32::try_from(found.rows.len()).unwrap_or(u32::MAX);
            query.window.limit = Some(window.limit.saturating_sub(read).min(MOST_ROWS));
            let next = gate.ask(|api| page(api, &query))?;
            found.rows.extend(next.items);
            (found.more, found.is_capped) = (next.more, next.more_is_capped);
            query.window.after = next.next;
            if query.window.after.is_none() || found.rows.len() >= window.limit as usize {
                return Ok(found);
            }
        }
    }

    /// Those of two listings together.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.rows.extend(other.rows);
        self.more = self.more.saturating_add(other.more);
        self.is_capped |= other.is_capped;
        self
    }

    /// Only the first so many; the others are more behind them.
    pub(super) fn keep(&mut self, limit: u32) {
        let beyond = self.rows.len().saturating_sub(limit as usize);
        self.rows.truncate(limit as usize);
        self.more = self.more.saturating_add(u32::try_from(beyond).unwrap_or(u32::MAX));
    }

    /// Says how many more there are, and how to see them.
    pub(super) fn tell_more(&self, out: &mut Out) -> miette::Result<()> {
        if self.more == 0 {
            return Ok(());
        }
        let all = self.rows.len() + self.more as usize;
        out.toned(
            Tone::Faint,
            &if self.is_capped {
                format!(
                    "… and {} or more: `--limit` shows them, `--since` and other filters narrow",
                    self.more
                )
            } else {
                format!("… and {} more: `--limit {all}` shows them", self.more)
            },
        )
    }
}

/// A value of a closed list, as the API writes it.
pub(super) fn one_of<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(serde_json::Value::from(text)).map_err(|error| {
        // `unknown variant `x`, expected one of `a`, `b``
        let text = error.to_string();
        text.split_once(", ").map_or(text.clone(), |(_, known)| known.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_dates_or_how_long_ago() {
        let now = Timestamp::from_millis(1_792_742_400_000);
        let read = |text: &str| When::read(text, now).map(|when| when.0.to_string());
        assert_eq!(read("2026-10-23T08:00:00+02:00").unwrap(), "2026-10-23T06:00:00.000Z");
        assert_eq!(read("1d").unwrap(), "2026-10-22T08:00:00.000Z");
        assert_eq!(read("90 min").unwrap(), "2026-10-23T06:30:00.000Z");
        assert_eq!(read("yesterday"), Err(NoTime));
    }

    #[test]
    fn a_value_that_is_none_of_a_list_is_told_the_list() {
        use crate::api::runs::State;
        assert_eq!(one_of("failed"), Ok(State::Failed));
        assert!(one_of::<State>("faild").unwrap_err().contains("`failed`"));
    }
}
