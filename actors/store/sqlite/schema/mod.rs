//! Tables, and how older ones become today's.
//!
//! `PRAGMA user_version` counts the migrations that a file has had. States are words and times are
//! milliseconds since 1970, so that `sqlite3` shows something to read.

mod ids;

use std::{path::Path, time::Duration};

use rusqlite::{Connection, Transaction, functions::FunctionFlags};

use super::dedupe_keys;

/// What `file` shows of a database: Herd, in ASCII.
pub(super) const APPLICATION: i64 = 1_214_607_972;

/// The version that this program writes.
pub(super) const VERSION: i64 = 3;

/// The format of JSON columns that this program writes, and the newest that it reads.
pub(super) const FORMAT: u32 = 1;

/// Each step takes a file one version further; steps are never changed once released.
const V1: &str = include_str!("v1.sql");
const V2: &str = include_str!("v2.sql");
const V3: &str = include_str!("v3.sql");

/// Whose file this is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Identity {
    /// Nobody's yet.
    Empty,
    /// Ours, of this version.
    Ours(i64),
    /// Another program's, and what says so.
    Foreign(String),
}

/// Looks whose file this is, and changes nothing.
pub(super) fn identify(connection: &Connection) -> rusqlite::Result<Identity> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    if application != 0 && application != APPLICATION {
        return Ok(Identity::Foreign(format!("its application id is {application}, ours is {APPLICATION}")));
    }
    if version < 0 {
        return Ok(Identity::Foreign(format!("its version is {version}")));
    }
    if version > 0 {
        return Ok(Identity::Ours(version));
    }
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(match tables {
        0 => Identity::Empty,
        _ => Identity::Foreign("it has tables of another program".to_owned()),
    })
}

/// Brings a file of `version` to today's, all or nothing. `folder` is where it lies, `window` how
/// long its keys were remembered.
pub(super) fn migrate(
    connection: &mut Connection,
    version: i64,
    folder: &Path,
    window: Duration,
) -> rusqlite::Result<()> {
    if version == VERSION {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    if version < 1 {
        transaction.execute_batch(V1)?;
    }
    if version < 2 {
        to_v2(&transaction, folder, window)?;
    }
    if version < 3 {
        to_v3(&transaction)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}

fn to_v2(transaction: &Transaction<'_>, folder: &Path, window: Duration) -> rusqlite::Result<()> {
    ids::register(transaction, window)?;
    transaction.execute_batch(V2)?;
    ids::unregister(transaction)?;
    // Before the commit: a crash in between leaves folders that the next try finds renamed already.
    ids::rename_runs(&folder.join("runs"))
}

fn to_v3(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    transaction.create_scalar_function("key_digest", 2, flags, |call| {
        Ok(dedupe_keys::digest(&call.get::<String>(0)?, &call.get::<String>(1)?))
    })?;
    transaction.execute_batch(V3)?;
    transaction.remove_function("key_digest", 2)
}
