//! What a user writes, and the plan that comes of it.
//!
//! ```text
//! config.toml ─ locate, walk ─▶ Document ─┐
//! HERDGATE__… ─ environment ──▶ EnvLayer ─┴─ load ─▶ model ─┐
//! agents/*/agent-config.toml ── locate, walk ──────▶ model ─┴─ resolve ─▶ Plan
//! ```
//!
//! - `schema`: every key, as data.
//! - `walk`: holds values against the schema, leaving them canonical.
//! - `locate`: a file, and where everything in it stands.
//! - `environment`: variables as a layer above the file.
//! - [`model`]: plain types with the defaults.
//! - `load`: lays defaults, file and environment on each other.
//! - `herd`: the folders of agents.
//! - `resolve`: checks what concerns more than one value, and makes the specs of the actors.
//! - `data_dir`: where the data lies, known also while the rest is broken.
//! - `cause` and `diagnose`: what can be wrong, and how it is shown.
//!
//! A step does not stop at a problem: it reports, leaves out, and goes on, so that one call tells
//! everything.

mod cause;
mod data_dir;
mod diagnose;
mod document;
mod environment;
mod herd;
mod load;
pub mod model;
mod plan;
mod resolve;
mod schema;
mod validate;
mod value;
mod warning;

#[cfg(test)]
mod tests;

pub use cause::ConfigError;
pub use data_dir::data_dir;
pub use diagnose::{ColorMode, Diagnostic, Place, Problems, SourceText};
pub use environment::Env;
pub use load::load;
pub use model::{Log, LogFormat, Mailboxes};
pub use plan::{ResolvedAgent, ResolvedConfig, ResolvedGateway, Schedule};
pub use resolve::{filter, filter_of_json};
pub use value::{Variable, Variables, parse_size, parse_span};
pub use warning::Warning;

#[cfg(test)]
pub(crate) use tests::Fixture;
