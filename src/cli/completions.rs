//! `herdgate completions`.

use clap::{Args, Command};
use clap_complete::Shell;

use super::{outcome::Outcome, print::Out};

/// Print what a shell needs to complete commands and options.
#[derive(Debug, Args)]
#[command(after_help = "\
Bash:  herdgate completions bash > ~/.local/share/bash-completion/completions/herdgate
Zsh:   herdgate completions zsh > \"${fpath[1]}/_herdgate\"
Fish:  herdgate completions fish > ~/.config/fish/completions/herdgate.fish")]
pub(super) struct Completions {
    /// Whose.
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self, mut program: Command) -> Outcome {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut program, "herdgate", &mut script);
        let mut out = Out::new();
        out.bytes(&script)?;
        out.success()
    }
}
