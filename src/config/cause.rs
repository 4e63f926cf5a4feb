//! Everything that can be wrong with what a user wrote.

use std::path::PathBuf;

use herdgate_actors::{domain::ProviderName, provider};

use crate::credentials::CredentialError;

/// What is wrong; its `Display` is the headline of a diagnostic.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// There is no configuration where one was asked for.
    #[error("there is no project here")]
    NoProject,
    /// A file cannot be read.
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
    /// A file is no TOML.
    #[error("this is not valid TOML: {0}")]
    Syntax(String),
    /// Neither Herdgate nor Action Llama knows a key.
    #[error("unknown key `{key}`")]
    UnknownKey {
        /// As the user wrote it.
        key: String,
        /// What was probably meant.
        nearest: Option<String>,
        /// What may stand there.
        known: Vec<&'static str>,
    },
    /// One key in two spellings.
    #[error("`{name}` is given twice{}", other_spelling(spelling, name))]
    GivenTwice {
        /// The later spelling.
        spelling: String,
        /// The key.
        name: &'static str,
    },
    /// A value of another type.
    #[error("expected {expected}, found {found}")]
    WrongType {
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A value of the right type that means nothing here.
    #[error("`{key}` is not usable: {why}")]
    BadValue {
        /// Whose value.
        key: String,
        /// What is wrong with it.
        why: String,
    },
    /// A source without a type.
    #[error("webhook source `{source_name}` has no type")]
    NoType {
        /// Which source.
        source_name: String,
    },
    /// A source of a type that no provider has.
    #[error("unknown webhook type `{found}`")]
    UnknownType {
        /// As the user wrote it.
        found: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// A trigger without a source.
    #[error("this trigger names no source")]
    NoSource {
        /// The sources there are.
        known: Vec<String>,
    },
    /// A trigger on a source that is not there.
    #[error("unknown webhook source `{found}`")]
    UnknownSource {
        /// As the user wrote it.
        found: String,
        /// What was probably meant.
        nearest: Option<String>,
        /// The sources there are.
        known: Vec<String>,
    },
    /// A filter on a field that the provider does not have.
    #[error("{provider} webhooks have no filter field `{field}`")]
    NoSuchField {
        /// Whose webhooks.
        provider: ProviderName,
        /// As the user wrote it.
        field: String,
        /// What was probably meant.
        nearest: Option<String>,
        /// The fields there are.
        known: Vec<&'static str>,
    },
    /// Nothing ever starts the agent.
    #[error("agent `{agent}` has neither a schedule nor webhooks")]
    Idle {
        /// Which.
        agent: String,
        /// Whether the front matter of its `SKILL.md` seems to hold its configuration.
        front_matter: bool,
    },
    /// A secret is not there or not usable.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// A source must be signed and names no credential.
    #[error("webhook source `{source_name}` has no credential")]
    Unsigned {
        /// Which source.
        source_name: String,
        /// Its provider.
        provider: ProviderName,
    },
    /// No program is named for some agents.
    #[error("there is no command to run {}", list(agents, "agent", "agents"))]
    NoCommand {
        /// Whose.
        agents: Vec<String>,
    },
    /// A cron expression that cannot be read.
    #[error("`{expression}` is not a schedule: {why}")]
    BadSchedule {
        /// As the user wrote it.
        expression: String,
        /// What is wrong with it.
        why: String,
    },
    /// A cron expression without a time.
    #[error("`{expression}` never fires")]
    NeverFires {
        /// As the user wrote it.
        expression: String,
    },
    /// A zone that the IANA database does not have.
    #[error("unknown time zone `{zone}`")]
    UnknownZone {
        /// As the user wrote it.
        zone: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// A name that cannot stand in an URL, a path or a metric.
    #[error("`{name}` is not a usable name for {what}")]
    BadName {
        /// The name.
        name: String,
        /// What it names.
        what: &'static str,
    },
    /// Two folders whose names are the same on some file systems and in no user's mind different.
    #[error("agents `{first}` and `{second}` differ only by case")]
    SameName {
        /// One.
        first: String,
        /// The other.
        second: String,
    },
    /// Both listeners on one port.
    #[error("the admin listener cannot have port {port} too")]
    SamePort {
        /// The port of both.
        port: u16,
    },
    /// An environment variable that is no key.
    #[error("no key is called so")]
    UnknownVariable {
        /// Its name.
        variable: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// A folder cannot be read.
    #[error("the folder `{}` cannot be read: {why}", .folder.display())]
    UnreadableFolder {
        /// Which.
        folder: PathBuf,
        /// What the system says.
        why: String,
    },
}

impl ConfigError {
    /// What stands beside the caret.
    pub(super) fn label(&self) -> &'static str {
        match self {
            Self::UnknownKey { .. } => "neither Herdgate nor Action Llama knows this key",
            Self::GivenTwice { .. } => "the second time",
            Self::WrongType { .. } => "this value",
            Self::NoType { .. } | Self::Unsigned { .. } | Self::NoSource { .. } => "this table",
            Self::NoSuchField { .. } => "no such field",
            Self::UnknownSource { .. } => "no such source",
            Self::UnknownType { .. } => "no such type",
            Self::UnknownZone { .. } => "no such zone",
            Self::Credential(_) => "this secret",
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
            Self::UnknownType { nearest, .. } => Some(
                did_you_mean(nearest.as_deref())
                    .unwrap_or_else(|| one_of("types", &provider::names().collect::<Vec<_>>())),
            ),
            Self::NoType { .. } => {
                Some(format!("add `type = \"github\"`, or one of {}", provider::names().collect::<Vec<_>>().join(", ")))
            }
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
            Self::Idle { front_matter: true, .. } => Some(
                "its SKILL.md seems to hold its configuration in the front matter, which is not read: move it to an agent-config.toml beside it"
                    .to_owned(),
            ),
            Self::Idle { .. } => Some(
                "add `schedule = \"*/15 * * * *\"` or a [[webhooks]] table, or disable it with `scale = 0`".to_owned(),
            ),
            Self::Credential(error) => Some(error.help()),
            Self::Unsigned { provider, .. } => Some(format!(
                "add `credential = \"<instance>\"` and put the secret into <credentials>/{}/<instance>/secret, or write `allow_unsigned = true` if anybody may send",
                crate::credentials::secret_type(*provider)
            )),
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

fn did_you_mean(nearest: Option<&str>) -> Option<String> {
    nearest.map(|nearest| format!("did you mean `{nearest}`?"))
}

fn one_of<T: ToString>(what: &str, known: &[T]) -> String {
    format!("{what}: {}", joined(known))
}

fn joined<T: ToString>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn other_spelling(spelling: &str, name: &str) -> String {
    if spelling == name { String::new() } else { format!(": `{spelling}` is another spelling of it") }
}

fn list(names: &[String], one: &str, many: &str) -> String {
    let names_of = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    format!("{} {names_of}", if names.len() == 1 { one } else { many })
}

/// The candidate that a mistyped word probably means.
pub(super) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    /// Below this two words only look alike by chance.
    const ALIKE: f64 = 0.8;
    let word = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&word, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness > ALIKE)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, candidate)| candidate.to_owned())
}
