//! Takes a sample of every agent each minute, and tells the past of one.

use std::{collections::HashMap, time::Duration};

use actix::prelude::*;
use herdgate_actors::{
    domain::AgentName,
    runtime::{ActorId, Envelope, MailboxMetrics, MailboxSender, Policy},
    store::Backlog,
};
use tokio::sync::oneshot;

use super::{Past, Sample};
use crate::reads::Reads;

/// Between two samples.
const EVERY: Duration = Duration::from_secs(60);
/// Pages that ask at once.
const MAILBOX: usize = 64;

/// Asks for the past; clones ask the same actor.
#[derive(Clone)]
pub struct History(MailboxSender<Ask>);

impl History {
    /// The past of an agent; nothing where there is none, or nobody tells.
    pub async fn of(&self, agent: AgentName) -> Past {
        let (answer, answered) = oneshot::channel();
        if self.0.send(Ask { agent, answer }).await.is_err() {
            return Past::default();
        }
        answered.await.unwrap_or_default()
    }
}

/// Message: what is known of an agent?
struct Ask {
    agent: AgentName,
    answer: oneshot::Sender<Past>,
}

/// Keeps the past of all agents.
struct HistoryActor {
    reads: Reads,
    past: HashMap<AgentName, Past>,
}

/// Starts it on `arbiter`.
pub(in crate::run) fn start(reads: &Reads, arbiter: &ArbiterHandle) -> History {
    let id = ActorId::new("history", "0");
    let metrics = MailboxMetrics::new(&id, MAILBOX);
    let of_actor = reads.clone();
    let build = |_: &mut Context<HistoryActor>, _| HistoryActor { reads: of_actor, past: HashMap::new() };
    let address = reads.supervision.start(arbiter, id, Policy::default(), build);
    History(MailboxSender::new(address, metrics))
}

impl Actor for HistoryActor {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        look(self, context);
        context.run_interval(EVERY, look);
    }
}

impl Supervised for HistoryActor {}

fn look(this: &mut HistoryActor, context: &mut Context<HistoryActor>) {
    let backlog = this.reads.store.backlog();
    // A store that does not answer leaves a gap.
    let take = backlog.into_actor(this).map(|backlog, this, _| {
        if let Ok(backlog) = backlog {
            this.take(&backlog);
        }
    });
    context.spawn(take);
}

impl HistoryActor {
    fn take(&mut self, backlog: &[Backlog]) {
        let now = self.reads.clock.now();
        let mut waiting = HashMap::<&AgentName, u64>::new();
        for entry in backlog.iter().filter(|entry| entry.state.is_waiting()) {
            *waiting.entry(&entry.agent).or_default() += entry.jobs;
        }
        let small = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        let agents = self.reads.control.agents();
        let mut there = HashMap::new();
        for (name, state) in agents.observed() {
            let mailbox = agents.mailbox(&name).map_or(0, |depth| depth.waiting as u64);
            let sample = Sample {
                at: now,
                waiting: small(waiting.get(&name).copied().unwrap_or_default()),
                executing: small(state.executing.len() as u64),
                scale: state.scale,
                mailbox: small(mailbox),
            };
            // Agents that are gone take their past along.
            let mut past = self.past.remove(&name).unwrap_or_default();
            past.take(sample);
            there.insert(name, past);
        }
        self.past = there;
    }
}

impl Handler<Envelope<Ask>> for HistoryActor {
    type Result = ();

    fn handle(&mut self, ask: Envelope<Ask>, _: &mut Self::Context) {
        let Ask { agent, answer } = ask.open();
        // Whoever asked may have left.
        let _ = answer.send(self.past.get(&agent).cloned().unwrap_or_default());
    }
}
