//! Nodes and what carries them.

use herdgate_actors::{
    domain::NodeId,
    runtime::{ActorId, Doing, Observed},
};

use super::Reads;
use crate::{
    api::{
        nodes::{Actor, Node, Progress},
        page::Page,
    },
    run::health::State,
};

impl Reads {
    /// Every node: this one.
    pub fn nodes(&self) -> Page<Node> {
        let (state, why) = match self.health.state() {
            State::Starting => ("starting", None),
            State::Ready => ("ready", None),
            State::Degraded { why, .. } => ("degraded", Some(why)),
            State::Draining => ("draining", None),
            State::Failed(why) => ("failed", Some(why)),
        };
        let agents = self.control.agents();
        let actors = self.supervision.observed();
        Page::whole(vec![Node {
            id: NodeId::default().get(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            state: state.to_owned(),
            why,
            pid: std::process::id(),
            started_at: self.started_at.into(),
            revision: self.control.topology().revision().0,
            agents: agents.observed().len(),
            executing: agents.executing(),
            max_runs: self.reload.in_force().max_runs,
            actors: actors.iter().map(|(id, observed)| self.actor(id, observed)).collect(),
        }])
    }

    fn actor(&self, id: &ActorId, observed: &Observed) -> Actor {
        let doing = match observed.doing {
            Doing::Running => "running",
            Doing::Restarting => "restarting",
            Doing::Done => "done",
            Doing::GivenUp => "given_up",
        };
        let progress = self.progress.iter().find(|(actor, _)| *actor == id.actor);
        let progress = progress.map(|(_, progress)| *progress.borrow());
        Actor {
            actor: id.actor.to_owned(),
            name: id.name.clone(),
            doing: doing.to_owned(),
            for_ms: millis(observed.since.elapsed()),
            restarts: u64::from(observed.restarts),
            panicked_messages: u64::from(observed.panicked_messages),
            last_problem: observed.last_problem.as_ref().map(ToString::to_string),
            progress: progress.map(|progress| Progress {
                busy: progress.is_busy,
                for_ms: millis(progress.since.elapsed()),
                rounds: progress.rounds,
                done: progress.done,
            }),
        }
    }
}

fn millis(span: std::time::Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
