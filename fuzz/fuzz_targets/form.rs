//! A form body.
#![no_main]

use herdgate_actors::{domain::Headers, provider::{FORM, payload}};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let headers: Headers = [("content-type", FORM)].into_iter().collect();
    let _ = payload(&headers, body);
});
