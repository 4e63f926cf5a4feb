//! Cron calendars, and what fires when they come due.
//!
//! - [`Calendar`]: when an expression comes due, across daylight saving changes; pure.
//! - [`DueQueue`]: which agents are due, each at most once, whatever the clock does; pure.
//! - [`SchedulerActor`]: sleeps to the next time, and records what is due.

mod actor;
mod calendar;
mod dst;
mod due_queue;
mod expression;

pub use actor::{STALE_LOOK, SchedulerActor, SchedulerDeps, SchedulesChanged};
pub use calendar::Calendar;
pub use due_queue::{CatchUp, Due, DueQueue, Missed, ScheduledAgent};
pub use expression::InvalidSchedule;
