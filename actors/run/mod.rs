//! Drives one command to its end.

mod runner;

pub use runner::{Ended, EnvVar, RunOrder, RunSpec, Runner, Running, Stop, StopKind};
