//! What holds for the whole gate.

use std::path::Path;

use super::setting::{Collected, Keys};
use crate::config::{
    Log, LogFormat, Mailboxes, ResolvedConfig, ResolvedGateway, Telemetry,
    value::{format_size, format_span},
};

/// Every key that is not of a source or an agent alone. Who adds a part to the configuration is told
/// here, by the compiler, that it has to be shown.
pub(in crate::config) fn keys(config: &ResolvedConfig) -> Keys {
    let ResolvedConfig {
        file: _,
        agents_dir,
        data_dir,
        credentials,
        gateway: of_gateway,
        mailboxes,
        log,
        telemetry,
        scale,
        max_runs,
        history_retention,
        dedupe_window,
        sources: _,
        verification: _,
        agents: _,
        reload_on_change,
        watched: _,
        origins: _,
        places,
        warnings: _,
    } = config;
    let mut all = Collected::new(|paths: &[&str]| places.first_of(paths));
    // Whole, so that they are the same from wherever somebody looks.
    let whole =
        |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string();
    all.add("agents_dir", whole(agents_dir));
    all.add("data_dir", whole(data_dir));
    all.add("credentials_dir", whole(credentials.root()));
    all.add("scale", *scale);
    all.add_from("max_runs", *max_runs, &["max_runs", "scale"]);
    all.add("history_retention_days", history_retention.as_secs() / 86_400);
    all.add_from("dedupe_window", format_span(*dedupe_window), &["dedupe_window"]);
    all.add("reload_on_change", *reload_on_change);
    gateway(&mut all, of_gateway);
    let Mailboxes { ingress, parser, agent } = *mailboxes;
    all.add("mailboxes.ingress", ingress);
    all.add("mailboxes.parser", parser);
    all.add("mailboxes.agent", agent);
    let Log { format, filter } = log;
    all.add("log.format", word(*format));
    all.add("log.filter", filter.as_str());
    let Telemetry { otlp_endpoint, service_name, sample_percent } = telemetry;
    all.add("telemetry.otlp_endpoint", otlp_endpoint.as_deref());
    all.add("telemetry.service_name", service_name.as_deref());
    all.add("telemetry.sample_percent", *sample_percent);
    all.keys
}

fn gateway<Of: Fn(&[&str]) -> crate::config::Origin>(all: &mut Collected<Of>, gateway: &ResolvedGateway) {
    let ResolvedGateway {
        public,
        admin,
        url,
        require_signatures,
        trusted_proxies,
        admin_hosts,
        answer_within,
        body_limit,
        max_connections,
        request_timeout,
        shutdown_grace,
    } = gateway;
    all.add("gateway.host", public.ip().to_string());
    all.add("gateway.port", public.port());
    all.add("gateway.admin_host", admin.ip().to_string());
    all.add("gateway.admin_port", admin.port());
    all.add("gateway.url", url.as_deref());
    all.add("gateway.require_signatures", *require_signatures);
    let proxies: Vec<_> = trusted_proxies.iter().map(ToString::to_string).collect();
    all.add("gateway.trusted_proxies", proxies);
    all.add("gateway.admin_hosts", admin_hosts.clone());
    all.add("gateway.answer_within", format_span(*answer_within));
    all.add("gateway.body_limit", format_size(*body_limit as u64));
    all.add("gateway.max_connections", *max_connections);
    all.add("gateway.request_timeout", format_span(*request_timeout));
    all.add("gateway.shutdown_grace", format_span(*shutdown_grace));
}

const fn word(format: LogFormat) -> &'static str {
    match format {
        LogFormat::Auto => "auto",
        LogFormat::Pretty => "pretty",
        LogFormat::Json => "json",
    }
}
