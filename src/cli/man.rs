//! `herdgate man`.

use std::{fs, path::PathBuf};

use clap::{Args, Command};
use clap_mangen::Man as Page;

use super::{
    outcome::{Outcome, report},
    print::Out,
};

/// Write the manual pages of all commands into a folder, or print the first one.
#[derive(Debug, Args)]
#[command(after_help = "herdgate man ~/.local/share/man/man1, then: man herdgate-send")]
pub(super) struct Man {
    /// Where to; without it the page of `herdgate` itself is printed.
    folder: Option<PathBuf>,
}

impl Man {
    pub(super) fn run(self, program: Command) -> Outcome {
        let mut out = Out::new();
        let Some(folder) = self.folder else {
            let mut page = Vec::new();
            Page::new(program).render(&mut page).map_err(report)?;
            out.bytes(&page)?;
            return out.success();
        };
        let unwritten = |error| report(format!("cannot write manual pages to {}: {error}", folder.display()));
        fs::create_dir_all(&folder).map_err(unwritten)?;
        clap_mangen::generate_to(program, &folder).map_err(unwritten)?;
        out.line(format!("the manual pages are in {}", folder.display()))?;
        out.success()
    }
}
