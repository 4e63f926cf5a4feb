//! What a gate keeps from its start to its end.

use std::time::Duration;

use super::{ResolvedConfig, ResolvedGateway, settings::Log};

/// How long the head of a request may take at the most, which a door is opened with.
const HEAD_PATIENCE: Duration = Duration::from_secs(5);

/// How long the head of a request may take: a provider sends it at once, and whoever connects and says
/// nothing gives way.
fn head(gateway: &ResolvedGateway) -> Duration {
    gateway.request_timeout.min(HEAD_PATIENCE)
}

/// Whether a new value of the key, as it is shown, waits for the next start. `request_timeout` does
/// where it is, or was, shorter than a head may take.
pub(super) fn waits_for_start(key: &str) -> bool {
    matches!(
        key,
        "data_dir"
            | "gateway.host"
            | "gateway.port"
            | "gateway.admin_host"
            | "gateway.admin_port"
            | "gateway.max_connections"
            | "log.format"
    ) || key.starts_with("mailboxes.")
        || key.starts_with("telemetry.")
}

impl ResolvedGateway {
    /// How long the head of a request may take.
    pub fn head_patience(&self) -> Duration {
        head(self)
    }
}

impl ResolvedConfig {
    /// This configuration, but for what cannot change while a gate runs: that stays as it is in
    /// `running`. Also says which keys therefore wait for the next start.
    #[must_use]
    pub fn beside(self, running: &Self) -> (Self, Vec<&'static str>) {
        let (own, other) = (&self.gateway, &running.gateway);
        let fixed = [
            ("data_dir", self.data_dir == running.data_dir),
            ("[gateway] host, port", own.public == other.public),
            ("[gateway] admin_host, admin_port", own.admin == other.admin),
            ("[gateway] max_connections", own.max_connections == other.max_connections),
            ("[gateway] request_timeout", head(own) == head(other)),
            ("[mailboxes]", self.mailboxes == running.mailboxes),
            ("[log] format", self.log.format == running.log.format),
            ("[telemetry]", self.telemetry == running.telemetry),
        ];
        let waiting = fixed.iter().filter(|(_, same)| !same).map(|(key, _)| *key).collect();
        let gateway = ResolvedGateway {
            public: other.public,
            admin: other.admin,
            max_connections: other.max_connections,
            request_timeout: if head(own) == head(other) {
                own.request_timeout
            } else {
                other.request_timeout
            },
            ..self.gateway
        };
        let log = Log { format: running.log.format, ..self.log };
        let (data_dir, telemetry) = (running.data_dir.clone(), running.telemetry.clone());
        (Self { data_dir, gateway, mailboxes: running.mailboxes, log, telemetry, ..self }, waiting)
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Fixture;

    #[test]
    fn what_cannot_change_stays_and_is_named_and_the_rest_is_taken() {
        let project = |config: &str| {
            Fixture::new(&format!("[run]\ncommand = [\"cat\"]\n{config}"))
                .agent("dev", "schedule = \"@daily\"\n")
                .plan()
        };
        let running = project("[gateway]\nport = 9000\nbody_limit = \"1MiB\"\n[log]\nformat = \"json\"\n");
        let new = project(
            "[gateway]\nport = 9001\nbody_limit = \"2MiB\"\n[log]\nformat = \"pretty\"\nfilter = \"debug\"\n",
        );
        let data_dir = running.data_dir.clone();
        let (taken, waiting) = new.beside(&running);
        assert_eq!(waiting, ["data_dir", "[gateway] host, port", "[log] format"]);
        assert_eq!((taken.gateway.public.port(), taken.gateway.body_limit), (9000, 2 << 20));
        assert_eq!((taken.log.format, taken.log.filter.as_str()), (running.log.format, "debug"));
        assert_eq!(taken.data_dir, data_dir);
        let (same, waiting) = running.beside(&taken);
        assert!(waiting.is_empty() && same.gateway.body_limit == 1 << 20);
    }
}
