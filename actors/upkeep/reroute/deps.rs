//! What the rerouting works with, and how it gives up.

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::watch;

use crate::{
    domain::{Clock, PendingReceipt, ReceiptId, Topology},
    store::{QuarantineReason, Store},
    telemetry::{Event, emit},
    upkeep::Progress,
};

/// Gives a receipt to a parser that has room, or gives it back.
pub type ToParser = Arc<dyn Fn(PendingReceipt) -> Result<(), PendingReceipt> + Send + Sync>;

/// What the rerouting works with.
pub struct RerouteDeps {
    /// Where receipts are.
    pub store: Arc<dyn Store>,
    /// What is configured.
    pub topology: Arc<ArcSwap<Topology>>,
    /// The parsers.
    pub to_parser: ToParser,
    /// The time.
    pub clock: Clock,
    /// What it shows of itself.
    pub progress: watch::Sender<Progress>,
}

/// Gives a receipt up, visibly; whether it needed routing.
pub(super) async fn quarantine(deps: &RerouteDeps, receipt: ReceiptId, reason: QuarantineReason) -> bool {
    let (word, detail) = (word(&reason), reason.to_string());
    match deps.store.quarantine(receipt, reason).await {
        Ok(true) => {
            emit(Event::DeliveryQuarantined { receipt, reason: word, detail });
            true
        }
        Ok(false) => false,
        Err(error) => {
            emit(Event::StoreRefused { wanted: "quarantine", error: error.to_string() });
            false
        }
    }
}

const fn word(reason: &QuarantineReason) -> &'static str {
    match reason {
        QuarantineReason::Panicked { .. } => "panicked",
        QuarantineReason::RoutedTooOften { .. } => "routed_too_often",
        QuarantineReason::Unreadable { .. } => "unreadable",
    }
}
