//! By which secret a delivery is signed, if by any.

use std::path::PathBuf;

use clap::Args;
use herdgate_actors::{
    domain::{Headers, ProviderName, Secret, Signature, Source},
    provider,
};

use super::event::Event;
use crate::cli::outcome::report;

/// How a delivery is signed; by the current secret of its source where nothing is said.
#[derive(Debug, Args)]
pub(super) struct Signing {
    /// Do not sign it.
    #[arg(long, conflicts_with_all = ["tampered", "previous_secret", "secret_file"])]
    unsigned: bool,
    /// Change the body behind the signature's back.
    #[arg(long)]
    tampered: bool,
    /// Sign with the previous secret, which is accepted while a secret is rotated.
    #[arg(long, conflicts_with = "secret_file")]
    previous_secret: bool,
    /// Sign with the secret in this file, without a project.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

/// Who signs; nobody where there is no secret.
pub(super) struct Signer(Option<Box<Holder>>);

/// Whoever has a secret.
struct Holder {
    secret: Secret,
    signature: Signature,
    /// Whether the body is changed afterwards.
    tampered: bool,
}

impl Signing {
    /// Whether the secret is one of the project's.
    pub(super) fn needs_project(&self) -> bool {
        !self.unsigned && self.secret_file.is_none()
    }

    /// Whether the lack of a signature was asked for.
    pub(super) fn is_deliberate(&self) -> bool {
        self.unsigned
    }

    /// Whether a gate that is well set up refuses it.
    pub(super) fn is_refused_by_design(&self) -> bool {
        self.unsigned || self.tampered
    }

    pub(super) fn signer(&self, provider: ProviderName, source: Option<&Source>) -> miette::Result<Signer> {
        if self.unsigned {
            return Ok(Signer(None));
        }
        let spec = provider::spec(provider);
        let found = match (&self.secret_file, source) {
            (Some(path), _) => {
                let text = std::fs::read(path)
                    .map_err(|error| report(format!("cannot read {}: {error}", path.display())))?;
                let secret = Secret::read(spec.credential.key, text.trim_ascii())
                    .map_err(|error| report(format!("{}: {error}", path.display())))?;
                Some((secret, spec.signatures.first().cloned()))
            }
            (None, Some(source)) => {
                let secret = source.secrets.get(usize::from(self.previous_secret)).cloned();
                if secret.is_none() && self.previous_secret {
                    return Err(report(format!(
                        "source {} has no previous secret\nhelp: `herdgate creds add {provider} <instance> --rotate` keeps one",
                        source.name
                    )));
                }
                secret.map(|secret| (secret, source.signatures.first().cloned()))
            }
            (None, None) => None,
        };
        Ok(match found {
            Some((secret, Some(signature))) => {
                Signer(Some(Box::new(Holder { secret, signature, tampered: self.tampered })))
            }
            _ if self.tampered => {
                return Err(report("the source has no secret, so that nothing can be tampered with"));
            }
            _ => Signer(None),
        })
    }
}

impl Signer {
    pub(super) fn is_nobody(&self) -> bool {
        self.0.is_none()
    }

    /// What goes over the wire.
    pub(super) fn sign(self, event: Event) -> (Vec<(String, String)>, Vec<u8>) {
        let Event { mut headers, mut body } = event;
        let Some(holder) = self.0 else { return (headers, body) };
        let Holder { secret, signature, tampered } = *holder;
        let signed: Headers = headers.iter().cloned().collect();
        if let Some(value) = secret.sign(&signature, &signed, &body) {
            headers.push((signature.header.into_owned(), value));
        }
        if tampered {
            // White space means nothing to JSON, and everything to a signature.
            body.push(b'\n');
        }
        (headers, body)
    }
}
