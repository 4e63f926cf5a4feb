//! How ids look, for the document: their types are those of the running system.

use utoipa::ToSchema;

/// The id of a delivery or a job: 13 digits of Crockford's base 32, which sort by time.
#[derive(ToSchema)]
#[schema(value_type = String, pattern = "^[0-9a-hjkmnp-tv-z]{13}$", examples("38gcpjab60000"))]
pub struct Id(pub String);

/// The id of a run: that of its job and the number of the attempt.
#[derive(ToSchema)]
#[schema(value_type = String, pattern = "^[0-9a-hjkmnp-tv-z]{13}-[0-9]+$", examples("38gcpjab60001-1"))]
pub struct RunKey(pub String);
