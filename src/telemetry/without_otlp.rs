//! A program that was built without traces says so where they are wanted.

use super::TracesError;
use crate::config::Telemetry;

/// The traces of this process: none.
pub enum Traces {}

/// Sends none.
///
/// # Errors
/// The configuration wants some.
pub fn start(telemetry: &Telemetry) -> Result<Option<Traces>, TracesError> {
    match telemetry.otlp_endpoint {
        None => Ok(None),
        Some(_) => Err(TracesError("this program was built without the feature `otlp`".to_owned())),
    }
}
