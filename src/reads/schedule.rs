//! What comes due by itself, and when.

use std::{collections::HashMap, ops::Range};

use herdgate_actors::{agent::Mode, schedule::CatchUp};

use super::Reads;
use crate::api::{page::Page, problem::Problem, schedule::Scheduled};

/// How many times of each agent are told.
const TIMES_AHEAD: usize = 5;

impl Reads {
    /// Every agent with a schedule, the one that comes due next first.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn schedule(&self) -> Result<Page<Scheduled>, Problem> {
        Ok(Page::whole(self.schedule_part("", 0..usize::MAX).await?.0))
    }

    /// A part of those whose names say `name`, and how many there are of them.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn schedule_part(
        &self,
        name: &str,
        part: Range<usize>,
    ) -> Result<(Vec<Scheduled>, usize), Problem> {
        let cursors = self.store.cursors().await?;
        let last: HashMap<_, _> =
            cursors.into_iter().map(|cursor| (cursor.agent, cursor.last_fired)).collect();
        let now = self.clock.now();
        let calendars = self.control.schedules();
        let mut all: Vec<_> = calendars
            .iter()
            .filter(|one| one.agent.as_str().contains(name))
            .map(|one| (one.calendar.next_after(now), one))
            .collect();
        all.sort_by_key(|(next, one)| (*next, &one.agent));
        let count = all.len();
        let scheduled = all
            .into_iter()
            .skip(part.start)
            .take(part.len())
            .map(|(_, one)| {
                let observed = self.control.agents().observed_one(&one.agent);
                Scheduled {
                    agent: one.agent.clone(),
                    expression: one.calendar.expression().to_owned(),
                    timezone: one.calendar.zone().name().to_owned(),
                    catches_up: one.catch_up == CatchUp::Once,
                    paused: observed.is_some_and(|state| state.mode == Mode::Paused),
                    last: last.get(&one.agent).copied().map(Into::into),
                    next: one.calendar.upcoming(now).take(TIMES_AHEAD).map(Into::into).collect(),
                }
            })
            .collect();
        Ok((scheduled, count))
    }
}
