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
    Scale(u32),
    Pause,
    Resume,
}

impl Change {
    pub(super) fn command(self) -> AgentCommand {
        match self {
            Self::Scale(scale) => AgentCommand::Scale(scale),
            Self::Pause => AgentCommand::Pause,
            Self::Resume => AgentCommand::Resume,
        }
    }

    pub(super) fn words(self) -> String {
        match self {
            Self::Scale(scale) => format!("scaled to {scale}"),
            Self::Pause => "paused".to_owned(),
            Self::Resume => "resumed".to_owned(),
        }
    }
}
