//! Identifiers: of receipts, jobs and runs, and of the nodes that make them.
//!
//! An id is 41 bits of milliseconds since 2025, 10 bits of the node that made it and 12 bits of
//! sequence. Ids sort by time, never collide between nodes, and are written in 13 digits of
//! Crockford's base 32.

use std::{
    fmt,
    str::FromStr,
    sync::atomic::{AtomicI64, Ordering},
};

use serde::{Deserialize, Serialize};

use crate::domain::Timestamp;

/// A gate among those that share a store; 0 where there is one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(u16);

impl NodeId {
    /// How many nodes there can be.
    pub const COUNT: u16 = 1 << NODE_BITS;

    /// A node by its number; `None` beyond [`Self::COUNT`].
    pub const fn new(number: u16) -> Option<Self> {
        if number < Self::COUNT { Some(Self(number)) } else { None }
    }

    /// Its number.
    pub const fn get(self) -> u16 {
        self.0
    }
}

/// One life of a node's process: who holds the lease of a run.
///
/// A start ends what earlier lives of its own node left executing, and nobody else's; a rescue while it runs never
/// touches what the living life executes, whatever the clock says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NodeLife {
    /// The node.
    pub node: NodeId,
    /// Drawn at each start of its process.
    pub life: u64,
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
                Timestamp::from_millis((self.0 >> (NODE_BITS + SEQUENCE_BITS)) + EPOCH)
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

/// 2025-01-01T00:00:00Z, in milliseconds since 1970: 41 bits from here last until 2094.
const EPOCH: i64 = 1_735_689_600_000;
/// Which node made the id.
const NODE_BITS: u32 = 10;
/// Four thousand ids a millisecond and node; what goes beyond borrows from the next millisecond.
const SEQUENCE_BITS: u32 = 12;
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
/// that exists already. Two nodes never make the same one.
#[derive(Debug)]
pub struct IdSource {
    node: NodeId,
    /// Milliseconds and sequence of the last id, without the node between them.
    last: AtomicI64,
}

impl IdSource {
    /// Ids of `node` that are larger than `after`, but for the bits of the node.
    pub const fn new(node: NodeId, after: i64) -> Self {
        let millis = after >> (NODE_BITS + SEQUENCE_BITS);
        let sequence = after & ((1 << SEQUENCE_BITS) - 1);
        Self { node, last: AtomicI64::new(millis << SEQUENCE_BITS | sequence) }
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
        let floor = now.as_millis().saturating_sub(EPOCH).max(0) << SEQUENCE_BITS;
        let step = |last: i64| floor.max(last + 1);
        let previous = self
            .last
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(step(last)))
            .unwrap_or_else(|last| last);
        let next = step(previous);
        let (millis, sequence) = (next >> SEQUENCE_BITS, next & ((1 << SEQUENCE_BITS) - 1));
        millis << (NODE_BITS + SEQUENCE_BITS) | i64::from(self.node.0) << SEQUENCE_BITS | sequence
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

impl Serialize for RunId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RunId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The id of a receipt or a job, or of a run: what an operator pastes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnyId {
    /// A receipt's or a job's; both are drawn from one source, so it is the id of one of them only.
    ReceiptOrJob(i64),
    /// A run's.
    Run(RunId),
}

impl FromStr for AnyId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        if text.contains('-') {
            text.parse().map(Self::Run)
        } else {
            parse_base32(text).map(Self::ReceiptOrJob)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_even_when_the_clock_goes_back() {
        let ids = IdSource::new(NodeId(0), 0);
        let first = ids.receipt(Timestamp::from_millis(EPOCH + 2_000));
        let second = ids.receipt(Timestamp::from_millis(EPOCH + 1_000));
        assert!(second > first);
    }

    #[test]
    fn ids_start_after_the_largest_known_one() {
        let known = IdSource::new(NodeId(0), 0).job(Timestamp::from_millis(EPOCH + 5_000));
        let next = IdSource::new(NodeId(0), known.get()).job(Timestamp::from_millis(1));
        assert!(next > known);
    }

    #[test]
    fn an_id_reads_back_from_its_text_and_tells_its_time() {
        let at = Timestamp::from_millis(1_795_445_000_123);
        let id = IdSource::new(NodeId(0), 0).job(at);
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

    #[test]
    fn two_nodes_never_make_the_same_id() {
        let (one, two) = (IdSource::new(NodeId(1), 0), IdSource::new(NodeId(2), 0));
        let now = Timestamp::from_millis(EPOCH + 7);
        let mut ids: Vec<_> = (0..10_000).flat_map(|_| [one.job(now), two.job(now)]).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 20_000);
    }

    #[test]
    fn more_ids_than_a_millisecond_has_borrow_from_the_next() {
        let ids = IdSource::new(NodeId(1_023), 0);
        let now = Timestamp::from_millis(EPOCH + 7);
        let made: Vec<_> = (0..5_000).map(|_| ids.job(now)).collect();
        assert!(made.is_sorted_by(|earlier, later| earlier < later));
        assert_eq!(made[4_999].made_at(), Timestamp::from_millis(EPOCH + 8));
    }

    #[test]
    fn an_id_of_another_node_in_the_store_is_passed_by() {
        let theirs = IdSource::new(NodeId(900), 0).job(Timestamp::from_millis(EPOCH + 9_000));
        let ours = IdSource::new(NodeId(3), theirs.get()).job(Timestamp::from_millis(EPOCH));
        assert_eq!(ours.made_at(), theirs.made_at());
        assert_ne!(ours, theirs);
    }
}
