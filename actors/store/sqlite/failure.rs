//! How far a failure of SQLite reaches.

use rusqlite::{Error, ErrorCode, ffi};

use crate::{
    failpoint::{self, Fault},
    store::StoreError,
};

/// What a failure takes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FailureScope {
    /// The change alone: a constraint, a value that cannot be read, a panic.
    Change,
    /// Every change of its group; the next group may do better. Disk full, database locked.
    Group,
    /// The store: after these, SQLite's word on what is on the disk is worth nothing.
    Store,
}

impl FailureScope {
    /// Judges by SQLite's result code. <https://sqlite.org/rescode.html>
    pub(super) fn of(error: &Error) -> Self {
        let Error::SqliteFailure(code, _) = error else { return Self::Change };
        match code.code {
            // The index of the log could not grow, or memory is short: both pass.
            ErrorCode::SystemIoFailure
                if matches!(
                    code.extended_code,
                    ffi::SQLITE_IOERR_SHMSIZE | ffi::SQLITE_IOERR_SHMMAP | ffi::SQLITE_IOERR_NOMEM
                ) =>
            {
                Self::Group
            }
            ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Store,
            ErrorCode::DiskFull
            | ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::ReadOnly
            | ErrorCode::CannotOpen
            | ErrorCode::OutOfMemory
            | ErrorCode::PermissionDenied
            | ErrorCode::OperationInterrupted
            | ErrorCode::OperationAborted
            | ErrorCode::FileLockingProtocolFailed => Self::Group,
            _ => Self::Change,
        }
    }
}

/// What a caller is told.
pub(super) fn to_store_error(error: &Error) -> StoreError {
    match FailureScope::of(error) {
        FailureScope::Change | FailureScope::Group => StoreError::Unavailable(error.to_string()),
        FailureScope::Store => StoreError::Broken(error.to_string()),
    }
}

/// What is said of a store that was closed.
pub(super) fn closed() -> StoreError {
    StoreError::Unavailable("the store is closed".to_owned())
}

/// Passes a point where tests make SQLite fail.
pub(super) fn pass(point: &str) -> rusqlite::Result<()> {
    let code = match failpoint::fault(point) {
        None => return Ok(()),
        Some(Fault::Error) => ffi::SQLITE_IOERR,
        Some(Fault::Full) => ffi::SQLITE_FULL,
    };
    Err(Error::SqliteFailure(ffi::Error::new(code), Some(format!("failpoint {point}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(code: i32) -> FailureScope {
        FailureScope::of(&Error::SqliteFailure(ffi::Error::new(code), None))
    }

    #[test]
    fn a_full_disk_passes_and_a_failing_one_does_not() {
        assert_eq!(reach(ffi::SQLITE_FULL), FailureScope::Group);
        assert_eq!(reach(ffi::SQLITE_BUSY), FailureScope::Group);
        assert_eq!(reach(ffi::SQLITE_READONLY), FailureScope::Group);
        assert_eq!(reach(ffi::SQLITE_IOERR_SHMSIZE), FailureScope::Group);
        assert_eq!(reach(ffi::SQLITE_IOERR_FSYNC), FailureScope::Store);
        assert_eq!(reach(ffi::SQLITE_CORRUPT), FailureScope::Store);
        assert_eq!(reach(ffi::SQLITE_NOTADB), FailureScope::Store);
    }

    #[test]
    fn a_constraint_is_the_trouble_of_one_change() {
        assert_eq!(reach(ffi::SQLITE_CONSTRAINT_UNIQUE), FailureScope::Change);
        assert_eq!(FailureScope::of(&Error::UnwindingPanic), FailureScope::Change);
    }
}
