//! The connections of one worker.

use std::{
    cell::RefCell,
    collections::HashMap,
    net::IpAddr,
    rc::Rc,
    sync::{Arc, atomic::AtomicUsize},
    time::{Duration, Instant},
};

use herdgate_actors::telemetry::{DoorSeries, OpenConnection};
use slab::Slab;
use tokio::sync::Notify;

use super::{Connection, state::Phase};
use crate::http::peer::{PeerKey, TrustedPeers};

/// How long a connection may wait for its peer where nothing else says so: for a first byte, and for
/// the head of a request. actix answers the first head with 408 after [`SlotLimits::head`]; this much
/// later the connection is ended whatever it is.
const LATE: Duration = Duration::from_secs(1);
/// How often a worker looks at its connections. The shortest patience is a second.
const LOOK: Duration = Duration::from_millis(250);

/// How many connections there may be, and how long they wait.
#[derive(Debug, Clone)]
pub(in crate::http) struct SlotLimits {
    /// Connections at once in one worker.
    pub(in crate::http) slots: usize,
    /// How long the head of a request may take.
    pub(in crate::http) head: Duration,
    /// How long an idle connection is kept whose peer has delivered.
    pub(in crate::http) keep_alive: Duration,
    /// The same for all others, and for everybody while slots are scarce.
    pub(in crate::http) keep_alive_scarce: Duration,
    /// Who takes no share.
    pub(in crate::http) trusted: Arc<TrustedPeers>,
    /// How many connections of the door owe their peer an answer; counted here.
    pub(in crate::http) unanswered: Arc<AtomicUsize>,
}

impl SlotLimits {
    /// One peer has at most a quarter.
    fn share(&self) -> usize {
        self.slots.div_ceil(4)
    }
}

/// The open connections of one worker.
pub(in crate::http) struct Table {
    limits: SlotLimits,
    open: RefCell<Open>,
    not_empty: Notify,
    series: DoorSeries,
}

#[derive(Default)]
struct Open {
    connections: Slab<Rc<Connection>>,
    by_peer: HashMap<PeerKey, usize>,
}

impl Table {
    pub(in crate::http) fn new(limits: SlotLimits, series: DoorSeries) -> Rc<Self> {
        Rc::new(Self { limits, open: RefCell::default(), not_empty: Notify::new(), series })
    }

    /// Counts one more of the door's connections.
    pub(super) fn counted(&self) -> OpenConnection {
        self.series.opened()
    }

    /// Looks after the connections for as long as the worker lives.
    pub(in crate::http) async fn watch(self: Rc<Self>) {
        loop {
            if self.open.borrow().connections.is_empty() {
                self.not_empty.notified().await;
            }
            tokio::time::sleep(LOOK).await;
            self.end_late(Instant::now());
        }
    }

    /// Takes a connection in; where it is one too many, those that waited longest give way.
    pub(super) fn admit(&self, peer: Option<IpAddr>, now: Instant) -> (usize, Rc<Connection>) {
        let peer = peer.and_then(|address| self.limits.trusted.share_of(address));
        let connection = Connection::new(peer, now, Arc::clone(&self.limits.unanswered));
        let mut open = self.open.borrow_mut();
        if let Some(peer) = peer {
            let held = open.by_peer.entry(peer).or_default();
            *held += 1;
            let over = *held > self.limits.share();
            if over && open.longest_waiting(1, Some(peer)) == 0 {
                // All of its peer's share is at work: the peer is asked to wait for that.
                connection.give_way();
            }
        }
        if open.connections.len() >= self.limits.slots {
            // A few at once, so that a flood of newcomers looks through the table less often.
            open.longest_waiting(1 + self.limits.slots / 64, None);
        }
        let key = open.connections.insert(Rc::clone(&connection));
        drop(open);
        self.not_empty.notify_one();
        (key, connection)
    }

    /// A connection is closed.
    pub(super) fn forget(&self, key: usize) {
        let mut open = self.open.borrow_mut();
        let connection = open.connections.remove(key);
        if let Some(peer) = connection.peer
            && let Some(held) = open.by_peer.get_mut(&peer)
        {
            *held -= 1;
            if *held == 0 {
                open.by_peer.remove(&peer);
            }
        }
    }

    /// Ends what has waited too long.
    fn end_late(&self, now: Instant) {
        let open = self.open.borrow();
        let scarce = open.connections.len() * 2 > self.limits.slots;
        for (_, connection) in &open.connections {
            let patience = match connection.phase() {
                Phase::Silent | Phase::Head => self.limits.head + LATE,
                Phase::Idle if scarce || !connection.has_delivered() => self.limits.keep_alive_scarce,
                Phase::Idle => self.limits.keep_alive,
                // The handler sees to it.
                Phase::Body | Phase::Busy => continue,
            };
            if connection.waits_since().is_some_and(|since| now.duration_since(since) >= patience) {
                connection.give_way();
            }
        }
    }
}

impl Open {
    /// Ends the `count` connections, of `peer` or of anybody, that have waited longest; how many did.
    fn longest_waiting(&self, count: usize, peer: Option<PeerKey>) -> usize {
        let mut waiting: Vec<_> = self
            .connections
            .iter()
            .filter(|(_, connection)| peer.is_none() || connection.peer == peer)
            .filter_map(|(_, connection)| Some((connection.waits_since()?, connection)))
            .collect();
        if waiting.len() > count {
            waiting.select_nth_unstable_by_key(count, |(since, _)| *since);
            waiting.truncate(count);
        }
        for (_, connection) in &waiting {
            connection.give_way();
        }
        waiting.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn table(slots: usize) -> Rc<Table> {
        let limits = SlotLimits {
            slots,
            head: 5 * SECOND,
            keep_alive: 5 * SECOND,
            keep_alive_scarce: SECOND,
            trusted: Arc::default(),
            unanswered: Arc::default(),
        };
        Table::new(limits, DoorSeries::new("test"))
    }

    fn address(last: u8) -> IpAddr {
        [203, 0, 113, last].into()
    }

    #[test]
    fn when_all_slots_are_taken_the_one_that_waited_longest_gives_way() {
        let (table, begun) = (table(3), Instant::now());
        let taken: Vec<_> = (0..3).map(|n| table.admit(None, begun + n * SECOND).1).collect();
        taken[0].enter(Phase::Busy, begun);
        let (_, newcomer) = table.admit(None, begun + 4 * SECOND);
        let gone: Vec<_> = taken.iter().map(|connection| connection.gave_way()).collect();
        assert_eq!(gone, [false, true, false], "the first is at work, the second waited longest");
        assert!(!newcomer.gave_way());
    }

    #[test]
    fn one_peer_has_a_quarter_of_the_slots() {
        let (table, now) = (table(16), Instant::now());
        let held: Vec<_> = (0..4).map(|_| table.admit(Some(address(1)), now).1).collect();
        assert!(held.iter().all(|connection| !connection.gave_way()));
        table.admit(Some(address(1)), now + SECOND);
        assert_eq!(held.iter().filter(|connection| connection.gave_way()).count(), 1);
        assert!(!table.admit(Some(address(2)), now).1.gave_way(), "another peer has a share of its own");
    }

    #[test]
    fn a_peer_whose_share_is_all_at_work_gets_no_more() {
        let (table, now) = (table(16), Instant::now());
        let mut keys = Vec::new();
        for _ in 0..4 {
            let (key, connection) = table.admit(Some(address(1)), now);
            connection.enter(Phase::Busy, now);
            keys.push(key);
        }
        let (refused, newcomer) = table.admit(Some(address(1)), now);
        assert!(newcomer.gave_way());
        table.forget(refused);
        table.forget(keys[0]);
        assert!(!table.admit(Some(address(1)), now).1.gave_way(), "a closed connection gives its place back");
    }

    #[test]
    fn loopback_has_no_share() {
        let (table, now) = (table(8), Instant::now());
        let local = Some(IpAddr::from([127, 0, 0, 1]));
        assert!((0..8).all(|_| !table.admit(local, now).1.gave_way()));
        assert!(table.open.borrow().connections.iter().all(|(_, connection)| !connection.gave_way()));
    }

    #[test]
    fn idle_connections_are_kept_for_those_who_deliver_and_while_there_is_room() {
        let (table, now) = (table(8), Instant::now());
        let (_, deliverer) = table.admit(None, now);
        let (_, visitor) = table.admit(None, now);
        deliverer.delivered();
        for connection in [&deliverer, &visitor] {
            connection.enter(Phase::Idle, now);
        }
        table.end_late(now + SECOND);
        assert!(visitor.gave_way(), "who never delivered has a second");
        assert!(!deliverer.gave_way());
        for _ in 0..3 {
            table.admit(None, now + SECOND);
        }
        table.end_late(now + 2 * SECOND);
        assert!(deliverer.gave_way(), "more than half of the slots are taken");
    }

    #[test]
    fn heads_that_never_end_are_ended_also_on_kept_connections() {
        let (table, now) = (table(8), Instant::now());
        let (_, connection) = table.admit(None, now);
        connection.delivered();
        connection.enter(Phase::Idle, now);
        for second in 1..6 {
            connection.heard(now + second * SECOND);
        }
        table.end_late(now + 6 * SECOND);
        assert!(!connection.gave_way());
        table.end_late(now + 7 * SECOND);
        assert!(connection.gave_way(), "six seconds after its first byte");
    }
}
