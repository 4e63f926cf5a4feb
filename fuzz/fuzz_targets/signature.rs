//! A signature header, with the body after the first line break.
#![no_main]

use herdgate_actors::{domain::{Headers, Secret}, provider};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let split = input.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (value, body) = input.split_at(split);
    let value = String::from_utf8_lossy(value);
    let secret = Secret::new(b"nobody knows this one").expect("it is not empty");
    for spec in provider::all().iter().map(|provider| provider.spec()) {
        let headers: Headers = spec.wanted_headers().map(|name| (name, "1795445000")).collect();
        for signature in spec.signatures {
            let good = secret.sign(signature, &headers, body).expect("its headers are there");
            assert!(secret.verifies(signature, &good, &headers, body));
            // Nobody guesses: what verifies is what we would have written, among others perhaps.
            if secret.verifies(signature, &value, &headers, body) {
                assert!(value.to_ascii_lowercase().contains(&good.to_ascii_lowercase()));
            }
        }
    }
});
