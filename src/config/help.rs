//! What stands beside the caret, and how to put it right.

use super::{
    ConfigError, providers,
    suggest::{did_you_mean, joined, one_of},
};

impl ConfigError {
    /// What stands beside the caret.
    pub(super) fn label(&self) -> &'static str {
        match self {
            Self::UnknownKey { .. } | Self::InlineSecret { .. } => {
                "neither Herdgate nor Action Llama knows this key"
            }
            Self::Misplaced { .. } => "behind the header of a table",
            Self::GivenTwice { .. } => "the second time",
            Self::WrongType { .. } => "this value",
            Self::NoType { .. } | Self::Unsigned { .. } | Self::NoSource { .. } => "this table",
            Self::NoSuchField { .. } | Self::NoKeyField { .. } => "no such field",
            Self::UnknownSource { .. } => "no such source",
            Self::UnknownType { .. } => "no such type",
            Self::UnknownZone { .. } => "no such zone",
            Self::Credential(_) | Self::PublishedSecret { .. } => "this secret",
            Self::ShortHistory { .. } => "longer than the history",
            Self::NeverFires { .. } => "no such date",
            _ => "here",
        }
    }

    /// How to put it right.
    pub(super) fn help(&self) -> Option<String> {
        match self {
            Self::NoProject => Some(
                "name a config.toml or a folder that has one with `--config`, or make a project with `herdgate init <folder>`"
                    .to_owned(),
            ),
            Self::UnknownKey { nearest, known, .. } => {
                Some(did_you_mean(nearest.as_deref()).unwrap_or_else(|| one_of("known here", known)))
            }
            Self::InlineSecret { .. } => Some(
                "secrets lie in files of their own: put it into <credentials_dir>/<type>/<instance>/secret, like credentials/github_webhook_secret/MyOrg/secret, and write `credential = \"MyOrg\"`"
                    .to_owned(),
            ),
            Self::Misplaced { table, .. } => Some(format!("move it above the first table; whatever stands behind {table} is part of it")),
            Self::NotUtf8 { .. } => Some("save the file as UTF-8".to_owned()),
            Self::NoEnvironment { name, path } => Some(format!(
                "AL_ENV, or `environment` in .env.toml, names {name}, which is read from {}",
                path.display()
            )),
            Self::UnknownType { nearest, .. } => Some(match did_you_mean(nearest.as_deref()) {
                Some(meant) => format!("{meant}\n{}", one_of("types", &providers::types())),
                None => one_of("types", &providers::types()),
            }),
            Self::NoType { .. } => Some(format!("add `type = \"github\"`, or one of {}", joined(&providers::types()))),
            Self::NoSource { known } => Some(match known.first() {
                Some(first) => format!("add `source = \"{first}\"`; {}", one_of("sources", known)),
                None => NO_SOURCES.to_owned(),
            }),
            Self::UnknownSource { nearest, known, .. } => Some(match did_you_mean(nearest.as_deref()) {
                Some(meant) => meant,
                None if known.is_empty() => NO_SOURCES.to_owned(),
                None => one_of("sources", known),
            }),
            Self::NoSuchField { provider, nearest, known, .. } => {
                let fields = format!("{provider} has {}", joined(known));
                Some(match did_you_mean(nearest.as_deref()) {
                    Some(meant) => format!("{meant}\n{fields}"),
                    None => fields,
                })
            }
            Self::NoKeyField { nearest, known, .. } => {
                let fields = format!("{}, and those below details, like details.id", one_of("fields", known));
                Some(match did_you_mean(nearest.as_deref()) {
                    Some(meant) => format!("{meant}\n{fields}"),
                    None => fields,
                })
            }
            Self::NeedsKey { .. } => Some(
                "say what deliveries are about, like `key = \"{repo}#{number}\"`".to_owned(),
            ),
            Self::NoAgentConfig { front_matter: true, .. } => Some(
                "its SKILL.md seems to hold its configuration in the front matter, which is not read: move it to an agent-config.toml beside it"
                    .to_owned(),
            ),
            Self::Idle { .. } | Self::NoAgentConfig { .. } => Some(
                "add `schedule = \"*/15 * * * *\"` or a [[webhooks]] table, or disable it with `scale = 0`".to_owned(),
            ),
            Self::Credential(error) => Some(error.help()),
            Self::EmptyCredential { .. } => Some(
                "name the folder that holds the secret, or leave the key out; a variable that is not set is an empty text, which opens no source"
                    .to_owned(),
            ),
            Self::Unsigned { credential_type, demanded_by, .. } => Some(format!(
                "`{demanded_by}` wants it signed: put the secret into <credentials_dir>/{credential_type}/default/secret, or name another instance with `credential = \"<instance>\"`"
            )),
            Self::PublishedSecret { path, .. } => Some(format!(
                "put a secret of your own into {}, or listen on 127.0.0.1 alone with `host` and `admin_host` in [gateway]",
                path.display()
            )),
            Self::ShortHistory { .. } => Some("raise `history_retention_days`, or lower `dedupe_window`".to_owned()),
            Self::OpenFolder { .. } => Some("whoever writes there can replace the API key and the store: chmod 700".to_owned()),
            Self::NoCommand { .. } => Some(
                "add this to config.toml; the prompt arrives on the command's standard input:\n\n[run]\ncommand = [\"claude\", \"-p\"]"
                    .to_owned(),
            ),
            Self::BadSchedule { .. } => Some(
                "write five fields (minute hour day month weekday), six with seconds first, or a word like @daily"
                    .to_owned(),
            ),
            Self::NeverFires { .. } => Some("no calendar has such a day; look at the day and the month".to_owned()),
            Self::UnknownZone { nearest, .. } => Some(
                did_you_mean(nearest.as_deref())
                    .unwrap_or_else(|| "use a name of the IANA database, like Europe/Berlin or UTC".to_owned()),
            ),
            Self::BadName { .. } => Some("use letters, digits, `-`, `_` and `.`, at most 64 of them".to_owned()),
            Self::SameName { .. } => Some("rename one of the folders".to_owned()),
            Self::SamePort { .. } => Some("give `admin_port` another number".to_owned()),
            Self::UnknownVariable { nearest, .. } => Some(did_you_mean(nearest.as_deref()).unwrap_or_else(|| {
                "variables are named after keys, like HERDGATE__GATEWAY__PORT for `port` in [gateway]".to_owned()
            })),
            Self::Unreadable(_)
            | Self::Syntax(_)
            | Self::GivenTwice { .. }
            | Self::WrongType { .. }
            | Self::BadValue { .. }
            | Self::UnreadableFolder { .. } => None,
        }
    }
}

const NO_SOURCES: &str = "config.toml has no source yet; add one like\n\n[webhooks.my-github]\ntype = \"github\"\ncredential = \"MyOrg\"";
