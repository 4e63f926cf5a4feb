//! `herdgate creds`: secrets in files, never on the screen.
//!
//! - `add`: takes a secret in. `list`: what is there. `remove`: takes it away.
//! - `kind`: which files a user means.

mod add;
mod kind;
mod list;
mod remove;

use clap::{Args, Subcommand};

use super::{globals::Globals, outcome::Outcome};

/// Keep secrets: add, list or remove credentials. None is ever shown.
#[derive(Debug, Args)]
pub(super) struct Creds {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Put a secret into its file: asked for without being shown, or read from standard input.
    Add(add::Add),
    /// List what is there, and which sources use it.
    #[command(visible_alias = "list")]
    Ls(list::List),
    /// Delete a secret.
    Rm(remove::Remove),
}

impl Creds {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        match self.action {
            Action::Add(add) => add.run(globals),
            Action::Ls(list) => list.run(globals),
            Action::Rm(remove) => remove.run(globals),
        }
    }
}
