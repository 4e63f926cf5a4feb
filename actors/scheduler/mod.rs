//! Cron calendars, catch-up and the sweep.
//!
//! - [`Calendar`]: when an expression comes due, across daylight saving changes; pure.
//! - [`Timeline`]: which agents are due, each at most once; pure.
//! - [`SchedulerActor`]: fires what is due and sweeps up what was left behind.

mod actor;
mod calendar;
mod expression;
mod timeline;
mod wall;

pub use actor::{Desk, SchedulerActor};
pub use calendar::Calendar;
pub use expression::InvalidSchedule;
pub use timeline::{CatchUp, Due, Entry, Timeline};
