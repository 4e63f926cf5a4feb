//! Whether traces are wanted, and where they go: by the configuration, or by the variables of
//! OpenTelemetry: <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>.

use std::time::Duration;

use crate::{config::Telemetry, telemetry::TracesError};

/// What is asked of the sender.
#[derive(Debug, PartialEq)]
pub(super) struct Settings {
    /// Where spans go; where absent the exporter reads it from its own variables.
    pub(super) endpoint: Option<String>,
    /// The name of this gate, where its own variables do not say.
    pub(super) service_name: Option<String>,
    /// How long a request may take.
    pub(super) timeout: Duration,
    /// Which traces are recorded that begin here.
    pub(super) sample: Sample,
}

/// A share of all traces.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sample(f64);

impl Sample {
    /// Whether a trace is in it. By its id alone, so that gates which share a trace agree.
    pub(super) fn takes(self, trace: u128) -> bool {
        // As the samplers of OpenTelemetry have it: the lower half, as a part of one.
        let part = (((trace & 0xffff_ffff_ffff_ffff) as u64) >> 1) as f64 / (1_u64 << 63) as f64;
        part < self.0 || self.0 >= 1.0
    }
}

/// As OpenTelemetry has it.
const TIMEOUT: Duration = Duration::from_secs(10);

impl Settings {
    /// `None` where nobody wants traces.
    ///
    /// # Errors
    /// A variable that makes no sense.
    pub(super) fn of(
        telemetry: &Telemetry,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, TracesError> {
        let says =
            |name: &str, word: &str| variable(name).is_some_and(|value| value.eq_ignore_ascii_case(word));
        if says("OTEL_SDK_DISABLED", "true") || says("OTEL_TRACES_EXPORTER", "none") {
            return Ok(None);
        }
        let by_variables = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
        if telemetry.otlp_endpoint.is_none() && !by_variables.iter().any(|name| variable(name).is_some()) {
            return Ok(None);
        }
        let is_named = variable("OTEL_SERVICE_NAME").is_some()
            || variable("OTEL_RESOURCE_ATTRIBUTES").is_some_and(|all| all.contains("service.name="));
        let service_name =
            telemetry.service_name.clone().or_else(|| (!is_named).then(|| "herdgate".to_owned()));
        let timeout = ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"]
            .iter()
            .find_map(|name| variable(name)?.parse().ok())
            .map_or(TIMEOUT, Duration::from_millis);
        Ok(Some(Self {
            endpoint: telemetry.otlp_endpoint.as_deref().map(traces_of),
            service_name,
            timeout,
            sample: sample(telemetry, variable)?,
        }))
    }
}

/// The URL of the traces of a collector.
fn traces_of(endpoint: &str) -> String {
    let endpoint = endpoint.trim_end_matches('/');
    if endpoint.ends_with("/v1/traces") { endpoint.to_owned() } else { format!("{endpoint}/v1/traces") }
}

fn sample(telemetry: &Telemetry, variable: impl Fn(&str) -> Option<String>) -> Result<Sample, TracesError> {
    let Some(sampler) = variable("OTEL_TRACES_SAMPLER") else {
        return Ok(Sample(f64::from(telemetry.sample_percent) / 100.0));
    };
    match sampler.trim_start_matches("parentbased_") {
        "always_on" => Ok(Sample(1.0)),
        "always_off" => Ok(Sample(0.0)),
        "traceidratio" => {
            let ratio = variable("OTEL_TRACES_SAMPLER_ARG").map_or(Ok(1.0), |ratio| ratio.parse::<f64>());
            match ratio {
                Ok(ratio) if (0.0..=1.0).contains(&ratio) => Ok(Sample(ratio)),
                _ => Err(TracesError("OTEL_TRACES_SAMPLER_ARG is no number from 0 to 1".to_owned())),
            }
        }
        _ => Err(TracesError(format!(
            "OTEL_TRACES_SAMPLER is {sampler}; known here: always_on, always_off, traceidratio, and each with parentbased_"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(endpoint: Option<&str>, variables: &[(&str, &str)]) -> Result<Option<Settings>, TracesError> {
        let telemetry = Telemetry { otlp_endpoint: endpoint.map(str::to_owned), ..Telemetry::default() };
        let find = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        Settings::of(&telemetry, find)
    }

    #[test]
    fn there_are_none_unless_somebody_asks_for_them() {
        assert_eq!(settings(None, &[]).unwrap(), None);
        assert!(settings(None, &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318")]).unwrap().is_some());
        for off in [("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_EXPORTER", "none")] {
            assert_eq!(settings(Some("http://c:4318"), &[off]).unwrap(), None, "{off:?}");
        }
    }

    #[test]
    fn the_path_of_the_traces_is_added_where_it_is_absent() {
        for endpoint in ["http://c:4318", "http://c:4318/", "http://c:4318/v1/traces"] {
            let settings = settings(Some(endpoint), &[]).unwrap().unwrap();
            assert_eq!(settings.endpoint.as_deref(), Some("http://c:4318/v1/traces"), "{endpoint}");
            assert_eq!(settings.service_name.as_deref(), Some("herdgate"));
        }
        let named = settings(Some("http://c"), &[("OTEL_SERVICE_NAME", "gate")]).unwrap().unwrap();
        assert_eq!(named.service_name, None, "the resource reads it itself");
    }

    #[test]
    fn a_share_of_traces_is_recorded() {
        let sampler = ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio");
        let quarter = settings(Some("http://c"), &[sampler, ("OTEL_TRACES_SAMPLER_ARG", "0.25")]);
        let sample = quarter.unwrap().unwrap().sample;
        let mut random = fastrand::Rng::with_seed(7);
        let taken = (0..10_000).filter(|_| sample.takes(random.u128(..))).count();
        assert!((2300..2700).contains(&taken), "{taken}");
        assert!(Sample(1.0).takes(u128::MAX) && !Sample(0.0).takes(0));
        assert!(settings(Some("http://c"), &[("OTEL_TRACES_SAMPLER", "jaeger_remote")]).is_err());
        assert!(settings(Some("http://c"), &[sampler, ("OTEL_TRACES_SAMPLER_ARG", "2")]).is_err());
    }
}
