//! One suite for every engine: what the contract says, in sentences.
//!
//! Each test is a function over a [`Subject`]; [`on_every_engine`] makes one real test per engine
//! of it. The model test drives both with the same random changes and holds them against each
//! other.

mod changes;
mod groups;
mod jobs;
mod making;
mod model;
mod moving;
mod operators;
mod receipts;
mod revisions;
mod subject;
mod upkeep;

pub(super) use subject::{LIFE, Sample, Subject, at, claim_of, life, wait};

/// Runs functions over a [`Subject`] as tests of both engines.
macro_rules! on_every_engine {
    ($($name:ident),* $(,)?) => {
        mod memory {
            $(#[test]
            fn $name() {
                super::$name(&crate::store::conformance::Subject::memory());
            })*
        }
        mod sqlite {
            $(#[test]
            fn $name() {
                super::$name(&crate::store::conformance::Subject::sqlite());
            })*
        }
    };
}
use on_every_engine;
