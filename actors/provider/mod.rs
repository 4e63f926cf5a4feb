//! What each webhook provider really sends. One folder each.
//!
//! A [`Provider`] is pure: headers and bytes in, facts out. Everything else in the system is the
//! same for all providers; a new one is one more folder, and one line in the registry.
//!
//! - [`Provider`]: what a provider must be able to do.
//! - [`ProviderSpec`]: what is fixed about it, as data: fields, signatures, secrets.
//! - `registry`: which there are, and how they are found.
//! - `fields`: fields that several share.
//! - `lenient`: reading JSON whose fields may have any shape.
//! - `keys`: what makes two deliveries the same. `shape`: which bodies can be which event.
//! - `form`: bodies that carry their JSON in a form.

#[cfg(test)]
mod arbitrary;
mod contract;
#[cfg(test)]
mod corpus;
#[cfg(test)]
mod costly;
mod fields;
mod form;
mod github;
mod keys;
mod lenient;
mod linear;
mod mintlify;
mod registry;
mod sentry;
mod shape;
mod slack;
mod spec;
mod standard;

pub use contract::{Provider, SameBytes};
pub use form::{FORM, is_form, payload};
#[cfg(any(test, feature = "testing"))]
pub use registry::add;
pub use registry::{all, find, names, provider, spec};
pub use shape::Shape;
pub use spec::{CredentialSpec, KnownEvent, PREVIOUS_SECRET_FILE, ProviderSpec, SECRET_FILE, Sample};
