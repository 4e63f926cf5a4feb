//! Moves what is in the write-ahead log into the database, beside the writer.
//!
//! A checkpoint beside a busy writer never reaches the end of the log, and a log whose end is not
//! reached never starts over. So when the log is long, the thread here comes as near to its end as
//! it can, and the writer itself takes the short rest between two groups.

use std::{
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, SyncSender, TrySendError},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use rusqlite::Connection;

use super::open::connect;

/// A checkpoint is due after about this many bytes of deliveries: rarely enough that a page which
/// many changes touch is moved once for all of them.
const EVERY_BYTES: usize = 16 << 20;
/// Or after this many changes, which write about two pages each.
const EVERY_CHANGES: usize = 4_000;
/// A log of more pages than this (64 MiB) is to start over.
const LONG_LOG: i64 = 16_384;
/// So many pages (4 MiB) the writer moves itself: some 20 ms.
const SHORT_REST: i64 = 1_024;
/// Each pass halves the rest or better, unless a reader holds on to the log.
const PASSES: usize = 6;

/// Decides when to move, on behalf of the writer.
pub(super) struct Checkpointer {
    wake: SyncSender<()>,
    rest_is_short: Arc<AtomicBool>,
    thread: JoinHandle<()>,
    bytes: usize,
    changes: usize,
}

impl Checkpointer {
    /// Starts the thread with a connection of its own.
    pub(super) fn start(path: &Path) -> io::Result<Self> {
        let connection = connect(path).map_err(io::Error::other)?;
        let (wake, woken) = mpsc::sync_channel(1);
        let rest_is_short = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&rest_is_short);
        let thread = thread::Builder::new().name("store-checkpoint".to_owned()).spawn(move || {
            while woken.recv().is_ok() {
                // A failure shows at the writer soon enough, which knows whom to tell.
                if approach_end(&connection).unwrap_or(false) {
                    flag.store(true, Ordering::Release);
                }
            }
        })?;
        Ok(Self { wake, rest_is_short, thread, bytes: 0, changes: 0 })
    }

    /// Counts a commit, and has a checkpoint made when it is time.
    pub(super) fn wrote(&mut self, bytes: usize, changes: usize, connection: &Connection) {
        self.bytes += bytes;
        self.changes += changes;
        if self.rest_is_short.swap(false, Ordering::AcqRel) {
            // With nobody writing it reaches the end; the next commit starts the log over.
            let _ = checkpoint(connection, "PASSIVE");
        }
        if self.bytes >= EVERY_BYTES || self.changes >= EVERY_CHANGES {
            match self.wake.try_send(()) {
                Ok(()) => (self.bytes, self.changes) = (0, 0),
                // One is under way; it is asked for again after the next commit.
                Err(TrySendError::Full(()) | TrySendError::Disconnected(())) => {}
            }
        }
    }

    /// Leaves an empty log behind.
    pub(super) fn finish(self, connection: &Connection) {
        drop(self.wake);
        let _ = self.thread.join();
        let _ = connection.busy_timeout(Duration::from_secs(2));
        let _ = checkpoint(connection, "TRUNCATE");
    }
}

/// One pass; where the log is long, as many as it takes to leave a short rest. Says whether the
/// writer should take that.
fn approach_end(connection: &Connection) -> rusqlite::Result<bool> {
    for _ in 0..PASSES {
        let log = checkpoint(connection, "PASSIVE")?;
        if log.pages < LONG_LOG {
            return Ok(false);
        }
        if log.pages - log.moved < SHORT_REST {
            return Ok(true);
        }
    }
    // A reader holds on to an old part, or the writer is faster than the disk. In either case the
    // writer has to try: it is what slows itself down.
    Ok(true)
}

struct Log {
    pages: i64,
    moved: i64,
}

fn checkpoint(connection: &Connection, mode: &str) -> rusqlite::Result<Log> {
    connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
        Ok(Log { pages: row.get(1)?, moved: row.get(2)? })
    })
}
