//! `herdgate backup`.

use std::{path::PathBuf, time::Instant};

use bytesize::ByteSize;
use clap::Args;
use herdgate_actors::store;
use serde_json::json;

use super::{
    globals::Globals,
    outcome::{Outcome, report},
    print::Out,
};
use crate::run::DATABASE;

/// Copy the store to a new file, also while a gate uses it.
///
/// The copy has every receipt, job and attempt of one moment, and is on the disk when the command ends.
/// What runs printed, the project and its secrets are files: copy those as files. To restore, end the
/// gate, put the copy in the place of herdgate.db, and delete herdgate.db-wal and herdgate.db-shm.
#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The file to write, which must not be there.
    file: PathBuf,
}

impl Backup {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        let begun = Instant::now();
        let located = globals.project().located()?;
        let bytes = store::backup(&located.data_dir.join(DATABASE), &self.file).map_err(report)?;
        let mut out = Out::new();
        let file = self.file.display();
        if globals.json {
            let seconds = begun.elapsed().as_secs_f64();
            out.json(&json!({ "file": file.to_string(), "bytes": bytes, "seconds": seconds }))?;
        } else {
            out.line(format!("the store is copied to {file} ({})", ByteSize(bytes)))?;
        }
        out.success()
    }
}
