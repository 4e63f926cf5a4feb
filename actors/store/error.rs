//! What a store answers when it does not answer.

use std::{future::Future, pin::Pin};

use crate::domain::Timestamp;

/// An answer that comes after the commit.
pub type Pending<T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send>>;

/// Why the store did not do it. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It may work later: disk full, database locked.
    #[error("the store cannot write now: {0}")]
    Unavailable(String),
    /// It will not work again in this process: I/O error, corruption, a dead writer.
    #[error("the store is broken: {0}")]
    Broken(String),
}

/// How the store fares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum StoreState {
    /// What was last written, was written.
    #[default]
    Writable,
    /// The last write was refused, as by a full disk; the next one may do better.
    Refusing {
        /// Of the first refusal in a row.
        since: Timestamp,
        /// Of the last one.
        error: String,
    },
    /// It will not work again in this process.
    Broken {
        /// Why.
        error: String,
    },
}

impl StoreState {
    /// Why nothing will be written any more, if so.
    pub fn broken(&self) -> Option<StoreError> {
        match self {
            Self::Broken { error } => Some(StoreError::Broken(error.clone())),
            Self::Writable | Self::Refusing { .. } => None,
        }
    }
}
