//! A body of Github, with the event in front of the first line break.
#![no_main]

use herdgate_actors::{domain::Headers, provider};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let split = input.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (event, body) = input.split_at(split);
    let headers: Headers = [("x-github-event", String::from_utf8_lossy(event))].into_iter().collect();
    let provider = provider::find("github").expect("it is in the registry");
    let _ = provider.delivery_key(&headers, body);
    let _ = provider.signed_at(&headers, body);
    let redacted = provider.redact(&headers, bytes::Bytes::copy_from_slice(body));
    let _ = provider.read(&headers, &redacted);
    if let Ok(context) = provider.read(&headers, body) {
        // Whatever was read can be kept and read again.
        let json = serde_json::to_string(&context).expect("a context is JSON");
        let back = serde_json::from_str(&json).expect("and can be read again");
        assert_eq!(context, back);
    }
});
