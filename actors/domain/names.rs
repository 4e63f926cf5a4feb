//! Identifiers, and the names that users give to things.

use std::{
    fmt,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use serde::{Deserialize, Serialize};

use crate::domain::Timestamp;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text as the user wrote it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<T: Into<Arc<str>>> From<T> for $name {
            fn from(text: T) -> Self {
                Self(text.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// The name of a webhook source: `my-github` in `[webhooks.my-github]`.
    SourceName
}
name! {
    /// The name of an agent: its folder under `agents/`.
    AgentName
}
name! {
    /// What makes two deliveries the same event, within one source.
    DeliveryKey
}
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(i64);

        impl $name {
            /// The number under which the store keeps it.
            pub const fn get(self) -> i64 {
                self.0
            }

            /// Reads back what [`Self::get`] gave.
            pub const fn from_raw(raw: i64) -> Self {
                Self(raw)
            }

            /// When it was made, to the millisecond.
            pub const fn made_at(self) -> Timestamp {
                Timestamp::from_millis(self.0 >> SEQUENCE_BITS)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                base32(self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                parse_base32(text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

id! {
    /// Names one stored delivery. Sorts by time of arrival.
    ReceiptId
}
id! {
    /// Names one piece of work for one agent. Sorts by time of creation.
    JobId
}

/// Low bits of an id: 21 bits give two million ids a millisecond.
const SEQUENCE_BITS: u32 = 21;
/// 63 bits in steps of five.
const DIGITS: u32 = 13;
/// Crockford's alphabet, lower case: no i, l, o, u. <https://www.crockford.com/base32.html>
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

fn base32(raw: i64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    use fmt::Write;
    for place in (0..DIGITS).rev() {
        let digit = (raw >> (place * 5)) & 31;
        f.write_char(ALPHABET[usize::try_from(digit).unwrap_or(0)] as char)?;
    }
    Ok(())
}

/// A text that is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an id: expected 13 letters and digits, like `0srk4t5zr0000`")]
pub struct InvalidId(String);

fn parse_base32(text: &str) -> Result<i64, InvalidId> {
    let invalid = || InvalidId(text.to_owned());
    if text.len() != DIGITS as usize {
        return Err(invalid());
    }
    text.bytes().try_fold(0_i64, |raw, byte| {
        let digit =
            ALPHABET.iter().position(|letter| *letter == byte.to_ascii_lowercase()).ok_or_else(invalid)?;
        let digit = i64::try_from(digit).map_err(|_| invalid())?;
        raw.checked_mul(32).and_then(|raw| raw.checked_add(digit)).ok_or_else(invalid)
    })
}

/// Makes ids that only ever grow, whatever the clock does.
///
/// Seeded at start with the largest id in the store, so that a clock set back cannot make an id
/// that exists already.
#[derive(Debug)]
pub struct IdSource {
    last: AtomicI64,
}

impl IdSource {
    /// A source whose ids are larger than `largest_known`.
    pub const fn after(largest_known: i64) -> Self {
        Self { last: AtomicI64::new(largest_known) }
    }

    /// The next receipt id.
    pub fn receipt(&self, now: Timestamp) -> ReceiptId {
        ReceiptId(self.next(now))
    }

    /// The next job id.
    pub fn job(&self, now: Timestamp) -> JobId {
        JobId(self.next(now))
    }

    fn next(&self, now: Timestamp) -> i64 {
        let floor = now.as_millis().max(0) << SEQUENCE_BITS;
        let step = |last: i64| floor.max(last + 1);
        let previous = self
            .last
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(step(last)))
            .unwrap_or_else(|last| last);
        step(previous)
    }
}

/// Counts the tries of one job, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Attempt(pub u32);

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Names one run: an attempt of a job, written `<job>-<attempt>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId {
    /// The job that is tried.
    pub job: JobId,
    /// Which try it is.
    pub attempt: Attempt,
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.job, self.attempt)
    }
}

impl FromStr for RunId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = || InvalidId(text.to_owned());
        let (job, attempt) = text.split_once('-').ok_or_else(invalid)?;
        Ok(Self { job: job.parse()?, attempt: Attempt(attempt.parse().map_err(|_| invalid())?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_even_when_the_clock_goes_back() {
        let ids = IdSource::after(0);
        let first = ids.receipt(Timestamp::from_millis(2_000));
        let second = ids.receipt(Timestamp::from_millis(1_000));
        assert!(second > first);
    }

    #[test]
    fn ids_start_after_the_largest_known_one() {
        let known = IdSource::after(0).job(Timestamp::from_millis(5_000));
        let next = IdSource::after(known.get()).job(Timestamp::from_millis(1));
        assert!(next > known);
    }

    #[test]
    fn an_id_reads_back_from_its_text_and_tells_its_time() {
        let at = Timestamp::from_millis(1_795_445_000_123);
        let id = IdSource::after(0).job(at);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.made_at(), at);
        let run = RunId { job: id, attempt: Attempt(3) };
        assert_eq!(run.to_string().parse(), Ok(run));
    }

    #[test]
    fn texts_that_are_no_ids_are_refused() {
        for text in ["", "0", "uuuuuuuuuuuuu", "zzzzzzzzzzzzz", "0srk4t5zr00000"] {
            assert!(text.parse::<JobId>().is_err(), "{text}");
        }
    }
}
