//! What a user writes, and what comes of it.
//!
//! ```text
//! config.toml, .env.toml, …  ─ document, validate ─▶ Document ─┐
//! HERDGATE__…                ─ environment ───────▶ EnvLayer ──┴─ layers ─▶ Settings ─┐
//! agents/*/agent-config.toml ─ document, validate ─▶ AgentSettings ───────────────────┤
//! credentials                ─ files ──────────────▶ Secrets ─────────────────────────┴─ resolve ─▶ ResolvedConfig
//! ```
//!
//! - [`Project`]: a project on disk, which can be loaded again and again.
//! - `table`, `settings`, `agent_settings`: every key once, with its type and its default; `schema`
//!   is what kinds of values there are.
//! - `document`, `validate`: a file held against the schema, and where everything in it stands.
//! - `environment`, `layers`: what lies over what.
//! - `agents`, `files`: everything that is read before anything is decided.
//! - `resolve`: checks what concerns more than one value, and makes the specs of the actors.
//! - `machine`: what a sound project misses on this machine; `look`: file systems that do not answer.
//! - `origin`: where a value was set; `effective`: all values in force, to be shown.
//! - `configuration`: what the running gate is to be; `fixed`: what it cannot change; `watched`: the
//!   files that may change it.
//! - `error`, `help`, `warning`: what can be wrong; `diagnostics`, `source_text`: how it is shown.
//!
//! A step does not stop at a problem: it reports, leaves out, and goes on, so that one call tells
//! everything.

mod agent_settings;
mod agents;
mod configuration;
mod diagnostics;
mod document;
mod effective;
mod environment;
mod error;
mod files;
mod fixed;
mod help;
mod layers;
mod look;
mod machine;
mod origin;
mod project;
mod providers;
mod resolve;
mod resolved;
mod schema;
mod settings;
mod source_text;
mod suggest;
mod table;
mod validate;
mod value;
mod variables;
mod warning;
mod watched;

#[cfg(test)]
mod tests;

pub use diagnostics::{ColorMode, Diagnostic, Place, Problems};
pub use effective::{Difference, EffectiveConfig, Keys, Part, Setting, Way};
pub use environment::Env;
pub use error::ConfigError;
pub use origin::{Origin, Origins};
pub use project::{Located, Project};
pub use resolve::{filter, filter_of_json};
pub use resolved::{ResolvedAgent, ResolvedConfig, ResolvedGateway, Schedule, Verification};
pub use settings::{Log, LogFormat, Mailboxes, Telemetry};
pub use source_text::SourceText;
pub use value::{format_size, format_span, parse_size, parse_span};
pub use variables::{Variable, Variables};
pub use warning::Warning;
pub use watched::Watched;

#[cfg(test)]
pub(crate) use tests::Fixture;
