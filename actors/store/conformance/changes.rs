//! Random changes, as the model test applies them to both engines.

use std::time::Duration;

use proptest::prelude::*;

use crate::domain::{Debounce, WhenBusy};

/// One change; picks are taken modulo what there is.
#[derive(Debug, Clone)]
pub(super) enum Change {
    ReceiptBatch {
        key: usize,
        sources: usize,
        agents: usize,
        parsed: bool,
        missing: bool,
        limit: u32,
        group: usize,
    },
    Replay {
        pick: usize,
        agents: usize,
    },
    Reroute {
        agents: usize,
        missing: bool,
    },
    Enqueue {
        agent: usize,
        delay: i64,
    },
    Fire {
        agent: usize,
    },
    Claim {
        agent: usize,
        places: u32,
    },
    Finish {
        pick: usize,
        outcome: usize,
        disposition: usize,
    },
    Renew {
        pick: usize,
    },
    Rescue {
        all: bool,
    },
    Revive {
        pick: usize,
    },
    Dismiss {
        pick: usize,
    },
    Prune {
        age: i64,
    },
    Unique {
        agent: usize,
        on_conflict: usize,
        priority: i8,
        limit: u32,
    },
    Hold {
        pick: usize,
        let_go: bool,
    },
    Cancel {
        pick: usize,
    },
    HandOver {
        from: usize,
    },
    DiscardOf {
        agent: usize,
    },
    Bulk {
        retry: bool,
    },
    Quarantine,
}

pub(super) fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        6 => (
            0..5_usize, 0..3_usize, 0..4_usize, prop::bool::weighted(0.8), prop::bool::weighted(0.2), 1..6_u32,
            0..14_usize
        )
            .prop_map(|(key, sources, agents, parsed, missing, limit, group)| {
                Change::ReceiptBatch { key, sources, agents, parsed, missing, limit, group }
            }),
        1 => (any::<usize>(), 0..4_usize).prop_map(|(pick, agents)| Change::Replay { pick, agents }),
        2 => (0..4_usize, any::<bool>()).prop_map(|(agents, missing)| Change::Reroute { agents, missing }),
        1 => (0..2_usize, 0..9_000_i64).prop_map(|(agent, delay)| Change::Enqueue { agent, delay }),
        1 => (0..2_usize).prop_map(|agent| Change::Fire { agent }),
        4 => (0..2_usize, 0..4_u32).prop_map(|(agent, places)| Change::Claim { agent, places }),
        4 => (any::<usize>(), 0..7_usize, 0..4_usize)
            .prop_map(|(pick, outcome, disposition)| Change::Finish { pick, outcome, disposition }),
        1 => any::<usize>().prop_map(|pick| Change::Renew { pick }),
        1 => any::<bool>().prop_map(|all| Change::Rescue { all }),
        1 => any::<usize>().prop_map(|pick| Change::Revive { pick }),
        1 => any::<usize>().prop_map(|pick| Change::Dismiss { pick }),
        1 => (0..9_000_000_i64).prop_map(|age| Change::Prune { age }),
        2 => (0..2_usize, 0..3_usize, -1..2_i8, 1..4_u32).prop_map(|(agent, on_conflict, priority, limit)| {
            Change::Unique { agent, on_conflict, priority, limit }
        }),
        1 => (any::<usize>(), any::<bool>()).prop_map(|(pick, let_go)| Change::Hold { pick, let_go }),
        1 => any::<usize>().prop_map(|pick| Change::Cancel { pick }),
        1 => (0..2_usize).prop_map(|from| Change::HandOver { from }),
        1 => (0..2_usize).prop_map(|agent| Change::DiscardOf { agent }),
        1 => any::<bool>().prop_map(|retry| Change::Bulk { retry }),
        1 => Just(Change::Quarantine),
    ]
}

/// What a delivery is about, mostly; so few subjects that they meet.
pub(super) fn group_of(pick: usize) -> Option<(&'static str, WhenBusy, Option<Debounce>)> {
    let gathered = |max| Debounce { quiet: Duration::from_millis(400), max: Duration::from_millis(max) };
    let when_busy = *WhenBusy::ALL.get(pick % 7 % 4)?;
    let debounce = (pick % 7 >= 4).then(|| gathered(if pick.is_multiple_of(2) { 900 } else { 100 }));
    let key = if pick.is_multiple_of(3) { "one" } else { "other" };
    (pick < 12).then_some((key, when_busy, debounce))
}
