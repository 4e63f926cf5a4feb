//! What the samples say, word for word.

use herdgate::samples;
use herdgate_actors::{domain::Headers, provider};

#[test]
fn every_sample_reads_as_it_did() {
    for sample in samples::all() {
        let headers: Headers = sample.headers("one").into_iter().collect();
        let context = provider::provider(sample.provider).read(&headers, sample.body.as_bytes()).unwrap();
        insta::assert_json_snapshot!(format!("{}_{}", sample.provider, sample.name), context);
    }
}
