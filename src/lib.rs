//! The `herdgate` program: configuration, HTTP doors, wiring and commands around the running
//! system of [`herdgate_actors`].

pub mod api_key;
pub mod cli;
pub mod client;
pub mod config;
pub mod credentials;
pub mod explain;
pub mod health;
pub mod http;
pub mod limits;
pub mod listing;
pub mod replay;
pub mod samples;
pub mod system;
pub mod telemetry;
pub mod whereabouts;
