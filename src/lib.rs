//! The `herdgate` program: configuration, HTTP doors, wiring and commands around the running
//! system of [`herdgate_actors`].

pub mod api;
pub mod api_key;
pub mod cli;
pub mod client;
pub mod config;
pub mod credentials;
pub mod explain;
pub mod http;
pub mod keys;
pub mod reads;
pub mod run;
pub mod samples;
pub mod telemetry;
pub mod views;
