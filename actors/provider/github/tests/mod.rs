//! What GitHub's protocol promises, held against payloads of our own.
//!
//! - `snapshots`: what each fixture reads as, whole.
//! - `subjects`, `refs`: the traps, one test each.
//! - `delivery`: signatures, keys and headers.
//! - `shapes`: no body passes for another event.
//! - `hostile`: nothing that a client can send brings the parser down.

mod delivery;
mod hostile;
mod refs;
mod shapes;
mod snapshots;
mod subjects;

use std::{fs, path::PathBuf};

use serde_json::Value;

use super::Github;
use crate::{
    domain::{Event, Headers, Unparsable},
    provider::Provider,
};

/// Where the fixtures lie.
fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/provider/fixtures/github"))
}

/// A payload named `event.what_is_special.json`.
struct Fixture {
    name: String,
    body: Vec<u8>,
}

impl Fixture {
    fn named(name: &str) -> Self {
        let path = folder().join(format!("{name}.json"));
        let body = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { name: name.to_owned(), body }
    }

    /// Every one, by name.
    fn all() -> Vec<Self> {
        let mut names: Vec<_> = fs::read_dir(folder())
            .unwrap()
            .filter_map(|entry| Some(entry.unwrap().file_name().to_str()?.strip_suffix(".json")?.to_owned()))
            .collect();
        names.sort();
        names.iter().map(|name| Self::named(name)).collect()
    }

    fn event(&self) -> &str {
        self.name.split_once('.').map_or(self.name.as_str(), |(event, _)| event)
    }

    fn read(&self) -> Event {
        parse(self.event(), &self.body).unwrap_or_else(|problem| panic!("{}: {problem}", self.name))
    }

    /// The payload with the value at `pointer` replaced.
    fn with(&self, pointer: &str, value: Value) -> Event {
        let mut body: Value = serde_json::from_slice(&self.body).unwrap();
        let place = body.pointer_mut(pointer);
        *place.unwrap_or_else(|| panic!("{} has no {pointer}", self.name)) = value;
        read(self.event(), &body)
    }
}

/// The event as GitHub sends it by default.
fn headers(event: &str) -> Headers {
    [("x-github-event", event), ("content-type", "application/json")].into_iter().collect()
}

fn parse(event: &str, body: &[u8]) -> Result<Event, Unparsable> {
    Github.parse(&headers(event), body)
}

fn read(event: &str, body: &Value) -> Event {
    parse(event, &serde_json::to_vec(body).unwrap()).unwrap()
}
