//! Which gate is meant, and by which key it is asked.

use std::{env, net::SocketAddr, path::PathBuf};

use miette::IntoDiagnostic;
use secrecy::{ExposeSecret, SecretString};

use super::{
    gates::{Gates, Named, read_key},
    globals::Globals,
    outcome::report,
    print::note,
    project::Project,
};
use crate::{api_key, config::Located, run::addresses::ListenAddresses};

/// A gate that can be asked.
#[derive(Debug)]
pub(super) struct Target {
    /// Where its admin listener is.
    pub(super) url: String,
    /// Its key.
    pub(super) key: SecretString,
    /// Where that is from.
    pub(super) key_from: String,
}

type Key = (SecretString, String);

/// Finds the gate that is meant: by flag, by environment, the project here while a gate serves it, or
/// the usual one of the user's file.
pub(super) fn find(globals: &Globals) -> miette::Result<Target> {
    let gates = Gates::of_user()?;
    let given = given_key(globals)?;
    let told = globals.url.clone().or_else(|| env::var("HERDGATE_URL").ok().filter(|url| !url.is_empty()));
    if let (None, Some(name)) = (&globals.url, &globals.gate) {
        return named(&gates, name, gates.named(name)?, given);
    }
    if let Some(url) = told {
        return at(globals, &gates, &url, given);
    }
    let here = served_here(&globals.project());
    if let Ok((located, admin)) = here {
        let (key, key_from) = match given {
            Some(given) => given,
            None => key_of(&located)?.ok_or_else(|| no_key(&format!("http://{admin}"), &gates))?,
        };
        return Ok(Target { url: format!("http://{admin}"), key, key_from });
    }
    // Whoever names a project means no other gate.
    if globals.config.is_none()
        && let Some((name, gate)) = gates.usual()?
    {
        return named(&gates, name, gate, given);
    }
    let why = here.err().unwrap_or_default();
    let what = if globals.project().exists() {
        "no gate serves the project here"
    } else {
        "no gate is found to ask"
    };
    Err(report(format!(
        "{what}\nhelp: looked at\n  --url and HERDGATE_URL: not given\n  the project in {}: {why}\n  {}: {}\n`herdgate serve` starts a gate here; `--url` and `--key-file` reach one elsewhere",
        globals.project().path().display(),
        gates.file().display(),
        if gates.file().exists() { "names no usual `gate`" } else { "not there" },
    )))
}

fn named(gates: &Gates, name: &str, gate: &Named, given: Option<Key>) -> miette::Result<Target> {
    let url = checked(&gate.url)?;
    let key = match given {
        Some(given) => Some(given),
        None => gates.key(name, gate)?,
    };
    let (key, key_from) = key.ok_or_else(|| no_key(&url, gates))?;
    Ok(Target { url, key, key_from })
}

/// A gate at a URL. Only a key that belongs to that URL is sent there.
fn at(globals: &Globals, gates: &Gates, url: &str, given: Option<Key>) -> miette::Result<Target> {
    let url = checked(url)?;
    if let Some((key, key_from)) = given {
        return Ok(Target { url, key, key_from });
    }
    if let Some((name, gate)) = gates.at(&url)
        && let Some((key, key_from)) = gates.key(name, gate)?
    {
        return Ok(Target { url, key, key_from });
    }
    if let Ok((located, admin)) = served_here(&globals.project())
        && is_address(&url, admin)
        && let Some((key, key_from)) = key_of(&located)?
    {
        return Ok(Target { url, key, key_from });
    }
    Err(no_key(&url, gates))
}

fn no_key(url: &str, gates: &Gates) -> miette::Report {
    report(format!(
        "no key is found for the gate at {url}\nhelp: looked at --key, --key-file, HERDGATE_KEY, HERDGATE_KEY_FILE, [gates] in {} and the data folder of the project here; on the gate's machine the key lies in <data>/{}",
        gates.file().display(),
        api_key::FILE
    ))
}

fn given_key(globals: &Globals) -> miette::Result<Option<Key>> {
    let file = |path: &PathBuf| Ok(Some((read_key(path)?, path.display().to_string())));
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    if let Some(key) = &globals.key {
        return Ok(Some((key.clone(), "--key".to_owned())));
    }
    if let Some(path) = &globals.key_file {
        return file(path);
    }
    if let Some(key) = variable("HERDGATE_KEY") {
        return Ok(Some((key.into(), "HERDGATE_KEY".to_owned())));
    }
    variable("HERDGATE_KEY_FILE").map_or(Ok(None), |path| file(&PathBuf::from(path)))
}

/// The admin listener of the gate that serves a project, or why there is none.
fn served_here(project: &Project) -> Result<(Located, SocketAddr), String> {
    if !project.exists() {
        return Err("there is no project".to_owned());
    }
    let located = project.located().map_err(|error| error.to_string())?;
    let there = ListenAddresses::written(&located.data_dir);
    // Who listens on the port of a gate that is gone must not see the key.
    match there.filter(|there| there.is_alive(&located.data_dir)) {
        Some(there) => {
            for warning in &located.warnings {
                note(&format!("warning: {warning}"));
            }
            Ok((located, there.admin))
        }
        None => Err("no gate serves it".to_owned()),
    }
}

fn key_of(located: &Located) -> miette::Result<Option<Key>> {
    let found = api_key::find(&located.credentials, &located.data_dir).into_diagnostic()?;
    Ok(found.map(|found| (found.key.expose_secret().into(), found.path.display().to_string())))
}

fn is_address(url: &str, admin: SocketAddr) -> bool {
    let host = url.strip_prefix("http://");
    host.is_some_and(|host| host == admin.to_string() || host == format!("localhost:{}", admin.port()))
}

/// A URL of a gate: nothing but scheme, host and port, and where a proxy wants it a path.
fn checked(url: &str) -> miette::Result<String> {
    let is_http = url.starts_with("http://") || url.starts_with("https://");
    if !is_http {
        return Err(report(format!(
            "`{url}` is no URL of a gate: expected one like `http://127.0.0.1:8081`"
        )));
    }
    Ok(url.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_address_of_a_gate_is_its_own() {
        let admin = "127.0.0.1:8081".parse().unwrap();
        assert!(is_address("http://127.0.0.1:8081", admin) && is_address("http://localhost:8081", admin));
        for url in ["http://127.0.0.1:80810", "http://127.0.0.1:8081.evil.example", "https://127.0.0.1:8081"]
        {
            assert!(!is_address(url, admin), "{url}");
        }
    }

    #[test]
    fn what_is_no_url_is_told_with_an_example() {
        assert_eq!(checked("https://gate.example/").unwrap(), "https://gate.example");
        assert!(checked("gate.example:8081").unwrap_err().to_string().contains("http://127.0.0.1:8081"));
    }
}
