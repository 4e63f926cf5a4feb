//! `schedule` and `timezone`.

use chrono_tz::Tz;
use herdgate_actors::schedule::{Calendar, CatchUp, InvalidSchedule};

use super::Resolver;
use crate::config::{ConfigError, Schedule, agents::AgentFiles, settings::MissedTicks, suggest::nearest};

impl Resolver<'_> {
    /// The project's zone.
    pub(super) fn project_zone(&mut self) -> Tz {
        let zone = &self.files.settings.timezone;
        zone_of(zone).unwrap_or_else(|cause| {
            self.problems.push(self.files.layers.problem("timezone", cause));
            Tz::UTC
        })
    }

    /// An agent's schedule, in its own zone or the project's.
    pub(super) fn schedule(&mut self, files: &AgentFiles, project_zone: Tz) -> Option<Schedule> {
        let zone = match files.settings.timezone.as_deref().filter(|zone| !zone.is_empty()).map(zone_of) {
            None => project_zone,
            Some(Ok(zone)) => zone,
            Some(Err(cause)) => {
                self.problems.push(files.document.problem("timezone", cause));
                project_zone
            }
        };
        let expression = files.settings.schedule.as_deref().filter(|expression| !expression.is_empty())?;
        let calendar = Calendar::parse(expression, zone).map_err(|error| match error {
            InvalidSchedule::Never => ConfigError::NeverFires { expression: expression.to_owned() },
            error => ConfigError::BadSchedule { expression: expression.to_owned(), why: error.to_string() },
        });
        let sound = calendar.and_then(|calendar| match calendar.next_after(self.inputs.now) {
            Some(_) => Ok(calendar),
            None => Err(ConfigError::NeverFires { expression: expression.to_owned() }),
        });
        match sound {
            Ok(calendar) => Some(Schedule { expression: expression.to_owned(), zone, calendar }),
            Err(cause) => {
                self.problems.push(files.document.problem("schedule", cause));
                None
            }
        }
    }
}

/// What the scheduler calls it.
pub(super) const fn catch_up(missed: MissedTicks) -> CatchUp {
    match missed {
        MissedTicks::Skip => CatchUp::Skip,
        MissedTicks::Once => CatchUp::Once,
    }
}

fn zone_of(name: &str) -> Result<Tz, ConfigError> {
    name.parse().map_err(|_| {
        let names = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
        ConfigError::UnknownZone { zone: name.to_owned(), nearest: nearest(name, names) }
    })
}
