//! What is in force, one key a line.

use std::path::Path;

use serde_json::Value;

use super::{links::encoded, words::cut};
use crate::config::{EffectiveConfig, Keys, Origin, Setting};

/// Letters of a value that are shown.
const SHOWN: usize = 400;

/// The value of a key.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ValueLine {
    /// `gate`, or what it belongs to.
    pub(super) part: String,
    pub(super) link: Option<String>,
    pub(super) key: String,
    pub(super) value: String,
    pub(super) is_secret: bool,
    pub(super) origin: String,
    /// It is not left to its default.
    pub(super) is_set: bool,
}

/// The values that are asked for: those of the gate and its sources, and of agents only where a text
/// asks for them, since there may be many.
pub(super) fn rows(config: &EffectiveConfig, text: &str, only_set: bool) -> Vec<ValueLine> {
    let wanted: Vec<_> = text.split_whitespace().map(str::to_lowercase).collect();
    let mut rows = Vec::new();
    let folder = config.file.parent().unwrap_or(Path::new(""));
    let mut add = |part: String, link: Option<String>, keys: &Keys| {
        for (key, setting) in keys {
            let is_set = setting.origin != Origin::Default;
            let told = format!("{part} {key}").to_lowercase();
            if (is_set || !only_set) && wanted.iter().all(|word| told.contains(word)) {
                rows.push(line(part.clone(), link.clone(), key, setting, folder));
            }
        }
    };
    add("gate".to_owned(), None, &config.settings);
    for (name, keys) in &config.sources {
        add(format!("source {name}"), Some(format!("/dashboard/sources#s-{}", encoded(name))), keys);
    }
    if !wanted.is_empty() {
        for (name, keys) in &config.agents {
            add(format!("agent {name}"), Some(format!("/dashboard/agents/{}", encoded(name))), keys);
        }
    }
    rows
}

fn line(part: String, link: Option<String>, key: &str, setting: &Setting, folder: &Path) -> ValueLine {
    let value = match &setting.value {
        _ if setting.secret => {
            let print = setting.fingerprint.as_deref().unwrap_or_default();
            format!("a secret, fingerprint {}", cut(print, 8))
        }
        Value::Null => "not set".to_owned(),
        Value::String(text) => cut(text, SHOWN),
        other => cut(&other.to_string(), SHOWN),
    };
    let origin = match &setting.origin {
        Origin::File { file, line } => {
            format!("{}:{line}", file.strip_prefix(folder).unwrap_or(file).display())
        }
        other => other.to_string(),
    };
    let is_set = setting.origin != Origin::Default;
    ValueLine { part, link, key: key.to_owned(), value, is_secret: setting.secret, origin, is_set }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    fn setting(value: Value, line: Option<usize>) -> Setting {
        let file = Path::new("/srv/gate/config.toml").into();
        let origin = line.map_or(Origin::Default, |line| Origin::File { file, line });
        let secret = value.is_null();
        Setting { value, origin, secret, fingerprint: secret.then(|| "0123456789abcdef".to_owned()) }
    }

    fn config() -> EffectiveConfig {
        let keys = |name: &str, value: Setting| Keys::from([(name.to_owned(), value)]);
        EffectiveConfig {
            file: "/srv/gate/config.toml".into(),
            settings: keys("gateway.port", setting(json!(8080), None)),
            sources: BTreeMap::from([("hub".to_owned(), keys("secret", setting(Value::Null, Some(5))))]),
            agents: BTreeMap::from([("dev".to_owned(), keys("scale", setting(json!(2), Some(9))))]),
        }
    }

    fn told(text: &str, only_set: bool) -> Vec<String> {
        let rows = rows(&config(), text, only_set);
        rows.into_iter().map(|row| format!("{} {} {} {}", row.part, row.key, row.value, row.origin)).collect()
    }

    #[test]
    fn every_value_has_its_origin_and_secrets_are_told_by_their_prints_alone() {
        assert_eq!(
            told("", false),
            [
                "gate gateway.port 8080 default",
                "source hub secret a secret, fingerprint 01234567… config.toml:5"
            ]
        );
        assert_eq!(told("", true).len(), 1);
        assert_eq!(told("AGENT sca", false), ["agent dev scale 2 config.toml:9"]);
        assert_eq!(told("nothing", false), Vec::<String>::new());
    }
}
