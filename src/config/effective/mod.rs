//! Everything that is in force, as it is shown: key, value and origin, without secrets.
//!
//! - `setting`: a key, which is also the form of the API.
//! - `gate`, `source`, `agent`: how each part of a [`ResolvedConfig`](super::ResolvedConfig) comes to it.
//! - `whole`: all of them.
//! - `difference`: what two of them do not have in common.

mod agent;
mod difference;
mod gate;
mod setting;
mod source;
mod whole;

pub use difference::{Difference, Part, Way};
pub(super) use gate::keys as gate_keys;

pub use setting::{Keys, Setting};
pub use whole::EffectiveConfig;

#[cfg(test)]
mod tests;
