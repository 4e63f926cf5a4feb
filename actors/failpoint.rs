//! Places where tests make the system fail.
//!
//! Only in builds with debug assertions; in a release every call is nothing. The variable
//! `HERDGATE_FAILPOINTS` says what happens where: `store.commit.before=kill@37,parser.parse=panic`
//! kills the process at the 37th pass of one point and panics at each pass of the other. Points
//! that go through [`fault`] also know `error` (an I/O error) and `full` (no room on the disk); those
//! that go through [`hit_for`] can be meant for some subjects alone: `parser.parse?poison=panic`.
//!
//! Own code and not the crate `fail`, which is armed by a feature instead of by debug assertions, and
//! around which killing the process, faults of the disk and subjects would have to be built again.

/// What a point tells its caller to fail with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// As if the disk had failed.
    Error,
    /// As if the disk were full.
    Full,
}

/// Passes the point `name`.
#[cfg(not(debug_assertions))]
#[inline]
pub fn hit(_name: &str) {}

/// Passes the point `name` with something that has a name of its own.
#[cfg(not(debug_assertions))]
#[inline]
pub fn hit_for(_name: &str, _subject: &str) {}

/// Passes the point `name`, which can fail as the disk does.
#[cfg(not(debug_assertions))]
#[inline]
pub fn fault(_name: &str) -> Option<Fault> {
    None
}

#[cfg(debug_assertions)]
pub use armed::{fault, hit, hit_for};

#[cfg(debug_assertions)]
mod armed {
    use std::{
        collections::HashMap,
        sync::{
            OnceLock,
            atomic::{AtomicU64, Ordering},
        },
    };

    use rustix::process::{Pid, Signal, getpid, kill_process};

    use super::Fault;

    /// What happens at a point.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Act {
        /// As a power cut: nothing of the process gets to act.
        Kill,
        /// As a defect.
        Panic,
        /// The caller fails.
        Fault(Fault),
    }

    #[derive(Debug)]
    struct Point {
        act: Act,
        /// At this pass alone; at each one where absent.
        at: Option<u64>,
        passes: AtomicU64,
    }

    /// Passes the point `name`: does what the environment says for it.
    ///
    /// # Panics
    /// Where it says so.
    pub fn hit(name: &str) {
        let _ = fault(name);
    }

    /// Passes the point `name` with `subject`: also every point `name?part` whose part the subject
    /// contains.
    ///
    /// # Panics
    /// Where the environment says so.
    pub fn hit_for(name: &str, subject: &str) {
        hit(name);
        for (point, armed) in points() {
            let part = point.strip_prefix(name).and_then(|rest| rest.strip_prefix('?'));
            if part.is_some_and(|part| subject.contains(part)) {
                let _ = pass(point, armed);
            }
        }
    }

    /// Passes the point `name`, which can fail as the disk does.
    ///
    /// # Panics
    /// Where the environment says so.
    pub fn fault(name: &str) -> Option<Fault> {
        points().get(name).and_then(|point| pass(name, point))
    }

    fn points() -> &'static HashMap<String, Point> {
        static POINTS: OnceLock<HashMap<String, Point>> = OnceLock::new();
        POINTS.get_or_init(read)
    }

    fn pass(name: &str, point: &Point) -> Option<Fault> {
        let pass = point.passes.fetch_add(1, Ordering::Relaxed) + 1;
        if point.at.is_some_and(|at| at != pass) {
            return None;
        }
        match point.act {
            Act::Kill => {
                let this: Pid = getpid();
                let _ = kill_process(this, Signal::KILL);
                None
            }
            Act::Panic => panic!("failpoint {name}, pass {pass}"),
            Act::Fault(fault) => Some(fault),
        }
    }

    fn read() -> HashMap<String, Point> {
        let text = std::env::var("HERDGATE_FAILPOINTS").unwrap_or_default();
        text.split(',').filter_map(point).collect()
    }

    fn point(text: &str) -> Option<(String, Point)> {
        let (name, act) = text.trim().split_once('=')?;
        let (act, at) = match act.split_once('@') {
            Some((act, at)) => (act, Some(at.parse().ok()?)),
            None => (act, None),
        };
        let act = match act {
            "kill" => Act::Kill,
            "panic" => Act::Panic,
            "error" => Act::Fault(Fault::Error),
            "full" => Act::Fault(Fault::Full),
            _ => return None,
        };
        Some((name.to_owned(), Point { act, at, passes: AtomicU64::new(0) }))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_point_is_read_with_its_pass() {
            let (name, point) = point("store.commit.before=full@37").unwrap();
            assert_eq!(name, "store.commit.before");
            assert_eq!((point.act, point.at), (Act::Fault(Fault::Full), Some(37)));
        }

        #[test]
        fn nonsense_names_no_point() {
            for text in ["", "store", "store=explode", "store=kill@soon"] {
                assert!(point(text).is_none(), "{text}");
            }
        }
    }
}
