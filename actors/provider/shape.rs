//! Which bodies can be which event.
//!
//! Where the name of an event stands in a header that no signature covers, whoever has seen one
//! signed body could deliver it as any event. So the body must be able to be what the header says.

use super::lenient::Keys;
use crate::domain::Unparsable;

/// What tells the bodies of an event from those of others: members that all of them have and members
/// that none of them has, whatever stands in these.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// The event.
    pub event: &'static str,
    /// What each of its bodies has.
    pub has: &'static [&'static str],
    /// What none of its bodies has, each list for a reason.
    pub lacks: &'static [&'static [&'static str]],
}

/// Whether the part of a body that has these members, `whose`, can be that of `event`. One that no shape
/// is known of can be anything.
///
/// # Errors
/// Says which member is missing, or too much.
pub(super) fn fits(shapes: &[Shape], event: &str, whose: &str, keys: &Keys<'_>) -> Result<(), Unparsable> {
    let Some(shape) = shapes.iter().find(|shape| shape.event == event) else { return Ok(()) };
    if let Some(missing) = shape.has.iter().find(|name| !keys.has(name)) {
        return Err(Unparsable(format!("the body is no `{event}`: {whose} has no `{missing}`")));
    }
    match shape.lacks.iter().copied().flatten().find(|name| keys.has(name)) {
        Some(strange) => Err(Unparsable(format!("the body is no `{event}`: {whose} has a `{strange}`"))),
        None => Ok(()),
    }
}
