//! Opens the file, for this process alone.

use std::{
    fs, io,
    io::{Read, Seek, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection, OpenFlags};
use rustix::{
    fs::{FlockOperation, flock},
    io::Errno,
    process::{Pid, test_kill_process},
};

use super::schema::{self, Identity};

/// So long the lock of a gate that is gone may still be held: a child that it was about to make when it
/// was killed has all its descriptors until it becomes another program.
const LEFT_LOCK: Duration = Duration::from_secs(2);

/// Why there is no store.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file, its folder or its lock.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        error: io::Error,
    },
    /// Another gate uses it.
    #[error("{} is in use by another gate (process {owner})", path.display())]
    InUse {
        /// The store.
        path: PathBuf,
        /// Who.
        owner: String,
    },
    /// Another program wrote it.
    #[error("{} belongs to another program ({sign}): give the gate a data folder of its own", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What says so.
        sign: String,
    },
    /// A newer program wrote it.
    #[error("{} has version {found}, this program knows versions up to {known}: use a newer one", path.display())]
    TooNew {
        /// The store.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// An older program wrote it, and this one only reads.
    #[error("{} has version {found}, this program reads version {known}: start its gate once", path.display())]
    TooOld {
        /// The store.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// SQLite cannot use it.
    #[error("{}: {error}", path.display())]
    Sqlite {
        /// The store.
        path: PathBuf,
        /// What is wrong.
        error: rusqlite::Error,
    },
}

/// Statements that are kept ready; there are about forty.
const CACHED_STATEMENTS: usize = 64;

/// How long to wait for a lock that somebody with `sqlite3` may hold. Deliveries wait meanwhile, and
/// Sentry hangs up after a second.
const BUSY: Duration = Duration::from_millis(500);

/// Held as long as the store is open; the system lets go of it when the process dies.
#[derive(Debug)]
pub(super) struct Lock(fs::File);

/// The files that the store opened, as the system knows them.
#[derive(Debug)]
pub(super) struct Files(Vec<(PathBuf, FileId)>);

type FileId = (u64, u64);

impl Files {
    /// The database and its lock, right after they were opened.
    pub(super) fn of(path: &Path, lock: &Lock) -> io::Result<Self> {
        let held = lock.0.metadata()?;
        let database = (path.to_owned(), id(&fs::metadata(path)?));
        Ok(Self(vec![database, (path.with_extension("lock"), id(&held))]))
    }

    /// Whether they are still there under their names: what is written to a file that was removed is
    /// gone with its process, and beside a lock that was removed a second gate can start.
    pub(super) fn check(&self) -> Result<(), String> {
        self.0.iter().try_for_each(|(path, known)| match fs::metadata(path) {
            Ok(found) if id(&found) == *known => Ok(()),
            Ok(_) => Err(format!("{} was replaced while the gate had it open", path.display())),
            Err(error) => Err(format!("{} was removed while the gate had it open: {error}", path.display())),
        })
    }
}

fn id(file: &fs::Metadata) -> FileId {
    (file.dev(), file.ino())
}

/// Makes the folder and the file, mode 0700 and 0600, and takes the lock.
pub(super) fn prepare(path: &Path) -> Result<Lock, OpenError> {
    let file_error = |path: &Path| {
        let path = path.to_owned();
        move |error| OpenError::File { path, error }
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(file_error(folder))?;
    let lock_path = path.with_extension("lock");
    let lock = lock(path, &lock_path)?;
    check(path)?;
    // Before SQLite does, because it would be readable by others; its log takes over the mode.
    fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
        .map_err(file_error(path))?;
    Ok(lock)
}

fn lock(path: &Path, lock_path: &Path) -> Result<Lock, OpenError> {
    let failed = |error| OpenError::File { path: lock_path.to_owned(), error };
    let mut file = fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .mode(0o600)
        .open(lock_path)
        .map_err(failed)?;
    let end = Instant::now() + LEFT_LOCK;
    while flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
        let mut owner = String::new();
        file.rewind().map_err(failed)?;
        file.read_to_string(&mut owner).map_err(failed)?;
        if is_alive(owner.trim()) || Instant::now() > end {
            return Err(OpenError::InUse { path: path.to_owned(), owner: owner.trim().to_owned() });
        }
        thread::sleep(Duration::from_millis(20));
    }
    file.set_len(0).map_err(failed)?;
    file.rewind().map_err(failed)?;
    writeln!(file, "{}", std::process::id()).map_err(failed)?;
    Ok(Lock(file))
}

/// Whether a process is there. One that cannot be read, or is another user's, is.
fn is_alive(process: &str) -> bool {
    let process = process.parse().ok().and_then(Pid::from_raw);
    process.is_none_or(|process| test_kill_process(process) != Err(Errno::SRCH))
}

/// A connection that writes durably.
pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(BUSY)?;
    // Before the first table: space of what is pruned goes back to the disk.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    // In this mode alone a commit is on the disk when it returns.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // In KiB: what a gate reads again and again (index pages) is far smaller.
    connection.pragma_update(None, "cache_size", -16_384)?;
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    Ok(connection)
}

/// A connection that reads, also while another process writes.
pub(super) fn connect_reader(path: &Path) -> Result<Connection, OpenError> {
    let sqlite = |error| OpenError::Sqlite { path: path.to_owned(), error };
    let connection = reading(path).map_err(sqlite)?;
    match version(&connection, path)? {
        schema::VERSION => Ok(connection),
        found => Err(OpenError::TooOld { path: path.to_owned(), found, known: schema::VERSION }),
    }
}

/// A connection that reads a store of this version or an earlier one.
pub(super) fn connect_any_version(path: &Path) -> Result<Connection, OpenError> {
    let connection = reading(path).map_err(|error| OpenError::Sqlite { path: path.to_owned(), error })?;
    version(&connection, path).map(|_| connection)
}

/// The version of a file that is ours, or empty, and not newer than this program.
fn version(connection: &Connection, path: &Path) -> Result<i64, OpenError> {
    let path = || path.to_owned();
    let identity = schema::identify(connection).map_err(|error| OpenError::Sqlite { path: path(), error })?;
    match identity {
        Identity::Empty => Ok(0),
        Identity::Foreign(sign) => Err(OpenError::Foreign { path: path(), sign }),
        Identity::Ours(found) if found > schema::VERSION => {
            Err(OpenError::TooNew { path: path(), found, known: schema::VERSION })
        }
        Identity::Ours(found) => Ok(found),
    }
}

fn reading(path: &Path) -> rusqlite::Result<Connection> {
    // Not read-only as SQLite has it: a reader of a log must be able to make its index.
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .or_else(|_| {
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
    })?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "cache_size", -4096)?;
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    Ok(connection)
}

/// Refuses what is not ours, before anything is changed.
fn check(path: &Path) -> Result<(), OpenError> {
    let sqlite = |error| OpenError::Sqlite { path: path.to_owned(), error };
    if fs::metadata(path).map_or(0, |file| file.len()) == 0 {
        return Ok(());
    }
    let connection = reading(path).map_err(sqlite)?;
    version(&connection, path).map(drop)
}

/// Brings the tables to today's version.
pub(super) fn migrate(connection: &mut Connection, path: &Path, window: Duration) -> Result<(), OpenError> {
    let version = version(connection, path)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    schema::migrate(connection, version, folder, window)
        .map_err(|error| OpenError::Sqlite { path: path.to_owned(), error })
}
