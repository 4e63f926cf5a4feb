//! What the samples say, word for word.

use herdgate::samples;
use herdgate_actors::{domain::Headers, provider::protocol};

#[test]
fn every_sample_reads_as_it_did() {
    for sample in samples::ALL {
        let headers: Headers = sample.headers("one").into_iter().collect();
        let context = protocol(sample.provider).parse(&headers, sample.body.as_bytes()).unwrap();
        insta::assert_json_snapshot!(format!("{}_{}", sample.provider, sample.name), context);
    }
}
