//! How far a failure of SQLite reaches.

use rusqlite::{Error, ErrorCode, ffi};

use crate::{
    failpoint::{self, Fault},
    store::StoreError,
};

/// What a failure takes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// The change alone: a constraint, a value that cannot be read, a panic.
    Change,
    /// Every change of its group; the next group may do better. Disk full, database locked.
    Group,
    /// The store: after these, SQLite's word on what is on the disk is worth nothing.
    Store,
}

impl Reach {
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
pub(super) fn told(error: &Error) -> StoreError {
    match Reach::of(error) {
        Reach::Change | Reach::Group => StoreError::Unavailable(error.to_string()),
        Reach::Store => StoreError::Broken(error.to_string()),
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

    fn reach(code: i32) -> Reach {
        Reach::of(&Error::SqliteFailure(ffi::Error::new(code), None))
    }

    #[test]
    fn a_full_disk_passes_and_a_failing_one_does_not() {
        assert_eq!(reach(ffi::SQLITE_FULL), Reach::Group);
        assert_eq!(reach(ffi::SQLITE_BUSY), Reach::Group);
        assert_eq!(reach(ffi::SQLITE_READONLY), Reach::Group);
        assert_eq!(reach(ffi::SQLITE_IOERR_SHMSIZE), Reach::Group);
        assert_eq!(reach(ffi::SQLITE_IOERR_FSYNC), Reach::Store);
        assert_eq!(reach(ffi::SQLITE_CORRUPT), Reach::Store);
        assert_eq!(reach(ffi::SQLITE_NOTADB), Reach::Store);
    }

    #[test]
    fn a_constraint_is_the_trouble_of_one_change() {
        assert_eq!(reach(ffi::SQLITE_CONSTRAINT_UNIQUE), Reach::Change);
        assert_eq!(Reach::of(&Error::UnwindingPanic), Reach::Change);
    }
}
