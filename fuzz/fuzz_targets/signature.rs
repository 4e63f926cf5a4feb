//! A signature header, with the body after the first line break.
#![no_main]

use herdgate_actors::{domain::{Provider, Secret}, provider::protocol};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let split = input.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (value, body) = input.split_at(split);
    let value = String::from_utf8_lossy(value);
    let secret = Secret::new(b"nobody knows this one").expect("it is not empty");
    for provider in Provider::ALL {
        for header in protocol(provider).signatures() {
            let good = secret.sign(header, body);
            assert!(secret.verifies(header, &good, body));
            assert_eq!(secret.verifies(header, &value, body), value.eq_ignore_ascii_case(&good));
        }
    }
});
