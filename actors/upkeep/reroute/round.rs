//! One round: list, and give to parsers until one has no room.

use std::{collections::HashSet, sync::Arc, time::Duration};

use super::deps::{RerouteDeps, quarantine};
use crate::{
    domain::{Delivery, Origin, PendingReceipt, ReceiptId, ReceiptSink},
    store::{QuarantineReason, Unrouted, UnroutedQuery},
    telemetry::{Event, emit},
    upkeep::Progress,
};

/// Receipts younger than this are probably still on their first way.
const YOUNG: Duration = Duration::from_secs(2);
/// What a parser took is on its way for so long, before it is looked at again.
pub(super) const ON_ITS_WAY: Duration = Duration::from_secs(5);
/// A net only: what is gapped because mailboxes are full for minutes must get through, and what
/// panics is quarantined long before. At the pace below this is a quarter of an hour.
const MAX_ROUTINGS: u32 = 40;
/// How many receipts are listed at once; about as many as one parser's mailbox takes.
const MAX_ROWS: u32 = 128;
/// A body beyond this many bytes goes alone: the next one waits for the next round.
const LARGE: usize = 1 << 20;

/// While there is more to do and parsers have room.
const SHORT: Duration = Duration::from_millis(250);
/// While there is nothing to do.
const USUAL: Duration = Duration::from_secs(2);
/// While the same receipts come back again and again.
const LONGEST: Duration = Duration::from_secs(30);

/// What a round did.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Round {
    /// Receipts that a parser took.
    pub(super) taken: Vec<ReceiptId>,
    /// Receipts that came back: they had been routed before.
    pub(super) came_back: usize,
    /// Whether a parser had no room, or not everything was listed.
    pub(super) is_more_left: bool,
}

/// How long to wait after a round that followed a pause of `last`.
pub(super) fn pause_after(round: &Round, last: Duration) -> Duration {
    if round.came_back > 0 && round.came_back == round.taken.len() {
        // Nothing new came through: whatever they wait for is not ready.
        (last * 2).clamp(USUAL, LONGEST)
    } else if round.is_more_left && !round.taken.is_empty() {
        SHORT
    } else {
        USUAL
    }
}

/// Lists what needs routing and gives it to parsers, but for what is on its way.
pub(super) async fn run(deps: &RerouteDeps, on_their_way: HashSet<ReceiptId>) -> Round {
    crate::failpoint::hit("upkeep.reroute");
    Progress::begin(&deps.progress);
    let query = UnroutedQuery {
        before: deps.clock.now().minus(YOUNG),
        max_rows: MAX_ROWS,
        max_bytes: UnroutedQuery::MAX_BYTES,
    };
    let mut round = Round::default();
    match deps.store.unrouted(query).await {
        Ok(listed) => {
            round.is_more_left = listed.len() >= MAX_ROWS as usize;
            for unrouted in listed {
                if !on_their_way.contains(&unrouted.id()) && !take(deps, unrouted, &mut round).await {
                    round.is_more_left = true;
                    break;
                }
            }
        }
        Err(error) => {
            emit(Event::StoreRefused { wanted: "unrouted receipts", error: error.to_string() });
        }
    }
    Progress::end(&deps.progress, round.taken.len() as u64);
    round
}

/// Deals with one receipt; whether there is room for more.
async fn take(deps: &RerouteDeps, unrouted: Unrouted, round: &mut Round) -> bool {
    let (id, delivery, routings) = match unrouted {
        Unrouted::Unreadable { id, problem } => {
            quarantine(deps, id, QuarantineReason::Unreadable { problem }).await;
            return true;
        }
        Unrouted::Receipt { id, routings, .. } if routings >= MAX_ROUTINGS => {
            quarantine(deps, id, QuarantineReason::RoutedTooOften { routings }).await;
            return true;
        }
        Unrouted::Receipt { id, delivery, routings, .. } => (id, delivery, routings),
    };
    let is_large = delivery.body().len() > LARGE;
    if !route(deps, id, delivery) {
        return false;
    }
    round.taken.push(id);
    round.came_back += usize::from(routings > 0);
    emit(Event::RoutingRetried { receipt: id, routings });
    if let Err(error) = deps.store.routing_taken(id).await {
        emit(Event::StoreRefused { wanted: "routing taken", error: error.to_string() });
    }
    !is_large
}

/// Whether a parser took it.
fn route(deps: &RerouteDeps, id: ReceiptId, delivery: Delivery) -> bool {
    let sink = Arc::clone(&deps.store) as Arc<dyn ReceiptSink>;
    let receipt = PendingReceipt::open(id, Origin::Reroute, delivery, deps.topology.load_full(), sink, None);
    // What is given back closes as unrouted once more, which changes nothing.
    (deps.to_parser)(receipt).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(taken: usize, came_back: usize, is_more_left: bool) -> Round {
        let taken = (0..taken).map(|id| ReceiptId::from_raw(i64::try_from(id).unwrap())).collect();
        Round { taken, came_back, is_more_left }
    }

    #[test]
    fn a_long_backlog_is_worked_off_at_the_pace_of_the_parsers() {
        assert_eq!(pause_after(&round(128, 0, true), USUAL), SHORT);
        assert_eq!(pause_after(&round(3, 0, true), SHORT), SHORT);
        assert_eq!(pause_after(&round(0, 0, true), SHORT), USUAL, "no parser has room");
        assert_eq!(pause_after(&round(0, 0, false), USUAL), USUAL);
    }

    #[test]
    fn what_comes_back_again_and_again_waits_longer_and_longer() {
        let mut pause = USUAL;
        let pauses: Vec<_> = (0..6)
            .map(|_| {
                pause = pause_after(&round(5, 5, false), pause);
                pause.as_secs()
            })
            .collect();
        assert_eq!(pauses, [4, 8, 16, 30, 30, 30]);
        assert_eq!(pause_after(&round(5, 4, false), pause), USUAL);
    }
}
