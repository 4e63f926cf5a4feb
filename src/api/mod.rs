//! What the control API takes and says, one file a noun.
//!
//! These types are the contract: the server answers with them, the command line and whoever else asks
//! reads them, the dashboard shows them, and the `OpenAPI` document is made of them. Times are RFC 3339
//! in UTC with milliseconds, spans are numbers of milliseconds, ids are texts that sort by time. A
//! field that says nothing is left out.

pub mod agents;
pub mod audit;
pub mod bulk;
pub mod config;
pub mod dead_letters;
pub mod deliveries;
pub mod events;
pub mod history;
pub mod ids;
pub mod jobs;
pub mod list;
pub mod nodes;
pub mod page;
pub mod problem;
pub mod reports;
pub mod runs;
pub mod schedule;
pub mod sources;
pub mod time;
pub mod verdict;

/// Where the API begins.
pub const ROOT: &str = "/api/v1";
