//! Reads deliveries and offers them to the agents that may want them.

use std::sync::Arc;

use actix::prelude::*;

use crate::{
    domain::{FilterRequest, ParseRequest, Parsed, PendingReceipt, SubscriptionIndex},
    provider,
    runtime::{Envelope, MailboxSender},
};

/// Bodies beyond this many bytes are read elsewhere: at about 500 MB/s a larger one would hold up
/// its neighbours for more than 0.5 ms.
const INLINE_LIMIT: usize = 256 * 1024;

/// One of a pool; each takes deliveries of any provider.
#[derive(Clone)]
pub struct ParserActor {
    /// Which agents may want what.
    pub subscriptions: Arc<SubscriptionIndex>,
    /// The agents, in the order in which `routes` counts them.
    pub agents: Arc<[MailboxSender<FilterRequest>]>,
}

impl Actor for ParserActor {
    type Context = Context<Self>;
}

impl Supervised for ParserActor {}

impl Handler<Envelope<ParseRequest>> for ParserActor {
    type Result = ();

    fn handle(&mut self, post: Envelope<ParseRequest>, _: &mut Context<Self>) {
        let ParseRequest(receipt) = post.open();
        if receipt.delivery().body.len() <= INLINE_LIMIT {
            self.route(&receipt);
        } else {
            let this = self.clone();
            // A panic there drops the receipt, which then closes as unrouted.
            tokio::task::spawn_blocking(move || this.route(&receipt));
        }
    }
}

impl ParserActor {
    fn route(&self, receipt: &PendingReceipt) {
        let delivery = receipt.delivery();
        crate::failpoint::hit_for("parser.parse", delivery.key());
        let context = match provider::provider(delivery.provider).read(&delivery.headers, &delivery.body) {
            Ok(context) => Arc::new(context),
            Err(problem) => {
                receipt.parsed(Parsed::Unparsable(problem), 0);
                return;
            }
        };
        let mut candidates = Vec::new();
        self.subscriptions.candidates(&delivery.sources, &context, &mut candidates);
        receipt.parsed(Parsed::Context(Arc::clone(&context)), candidates.len());
        for agent in candidates {
            // A mailbox that is full or closed leaves a gap on the receipt, which the sweep fills.
            let _ = self.agents[agent]
                .try_send(FilterRequest { context: Arc::clone(&context), receipt: receipt.clone() });
        }
    }
}
