//! A body of Linear, with the event in front of the first line break.
#![no_main]

use herdgate_actors::{domain::{Headers, Provider}, provider::protocol};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let split = input.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (event, body) = input.split_at(split);
    let headers: Headers = [("linear-event", String::from_utf8_lossy(event))].into_iter().collect();
    let protocol = protocol(Provider::Linear);
    let _ = protocol.delivery_key(&headers, body);
    let _ = protocol.signed_at(&headers, body);
    let redacted = protocol.redact(&headers, bytes::Bytes::copy_from_slice(body));
    let _ = protocol.parse(&headers, &redacted);
    if let Ok(context) = protocol.parse(&headers, body) {
        // Whatever was read can be kept and read again.
        let json = serde_json::to_string(&context).expect("a context is JSON");
        let back = serde_json::from_str(&json).expect("and can be read again");
        assert_eq!(context, back);
    }
});
