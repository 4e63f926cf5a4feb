//! What the control actor is asked.

use tokio::sync::oneshot;

use super::{Applied, Configuration, ControlError};
use crate::{agent::AgentCommand, domain::AgentName};

/// Message to the control actor.
pub(super) enum Request {
    Apply(Configuration, oneshot::Sender<Result<Applied, ControlError>>),
    Drain(oneshot::Sender<()>),
    Tell(AgentName, Change, oneshot::Sender<Result<(), ControlError>>),
}

/// What an operator wants changed of an agent.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    /// `None` is what the configuration says.
    Scale(Option<u32>),
    Pause,
    Resume,
}

impl Change {
    /// What the agent is told; `configured` is the scale of its file.
    pub(super) fn command(self, configured: u32) -> AgentCommand {
        match self {
            Self::Scale(scale) => AgentCommand::Scale(scale.unwrap_or(configured)),
            Self::Pause => AgentCommand::Pause,
            Self::Resume => AgentCommand::Resume,
        }
    }

    pub(super) fn words(self) -> String {
        match self {
            Self::Scale(Some(scale)) => format!("scaled to {scale}"),
            Self::Scale(None) => "scaled as configured".to_owned(),
            Self::Pause => "paused".to_owned(),
            Self::Resume => "resumed".to_owned(),
        }
    }
}
