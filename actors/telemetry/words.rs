//! How values stand in facts that are published.

use serde::Serializer;

use crate::domain::RejectReason;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
pub(super) fn word<S: Serializer>(reason: &RejectReason, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(reason.as_str())
}
