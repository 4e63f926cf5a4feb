//! Takes the gate down in the order of the flow, so that nothing is in a mailbox when its actor goes.
//!
//! 1. Readiness says so, schedules fire no more, and agents begin no runs.
//! 2. Runs get their grace, then TERM, then KILL. Deliveries are taken all the while: they are stored,
//!    and run in the next life.
//! 3. The public listener closes, the last commit is written, and the operators' listener closes.

use std::time::Duration;

use herdgate_actors::{
    agent::AgentCommand,
    runner::StopMode,
    telemetry::{self, Event, emit},
};

use super::{Gate, addresses::ListenAddresses, service_manager};

/// How long after KILL a run may take to be gone.
const KILL_PATIENCE: Duration = Duration::from_secs(5);

impl Gate {
    /// Ends the gate. Runs get their grace; when `hurry` is ready they are killed at once.
    pub async fn stop(mut self, hurry: impl Future<Output = ()>) {
        self.health.drain();
        service_manager::stopping();
        if let Err(error) = self.background.stop().await {
            let (about, detail) = ("shutdown", format!("the timer of the pruning did not stop: {error}"));
            emit(Event::Warned { about, detail });
        }
        let agents = self.control.agents().clone();
        if let Err(error) = self.control.drain().await {
            emit(Event::Warned { about: "shutdown", detail: format!("agents were not told: {error}") });
        }
        tokio::select! {
            () = self.end_runs() => {}
            () = hurry => {
                emit(Event::RunsStopped { runs: agents.executing(), killed: true });
                agents.tell_all(AgentCommand::StopAll(StopMode::Now)).await;
                agents.idle_within(KILL_PATIENCE).await;
            }
        }
        self.servers.close_public().await;
        if let Err(error) = self.store.close().await {
            let detail = format!("the store did not close in order: {error}");
            emit(Event::Warned { about: "shutdown", detail });
        }
        self.servers.close_admin().await;
        for arbiter in self.arbiters {
            arbiter.stop();
            if arbiter.join().is_err() {
                let detail = "an arbiter ended in a panic".to_owned();
                emit(Event::Warned { about: "shutdown", detail });
            }
        }
        ListenAddresses::remove(&self.data_dir);
        telemetry::tell_rest();
        emit(Event::Stopped);
    }

    async fn end_runs(&self) {
        let agents = self.control.agents();
        let grace = self.reload.in_force().gateway.shutdown_grace;
        if agents.executing() > 0 {
            let grace_ms = grace.into();
            emit(Event::Draining { runs: agents.executing(), grace_ms });
        }
        if agents.idle_within(grace).await {
            return;
        }
        emit(Event::RunsStopped { runs: agents.executing(), killed: false });
        agents.tell_all(AgentCommand::StopAll(StopMode::Gently)).await;
        if agents.idle_within(self.longest_kill_grace() + KILL_PATIENCE).await {
            return;
        }
        agents.tell_all(AgentCommand::StopAll(StopMode::Now)).await;
        agents.idle_within(KILL_PATIENCE).await;
    }

    fn longest_kill_grace(&self) -> Duration {
        let topology = self.control.topology();
        topology.agents().iter().map(|agent| agent.run.kill_grace).max().unwrap_or_default()
    }
}
