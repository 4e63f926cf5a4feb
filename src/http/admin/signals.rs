//! What changes, told to whoever follows: for each topic a number that grows.
//!
//! A follower is told the newest number of each topic that moved, so nothing waits for one who is slow
//! and nothing is kept for one alone.

use std::{sync::Arc, time::Duration};

use herdgate_actors::telemetry::{
    Event,
    bus::{self, Published},
};
use tokio::sync::{
    broadcast::{Receiver, error::RecvError},
    watch,
};

use crate::api::events::{Signal, Topic};

/// Followers are told at most this often.
const SETTLE: Duration = Duration::from_millis(100);

/// The version of each topic, in the order of [`Topic::ALL`].
pub(super) type Versions = [u64; Topic::ALL.len()];

/// The versions of all topics; clones follow the same.
#[derive(Debug, Clone)]
pub(super) struct Signals(watch::Receiver<Versions>);

impl Signals {
    /// Begins to follow all facts.
    pub(super) fn start() -> Self {
        let (versions, followed) = watch::channel(Versions::default());
        tokio::spawn(follow(bus::subscribe(), versions));
        Self(followed)
    }

    /// A receiver of its own.
    pub(super) fn subscribe(&self) -> watch::Receiver<Versions> {
        self.0.clone()
    }
}

/// What is different, as signals.
pub(super) fn moved(before: &Versions, now: &Versions) -> Vec<Signal> {
    let topics = Topic::ALL.into_iter().zip(before.iter().zip(now));
    topics
        .filter(|(_, (before, now))| before != now)
        .map(|(topic, (_, version))| Signal { topic, version: *version })
        .collect()
}

async fn follow(mut facts: Receiver<Arc<Published>>, versions: watch::Sender<Versions>) {
    loop {
        let mut touched = Versions::default();
        match facts.recv().await {
            Ok(fact) => touch(&fact.event, &mut touched),
            // Something of everything may have been missed.
            Err(RecvError::Lagged(_)) => touched.fill(1),
            Err(RecvError::Closed) => return,
        }
        while let Ok(fact) = facts.try_recv() {
            touch(&fact.event, &mut touched);
        }
        if touched.iter().any(|touched| *touched > 0) {
            versions.send_modify(|versions| {
                versions.iter_mut().zip(touched).for_each(|(version, touched)| *version += touched);
            });
        }
        if versions.is_closed() {
            return;
        }
        tokio::time::sleep(SETTLE).await;
    }
}

fn touch(event: &Event, touched: &mut Versions) {
    for topic in topics(event) {
        touched[*topic as usize] = 1;
    }
}

/// What looks different after a fact.
const fn topics(event: &Event) -> &'static [Topic] {
    use Topic::{Agents, Audit, Bulk, Config, Deliveries, Jobs, Nodes, Runs, Schedule};
    match event {
        Event::DeliveryTaken { matched: 0, .. }
        | Event::DeliveryRefused { .. }
        | Event::DeliveryUnparsable { .. }
        | Event::DeliveryUnavailable { .. }
        | Event::DeliveryQuarantined { .. } => &[Deliveries],
        Event::DeliveryTaken { .. } | Event::RoutingRetried { .. } => &[Deliveries, Jobs, Agents],
        Event::RunStarted { .. }
        | Event::RunEnded { .. }
        | Event::RunNotStarted { .. }
        | Event::Rescued { .. } => &[Runs, Jobs, Agents],
        Event::JobHeld { .. }
        | Event::JobDiscarded { .. }
        | Event::JobCancelled { .. }
        | Event::JobRetried { .. }
        | Event::UnconfiguredJobs { .. } => &[Jobs, Agents],
        Event::ScheduleFired { .. } | Event::ScheduleCoalesced { .. } | Event::TicksMissed { .. } => {
            &[Schedule, Jobs, Agents]
        }
        Event::AgentChanged { .. } => &[Agents, Schedule],
        Event::OperatorChanged(_) => &[Audit, Jobs, Agents],
        Event::BulkMoved(_) => &[Bulk, Jobs, Deliveries, Agents],
        Event::TopologyApplied { .. } => &[Config, Agents, Schedule, Nodes],
        Event::ReloadFailed { .. } | Event::RefusalEnded { .. } => &[Config, Nodes],
        Event::Pruned { .. } => &[Deliveries, Jobs, Runs, Audit],
        Event::ActorGivenUp { .. } | Event::Draining { .. } => &[Nodes, Agents],
        _ => &[Nodes],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_follower_is_told_the_newest_version_of_what_moved_and_no_more() {
        let (before, mut now) = (Versions::default(), Versions::default());
        now[Topic::Jobs as usize] = 3;
        assert_eq!(moved(&before, &now), [Signal { topic: Topic::Jobs, version: 3 }]);
        assert_eq!(moved(&now, &now), []);
    }
}
