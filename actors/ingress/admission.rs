//! What decides who gets in, as one value that is swapped whole.

use std::{collections::HashMap, sync::Arc};

use super::{RateLimits, Sources};
use crate::{
    domain::{ProviderName, Topology},
    provider,
};

/// A configuration, made ready for requests.
#[derive(Clone, Default)]
pub struct Admission {
    topology: Arc<Topology>,
    sources: Sources,
    wanted_headers: HashMap<ProviderName, Arc<[String]>>,
}

impl Admission {
    /// Admission by `topology`. Limits of sources that were there before go on where they were.
    pub fn new(topology: Arc<Topology>, limits: &RateLimits) -> Self {
        let sources =
            Sources::with_limits(topology.sources().iter().map(|source| (**source).clone()), limits);
        let wanted = |provider: &&'static dyn provider::Provider| {
            let name = provider.spec().name;
            (name, sources.wanted_headers(name).into())
        };
        let wanted_headers = provider::all().iter().map(|provider| wanted(&&**provider)).collect();
        Self { topology, sources, wanted_headers }
    }

    /// What is configured.
    pub const fn topology(&self) -> &Arc<Topology> {
        &self.topology
    }

    /// Who may send.
    pub const fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The headers that are worth taking from a request.
    pub fn wanted_headers(&self, provider: ProviderName) -> &[String] {
        self.wanted_headers.get(&provider).map_or(&[], AsRef::as_ref)
    }
}
