//! Bodies that carry their JSON in a form field.

use std::borrow::Cow;

use crate::domain::{Headers, Unparsable};

/// The content type of a form.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// Whether the headers announce a form.
pub fn is_form(headers: &Headers) -> bool {
    headers
        .get("content-type")
        .is_some_and(|kind| kind.get(..FORM.len()).is_some_and(|start| start.eq_ignore_ascii_case(FORM)))
}

/// The JSON of a body: the body itself, or the form field `payload`.
///
/// # Errors
/// A form without `payload`.
pub fn payload<'a>(headers: &Headers, body: &'a [u8]) -> Result<Cow<'a, [u8]>, Unparsable> {
    if !is_form(headers) {
        return Ok(Cow::Borrowed(body));
    }
    form_urlencoded::parse(body)
        .find(|(name, _)| name == "payload")
        .map(|(_, value)| Cow::Owned(value.into_owned().into_bytes()))
        .ok_or_else(|| Unparsable("a form without the field `payload`".to_owned()))
}
