//! Reading JSON whose fields may have any shape, in bounded memory.
//!
//! Parsers borrow from the body and name only the fields they need. A field of the wrong type is
//! treated as absent, so that a provider's change in one corner never loses an event; texts with
//! escapes are copied, all others borrowed.
//!
//! - `scalar`: texts, numbers, flags.
//! - `nested`: objects and lists, which are kept up to [`MOST_ITEMS`].
//! - `keyed`: which members an object has.
//! - `places`: objects of which a few fields are read, as types.
//! - `small`: values of any type, as far as they are small.
//! - `mend`: bodies that are not quite JSON.

mod keyed;
mod mend;
mod nested;
mod places;
mod scalar;
mod small;
#[cfg(test)]
mod tests;

pub(in crate::provider) use keyed::{Keyed, Keys};
pub(in crate::provider) use mend::LARGEST_TREE;
pub(in crate::provider) use mend::read;
pub(in crate::provider) use nested::{Count, List, MOST_ITEMS, Object, TextOr};
pub(in crate::provider) use places::places;
pub(in crate::provider) use scalar::{Flag, Number, Scalar, Text};
pub(in crate::provider) use small::{Small, SmallEntries, SmallItems, is_small};
