//! The running gate: started, addressed, limited, taken down in order.

pub mod addresses;
pub mod background;
pub mod control;
pub mod health;
pub mod rlimits;
pub mod system;
mod workers;
