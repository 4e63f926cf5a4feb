//! Deliveries.

use bytes::Bytes;
use herdgate_actors::{
    domain::{Delivery as StoredDelivery, Origin, Parsed, Reason, ReceiptId, fact},
    provider,
    store::{CountOf, JobRow, Page as StorePage, ReceiptQuery, ReceiptRow, StoredReceipt},
};
use serde_json::Value;

use super::{
    Reads,
    lists::{limit, place, span},
    problems::no_delivery,
};
use crate::{
    api::{
        deliveries::{DeliveriesQuery, Delivery, DeliveryDetail, Header, Verified},
        jobs::Job,
        page::Page,
        problem::Problem,
        verdict::Verdict,
    },
    explain, views,
};

impl Reads {
    /// A page of deliveries, the newest first.
    ///
    /// # Errors
    /// The query asks for what cannot be, or the store does not answer.
    pub async fn deliveries(&self, query: &DeliveriesQuery) -> Result<Page<Delivery>, Problem> {
        let wanted = stored(query)?;
        let limit = wanted.page.limit;
        let rows = self.store.receipts(wanted.clone()).await?;
        if rows.is_empty() && query.window.after.is_none() {
            self.check_agent(query.filter.agent.as_ref()).await?;
            self.check_source(query.filter.source.as_ref())?;
        }
        let page = self.page(rows, limit, |last| {
            let page = StorePage { limit, before: Some(last.id.get()) };
            (last.id.to_string(), CountOf::Receipts(ReceiptQuery { page, ..wanted }))
        });
        Ok(page.await?.map(Delivery::from))
    }

    /// One delivery, with what the agents said of it then and what they would say today.
    ///
    /// # Errors
    /// There is none, or the store does not answer.
    pub async fn delivery(&self, id: ReceiptId) -> Result<DeliveryDetail, Problem> {
        let receipt = self.store.receipt(id).await?.ok_or_else(|| no_delivery(id))?;
        Ok(self.detail(receipt))
    }

    /// The body of a delivery, byte for byte as it was kept.
    ///
    /// # Errors
    /// There is none, or the store does not answer.
    pub async fn body(&self, id: ReceiptId) -> Result<Bytes, Problem> {
        self.store.body(id).await?.ok_or_else(|| no_delivery(id))
    }

    fn detail(&self, receipt: StoredReceipt) -> DeliveryDetail {
        let delivery = &receipt.delivery;
        let (event, problem) = match &receipt.parsed {
            Some(Parsed::Event(event)) => (Some(event.as_ref()), None),
            Some(Parsed::Unparsable(problem)) => (None, Some(problem.0.clone())),
            None => (None, None),
        };
        let today = event.map_or_else(Vec::new, |event| {
            let triggers = views::triggers_of(&self.control.topology());
            let agents = triggers.iter().map(|(agent, triggers)| (agent.as_str(), triggers.as_slice()));
            explain::verdicts(agents, delivery.sources(), event)
        });
        let provider = provider::find(delivery.provider().as_str());
        let delivery_id = provider.and_then(|provider| provider.delivery_id(delivery.headers()));
        let header = |(name, value): (&str, &str)| Header { name: name.to_owned(), value: value.to_owned() };
        DeliveryDetail {
            delivery_id: delivery_id.map(str::to_owned),
            key: delivery.key().to_owned(),
            same_key: receipt.same_key.as_ref().map(ToString::to_string),
            revision: Some(receipt.revision).filter(|revision| *revision > 0),
            verified_by: verified_by(delivery),
            headers: delivery.headers().iter().map(header).collect(),
            bytes: delivery.body().len(),
            context: event.map(|event| serde_json::to_value(event).unwrap_or(Value::Null)),
            problem,
            verdicts: receipt
                .verdicts
                .iter()
                .cloned()
                .map(|verdict| Verdict::from(verdict).with_jobs(&receipt.jobs))
                .collect(),
            today: today.into_iter().map(Verdict::from).collect(),
            delivery: row_of(&receipt).into(),
            jobs: receipt.jobs.into_iter().map(Job::from).collect(),
        }
    }
}

fn verified_by(delivery: &StoredDelivery) -> Vec<Verified> {
    let sources = delivery.sources().iter().zip(delivery.verified_by());
    sources.map(|(source, by)| Verified { source: source.clone(), secret: (*by).into() }).collect()
}

/// What the store is asked for.
fn stored(DeliveriesQuery { filter, window }: &DeliveriesQuery) -> Result<ReceiptQuery, Problem> {
    Ok(ReceiptQuery {
        source: filter.source.clone(),
        state: None,
        outcome: filter.outcome.map(Into::into),
        event: filter.event.clone(),
        repo: filter.repo.clone(),
        delivery: filter.delivery_id.clone(),
        agent: filter.agent.clone(),
        text: filter.text.clone(),
        span: span(window),
        page: StorePage { limit: limit(window)?, before: place(window)?.map(ReceiptId::get) },
    })
}

/// How many jobs came of a delivery: what was suppressed is kept, and is none.
fn made(jobs: &[JobRow]) -> usize {
    jobs.iter().filter(|job| job.reason != Some(Reason::Busy)).count()
}

/// A receipt, as the list shows it.
fn row_of(receipt: &StoredReceipt) -> ReceiptRow {
    let event = match &receipt.parsed {
        Some(Parsed::Event(event)) => Some(event),
        _ => None,
    };
    ReceiptRow {
        id: receipt.id,
        at: receipt.delivery.at(),
        provider: receipt.delivery.provider(),
        sources: receipt.delivery.sources().to_vec(),
        event: event.map(|event| event.header.event.clone()),
        action: event.and_then(|event| event.header.action.clone()),
        repo: event.and_then(|event| event.facts.text(fact::REPO).map(str::to_owned)),
        title: event.and_then(|event| event.facts.text(fact::TITLE).map(str::to_owned)),
        state: receipt.state,
        matched: u32::try_from(made(&receipt.jobs)).unwrap_or(u32::MAX),
        duplicate_of: receipt.duplicate_of,
        replay_of: match receipt.origin {
            Origin::Replay { of } => Some(of),
            Origin::Request | Origin::Reroute => None,
        },
        quarantine: receipt.quarantine.clone(),
    }
}
