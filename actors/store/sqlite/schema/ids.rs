//! From the ids of version 1 to today's.
//!
//! Version 1 had 42 bits of milliseconds since 1970 and 21 bits of sequence. The new id keeps the
//! sequence in the bits of node and sequence, so that the order stays.

use std::{fs, io, path::Path, time::Duration};

use rusqlite::{Connection, functions::FunctionFlags};

use crate::domain::JobId;

/// 2025-01-01T00:00:00Z, from which today's ids count.
const EPOCH: i64 = 1_735_689_600_000;
const OLD_SEQUENCE: i64 = (1 << 21) - 1;
/// Version 1 made no id of 2025 or later below this; today's ids reach it in 2052.
const FIRST_OLD: i64 = EPOCH << 21;

/// Today's id for one of version 1. Ids of clocks that stood before 2025 come before all others.
fn new_id(old: i64) -> i64 {
    let millis = old >> 21;
    if millis < EPOCH { millis } else { ((millis - EPOCH) << 22) | (old & OLD_SEQUENCE) }
}

/// A job's key with its receipt id, which is the end of it, replaced.
fn new_key(old: &str) -> String {
    let Some(at) = old.rfind(['/', ':']) else { return old.to_owned() };
    let (head, id) = old.split_at(at + 1);
    match id.parse::<JobId>() {
        Ok(id) => format!("{head}{}", JobId::from_raw(new_id(id.get()))),
        Err(_) => old.to_owned(),
    }
}

/// Makes the functions known to SQL.
pub(super) fn register(connection: &Connection, window: Duration) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    let window = i64::try_from(window.as_millis()).unwrap_or(i64::MAX / 4);
    connection
        .create_scalar_function("new_id", 1, flags, |call| Ok(call.get::<Option<i64>>(0)?.map(new_id)))?;
    connection.create_scalar_function("new_key", 1, flags, |call| {
        Ok(call.get::<Option<String>>(0)?.map(|key| new_key(&key)))
    })?;
    connection.create_scalar_function("old_window", 0, flags, move |_| Ok(window))
}

/// Forgets them again.
pub(super) fn unregister(connection: &Connection) -> rusqlite::Result<()> {
    connection.remove_function("new_id", 1)?;
    connection.remove_function("new_key", 1)?;
    connection.remove_function("old_window", 0)
}

/// Renames the folders of runs: `<old job>-<attempt>` to `<new job>-<attempt>`. What has its new name
/// already, or is no run, is left alone.
pub(super) fn rename_runs(runs: &Path) -> rusqlite::Result<()> {
    let failed = |error: io::Error| rusqlite::Error::ToSqlConversionFailure(Box::new(error));
    let entries = match fs::read_dir(runs) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    for entry in entries {
        let entry = entry.map_err(failed)?;
        if let Some(name) = entry.file_name().to_str().and_then(new_run) {
            fs::rename(entry.path(), runs.join(name)).map_err(failed)?;
        }
    }
    Ok(())
}

fn new_run(name: &str) -> Option<String> {
    let (job, attempt) = name.split_once('-')?;
    let job = job.parse::<JobId>().ok().filter(|job| job.get() >= FIRST_OLD)?;
    Some(format!("{}-{attempt}", JobId::from_raw(new_id(job.get()))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;

    #[test]
    fn a_new_id_tells_the_time_of_the_old_one_and_keeps_its_order() {
        let old =
            [(1_795_000_000_000_i64 << 21) + 7, (1_795_000_000_000 << 21) + 9_000, 1_795_000_000_001 << 21];
        let new = old.map(new_id);
        assert!(new.is_sorted());
        assert_eq!(JobId::from_raw(new[0]).made_at(), Timestamp::from_millis(1_795_000_000_000));
        assert_eq!(JobId::from_raw(new[2]).made_at(), Timestamp::from_millis(1_795_000_000_001));
        assert!(
            new_id(5 << 21) < new_id(6 << 21) && new_id(6 << 21) < new[0],
            "of a clock that stood at 1970"
        );
    }

    #[test]
    fn the_receipt_in_a_key_gets_its_new_id() {
        let old = JobId::from_raw(1_795_000_000_000 << 21);
        let new = JobId::from_raw(new_id(old.get()));
        assert_eq!(new_key(&format!("my/hub/{old}")), format!("my/hub/{new}"));
        assert_eq!(new_key(&format!("replay:{old}")), format!("replay:{new}"));
        assert_eq!(new_key("something else"), "something else");
    }

    #[test]
    fn folders_of_runs_are_renamed_once() {
        let folder = tempfile::tempdir().unwrap();
        let old = JobId::from_raw(1_795_000_000_000 << 21);
        let new = JobId::from_raw(new_id(old.get()));
        for name in [format!("{old}-1"), format!("{old}-2"), "notes".to_owned()] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        rename_runs(folder.path()).unwrap();
        rename_runs(folder.path()).unwrap();
        let mut names: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, [format!("{new}-1"), format!("{new}-2"), "notes".to_owned()]);
        rename_runs(&folder.path().join("nowhere")).unwrap();
    }
}
