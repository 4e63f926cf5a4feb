//! What of the dashboard a fact changes.

use herdgate_actors::telemetry::Event;

/// What can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Topic {
    /// Deliveries, and what sources count.
    Deliveries,
    /// Jobs, dead letters among them.
    Jobs,
    /// Runs.
    Runs,
    /// What agents may do.
    Agents,
    /// What came due.
    Schedule,
    /// The configuration in force.
    Config,
    /// The state of the gate and its actors.
    Nodes,
}

impl Topic {
    const ALL: [Self; 7] =
        [Self::Deliveries, Self::Jobs, Self::Runs, Self::Agents, Self::Schedule, Self::Config, Self::Nodes];

    /// The name by which pages ask for it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Deliveries => "deliveries",
            Self::Jobs => "jobs",
            Self::Runs => "runs",
            Self::Agents => "agents",
            Self::Schedule => "schedule",
            Self::Config => "config",
            Self::Nodes => "nodes",
        }
    }

    /// What a fact changes.
    pub(super) const fn of(fact: &Event) -> &'static [Self] {
        match fact {
            Event::DeliveryTaken { matched: 0, .. }
            | Event::DeliveryRefused { .. }
            | Event::DeliveryUnparsable { .. }
            | Event::DeliveryUnavailable { .. }
            | Event::DeliveryQuarantined { .. } => &[Self::Deliveries],
            Event::DeliveryTaken { .. } | Event::RoutingRetried { .. } => &[Self::Deliveries, Self::Jobs],
            Event::RunStarted { .. }
            | Event::RunEnded { .. }
            | Event::RunNotStarted { .. }
            | Event::Rescued { .. } => &[Self::Runs, Self::Jobs, Self::Agents],
            Event::JobHeld { .. }
            | Event::JobDiscarded { .. }
            | Event::JobCancelled { .. }
            | Event::JobRetried { .. }
            | Event::UnconfiguredJobs { .. } => &[Self::Jobs, Self::Agents],
            Event::ScheduleFired { .. } => &[Self::Schedule, Self::Jobs, Self::Agents],
            Event::ScheduleCoalesced { .. } | Event::TicksMissed { .. } => &[Self::Schedule],
            Event::AgentChanged { .. } => &[Self::Agents],
            Event::TopologyApplied { .. } => &[Self::Config, Self::Agents, Self::Schedule],
            Event::ReloadFailed { .. } => &[Self::Config],
            Event::Pruned { .. } => &[Self::Deliveries, Self::Jobs, Self::Runs],
            Event::ActorPanicked { .. }
            | Event::ActorRestarted { .. }
            | Event::ActorGivenUp { .. }
            | Event::StoreState { .. }
            | Event::Draining { .. } => &[Self::Nodes, Self::Agents],
            _ => &[],
        }
    }
}

/// Some topics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Topics(u8);

impl Topics {
    /// All of them: after something was missed.
    pub(super) const ALL: Self = Self(0x7f);

    pub(super) fn add(&mut self, topics: &[Topic]) {
        for topic in topics {
            self.0 |= 1 << *topic as u8;
        }
    }

    pub(super) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each of them.
    pub(super) fn iter(self) -> impl Iterator<Item = Topic> {
        Topic::ALL.into_iter().filter(move |topic| self.0 & (1 << *topic as u8) != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_kept_once_each() {
        let mut topics = Topics::default();
        assert!(topics.is_empty());
        topics.add(&[Topic::Jobs, Topic::Nodes, Topic::Jobs]);
        assert_eq!(topics.iter().map(Topic::as_str).collect::<Vec<_>>(), ["jobs", "nodes"]);
        assert_eq!(Topics::ALL.iter().count(), Topic::ALL.len());
    }
}
