//! `herdgate creds rm`.

use std::process::ExitCode;

use clap::Args;
use herdgate_actors::provider::PREVIOUS_SECRET_FILE;
use serde_json::json;

use super::kind::{Users, Which, credentials};
use crate::cli::{
    confirm::agreed,
    globals::Globals,
    outcome::{Outcome, report},
    print::{Out, note},
};

/// Delete a secret.
#[derive(Debug, Args)]
pub(super) struct Remove {
    #[command(flatten)]
    which: Which,
    /// Only the previous one, once nobody signs with it any more.
    #[arg(long)]
    previous: bool,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
}

impl Remove {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        let credentials = credentials(globals)?;
        let (kind, instance) = (self.which.kind(), self.which.instance.as_str());
        let path =
            |previous| credentials.path_of(kind, instance, self.which.field(previous)?).map_err(report);
        let mut paths = vec![path(self.previous)?];
        if !self.previous && paths[0].with_file_name(PREVIOUS_SECRET_FILE).exists() {
            paths.extend(path(true));
        }
        if !paths[0].exists() {
            let stored = credentials.list().unwrap_or_default();
            let of_type = stored.iter().filter(|stored| stored.r#type == kind);
            let there: Vec<_> =
                of_type.map(|stored| format!("{}/{}", stored.instance, stored.field)).collect();
            let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
            return Err(report(format!(
                "there is no secret at {}\nhelp: of type {kind} there are: {there}",
                paths[0].display()
            )));
        }
        let users = Users::of(globals);
        let users = users.sources(kind, instance);
        let whose = match users {
            [] => String::new(),
            _ if self.previous => format!(", which {} still accepts", users.join(", ")),
            users => format!(", by which {} is verified", users.join(", ")),
        };
        if !agreed(&format!("{} will be deleted{whose}", paths[0].display()), self.yes)? {
            note("nothing was deleted");
            return Ok(ExitCode::FAILURE);
        }
        credentials.remove(&paths).map_err(|error| report(format!("cannot delete the secret: {error}")))?;
        let mut out = Out::new();
        if globals.json {
            out.json(&json!({ "deleted": paths, "sources": users }))?;
        } else {
            for path in &paths {
                out.line(format!("deleted {}", path.display()))?;
            }
        }
        out.success()
    }
}
