//! `herdgate creds add`.

use std::io::{self, IsTerminal, Read};

use clap::Args;
use herdgate_actors::domain::Secret;
use secrecy::{ExposeSecret, SecretSlice};
use serde_json::json;

use super::kind::{Users, Which, credentials};
use crate::{
    cli::{
        globals::Globals,
        outcome::{Outcome, report, usage},
        print::{Out, note},
    },
    credentials::random_hex,
};

/// Longer than any secret.
const LONGEST: u64 = 64 * 1024;

/// Put a secret into its file: asked for without being shown, or read from standard input.
#[derive(Debug, Args)]
#[command(after_help = "\
herdgate creds add github                    asks, and shows nothing
pass show hook | herdgate creds add github   reads standard input
herdgate creds add github acme --rotate      the one that was there is accepted on for a while")]
pub(super) struct Add {
    #[command(flatten)]
    which: Which,
    /// Make a random one. It is not shown: its file has it.
    #[arg(long)]
    generate: bool,
    #[command(flatten)]
    place: Place,
}

/// What becomes of a secret that is there.
#[derive(Debug, Args)]
struct Place {
    /// Keep the secret that is there as the previous one, which is accepted too.
    #[arg(long, conflicts_with_all = ["previous", "replace"])]
    rotate: bool,
    /// This is the previous secret, which is accepted too.
    #[arg(long)]
    previous: bool,
    /// Put it in the place of one that is there.
    #[arg(long)]
    replace: bool,
}

impl Add {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        let credentials = credentials(globals)?;
        let field = self.which.field(self.place.previous)?;
        if self.place.rotate {
            self.which.field(true)?;
        }
        let path = credentials.path_of(self.which.kind(), &self.which.instance, field).map_err(report)?;
        if path.exists() && !self.place.rotate && !self.place.replace {
            return Err(report(format!(
                "there is a secret at {} already\nhelp: `--rotate` keeps it as the previous one, `--replace` does not",
                path.display()
            )));
        }
        let secret = self.secret()?;
        self.look_at(&secret)?;
        credentials
            .write(&path, &secret, self.place.rotate)
            .map_err(|error| report(format!("cannot write {}: {error}", path.display())))?;
        let users = Users::of(globals);
        let users = users.sources(self.which.kind(), &self.which.instance);
        let mut out = Out::new();
        if globals.json {
            out.json(&json!({ "path": path, "rotated": self.place.rotate, "sources": users }))?;
        } else {
            out.line(format!("the secret is in {}", path.display()))?;
            out.line(match users {
                [] => "no source of this project uses it yet".to_owned(),
                users => {
                    format!(
                        "used by {}: a gate that serves them takes it on `herdgate reload`",
                        users.join(", ")
                    )
                }
            })?;
        }
        out.success()
    }

    fn secret(&self) -> miette::Result<SecretSlice<u8>> {
        if self.generate {
            let made =
                random_hex().map_err(|error| report(format!("the system gives no random bytes: {error}")))?;
            return Ok(made.into_bytes().into());
        }
        if io::stdin().is_terminal() {
            let asked = rpassword::prompt_password("Secret (not shown): ");
            let text = asked.map_err(|error| report(format!("cannot ask for the secret: {error}")))?;
            return Ok(text.trim().as_bytes().to_vec().into());
        }
        let mut bytes = Vec::new();
        io::stdin()
            .take(LONGEST + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| report(format!("cannot read standard input: {error}")))?;
        let bytes: SecretSlice<u8> = bytes.into();
        Ok(bytes.expose_secret().trim_ascii().to_vec().into())
    }

    /// Refuses what could never verify anything, without showing it.
    fn look_at(&self, secret: &SecretSlice<u8>) -> miette::Result<()> {
        let bytes = secret.expose_secret();
        if bytes.is_empty() {
            return Err(usage("the secret is empty: an empty one would let anybody sign"));
        }
        if bytes.len() as u64 > LONGEST {
            return Err(usage("this is too long for a secret: is it another file?"));
        }
        let Some(provider) = self.which.provider() else { return Ok(()) };
        let spec = provider.spec();
        Secret::read(spec.credential.key, bytes)
            .map(|_| ())
            .map_err(|error| report(format!("{error}, as {} gives them", spec.title)))?;
        if bytes.len() < 16 {
            note(&format!("warning: {} letters can be guessed; `--generate` makes a long one", bytes.len()));
        }
        Ok(())
    }
}
