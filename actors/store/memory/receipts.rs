//! Receipts, their dedupe keys and their jobs.

use std::time::Duration;

use super::state::{Receipt, State};
use crate::{
    domain::{CommitResult, Created, Delivery, DeliveryKey, DeliveryParts, Origin, ReceiptBatch, ReceiptId},
    store::{
        Inserted, QuarantineReason, ReceiptState, StoredReceipt, Unrouted, UnroutedQuery,
        rules::{Owners, dedupe, key_of},
    },
};

impl State {
    pub(super) fn record(&mut self, batch: ReceiptBatch, window: Duration) -> CommitResult {
        match batch.origin {
            Origin::Request => {
                let Ok(found) = dedupe(batch.id, &batch.delivery, window, self);
                for (source, key, owner) in found.take {
                    self.keys.insert((source, key), owner);
                }
                self.add(batch, &found.owners, found.duplicate_of)
            }
            Origin::Replay { .. } => self.add(batch, &Owners::Replay, None),
            Origin::Reroute => self.fill_in(batch),
        }
    }

    fn add(
        &mut self,
        batch: ReceiptBatch,
        owners: &Owners,
        original: Option<(ReceiptId, DeliveryKey)>,
    ) -> CommitResult {
        let (duplicate_of, same_key) = original.unzip();
        let state = ReceiptState::of(&batch);
        let mut committed = self.create_jobs(&batch, owners);
        committed.duplicate_of = duplicate_of;
        let original = duplicate_of.and_then(|id| self.receipts.get(&id));
        let same_body = |original: &Receipt| {
            !original.shares_body && original.stored.delivery.body() == batch.delivery.body()
        };
        let shares_body =
            committed.created.is_empty() && state == ReceiptState::Routed && original.is_some_and(same_body);
        // As on disk: known by its name alone.
        let delivery = Delivery::new(DeliveryParts {
            provider: batch.delivery.provider(),
            sources: batch.delivery.sources().to_vec(),
            verified_by: batch.delivery.verified_by().to_vec(),
            headers: batch.delivery.headers().clone(),
            body: batch.delivery.body().clone(),
            at: batch.delivery.at(),
            keys: vec![batch.delivery.key().into()],
            own_windows: Vec::new(),
        })
        .expect("it was a delivery before");
        let stored = StoredReceipt {
            id: batch.id,
            delivery,
            origin: batch.origin,
            state,
            parsed: batch.parsed,
            verdicts: batch.verdicts,
            duplicate_of,
            same_key,
            jobs: Vec::new(),
            revision: batch.revision.0,
            quarantine: None,
        };
        let matched = count(&committed);
        self.receipts.insert(stored.id, Receipt { stored, routings: 0, matched, shares_body });
        committed
    }

    fn fill_in(&mut self, batch: ReceiptBatch) -> CommitResult {
        let known = self.receipts.get(&batch.id).map(|known| &known.stored);
        let known = known.filter(|known| known.state != ReceiptState::Quarantined);
        // Pruned or given up meanwhile, or closed once more without having been parsed.
        let (Some(known), true) = (known, batch.parsed.is_some()) else { return CommitResult::default() };
        let owners = match known.origin {
            Origin::Replay { .. } => Owners::Replay,
            Origin::Request | Origin::Reroute => Owners::OfReceipt(known.duplicate_of.unwrap_or(batch.id)),
        };
        let committed = self.create_jobs(&batch, &owners);
        if let Some(receipt) = self.receipts.get_mut(&batch.id) {
            receipt.matched += count(&committed);
            receipt.stored.state = ReceiptState::of(&batch);
            receipt.stored.parsed = batch.parsed;
            receipt.stored.verdicts = batch.verdicts;
            receipt.stored.revision = batch.revision.0;
        }
        committed
    }

    fn create_jobs(&mut self, batch: &ReceiptBatch, owners: &Owners) -> CommitResult {
        let mut committed = CommitResult::default();
        let is_alone = batch.jobs.len() == 1;
        for job in &batch.jobs {
            let Ok(key) = key_of(job, Some((batch.id, &batch.delivery, owners)), self);
            match self.insert(job, &key, is_alone) {
                Inserted::Created { job: id, due } | Inserted::Merged { job: id, due } => {
                    committed.created.push(Created { agent: job.agent.clone(), job: id, due });
                }
                Inserted::Exists { .. } | Inserted::Suppressed { .. } | Inserted::Full { .. } => {
                    committed.skipped += 1;
                }
            }
        }
        committed
    }

    pub(super) fn unrouted(&self, query: &UnroutedQuery) -> Vec<Unrouted> {
        let open = self.receipts.values().filter(|receipt| {
            matches!(receipt.stored.state, ReceiptState::Unrouted | ReceiptState::Gapped)
                && receipt.stored.delivery.at() < query.before
        });
        let mut bytes = 0;
        open.take(query.max_rows as usize)
            .enumerate()
            .take_while(|(nth, receipt)| {
                bytes += receipt.stored.delivery.body().len();
                *nth == 0 || bytes <= query.max_bytes
            })
            .map(|(_, Receipt { stored, routings, .. })| Unrouted::Receipt {
                id: stored.id,
                delivery: stored.delivery.clone(),
                state: stored.state,
                routings: *routings,
            })
            .collect()
    }

    pub(super) fn routing_taken(&mut self, id: ReceiptId) -> u32 {
        self.receipts.get_mut(&id).map_or(0, |receipt| {
            receipt.routings += 1;
            receipt.routings
        })
    }

    pub(super) fn quarantine(&mut self, id: ReceiptId, reason: QuarantineReason) -> bool {
        let Some(Receipt { stored, .. }) = self.receipts.get_mut(&id) else { return false };
        if !matches!(stored.state, ReceiptState::Unrouted | ReceiptState::Gapped) {
            return false;
        }
        stored.state = ReceiptState::Quarantined;
        stored.quarantine = Some(reason);
        true
    }
}

fn count(committed: &CommitResult) -> u32 {
    u32::try_from(committed.created.len()).unwrap_or(u32::MAX)
}
