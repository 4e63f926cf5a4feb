//! What may change while the doors are open.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::{
    admin::AllowedHosts,
    peer::TrustedPeers,
    public::{Budget, WebhookLimits},
};
use crate::config::ResolvedGateway;

/// What the doors go by; each request by what holds when it comes.
#[derive(Debug)]
pub struct DoorSettings {
    pub(super) webhooks: Arc<ArcSwap<WebhookLimits>>,
    pub(super) trusted: Arc<TrustedPeers>,
    pub(super) hosts: Arc<AllowedHosts>,
    pub(super) budget: Budget,
}

impl DoorSettings {
    /// Those of a gate that starts.
    pub fn new(gateway: &ResolvedGateway) -> Self {
        Self {
            webhooks: Arc::new(ArcSwap::from_pointee(limits(gateway))),
            trusted: Arc::new(TrustedPeers::new(gateway.trusted_proxies.clone())),
            hosts: Arc::new(AllowedHosts::new(gateway.admin.ip(), gateway.admin_hosts.clone())),
            budget: Budget::for_bodies(gateway.body_limit),
        }
    }

    /// Puts others in force.
    pub fn replace(&self, gateway: &ResolvedGateway) {
        self.webhooks.store(Arc::new(limits(gateway)));
        self.trusted.replace(gateway.trusted_proxies.clone());
        self.hosts.replace(gateway.admin_hosts.clone());
        self.budget.resize_for(gateway.body_limit);
    }

    /// What one delivery may take.
    pub fn webhooks(&self) -> Arc<ArcSwap<WebhookLimits>> {
        Arc::clone(&self.webhooks)
    }

    /// Whose word about a client counts.
    pub fn trusted(&self) -> Arc<TrustedPeers> {
        Arc::clone(&self.trusted)
    }

    /// Names under which operators may come in.
    pub fn hosts(&self) -> Arc<AllowedHosts> {
        Arc::clone(&self.hosts)
    }

    /// Memory for bodies.
    pub fn budget(&self) -> Budget {
        self.budget.clone()
    }
}

fn limits(gateway: &ResolvedGateway) -> WebhookLimits {
    WebhookLimits {
        body_limit: gateway.body_limit,
        body_patience: gateway.request_timeout,
        answer_within: gateway.answer_within,
    }
}
