//! The rerouting as an actor, under paused time.

use std::sync::{Arc, Mutex};

use bytes::Bytes;

use super::*;
use crate::{
    domain::{
        Clock, Delivery, DeliveryParts, Headers, ManualClock, Origin, Parsed, PendingReceipt, ProviderName,
        ReceiptSink, Timestamp, Unparsable,
    },
    runtime::{ActorId, MailboxMetrics, MailboxSender, Policy, Supervision},
    store::{MemoryEngine, ReceiptState, Store, Views},
    upkeep::Progress,
};

const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// What the parser of a test does with what it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parser {
    /// Has no room.
    Full,
    /// Takes it and never finishes.
    Loses,
    /// Takes it and finishes.
    Reads,
}

struct Bed {
    clock: ManualClock,
    store: Arc<MemoryEngine>,
    parser: Arc<Mutex<Parser>>,
    offered: Arc<Mutex<Vec<ReceiptId>>>,
    panics: MailboxSender<DeliveryPanicked>,
}

impl Bed {
    fn start(parser: Parser) -> Self {
        tokio::time::pause();
        let clock = ManualClock::at(START);
        let store = Arc::new(MemoryEngine::new(Duration::from_secs(3600)));
        let parser = Arc::new(Mutex::new(parser));
        let offered = Arc::new(Mutex::new(Vec::new()));
        let (behaves, seen) = (Arc::clone(&parser), Arc::clone(&offered));
        let deps = RerouteDeps {
            store: Arc::clone(&store) as Arc<dyn Store>,
            to_parser: Arc::new(move |receipt| {
                seen.lock().unwrap().push(receipt.id());
                match *behaves.lock().unwrap() {
                    Parser::Full => return Err(receipt),
                    Parser::Loses => {}
                    Parser::Reads => receipt.parsed(Parsed::Unparsable(Unparsable("read".to_owned())), 0),
                }
                Ok(())
            }),
            topology: Arc::default(),
            clock: clock.clone().into(),
            progress: Progress::channel(),
        };
        let id = ActorId::new("reroute", "test");
        let actor = Supervision::new(Arc::new(|_| {})).start(
            &Arbiter::current(),
            id.clone(),
            Policy::default(),
            |_, scope| RerouteActor::new(deps, scope),
        );
        let panics = MailboxSender::new(actor, MailboxMetrics::new(&id, 16));
        Self { clock, store, parser, offered, panics }
    }

    /// Stores a delivery that nobody has read.
    fn unrouted(&self, body: &'static [u8]) -> ReceiptId {
        let id = crate::store::Queue::ids(&*self.store).receipt(Clock::from(self.clock.clone()).now());
        let delivery = Delivery::new(DeliveryParts {
            provider: ProviderName::new("github"),
            sources: vec!["hub".into()],
            verified_by: Vec::new(),
            headers: Headers::default(),
            body: Bytes::from_static(body),
            at: Clock::from(self.clock.clone()).now(),
            keys: Vec::new(),
            own_windows: Vec::new(),
        })
        .unwrap();
        let sink = Arc::clone(&self.store) as Arc<dyn ReceiptSink>;
        drop(PendingReceipt::open(id, Origin::Request, delivery, Arc::default(), sink, None));
        id
    }

    async fn pass(&self, secs: u64) {
        for _ in 0..secs {
            settle().await;
            self.clock.advance(Duration::from_secs(1));
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        settle().await;
    }

    fn parser(&self, parser: Parser) {
        *self.parser.lock().unwrap() = parser;
    }

    fn offers(&self, of: ReceiptId) -> usize {
        self.offered.lock().unwrap().iter().filter(|id| **id == of).count()
    }

    async fn state(&self, id: ReceiptId) -> ReceiptState {
        self.store.receipt(id).await.unwrap().unwrap().state
    }
}

async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[actix::test]
async fn what_was_answered_during_a_long_overload_is_routed_when_it_is_over() {
    let bed = Bed::start(Parser::Full);
    let receipts: Vec<_> = (0..300).map(|_| bed.unrouted(b"{}")).collect();
    bed.pass(600).await;
    assert_eq!(bed.state(receipts[0]).await, ReceiptState::Unrouted, "no offer counts as a routing");
    bed.parser(Parser::Reads);
    bed.pass(10).await;
    for id in receipts {
        assert_eq!(bed.state(id).await, ReceiptState::Unparsable, "read, like all of them");
    }
}

#[actix::test]
async fn a_receipt_that_a_parser_took_is_left_alone_while_it_is_on_its_way() {
    let bed = Bed::start(Parser::Loses);
    let id = bed.unrouted(b"{}");
    bed.pass(6).await;
    assert_eq!(bed.offers(id), 1);
    bed.pass(10).await;
    assert!(bed.offers(id) >= 2, "and then tried again");
}

#[actix::test]
async fn a_delivery_that_panics_two_readers_is_quarantined_and_its_neighbours_are_read() {
    let bed = Bed::start(Parser::Loses);
    let (bad, good) = (bed.unrouted(b"bad"), bed.unrouted(b"good"));
    for problem in ["first", "second"] {
        bed.panics.try_send(DeliveryPanicked { receipt: bad, problem: problem.to_owned() }).unwrap();
    }
    settle().await;
    assert_eq!(bed.state(bad).await, ReceiptState::Quarantined);
    let offers = bed.offers(bad);
    bed.parser(Parser::Reads);
    bed.pass(60).await;
    assert_eq!(bed.offers(bad), offers, "it is routed no more");
    assert_eq!(bed.state(good).await, ReceiptState::Unparsable);
}

#[actix::test]
async fn what_is_lost_again_and_again_ends_as_quarantined() {
    let bed = Bed::start(Parser::Loses);
    let id = bed.unrouted(b"{}");
    bed.pass(3600).await;
    assert_eq!(bed.state(id).await, ReceiptState::Quarantined);
    assert!(bed.offers(id) <= 40, "{}", bed.offers(id));
}
