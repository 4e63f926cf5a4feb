//! Cron calendars, catch-up and the sweep.
//!
//! - [`Calendar`]: when an expression comes due, across daylight saving changes; pure.
//! - [`DueQueue`]: which agents are due, each at most once; pure.
//! - [`SchedulerActor`]: fires what is due and sweeps up what was left behind.

mod actor;
mod calendar;
mod dst;
mod due_queue;
mod expression;
mod tick;

pub use actor::{SchedulerActor, SchedulerDeps};
pub use calendar::Calendar;
pub use due_queue::{CatchUp, Due, DueQueue, ScheduledAgent};
pub use expression::InvalidSchedule;
pub use tick::{Prune, Tick};
