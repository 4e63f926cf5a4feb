//! Sources: how they are verified, and what they bring.

use std::collections::{BTreeMap, HashMap};

use herdgate_actors::{
    domain::{ProviderName, ReceiptId, RejectReason, Source, SourceName},
    telemetry,
};

use super::Reads;
use crate::api::{
    page::Page,
    problem::{Kind, Problem},
    sources::{Counters, LastDelivery, Secret, Source as ApiSource},
};

impl Reads {
    /// Every source that is configured.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn sources(&self) -> Result<Page<ApiSource>, Problem> {
        let last: HashMap<_, _> = self.store.last_receipts().await?.into_iter().collect();
        let topology = self.control.topology();
        let sources = topology.sources().iter();
        Ok(Page::whole(
            sources.map(|source| self.source_of(source, last.get(&source.name).copied())).collect(),
        ))
    }

    /// One source.
    ///
    /// # Errors
    /// There is none, or the store does not answer.
    pub async fn source(&self, name: &SourceName) -> Result<ApiSource, Problem> {
        let sources = self.sources().await?.items;
        let known: Vec<_> = sources.iter().map(|source| source.name.clone()).collect();
        sources.into_iter().find(|source| source.name == *name).ok_or_else(|| {
            let text = format!("there is no source {name}; `known` lists those that are there");
            Problem::new(Kind::UnknownSource, text).knowing(known)
        })
    }

    fn source_of(&self, source: &Source, last: Option<ReceiptId>) -> ApiSource {
        let (provider, name) = (source.provider, &source.name);
        let own = format!("/webhooks/{provider}/{name}");
        ApiSource {
            name: name.clone(),
            provider: provider.to_string(),
            url: self.reload.in_force().gateway.url.as_ref().map(|url| format!("{url}{own}")),
            paths: vec![format!("/webhooks/{provider}"), own],
            secret: match source.secrets.len() {
                0 => Secret::Unsigned,
                1 => Secret::Present,
                _ => Secret::PresentAndPrevious,
            },
            signature_headers: source
                .signatures
                .iter()
                .map(|signature| signature.header.to_string())
                .collect(),
            since_start: counters(provider, name),
            last_delivery: last.map(|receipt| LastDelivery { receipt, at: receipt.made_at().into() }),
        }
    }
}

fn counters(provider: ProviderName, source: &SourceName) -> Counters {
    let counted = telemetry::metrics().counted(provider, source);
    Counters {
        matched: counted.matched,
        unmatched: counted.unmatched,
        duplicates: counted.duplicates,
        unparsable: counted.unparsable,
        unavailable: counted.unavailable,
        refused: by_reason(counted.refused),
        refused_at_type: by_reason(telemetry::metrics().refused_at_type(provider)),
    }
}

fn by_reason(refused: impl IntoIterator<Item = (RejectReason, u64)>) -> BTreeMap<String, u64> {
    let some = refused.into_iter().filter(|(_, count)| *count > 0);
    some.map(|(reason, count)| (reason.as_str().to_owned(), count)).collect()
}
